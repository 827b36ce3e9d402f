// How a task that is cancelled learns of it: the `cancelled` error of its blocking calls, and the
// kill that follows when it goes on regardless.
//
// A kill unwinds the task, or the block of it that was cancelled, with an error value that no
// script sees: pcall, xpcall, coroutine.resume and coroutine.close of this state pass it on. So it
// cannot be caught, while `<close>` variables are closed as for any error. The prelude's blocks and
// the base of the task are where it ends.
#pragma once

#include <cstdint>

#include "bindings/lua.hpp"
#include "engine/sched/scope.hpp"

namespace tidemill::lua {

class State;

/// Raises what the running task, which is interrupted, is to get: `cancelled`, or the kill if its
/// cancellation is older than the grace period. Never returns.
int raise_interrupted(lua_State* L);
/// Raises the kill. Never returns.
int raise_kill(lua_State* L);
/// Pushes a `cancelled` error: of the task whose handle is at `handle`, with `reason` (may be
/// null).
void push_cancelled(lua_State* L, int handle, const Reason* reason);
/// Pushes the error for a wait that ended with Outcome::deadlock.
void push_deadlock(lua_State* L);
/// What a blocking call raises that did not get what it waited for: the interruption of the running
/// task, or the deadlock that its wait was found to be part of.
int raise_cancelled(lua_State* L, Task& task);

/// Whether the error at `index` is the kill.
bool is_kill(lua_State* L, int index);
/// How many kills the running task has seen; and, where an error has been caught since `seen` was
/// that number, raises the kill again if there was one.
std::intptr_t kills_seen(lua_State* L);
int pass_kill_on(lua_State* L, std::intptr_t seen);
/// Whether the error at `index` tells the running task of its own cancellation: the kill, or a
/// `cancelled` error that means this task.
bool is_own_interruption(lua_State* L, int index);

/// pcall and xpcall as Lua's, but a kill passes. `protect` is pcall for the prelude's blocks:
/// nothing passes, and the first result after an error is followed by its traceback.
int protected_call(lua_State* L);
int protected_call_with_handler(lua_State* L);
int protect(lua_State* L);

}  // namespace tidemill::lua
