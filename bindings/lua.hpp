// The Lua 5.4 C API, compiled as C: errors and yields are longjmp. Code that calls it holds no live
// destructor across a call that may raise; see park.hpp for the two-phase rule.
#pragma once

#include <lua.hpp>
#include <new>

static_assert(LUA_VERSION_NUM == 504, "the bindings know Lua 5.4");

namespace tidemill::lua {

/// `function` as Lua gets to see it: memory that C++ does not get in it is an error of Lua, because
/// an exception must not meet a frame of Lua's. Every function of ours is given to Lua in this way.
template <lua_CFunction function>
int guarded(lua_State* L) {
  try {
    return function(L);
  } catch (const std::bad_alloc&) {
  }
  return luaL_error(L, "not enough memory");
}

/// The same for a lambda that captures nothing.
template <class Lambda>
lua_CFunction guarded_lambda(Lambda) {
  return [](lua_State* L) -> int {
    try {
      return Lambda{}(L);
    } catch (const std::bad_alloc&) {
    }
    return luaL_error(L, "not enough memory");
  };
}

/// The same for what goes on after a wait.
template <lua_KFunction continuation>
int guarded_continuation(lua_State* L, int status, lua_KContext context) {
  try {
    return continuation(L, status, context);
  } catch (const std::bad_alloc&) {
  }
  return luaL_error(L, "not enough memory");
}

}  // namespace tidemill::lua
