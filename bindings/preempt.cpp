// How a script that runs on and on is interrupted. See engine/sched/monitor.hpp for when.
#include <cstring>

#include "bindings/interruption.hpp"
#include "bindings/state.hpp"
#include "engine/sched/monitor.hpp"
#include "tidemill/engine.hpp"

namespace tidemill::lua {

/// As lua.c does: lua_sethook may be called from a signal handler on the thread that runs the
/// state. A hook that is set while Lua enters a function can be missed; the monitor sends again.
void State::interrupt() {
  lua_State* co = innermost;
  if (co == nullptr || worker.engine().preempt() == Preempt::count) return;
  if (lua_Hook hook = lua_gethook(co); hook != interrupted) {
    script_hook_ = hook;
    script_hook_mask_ = lua_gethookmask(co);
    script_hook_count_ = lua_gethookcount(co);
  }
  lua_sethook(co, interrupted, LUA_MASKCALL | LUA_MASKRET | LUA_MASKLINE | LUA_MASKCOUNT, 1);
}

/// Whether the prelude's code runs, and not a function of the script that it has called. It ends in
/// time by itself, and must not be torn out of the end of a block.
static bool in_prelude(lua_State* L) {
  lua_Debug info;
  for (int level = 0; lua_getstack(L, level, &info); ++level) {
    lua_getinfo(L, "S", &info);
    if (info.what[0] != 'C') return std::strcmp(info.source, "=[tidemill]") == 0;
  }
  return false;
}

/// In the script, at the next instruction after the signal.
void State::interrupted(lua_State* L, lua_Debug*) {
  State& state = of(L);
  // Not if the task has begun an engine call since: it may be about to guard what that has given
  // it.
  const bool loops =
      L == state.innermost && state.worker.activity() == state.worker.signalled_at.load();
  // The hook stays until the prelude is left. By the next signal a loop of calls that take long,
  // load for one, would be in there again.
  if (loops && in_prelude(L)) return;
  lua_sethook(L, state.script_hook_, state.script_hook_mask_, state.script_hook_count_);
  if (loops) state.look_up(L);
}

/// Preempt::count: every so many instructions, without a monitor.
void State::count(lua_State* L, lua_Debug*) {
  State& state = of(L);
  if (L != state.innermost || state.worker.pressing_at() > state.worker.now()) return;
  timespec used{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
  const Nanoseconds spent = used.tv_sec * Nanoseconds{1'000'000'000} + used.tv_nsec;
  if (state.worker.activity() != state.seen_activity_ || state.seen_at_ == 0) {
    state.seen_activity_ = state.worker.activity();
    state.seen_at_ = spent;
  } else if (spent - state.seen_at_ >= Monitor::kPeriod) {
    state.seen_at_ = spent;
    state.look_up(L);
  }
}

/// Raises in the running task if it turns out to be cancelled.
void State::look_up(lua_State* L) {
  if (running == nullptr) return;
  worker.look_now();
  if (!fiber->interrupted) return;
  worker.press();  // until it ends or begins an engine call, in case it catches the error
  if (in_prelude(L)) return;
  if (fiber->interrupted_at != worker.activity()) fiber->interruptions = 0;
  fiber->interrupted_at = worker.activity();
  raised_by_hook = true;
  // What loops around a pcall would never end: it has been told twice, and goes on computing.
  constexpr int kTold = 2;
  if (++fiber->interruptions > kTold) raise_kill(L);
  raise_interrupted(L);
}

}  // namespace tidemill::lua
