// The Lua 5.4 C API, compiled as C: errors and yields are longjmp. Code that calls it holds no live
// destructor across a call that may raise; see park.hpp for the two-phase rule.
#pragma once

#include <lua.hpp>

static_assert(LUA_VERSION_NUM == 504, "the bindings know Lua 5.4");
