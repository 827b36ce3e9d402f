#include <cstring>

#include "bindings/class.hpp"
#include "bindings/errors.hpp"
#include "bindings/library.hpp"
#include "bindings/state.hpp"
#include "bindings/transfer/wire.hpp"

namespace tidemill::lua {

namespace {

// kClasses: name → metatable, metatable → how the codec writes it.
// kClassOrigins: name → the chunk that registered it, none if it arrived; 1, 2, ... → the names.

void append(luaL_Buffer& to, const char* text, std::size_t length) {
  luaL_addchar(&to, static_cast<char>(wire::kShortString));
  luaL_addchar(&to, static_cast<char>(length));
  luaL_addlstring(&to, text, length);
}

/// Pushes how the class is written: with a module, or to be followed by its metatable.
void push_wire(lua_State* L, int name, const char* module) {
  std::size_t length = 0;
  const char* text = lua_tolstring(L, name, &length);
  luaL_Buffer wire;
  luaL_buffinit(L, &wire);
  luaL_addchar(&wire, static_cast<char>(module == nullptr ? wire::kClassDefinition : wire::kClass));
  append(wire, text, length);
  if (module != nullptr) append(wire, module, std::strlen(module));
  luaL_pushresult(&wire);
}

/// classes[name] = metatable, and how it is written. All three are stack indices.
void set_class(lua_State* L, int classes, int name, int metatable, const char* module) {
  lua_pushvalue(L, name);
  lua_pushvalue(L, metatable);
  lua_rawset(L, classes);
  lua_pushvalue(L, metatable);
  push_wire(L, name, module);
  lua_rawset(L, classes);
}

/// class(name, metatable) → metatable
int register_class(lua_State* L) {
  std::size_t length = 0;
  luaL_checktype(L, 1, LUA_TSTRING);
  lua_tolstring(L, 1, &length);
  luaL_argcheck(L, length >= 1 && length <= 255, 1, "a name has 1 to 255 characters");
  luaL_checktype(L, 2, LUA_TTABLE);
  lua_settop(L, 2);
  lua_rawgeti(L, LUA_REGISTRYINDEX, State::kClasses);
  lua_rawgeti(L, LUA_REGISTRYINDEX, State::kClassOrigins);
  const int classes = 3, origins = 4;

  lua_pushvalue(L, 1);
  const bool taken = lua_rawget(L, classes) != LUA_TNIL;
  const bool the_same = taken && lua_rawequal(L, -1, 2);
  lua_pushvalue(L, 1);
  const bool by_script = lua_rawget(L, origins) == LUA_TSTRING;
  if (the_same && by_script) {
    lua_settop(L, 2);
    return 1;
  }
  lua_Debug info{};
  const char* origin = "?";
  for (int level = 1; lua_getstack(L, level, &info) != 0; ++level) {
    lua_getinfo(L, "S", &info);
    if (info.what[0] == 'C') continue;
    origin = info.short_src;
    break;
  }
  // The same chunk may be run again, with changes.
  if (by_script && std::strcmp(lua_tostring(L, -1), origin) != 0) {
    return raise_text(L, "class '%s' is registered already, by %s", lua_tostring(L, 1),
                      lua_tostring(L, -1));
  }
  lua_settop(L, 4);
  lua_pushvalue(L, 2);
  if (lua_rawget(L, classes) == LUA_TSTRING && !the_same) {
    return raise_text(L, "this metatable is registered already, under another name than '%s'",
                      lua_tostring(L, 1));
  }
  bool listed = by_script;
  if (taken) {  // objects of the old one are no longer of this class
    lua_pushvalue(L, 1);
    lua_rawget(L, classes);
    lua_pushvalue(L, -1);
    lua_rawget(L, classes);
    // A module that is loaded again is given its class again.
    if (*lua_tostring(L, -1) == wire::kClass) listed = false;
    lua_pop(L, 1);
    lua_pushnil(L);
    lua_rawset(L, classes);
  }
  set_class(L, classes, 1, 2, nullptr);
  lua_pushvalue(L, 1);
  lua_pushstring(L, origin);
  lua_rawset(L, origins);
  if (!listed) {
    lua_pushvalue(L, 1);
    lua_rawseti(L, origins, static_cast<lua_Integer>(lua_rawlen(L, origins)) + 1);
  }
  lua_settop(L, 2);
  return 1;
}

}  // namespace

void register_own_class(lua_State* L, const char* name) {
  const int metatable = lua_gettop(L);
  lua_rawgeti(L, LUA_REGISTRYINDEX, State::kClasses);
  lua_pushstring(L, name);
  set_class(L, metatable + 1, metatable + 2, metatable, "tidemill");
  lua_rawgeti(L, LUA_REGISTRYINDEX, State::kClassOrigins);
  lua_pushvalue(L, metatable + 2);
  lua_pushliteral(L, "tidemill");
  lua_rawset(L, -3);
  lua_settop(L, metatable);
}

bool find_class(lua_State* L, int index) {
  index = lua_absindex(L, index);
  lua_rawgeti(L, LUA_REGISTRYINDEX, State::kClasses);
  lua_pushvalue(L, index);
  if (lua_rawget(L, -2) == LUA_TTABLE) {
    lua_remove(L, -2);
    return true;
  }
  lua_pop(L, 2);
  return false;
}

void adopt_class(lua_State* L) {
  const int metatable = lua_gettop(L);
  if (!find_class(L, metatable - 1)) {
    lua_rawgeti(L, LUA_REGISTRYINDEX, State::kClasses);
    set_class(L, metatable + 1, metatable - 1, metatable, nullptr);
    lua_pop(L, 1);
    lua_pushvalue(L, metatable);
  }
  lua_replace(L, metatable - 1);
  lua_settop(L, metatable - 1);
}

lua_Integer class_count(lua_State* L) {
  lua_rawgeti(L, LUA_REGISTRYINDEX, State::kClassOrigins);
  const auto count = static_cast<lua_Integer>(lua_rawlen(L, -1));
  lua_pop(L, 1);
  return count;
}

void give_classes_to_module(lua_State* L, lua_Integer before, const char* module) {
  if (class_count(L) == before || std::strlen(module) > 255) return;
  const int top = lua_gettop(L);
  lua_rawgeti(L, LUA_REGISTRYINDEX, State::kClasses);
  lua_rawgeti(L, LUA_REGISTRYINDEX, State::kClassOrigins);
  for (lua_Integer i = before + 1; lua_rawgeti(L, top + 2, i) == LUA_TSTRING; ++i) {
    lua_pushvalue(L, -1);
    lua_rawget(L, top + 1);
    lua_pushvalue(L, -1);
    lua_rawget(L, top + 1);
    // A module that this one has loaded has had its classes already.
    if (*lua_tostring(L, -1) == wire::kClassDefinition) {
      set_class(L, top + 1, top + 3, top + 4, module);
    }
    lua_settop(L, top + 2);
  }
  lua_settop(L, top);
}

void open_class(lua_State* L) {
  lua_pushcfunction(L, guarded<register_class>);
  lua_setfield(L, -2, "class");
}

}  // namespace tidemill::lua
