// Tracebacks as scripts see them.
#pragma once

#include "bindings/lua.hpp"

namespace tidemill::lua {

/// Pushes the traceback of L from `level` up, in Lua's words but without the frames of our prelude:
/// a function of ours that a script has called looks like one in C, and what that has called does
/// not show. Empty if nothing is left.
void push_traceback(lua_State* L, int level);

}  // namespace tidemill::lua
