// Lua numbers as the engine's. Strings are not converted: a comparison would not do so either.
#pragma once

#include "bindings/lua.hpp"
#include "engine/shared/number.hpp"

namespace tidemill::lua {

static_assert(sizeof(lua_Integer) == sizeof(std::int64_t) && sizeof(lua_Number) == sizeof(double));

/// The number at `index`, which is one.
inline Number to_number(lua_State* L, int index) {
  if (lua_isinteger(L, index)) return Number::of(std::int64_t{lua_tointeger(L, index)});
  return Number::of(lua_tonumber(L, index));
}

inline Number check_number(lua_State* L, int index) {
  luaL_checktype(L, index, LUA_TNUMBER);
  return to_number(L, index);
}

inline Number opt_number(lua_State* L, int index, std::int64_t otherwise) {
  return lua_isnoneornil(L, index) ? Number::of(otherwise) : check_number(L, index);
}

/// One result.
inline int push_number(lua_State* L, Number value) {
  if (value.is_integer) {
    lua_pushinteger(L, value.integer);
  } else {
    lua_pushnumber(L, value.real);
  }
  return 1;
}

}  // namespace tidemill::lua
