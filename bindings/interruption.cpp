#include "bindings/interruption.hpp"

#include "bindings/errors.hpp"
#include "bindings/lua_task.hpp"
#include "bindings/memory.hpp"
#include "bindings/park.hpp"
#include "bindings/state.hpp"
#include "engine/observe/log.hpp"
#include "engine/sched/monitor.hpp"
#include "tidemill/engine.hpp"

namespace tidemill::lua {

namespace {

const char kKill = 0;  // its address is the error value

void tell_of_kill(lua_State* L, State& state) {
  if (state.fiber->kill_told) return;
  state.fiber->kill_told = true;
  push_position(L, 1);
  const char* where = lua_tostring(L, -1);
  within_memory([&] {  // it may be a hook that raises
    log_warning(where + state.running->title() +
                " goes on although it was cancelled, and is killed");
  });
  lua_pop(L, 1);
}

}  // namespace

void push_cancelled(lua_State* L, int handle, const Reason* reason) {
  handle = lua_absindex(L, handle);
  const Task& task = check<Task>(L, handle, HandleKind::task);
  const bool given = reason != nullptr && !reason->value.empty();
  const int top = lua_gettop(L);
  if (given) {
    // What cannot be rebuilt here must not take the place of the cancellation.
    lua_pushcfunction(L, guarded_lambda([](lua_State* L2) {
                        const auto* why = static_cast<const Reason*>(lua_touserdata(L2, 1));
                        return State::of(L2).decoder.decode(L2, why->value);
                      }));
    lua_pushlightuserdata(L, const_cast<Reason*>(reason));
    if (lua_pcall(L, 1, 1, 0) != LUA_OK) {
      lua_pop(L, 1);
      lua_pushnil(L);
    }
  } else {
    lua_pushnil(L);
  }
  lua_settop(L, top + 1);
  if (lua_type(L, -1) == LUA_TSTRING) {
    push_error(L, 1, "cancelled", "task #%d was cancelled: %s", static_cast<int>(task.id()),
               lua_tostring(L, -1));
  } else {
    push_error(L, 1, "cancelled", "task #%d was cancelled", static_cast<int>(task.id()));
  }
  lua_pushvalue(L, top + 1);
  lua_setfield(L, -2, "reason");
  lua_pushvalue(L, handle);
  lua_setfield(L, -2, "task");
  lua_remove(L, top + 1);
}

int raise_kill(lua_State* L) {
  State& state = State::of(L);
  tell_of_kill(L, state);
  ++state.fiber->kills;
  lua_pushlightuserdata(L, const_cast<char*>(&kKill));
  return lua_error(L);
}

int raise_interrupted(lua_State* L) {
  State& state = State::of(L);
  Scope& innermost = *state.fiber->innermost;
  const Nanoseconds now = state.worker.now();
  // The grace period is the task's own time: it begins when it first hears of the cancellation.
  if (state.fiber->killed || now - innermost.tell(now) > state.worker.engine().grace()) {
    return raise_kill(L);
  }
  // If it is caught, and the task just goes on computing, the monitor notices.
  state.worker.press_at(now + Monitor::kPeriod);
  state.running->push_own_handle(L);
  // There is none any more if the scope that ended the wait is gone meanwhile.
  const Scope* by = innermost.interrupter();
  push_cancelled(L, -1, by == nullptr ? nullptr : by->reason().get());
  return lua_error(L);
}

void push_deadlock(lua_State* L) {
  push_error(L, 1, "deadlock", "%s", State::of(L).worker.engine().deadlock_report().c_str());
}

int raise_cancelled(lua_State* L, Task&) {
  const Op* op = State::of(L).fiber->op;
  if (op == nullptr || op->outcome() != Outcome::deadlock) return raise_interrupted(L);
  push_deadlock(L);
  return lua_error(L);
}

bool is_kill(lua_State* L, int index) {
  return lua_type(L, index) == LUA_TLIGHTUSERDATA && lua_touserdata(L, index) == &kKill;
}

bool is_own_interruption(lua_State* L, int index) {
  if (is_kill(L, index)) return true;
  if (!is_error(L, index, "cancelled")) return false;
  index = lua_absindex(L, index);
  lua_pushliteral(L, "task");
  lua_rawget(L, index);
  bool own = handle_kind(L, -1) == HandleKind::task &&
             static_cast<Task*>(static_cast<Handle*>(lua_touserdata(L, -1))->object) ==
                 State::of(L).running;
  lua_pop(L, 1);
  return own;
}

// --- protected calls ---
// As in Lua's lbaselib: a continuation, so that the function may be suspended. Its context holds
// the number of values below the results (0 to 3), and above that how many kills the task had seen.

std::intptr_t kills_seen(lua_State* L) {
  const Fiber* fiber = State::of(L).fiber;
  return fiber == nullptr ? 0 : static_cast<std::intptr_t>(fiber->kills);
}

int pass_kill_on(lua_State* L, std::intptr_t seen) {
  // Also where cleanup has replaced the kill by an error of its own.
  if (!is_kill(L, -1) && kills_seen(L) == seen) return 0;
  lua_pushlightuserdata(L, const_cast<char*>(&kKill));
  return lua_error(L);
}

static int end_protected(lua_State* L, int status, lua_KContext context) {
  if (status == LUA_OK || status == LUA_YIELD) return lua_gettop(L) - static_cast<int>(context & 3);
  State::of(L).raised_by_hook = false;
  State::of(L).tell_limit(L, status);
  pass_kill_on(L, context >> 2);
  lua_pushboolean(L, 0);
  lua_pushvalue(L, -2);
  return 2;
}

int protected_call(lua_State* L) {
  luaL_checkany(L, 1);
  lua_pushboolean(L, 1);
  lua_insert(L, 1);
  const lua_KContext context = kills_seen(L) << 2;
  int status = lua_pcallk(L, lua_gettop(L) - 2, LUA_MULTRET, 0, context,
                          guarded_continuation<end_protected>);
  return end_protected(L, status, context);
}

/// Calls the script's handler at upvalue 1, but not where it could run for ever.
static int call_handler(lua_State* L) {
  if (is_kill(L, 1) || State::of(L).raised_by_hook) return 1;
  lua_pushvalue(L, lua_upvalueindex(1));
  lua_insert(L, 1);
  lua_call(L, lua_gettop(L) - 1, 1);
  return 1;
}

int protected_call_with_handler(lua_State* L) {
  const int arguments = lua_gettop(L);
  luaL_checktype(L, 2, LUA_TFUNCTION);
  if (!lua_iscfunction(L, 2)) {
    lua_pushvalue(L, 2);
    lua_pushcclosure(L, guarded<call_handler>, 1);
    lua_replace(L, 2);
  }
  lua_pushboolean(L, 1);
  lua_pushvalue(L, 1);
  lua_rotate(L, 3, 2);
  const lua_KContext context = kills_seen(L) << 2 | 2;
  int status =
      lua_pcallk(L, arguments - 2, LUA_MULTRET, 2, context, guarded_continuation<end_protected>);
  return end_protected(L, status, context);
}

/// Stack: a place for the traceback, the handler, true, then the results or the error.
/// `in_cleanup`: there is an error under way outside, whose trace was put aside.
static int end_protect(lua_State* L, int status, lua_KContext in_cleanup) {
  State& state = State::of(L);
  if (status == LUA_OK || status == LUA_YIELD) {
    if (in_cleanup != 0) state.take_trace(*state.fiber);
    return lua_gettop(L) - 2;
  }
  state.raised_by_hook = false;
  state.tell_limit(L, status);
  lua_pushboolean(L, 0);
  lua_pushvalue(L, -2);
  const ErrorTrace* trace = state.fiber->trace.get();
  if (trace == nullptr) {
    lua_pushliteral(L, "");
  } else {
    lua_pushlstring(L, trace->text.data(), trace->text.size());
  }
  state.take_trace(*state.fiber);
  return 3;
}

int protect(lua_State* L) {
  std::unique_ptr<ErrorTrace>& trace = State::of(L).fiber->trace;
  const bool in_cleanup = trace != nullptr;
  if (in_cleanup) {
    auto inner = std::make_unique<ErrorTrace>();
    inner->around = std::move(trace);
    trace = std::move(inner);
  }
  lua_pushcfunction(L, guarded<note_traceback>);
  lua_pushboolean(L, 1);
  lua_rotate(L, 1, 2);
  lua_pushnil(L);
  lua_insert(L, 1);
  int status = lua_pcallk(L, lua_gettop(L) - 4, LUA_MULTRET, 2, in_cleanup,
                          guarded_continuation<end_protect>);
  return end_protect(L, status, in_cleanup);
}

}  // namespace tidemill::lua
