// tm.spawn, tm.sleep, tm.yield, tm.now, tm.current and the methods of tasks.
#include <cstring>

#include "bindings/errors.hpp"
#include "bindings/library.hpp"
#include "bindings/park.hpp"
#include "bindings/spawned_task.hpp"
#include "bindings/state.hpp"
#include "tidemill/engine.hpp"

namespace tidemill::lua {

namespace {

LuaTask& check_task(lua_State* L, int index) {
  return static_cast<LuaTask&>(check<Task>(L, index, HandleKind::task));
}

int spawn(lua_State* L) {
  luaL_checktype(L, 1, LUA_TFUNCTION);
  State& state = State::of(L);
  if (state.running == nullptr) return raise_text(L, "tm.spawn can only be called from a task");
  SpawnedTask* task = SpawnedTask::create(L, 1, state.fiber->innermost);
  start_spawned(state, *task);
  return 1;
}

struct SleepOp final : Op {
  using Op::Op;
  std::string describe() const override { return "a moment (tm.sleep)"; }
  int finish(lua_State* L) override {
    if (outcome() != Outcome::timeout) return raise_cancelled(L, task());
    return 0;
  }
};

int sleep(lua_State* L) {
  Timeout length = check_seconds(L, 1);
  check_may_wait(L);
  if (length.poll()) return give_way(L, 0);
  return park(L, new_op<SleepOp>(L), length);
}

int yield(lua_State* L) {
  check_may_wait(L);
  return give_way(L, 0);
}

int now(lua_State* L) {
  lua_pushnumber(L, static_cast<lua_Number>(State::of(L).worker.now()) / 1e9);
  return 1;
}

int current(lua_State* L) {
  LuaTask* task = State::of(L).running;
  if (task == nullptr) return raise_text(L, "tm.current can only be called from a task");
  task->push_own_handle(L);
  return 1;
}

// --- await and join ---

/// Remembers that the error at the top came out of `task`, for the traceback.
void note_origin(lua_State* L, LuaTask& task) {
  State& state = State::of(L);
  lua_pushvalue(L, -1);
  lua_rawseti(L, LUA_REGISTRYINDEX, State::kLastRaised);
  state.last_raised_by = state.running == nullptr ? 0 : state.running->id();
  state.last_raised_trace = "\nin task #" + std::to_string(task.id()) + ":\n";
  state.last_raised_trace += task.after() == nullptr ? "(never started)" : task.after()->traceback;
}

enum class Style { await, join, told };

/// true and the results. Rebuilding them may fail here: then false and that error, as if the task
/// had failed, because whoever joins expects no error.
int push_joined(lua_State* L, LuaTask& task) {
  const int before = lua_gettop(L);
  lua_pushcfunction(L, guarded_lambda([](lua_State* L2) {
                      auto* joined = static_cast<LuaTask*>(lua_touserdata(L2, 2));
                      lua_pushboolean(L2, 1);
                      return 1 + joined->push_results(L2, 1);
                    }));
  lua_pushvalue(L, 1);
  lua_pushlightuserdata(L, &task);
  if (lua_pcall(L, 2, LUA_MULTRET, 0) == LUA_OK) return lua_gettop(L) - before;
  lua_pushboolean(L, 0);
  lua_insert(L, -2);
  return 2;
}

/// The results of a settled task, whose handle is at index 1, as `await` or `join` gives them.
int push_outcome(lua_State* L, LuaTask& task, Style style) {
  if (style == Style::told) {
    if (task.status() == Status::failed) task.tell_failure();
    return 0;
  }
  if (task.status() == Status::done) {
    if (style == Style::await) return task.push_results(L, 1);
    return push_joined(L, task);
  }
  if (style == Style::join) lua_pushboolean(L, 0);
  task.push_error_value(L, 1);
  if (style == Style::join) return 2;
  note_origin(L, task);
  return Op::kRaise;
}

int not_in_time(lua_State* L, LuaTask& task, Style style) {
  if (style == Style::await) {
    return raise(L, "timeout", "task #%d has not ended in time", static_cast<int>(task.id()));
  }
  lua_pushnil(L);
  lua_pushliteral(L, "timeout");
  return 2;
}

struct JoinOp final : EdgeOp {
  JoinOp(Task& self, LuaTask& joined, Style how) : EdgeOp(self), target(joined), style(how) {}
  void detach() override { tidemill::detach(waiter); }
  std::string describe() const override { return "the end of " + target.title(); }
  int finish(lua_State* L) override {
    switch (outcome()) {
      case Outcome::value:
        return push_outcome(L, target, style);
      case Outcome::timeout:
        return not_in_time(L, target, style);
      default:
        return raise_cancelled(L, task());
    }
  }
  Waiter waiter{*this};
  LuaTask& target;  // lives as long as its handle, the first argument of the call that waits
  Style style;
};

int wait_for_end(lua_State* L, Style style) {
  LuaTask& task = check_task(L, 1);
  Timeout timeout = check_timeout(L, 2);
  check_may_wait(L);
  if (!task.settled()) {
    if (State::of(L).running == &task) {
      return raise(L, "deadlock", "task #%d waits for itself", static_cast<int>(task.id()));
    }
    if (timeout.poll()) {
      if (!task.settled()) return not_in_time(L, task, style);
    } else {
      auto* op = new_op<JoinOp>(L, task, style);
      if (task.join(op->waiter)) {
        if (!timeout.forever() || task.is_future() || !closes_circle(L, op, nullptr, &task)) {
          return park(L, op, timeout);
        }
        drop_op(State::of(L), op);
        return raise(L, "deadlock", "%s", lua_tostring(L, -1));
      }
      drop_op(State::of(L), op);
    }
  }
  task.observe();
  int results = push_outcome(L, task, style);
  return results == Op::kRaise ? lua_error(L) : ready(L, results);
}

int await(lua_State* L) { return wait_for_end(L, Style::await); }
int join(lua_State* L) { return wait_for_end(L, Style::join); }
/// As join, but nothing is returned, and a failure is logged.
int join_told(lua_State* L) { return wait_for_end(L, Style::told); }

// --- the rest ---

int status(lua_State* L) {
  lua_pushstring(L, to_string(check_task(L, 1).status()));
  return 1;
}

int done(lua_State* L) {
  lua_pushboolean(L, check_task(L, 1).settled());
  return 1;
}

int cancel(lua_State* L) {
  LuaTask& task = check_task(L, 1);
  if (lua_isnoneornil(L, 2)) {
    lua_pushboolean(L, task.cancel());
  } else {
    lua_settop(L, 2);
    lua_pushboolean(L, task.cancel(Ref<Reason>(check_reason(L, 2))));
  }
  return 1;
}

// --- futures ---

int future(lua_State* L) {
  Future::create(L);
  return 1;
}

Future& check_future(lua_State* L) {
  LuaTask& task = check_task(L, 1);
  luaL_argcheck(L, task.is_future(), 1, "only a future is resolved from outside");
  return static_cast<Future&>(task);
}

/// True; false if it was cancelled: then nobody wants it any more. A second end is an error.
int ended_now(lua_State* L, Future& future, bool first, const char* what) {
  if (!first && future.status() != Status::cancelled) {
    return raise_text(L, "%s: the future has been %s already", what,
                      future.status() == Status::done ? "resolved" : "failed");
  }
  lua_pushboolean(L, first);
  return 1;
}

int resolve(lua_State* L) {
  Future& future = check_future(L);
  return ended_now(L, future, future.resolve(L, 1, 2), "resolve");
}

int fail(lua_State* L) {
  Future& future = check_future(L);
  lua_settop(L, 2);
  return ended_now(L, future, future.fail(L), "fail");
}

int is_task(lua_State* L) {
  lua_pushboolean(L, handle_kind(L, 1) == HandleKind::task);
  return 1;
}

/// is_within(task): whether the running task is `task` or a descendant of it.
int is_within(lua_State* L) {
  const Task& task = check_task(L, 1);
  const Task* at = State::of(L).running;
  while (at != nullptr && at != &task) at = at->parent();
  lua_pushboolean(L, at != nullptr);
  return 1;
}

int may_wait(lua_State* L) {
  check_may_wait(L);
  return 0;
}

int can_suspend(lua_State* L) {
  check_can_suspend(L);
  return 0;
}

/// tm.grace([seconds]) → how long a cancelled task may go on before it is killed; sets it if given.
int grace(lua_State* L) {
  Engine& engine = State::of(L).worker.engine();
  if (!lua_isnoneornil(L, 1)) engine.set_grace(check_seconds(L, 1).length);
  lua_pushnumber(L, static_cast<lua_Number>(engine.grace()) / 1e9);
  return 1;
}

int traceback(lua_State* L) {
  LuaTask& task = check_task(L, 1);
  if (task.status() != Status::failed || task.after() == nullptr) {
    lua_pushnil(L);
  } else {
    lua_pushstring(L, task.after()->traceback.c_str());
  }
  return 1;
}

int task_field(lua_State* L) {
  if (!lua_istable(L, lua_upvalueindex(1))) return 0;  // the debug library lets scripts set it
  lua_pushvalue(L, 2);
  if (lua_rawget(L, lua_upvalueindex(1)) != LUA_TNIL) return 1;
  LuaTask& task = check_task(L, 1);
  const char* key = lua_tostring(L, 2);
  if (key != nullptr && key[0] == 'i' && key[1] == 'd' && key[2] == 0) {
    lua_pushinteger(L, task.id());
    return 1;
  }
  if (const std::string* name = task.name();
      name != nullptr && key != nullptr && std::strcmp(key, "name") == 0) {
    lua_pushlstring(L, name->data(), name->size());
    return 1;
  }
  return 0;
}

int task_tostring(lua_State* L) {
  LuaTask& task = check_task(L, 1);
  const int id = static_cast<int>(task.id());
  const char* status = to_string(task.status());
  if (const std::string* name = task.name()) {
    lua_pushfstring(L, "task #%d \"%s\" %s", id, name->c_str(), status);
  } else {
    lua_pushfstring(L, "task #%d %s", id, status);
  }
  return 1;
}

}  // namespace

void start_spawned(State& state, SpawnedTask& task) {
  task.retain();  // the run queue's
  state.worker.start(task);
  if (Scope* cancelled = task.scope()->interrupter()) task.cancel(cancelled->reason());
}

Reason* check_reason(lua_State* L, int index) {
  State& state = State::of(L);
  push_new_handle(L, HandleKind::reason, nullptr);
  auto* reason = new Reason;
  static_cast<Handle*>(lua_touserdata(L, -1))->object = reason;
  if (!state.encoder.encode(L, index, 1, {"the reason", -1}, reason->value)) {
    raise(L, "transfer", "%s", state.encoder.failure().c_str());
  }
  return reason;
}

void open_task(lua_State* L) {
  static const luaL_Reg no_methods[] = {{nullptr, nullptr}};
  define_handle(L, HandleKind::reason, "reason", no_methods, no_methods);
  lua_pop(L, 1);
  static const luaL_Reg methods[] = {{"await", guarded<await>},     {"join", guarded<join>},
                                     {"status", guarded<status>},   {"cancel", guarded<cancel>},
                                     {"resolve", guarded<resolve>}, {"fail", guarded<fail>},
                                     {"done", guarded<done>},       {nullptr, nullptr}};
  static const luaL_Reg metamethods[] = {{"__tostring", guarded<task_tostring>},
                                         {nullptr, nullptr}};
  define_handle(L, HandleKind::task, "task", methods, metamethods, guarded<task_field>);
  lua_setfield(L, -2, "task_methods");
  static const luaL_Reg functions[] = {{"spawn", guarded<spawn>},
                                       {"sleep", guarded<sleep>},
                                       {"yield", guarded<yield>},
                                       {"now", guarded<now>},
                                       {"current", guarded<current>},
                                       {"future", guarded<future>},
                                       {"traceback", guarded<traceback>},
                                       {"grace", guarded<grace>},
                                       {"is_within", guarded<is_within>},
                                       {"is_task", guarded<is_task>},
                                       {"join_told", guarded<join_told>},
                                       {"check_may_wait", guarded<may_wait>},
                                       {"check_can_suspend", guarded<can_suspend>},
                                       {nullptr, nullptr}};
  luaL_setfuncs(L, functions, 0);
}

}  // namespace tidemill::lua
