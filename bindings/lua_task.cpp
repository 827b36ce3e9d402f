#include "bindings/lua_task.hpp"

#include "bindings/errors.hpp"
#include "bindings/interruption.hpp"
#include "bindings/memory.hpp"
#include "bindings/park.hpp"
#include "bindings/state.hpp"
#include "bindings/traceback.hpp"
#include "engine/observe/census.hpp"
#include "engine/observe/log.hpp"

namespace tidemill::lua {

LuaAftermath::~LuaAftermath() {
  if (error_slot == 0) return;
  auto release = [worker = home, slot = error_slot] {
    if (worker->local() != nullptr) State::of(*worker).release_anchor(slot);
  };
  if (Worker::current() == home) {
    release();
  } else {
    home->post(release);
  }
}

// --- the bottom of every coroutine ---

/// Appends the error value at the top, as far as it can be told without running script code.
static void append_message(lua_State* L, std::string& to) {
  if (lua_type(L, -1) == LUA_TTABLE) {
    lua_pushliteral(L, "message");
    lua_rawget(L, -2);
  } else {
    lua_pushvalue(L, -1);
  }
  to += lua_type(L, -1) == LUA_TSTRING ? lua_tostring(L, -1) : "(an error value)";
  lua_pop(L, 1);
}

/// Joins what happened elsewhere to the traceback of where it was raised here; not if that is its
/// beginning, as of what several blocks of one task have passed on.
static void add_origin(std::string& trace, const std::string& origin) {
  const bool again = origin.starts_with('\n') && origin.compare(1, trace.size(), trace) == 0;
  trace = again ? origin.substr(1) : trace + origin;
}

int note_traceback(lua_State* L) {
  State& state = State::of(L);
  Fiber& fiber = *state.fiber;
  lua_settop(L, 1);
  // If it fell to the limit, so would the error that it tells of.
  const bool limited = state.memory != nullptr && state.memory->hold(false);
  const bool whole = std::exchange(state.trace_is_whole, false);
  if (whole || (fiber.interrupted && is_own_interruption(L, 1))) {
    lua_pushliteral(L, "");  // a cancelled task has no trace to show, and there may be very many
  } else {
    push_traceback(L, 1);
  }
  lua_rawgeti(L, LUA_REGISTRYINDEX, State::kLastRaised);
  const bool from_elsewhere =
      !lua_isnil(L, 3) && lua_rawequal(L, 3, 1) && state.last_raised_by == state.running->id();
  // An error raised in the cleanup after another, which it replaces.
  const bool replaces = fiber.trace != nullptr && fiber.trace->anchor != 0;
  if (replaces) {
    state.push_anchored(L, fiber.trace->anchor);
    if (is_error(L, 1, nullptr) && !lua_rawequal(L, 1, 4)) {
      lua_pushliteral(L, "cause");
      lua_pushvalue(L, 4);
      lua_rawset(L, 1);
    }
  } else {
    if (fiber.trace == nullptr) fiber.trace = std::make_unique<ErrorTrace>();
    lua_pushvalue(L, 1);
    fiber.trace->anchor = state.anchor(L);
    lua_pushnil(L);
  }
  std::string text = lua_tostring(L, 2);
  // An error that came out of another task is shown with what happened there.
  if (from_elsewhere || whole) add_origin(text, state.last_raised_trace);
  if (replaces && !lua_rawequal(L, 1, 4)) {
    text += "\nraised while this error was under way: ";
    append_message(L, text);
    text += "\n" + fiber.trace->text;
  }
  fiber.trace->text = std::move(text);
  lua_settop(L, 1);
  if (limited) state.memory->hold(true);
  return 1;
}

int task_base_end(lua_State* L, int status, lua_KContext) {
  State& state = State::of(L);
  const bool failed = status != LUA_OK && status != LUA_YIELD;
  if (failed) state.tell_limit(L, status);
  state.running->keep(L, state, failed);
  return 0;
}

int task_base(lua_State* L) {
  State& state = State::of(L);
  lua_pushnil(L);
  lua_pushcfunction(L, guarded<note_traceback>);
  int arguments = state.running->push_body(L, state);
  int status = lua_pcallk(L, arguments, LUA_MULTRET, LuaTask::kHandler, 0,
                          guarded_continuation<task_base_end>);
  return task_base_end(L, status, 0);
}

// --- every Lua task ---

/// Of tasks for whose failure there was no memory. Made when the program is loaded: when it is
/// asked for there may be none for it either.
static const LuaAftermath* const no_memory = [] {
  auto* made = new LuaAftermath;
  made->message = "not enough memory";
  return made;
}();

Execution& LuaTask::prepare(Worker& worker) { return *State::of(worker).new_fiber(); }

void LuaTask::first_step(Worker& worker) {
  State& state = State::of(worker);
  auto* fiber = static_cast<Fiber*>(execution());
  if (state.is_spare(fiber)) {
    abandon(state);
    fail_for_lack_of_memory();
    body_ended(fiber->end);
    return;
  }
  lua_pushcfunction(fiber->thread, guarded<task_base>);
  resume(state, 0);
}

void LuaTask::next_step(Worker& worker) {
  execution()->wait = nullptr;
  resume(State::of(worker), 0);
}

void LuaTask::resume(State& state, int arguments) {
  auto* fiber = static_cast<Fiber*>(execution());
  state.running = this;
  state.fiber = fiber;
  state.budget = 128;
  state.parking = false;
  state.encoder.recover();
  state.chain_yieldable = true;
  state.raised_by_hook = false;
  int results = 0;
  state.innermost = fiber->thread;
  if (state.memory != nullptr) state.memory->hold(true);
  int status = lua_resume(fiber->thread, state.L, arguments, &results);
  if (state.memory != nullptr) state.memory->hold(false);
  state.innermost = nullptr;
  if (status == LUA_YIELD && state.parking) {
    state.running = nullptr;
    state.fiber = nullptr;
    return;
  }
  if (status != LUA_OK) {
    // Not an error of the script (those end in task_base): memory ran out in the base itself, or a
    // C library yielded on its own. The coroutine is beyond use; its to-be-closed variables are
    // run.
    if (status == LUA_YIELD)
      lua_pushliteral(fiber->thread, "attempt to yield from outside a coroutine");
    lua_xmove(fiber->thread, state.L, 1);
    state.tell_limit(state.L, status);
    lua_resetthread(fiber->thread);
    lua_settop(fiber->thread, 0);
    // If a hook has raised it, the coroutine would never call a hook again.
    fiber->spoilt = true;
    if (!protectedly(state.L, 1, [&](lua_State* L) { keep_error(L, state); })) {
      fail_for_lack_of_memory();
    }
  }
  drop_ops(state);
  state.give_up_locks();
  state.running = nullptr;
  state.fiber = nullptr;
  body_ended(fiber->end);
}

std::string LuaTask::title() const {
  std::string title = "task #" + std::to_string(id());
  if (name() != nullptr) title += " \"" + *name() + "\"";
  if (site_ != nullptr) title += " (" + site_->text() + ")";
  return title;
}

/// Of this task and those above it, each alive until the one below has told it of its end.
std::string LuaTask::chain_of_spawns() const {
  std::string text;
  for (const auto* task = this; task->parent() != nullptr;
       task = static_cast<const LuaTask*>(task->parent())) {
    text += "\ntask #" + std::to_string(task->id()) + " was spawned";
    if (task->site_ != nullptr) text += " at " + task->site_->text();
    text += " by " + (task->parent()->parent() == nullptr
                          ? "the main task"
                          : "task #" + std::to_string(task->parent()->id()));
  }
  return text;
}

void LuaTask::keep_error(lua_State* L, State& state) {
  auto* fiber = static_cast<Fiber*>(execution());
  MemoryBudget::Lifted lifted(state.memory.get());
  const bool cancelled =
      fiber->whole.cancelled() && (is_kill(L, -1) || is_error(L, -1, "cancelled"));
  fiber->end = cancelled ? Status::cancelled : Status::failed;
  fiber->aftermath.reset();
  if (!cancelled) fiber->aftermath = std::make_unique<LuaAftermath>();
  {
    std::string trace = state.take_trace(*fiber);
    if (cancelled) return;  // with the reason that its scope knows
    // An error that came out of a child brings its chain along, which ends with this one.
    const std::string chain = chain_of_spawns();
    if (!trace.ends_with(chain)) trace += chain;
    if (trace.starts_with('\n')) trace.erase(0, 1);  // nothing is above what it is joined to
    fiber->aftermath->traceback = std::move(trace);
  }
  describe_error(L, *fiber->aftermath);
}

const LuaAftermath* LuaTask::after() const {
  const auto* after = static_cast<const LuaAftermath*>(aftermath());
  return after == nullptr && status() == Status::failed ? no_memory : after;
}

void LuaTask::fail_for_lack_of_memory() {
  auto* fiber = static_cast<Fiber*>(execution());
  fiber->aftermath.reset();
  fiber->end = Status::failed;
}

void LuaTask::describe_error(lua_State* L, LuaAftermath& after) {
  State& state = State::of(L);
  after.home = &state.worker;
  after.deadlock = has_error(L, -1, "deadlock");
  // As text for the log; a __tostring may run script code, so it is called where that may fail.
  lua_pushcfunction(L, guarded_lambda([](lua_State* L2) {
                      luaL_tolstring(L2, 1, nullptr);
                      return 1;
                    }));
  lua_pushvalue(L, -2);
  const bool lifted = state.memory != nullptr && !state.memory->hold(true);
  bool printed = lua_pcall(L, 1, 1, 0) == LUA_OK;
  if (lifted) state.memory->hold(false);
  const char* text = printed ? lua_tostring(L, -1) : nullptr;
  after.message = text == nullptr ? "(an error that cannot be printed)" : text;
  lua_pop(L, 1);
  if (!state.encoder.encode_kept(L, lua_gettop(L), 1, {"the error", -1}, *this, after.values)) {
    // Elsewhere it arrives as what it says and why it could not come itself.
    push_error(L, 0, "transfer", "%s (it was: %s)", state.encoder.failure().c_str(),
               after.message.c_str());
    state.encoder.encode_safely(L, lua_gettop(L), 1, {"the error", -1}, after.values);
    lua_pop(L, 1);
  }
  // In a pool's worker the task may outlive the state: there the copy has to do. Also for an error
  // that holds this task, which would keep itself for ever.
  // A job in the state of who submits it is to behave as one elsewhere.
  if (state.is_main && !state.encoder.met_owner() && as_job() == nullptr) {
    lua_pushvalue(L, -1);
    after.error_slot = state.anchor(L);
  }
}

Aftermath* LuaTask::cancelled_unstarted(const Ref<Reason>& reason) {
  if (!reason) return nullptr;
  auto* after = insist([] { return new LuaAftermath; });
  after->reason = reason;
  return after;
}

void LuaTask::push_error_value(lua_State* L, int handle) {
  State& state = State::of(L);
  const LuaAftermath* after = this->after();
  if (status() == Status::cancelled) {
    push_cancelled(L, handle, after == nullptr ? nullptr : after->reason.get());
  } else if (after->error_slot != 0 && after->home == &state.worker) {
    state.push_anchored(L, after->error_slot);
  } else if (aftermath() == nullptr) {
    lua_pushstring(L, after->message.c_str());
  } else {
    // What it takes to rebuild it may fail here, and its own error is told instead. Not every
    // caller is called by Lua.
    lua_pushcfunction(L, guarded_lambda([](lua_State* L2) {
                        auto* task = static_cast<LuaTask*>(lua_touserdata(L2, 1));
                        return State::of(L2).decoder.decode(L2, task->after()->values,
                                                            Decoder::Environment::receiver, task);
                      }));
    lua_pushlightuserdata(L, this);
    lua_pcall(L, 1, 1, 0);
  }
}

void LuaTask::report(TaskReport& to) const {
  if (is_future()) {
    to.waits_for = "somebody to resolve it";
    return;
  }
  if (to.status == Status::finishing) {
    to.waits_for = "its children to end";
    return;
  }
  auto* fiber = static_cast<const Fiber*>(execution());
  if (to.status != Status::waiting) return;
  if (fiber->wait == nullptr || fiber->wait->outcome() != Outcome::pending) {
    to.waits_for = "its turn";
    return;
  }
  const auto& op = static_cast<const Op&>(*fiber->wait);
  to.waits_for = op.describe();
  to.since = fiber->waits_since;
  if (const Site* site = State::of(*home()).sites.here(op.parked_in, 0)) to.where = site->text();
}

void LuaTask::tell_failure() const try {
  const LuaAftermath* after = this->after();
  log_error(title() + " failed and nobody waits for it: " + after->message + "\n" +
            after->traceback);
} catch (const std::bad_alloc&) {
  log_error("a task failed and nobody waits for it, and there is no memory to tell more");
}

void LuaTask::child_failed(Task& child) {
  State& state = State::of(*home());
  MemoryBudget::Lifted lifted(state.memory.get());
  auto& failed = static_cast<LuaTask&>(child);
  auto* fiber = static_cast<Fiber*>(execution());
  fail_for_lack_of_memory();
  const bool told = protectedly(state.L, 0, [&](lua_State* L) {
    fiber->aftermath = std::make_unique<LuaAftermath>();
    fiber->aftermath->traceback = failed.after()->traceback;
    failed.push_error_value(L, 0);
    describe_error(L, *fiber->aftermath);
  });
  if (!told) fail_for_lack_of_memory();
}

void LuaTask::deadlocked(const std::string& report) {
  State& state = State::of(*home());
  MemoryBudget::Lifted lifted(state.memory.get());
  auto* fiber = static_cast<Fiber*>(execution());
  fail_for_lack_of_memory();
  const bool told = protectedly(state.L, 0, [&](lua_State* L) {
    fiber->aftermath = std::make_unique<LuaAftermath>();
    push_error(L, 0, "deadlock", "%s", report.c_str());
    describe_error(L, *fiber->aftermath);
  });
  if (!told) fail_for_lack_of_memory();
}

Aftermath* LuaTask::about_to_settle(Status& end) {
  auto* fiber = static_cast<Fiber*>(execution());
  if (fiber->end == Status::failed) end = Status::failed;
  if (end == Status::cancelled && fiber->whole.cancelled() && fiber->whole.reason()) {
    if (fiber->aftermath == nullptr) {
      fiber->aftermath = insist([] { return std::make_unique<LuaAftermath>(); });
    }
    fiber->aftermath->reason = fiber->whole.reason();
  }
  Aftermath* after = fiber->aftermath.release();
  State::of(*home()).recycle(fiber);
  State& state = State::of(*home());
  state.collect_if_due(state.L);
  if (as_job() != nullptr) state.shrink_handles();
  return after;
}

int push_task(lua_State* L, LuaTask* task) {
  if (task->home() == &State::of(L).worker && task->is_running_body()) {
    task->push_own_handle(L);
    task->release();
    return 1;
  }
  if (task->push_known_handle(L)) {
    task->release();
    return 1;
  }
  // If it ends first its results stay where they are, and asking for them here says so.
  task->post_home([keep = Ref<LuaTask>(task)] { keep->set_known_elsewhere(); });
  push_handle(L, HandleKind::task, task);
  return 1;
}

// --- results that are kept with the handle ---

void LuaTask::keep_results(lua_State* L, int handle, int first, int count) {
  if (count == 0) return;
  if (count > 1) {
    lua_createtable(L, count, 0);
    lua_insert(L, first);
    for (int i = count; i >= 1; --i) lua_rawseti(L, first, i);
  }
  lua_setiuservalue(L, handle, 1);
}

int LuaTask::push_kept_results(lua_State* L, int handle, int count) {
  if (count == 0) return 0;
  handle = lua_absindex(L, handle);
  lua_getiuservalue(L, handle, 1);
  if (count == 1) return 1;
  luaL_checkstack(L, count + 1, "too many results");
  int packed = lua_gettop(L);
  for (int i = 1; i <= count; ++i) lua_rawgeti(L, packed, i);
  lua_remove(L, packed);
  return count;
}

void LuaTask::encode_results(lua_State* L, int handle, int count, LuaAftermath& to) {
  handle = lua_absindex(L, handle);
  int top = lua_gettop(L);
  push_kept_results(L, handle, count);
  Encoder encoder;  // the state's own may be at work on what mentions this task
  Shared* task = static_cast<Handle*>(lua_touserdata(L, handle))->object;
  if (!encoder.encode_kept(L, top + 1, count, {"result", 1}, *task, to.values)) {
    to.refusal = encoder.failure();
  }
  lua_settop(L, top);
}

}  // namespace tidemill::lua
