// Which values every state has under the same name. They travel as that name, both because a C
// function cannot travel otherwise and because `string` is `string` everywhere.
#include <cstring>
#include <string>

#include "bindings/library.hpp"
#include "bindings/state.hpp"
#include "bindings/transfer/wire.hpp"

namespace tidemill::lua {

namespace {

/// names[value at the top] = tag and strings as the codec writes them. Pops the value.
void set_name(lua_State* L, int names, wire::Tag tag, std::initializer_list<std::string> strings) {
  State::of(L).note_name(lua_topointer(L, -1));
  std::string wire(1, static_cast<char>(tag));
  for (const std::string& string : strings) {
    wire += static_cast<char>(wire::kShortString);
    wire += static_cast<char>(string.size());
    wire += string;
  }
  lua_pushlstring(L, wire.data(), wire.size());
  lua_rawset(L, names);
}

bool can_be_named(lua_State* L, int index) {
  int type = lua_type(L, index);
  return type == LUA_TFUNCTION || type == LUA_TTABLE || type == LUA_TUSERDATA;
}

void name_library_value(lua_State* L, int names, int library, const std::string& name) {
  lua_pushvalue(L, -1);
  if (lua_rawget(L, names) != LUA_TNIL) {  // the first name stays: string.format, not its alias
    lua_pop(L, 2);
    return;
  }
  lua_pop(L, 1);
  lua_pushlstring(L, name.data(), name.size());
  lua_pushvalue(L, -2);
  lua_rawset(L, library);
  set_name(L, names, wire::kLibrary, {name});
}

/// What is in the table at the top, as name.field.
void name_fields(lua_State* L, int names, int library, const std::string& name,
                 bool without_tables = false) {
  for (lua_pushnil(L); lua_next(L, -2) != 0; lua_pop(L, 1)) {
    if (lua_type(L, -2) != LUA_TSTRING || !can_be_named(L, -1)) continue;
    if (without_tables && lua_type(L, -1) == LUA_TTABLE) continue;
    lua_pushvalue(L, -1);
    name_library_value(L, names, library, name + "." + lua_tostring(L, -3));
  }
}

/// Our own module with what is in it, and the methods of handles.
void name_own(lua_State* L, int names, int library) {
  const int top = lua_gettop(L);
  lua_rawgeti(L, LUA_REGISTRYINDEX, State::kModule);
  lua_pushvalue(L, -1);
  name_library_value(L, names, library, "tidemill");
  name_fields(L, names, library, "tidemill");
  for (const char* part : {"fs", "log"}) {
    lua_getfield(L, -1, part);
    name_fields(L, names, library, std::string("tidemill.") + part);
    lua_pop(L, 1);
  }
  for (int kind = 0; kind < static_cast<int>(HandleKind::count); ++kind) {
    lua_settop(L, top);
    if (lua_rawgeti(L, LUA_REGISTRYINDEX, State::kMetatables + kind) != LUA_TTABLE) continue;
    lua_getfield(L, -1, "__name");
    const std::string name = lua_tostring(L, -1);
    // The methods, or a function that has them as its upvalue.
    if (lua_getfield(L, -2, "__index") == LUA_TFUNCTION) lua_getupvalue(L, -1, 1);
    if (lua_istable(L, -1)) name_fields(L, names, library, "tidemill:" + name);
  }
  lua_settop(L, top);
}

}  // namespace

void open_names(lua_State* L) {
  lua_newtable(L);
  const int pristine = lua_gettop(L);
  lua_newtable(L);
  const int names = lua_gettop(L);
  lua_newtable(L);
  const int library = lua_gettop(L);
  lua_getglobal(L, "_G");
  const int globals = lua_gettop(L);
  for (lua_pushnil(L); lua_next(L, globals) != 0; lua_pop(L, 1)) {
    lua_pushvalue(L, -2);
    lua_pushvalue(L, -2);
    lua_rawset(L, pristine);
    if (!can_be_named(L, -1) || lua_rawequal(L, -1, globals)) continue;
    std::string outer = lua_tostring(L, -2);
    lua_pushvalue(L, -1);
    name_library_value(L, names, library, outer);
    if (lua_type(L, -1) != LUA_TTABLE) continue;
    // package.loaded and the like are this state's own
    name_fields(L, names, library, outer, outer == "package");
  }
  lua_pop(L, 1);
  name_own(L, names, library);
  lua_rawseti(L, LUA_REGISTRYINDEX, State::kLibrary);
  lua_rawseti(L, LUA_REGISTRYINDEX, State::kNames);
  lua_rawseti(L, LUA_REGISTRYINDEX, State::kPristine);
}

void name_module(lua_State* L, const char* module) {
  const int top = lua_gettop(L);
  lua_rawgeti(L, LUA_REGISTRYINDEX, State::kNames);
  const int names = lua_gettop(L);
  lua_getfield(L, LUA_REGISTRYINDEX, LUA_LOADED_TABLE);
  lua_getfield(L, -1, module);
  if (can_be_named(L, -1) && std::strlen(module) < 256) {
    const int value = lua_gettop(L);
    lua_pushvalue(L, value);
    set_name(L, names, wire::kModule, {module});
    if (lua_type(L, value) == LUA_TTABLE) {
      for (lua_pushnil(L); lua_next(L, value) != 0; lua_pop(L, 1)) {
        if (lua_type(L, -2) != LUA_TSTRING || lua_rawlen(L, -2) > 255) continue;
        if (std::strlen(lua_tostring(L, -2)) != lua_rawlen(L, -2)) continue;
        if (lua_type(L, -1) != LUA_TFUNCTION) continue;
        lua_pushvalue(L, -1);
        if (lua_rawget(L, names) != LUA_TNIL) {
          lua_pop(L, 1);
          continue;
        }
        lua_pop(L, 1);
        lua_pushvalue(L, -1);
        set_name(L, names, wire::kModuleField, {module, lua_tostring(L, -3)});
      }
    }
  }
  lua_settop(L, top);
}

}  // namespace tidemill::lua
