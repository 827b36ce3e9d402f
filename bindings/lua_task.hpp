// Tasks whose body is a Lua function.
//
// SpawnedTask runs in the state that made it and shares everything with it. Job travels: its
// function and arguments are a parcel that any worker of its pool may unpack, its results are a
// parcel for whoever asks.
//
// The body runs in a coroutine whose bottom is the C function `task_base`: it unpacks the call,
// runs it under a pcall that can be yielded across (so that `__close` handlers may wait while an
// error unwinds), takes the traceback where the error happens, and packs the results. All of that
// is inside lua_resume: running out of memory anywhere in it fails the task and nothing else.
#pragma once

#include <memory>
#include <string>

#include "bindings/lua.hpp"
#include "bindings/transfer/codec.hpp"
#include "engine/sched/task.hpp"
#include "engine/sched/worker.hpp"

namespace tidemill::lua {

class Job;
class State;
struct Fiber;

/// A loaded function that is lent to one job at a time (State::check_out).
struct LentClosure {
  FunctionBlob* blob = nullptr;
  std::uint32_t anchor = 0;
  bool holds = false;  ///< it has captured something else than scalars
};

/// How a Lua task ended, where that is more than a value in its own state.
struct LuaAftermath final : Aftermath {
  ~LuaAftermath() override;
  Payload values;                ///< results or the error, for other states
  bool deadlock = false;         ///< the error is the engine's of that kind
  std::string refusal;           ///< why `values` could not be packed
  Ref<Reason> reason;            ///< of a cancelled task, if one was given
  std::string message;           ///< the error as text
  std::string traceback;         ///< where it was raised
  std::uint32_t error_slot = 0;  ///< anchor of the error value itself, in the state of `home`
  Worker* home = nullptr;
};

class LuaTask : public Task {
 public:
  using Task::Task;

  /// Marks the task as waiting (park) or giving way.
  void suspended() { set_waiting(); }
  /// Pushes what the body returned: the number of values. Only when it is done. `handle` is the
  /// index of the task's userdata in L. May raise for lack of memory.
  virtual int push_results(lua_State* L, int handle) = 0;
  /// Pushes the handle of this task, which is running.
  virtual void push_own_handle(lua_State* L) = 0;
  /// Its handle, at `handle` in L, is being sent elsewhere.
  virtual void share(lua_State* L, int handle) = 0;
  using Task::set_known_elsewhere;
  /// On its worker: it has started and its body has not ended.
  bool is_running_body() const {
    Status now = status();
    return !body_has_ended() && (now == Status::running || now == Status::waiting);
  }
  /// Pushes the handle that this state has of it, where it is not in the table of handles.
  virtual bool push_known_handle(lua_State*) { return false; }
  /// Pushes the error value of a failed or cancelled task, whose handle is at `handle`.
  void push_error_value(lua_State* L, int handle);
  /// Logs how it failed.
  void tell_failure() const;
  virtual Job* as_job() { return nullptr; }
  const Job* as_job() const { return const_cast<LuaTask*>(this)->as_job(); }
  /// What it was called by who made it; null: nothing. Any thread.
  virtual const std::string* name() const { return nullptr; }
  /// Where it was spawned; null for a root.
  const Site* site() const { return site_; }
  /// How to call it in messages: task #3 "resize" (app.lua:12).
  std::string title() const override;
  const LuaAftermath* after() const;

 protected:
  friend int task_base(lua_State* L);
  friend int task_base_end(lua_State* L, int status, lua_KContext);
  // Stack of the base: the task's handle (nil for a job), the message handler, then the call, which
  // its results or its error replace.
  static constexpr int kOwnHandle = 1, kHandler = 2, kFirstResult = 3;

  /// Pushes function and arguments: their number. Inside the task's coroutine; may raise.
  virtual int push_body(lua_State* L, State& state) = 0;
  /// Lets go of function and arguments of a task that will not run.
  virtual void abandon(State&) {}
  /// Keeps the results or, if `failed`, the error at the top. As push_body.
  virtual void keep(lua_State* L, State& state, bool failed) = 0;

  Execution& prepare(Worker& worker) override;
  void first_step(Worker& worker) final;
  void next_step(Worker& worker) final;
  Aftermath* cancelled_unstarted(const Ref<Reason>& reason) final;
  void unobserved_failure() final { tell_failure(); }
  void child_failed(Task& child) override;
  void report(TaskReport& to) const override;
  void deadlocked(const std::string& report) override;
  Aftermath* about_to_settle(Status& end) override;

  /// Puts the error at the top of L into `after`, which has its traceback already. May raise for
  /// lack of memory: nothing may be on the C++ stack that has to be freed.
  void describe_error(lua_State* L, LuaAftermath& after);
  /// The results of a task that are kept with its handle.
  static void keep_results(lua_State* L, int handle, int first, int count);
  static int push_kept_results(lua_State* L, int handle, int count);
  static void encode_results(lua_State* L, int handle, int count, LuaAftermath& to);
  /// Notes the error at the top of L as the outcome.
  void keep_error(lua_State* L, State& state);

  const Site* site_ = nullptr;

 private:
  std::string chain_of_spawns() const;
  void fail_for_lack_of_memory();
  void resume(State& state, int arguments);
};

/// A task without a body: ends when somebody resolves or fails it, in whatever state.
/// slot_: the number of results, if it was resolved in its own state.
class Future final : public LuaTask {
 public:
  /// Pushes the handle of a new one.
  static void create(lua_State* L);
  /// Ends it with the values from `first` on; they count as arguments from 1. False if it has
  /// ended. Raises if they cannot be sent and it was made in another state.
  bool resolve(lua_State* L, int handle, int first);
  /// Ends it with the error at the top.
  bool fail(lua_State* L);
  int push_results(lua_State* L, int handle) override;
  void push_own_handle(lua_State*) override {}  // never runs
  void share(lua_State* L, int handle) override;

 private:
  Future() : LuaTask(nullptr) {}
  ~Future() override;
  int push_body(lua_State*, State&) override { return 0; }
  void keep(lua_State*, State&, bool) override {}
  void discard(Worker&) override {}
  bool own_results_ = false;  // they are with the handle
};

/// Pushes the handle of `task`; takes over one count.
int push_task(lua_State* L, LuaTask* task);
/// Pushes a copy of the running task's locals; false if it has none.
bool push_locals_copy(lua_State* L);
/// The same for a job: what cannot be sent is left out. Null if it has none.
std::unique_ptr<Payload> encode_locals(lua_State* L);
/// The value at `index` as a reason. A handle of it is left on the stack, so that nothing is lost
/// if a later call raises.
Reason* check_reason(lua_State* L, int index);
template <class Work>
int call_work(lua_State* L) {
  (*static_cast<const Work*>(lua_touserdata(L, 1)))(L);
  return 0;
}
/// Calls `work` with L, where lack of memory, of Lua's or C++'s, only ends it: false then. The
/// `arguments` on top are moved into its stack, from 2 on.
template <class Work>
bool protectedly(lua_State* L, int arguments, const Work& work) {
  lua_pushcfunction(L, guarded<call_work<Work>>);
  lua_pushlightuserdata(L, const_cast<Work*>(&work));
  lua_rotate(L, -2 - arguments, 2);
  if (lua_pcall(L, arguments + 1, 0, 0) == LUA_OK) return true;
  lua_pop(L, 1);
  return false;
}
/// The message handler of everything protected: notes the traceback where the error happens.
int note_traceback(lua_State* L);

}  // namespace tidemill::lua
