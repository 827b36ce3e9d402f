// Metatables with an identity: tm.class registers one under a name, and an object whose metatable
// it is arrives with the one that the receiving state has under that name.
//
// A class that a module registers while it is loaded travels as its name and that of the module,
// which the receiver loads if need be. One that a script registers travels with its metatable,
// which the receiver registers if it has none by that name; all objects that follow share it.
#pragma once

#include "bindings/lua.hpp"

namespace tidemill::lua {

/// Registers the metatable at the top as class `name` of module "tidemill".
void register_own_class(lua_State* L, const char* name);
/// Pushes the class whose name is at `index`: false, and nothing pushed, if there is none.
bool find_class(lua_State* L, int index);
/// A name and a metatable are at the top: leaves the class of that name, which becomes the
/// metatable if there is none.
void adopt_class(lua_State* L);

/// How many classes were registered so far.
lua_Integer class_count(lua_State* L);
/// A module was loaded: the classes that were registered since there were `before` are its.
void give_classes_to_module(lua_State* L, lua_Integer before, const char* module);

}  // namespace tidemill::lua
