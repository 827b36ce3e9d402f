#include "bindings/errors.hpp"

#include <cstdarg>
#include <cstring>

#include "bindings/class.hpp"

namespace tidemill::lua {

namespace {

constexpr const char* kClass = "tidemill.error";

int message_of(lua_State* L) {
  lua_getfield(L, 1, "message");
  if (!lua_isstring(L, -1)) lua_pushliteral(L, "(an engine error without a message)");
  return 1;
}

/// err:find(kind) → the error itself if it is of that kind, or the first such one in a group,
/// however deep; nil if there is none.
int find_kind(lua_State* L) {
  luaL_argexpected(L, is_error(L, 1, nullptr), 1, "engine error");
  const char* kind = luaL_checkstring(L, 2);
  lua_settop(L, 2);
  if (is_error(L, 1, kind)) {
    lua_pushvalue(L, 1);
    return 1;
  }
  luaL_checkstack(L, 6, "groups too deep");
  lua_getfield(L, 1, "errors");
  if (!lua_istable(L, 3)) return 0;
  lua_getfield(L, 3, "n");  // a nil may be among them
  const lua_Integer n = lua_tointeger(L, -1);
  for (lua_Integer i = 1; i <= n; ++i) {
    lua_rawgeti(L, 3, i);
    if (is_error(L, -1, nullptr)) {
      lua_pushcfunction(L, guarded<find_kind>);
      lua_insert(L, -2);
      lua_pushvalue(L, 2);
      lua_call(L, 2, 1);
      if (!lua_isnil(L, -1)) return 1;
    }
    lua_pop(L, 1);
  }
  return 0;
}

}  // namespace

void open_errors(lua_State* L) {
  luaL_newmetatable(L, kClass);
  lua_pushcfunction(L, guarded<message_of>);
  lua_setfield(L, -2, "__tostring");
  lua_createtable(L, 0, 1);
  lua_pushcfunction(L, guarded<find_kind>);
  lua_setfield(L, -2, "find");
  lua_setfield(L, -2, "__index");
  register_own_class(L, kClass);
  lua_pop(L, 1);
}

/// "file:line: " of the first function from `level` up that is a script's and not our own
/// prelude's.
void push_position(lua_State* L, int level) {
  lua_Debug info;
  while (lua_getstack(L, level++, &info)) {
    lua_getinfo(L, "Sl", &info);
    if (info.currentline <= 0 || std::strcmp(info.source, "=[tidemill]") == 0) continue;
    lua_pushfstring(L, "%s:%d: ", info.short_src, info.currentline);
    return;
  }
  lua_pushliteral(L, "");
}

static void push_formatted(lua_State* L, int level, const char* kind, const char* format,
                           std::va_list arguments) {
  lua_createtable(L, 0, 3);
  lua_pushstring(L, kind);
  lua_setfield(L, -2, "kind");
  push_position(L, level);
  lua_pushvfstring(L, format, arguments);
  lua_concat(L, 2);
  lua_setfield(L, -2, "message");
  luaL_setmetatable(L, kClass);
}

void push_error(lua_State* L, int level, const char* kind, const char* format, ...) {
  std::va_list arguments;
  va_start(arguments, format);
  push_formatted(L, level, kind, format, arguments);
  va_end(arguments);
}

int raise(lua_State* L, const char* kind, const char* format, ...) {
  std::va_list arguments;
  va_start(arguments, format);
  push_formatted(L, 1, kind, format, arguments);
  va_end(arguments);
  return lua_error(L);
}

int raise_text(lua_State* L, const char* format, ...) {
  push_position(L, 1);
  std::va_list arguments;
  va_start(arguments, format);
  lua_pushvfstring(L, format, arguments);
  va_end(arguments);
  lua_concat(L, 2);
  return lua_error(L);
}

int raise_argument(lua_State* L, int argument, const char* expected) {
  push_position(L, 1);
  lua_pushfstring(L, "bad argument #%d (%s expected, got %s)", argument, expected,
                  luaL_typename(L, argument));
  lua_concat(L, 2);
  return lua_error(L);
}

bool is_error(lua_State* L, int index, const char* kind) {
  if (lua_type(L, index) != LUA_TTABLE || !lua_getmetatable(L, index)) return false;
  luaL_getmetatable(L, kClass);
  bool ours = lua_rawequal(L, -1, -2) != 0;
  lua_pop(L, 2);
  if (!ours || kind == nullptr) return ours;
  index = lua_absindex(L, index);
  lua_pushliteral(L, "kind");
  lua_rawget(L, index);
  const char* actual = lua_tostring(L, -1);
  bool same = actual != nullptr && std::strcmp(actual, kind) == 0;
  lua_pop(L, 1);
  return same;
}

bool has_error(lua_State* L, int index, const char* kind) {
  if (!is_error(L, index, nullptr)) return false;
  index = lua_absindex(L, index);
  lua_pushcfunction(L, guarded<find_kind>);
  lua_pushvalue(L, index);
  lua_pushstring(L, kind);
  const bool found = lua_pcall(L, 2, 1, 0) == LUA_OK && !lua_isnil(L, -1);
  lua_pop(L, 1);
  return found;
}

}  // namespace tidemill::lua
