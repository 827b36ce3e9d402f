// Jobs: tasks of a pool whose function and arguments travel.
//
// A job is a parcel that any worker of its pool may unpack, its results are a parcel for whoever
// asks. Most have nothing else. What few have (a name, a time limit, tm.locals) is in `JobExtras`,
// because there are jobs by the million.
//
// The body of a plain job is its function. A job that may have to do more than that has
// `core.run_job` of the prelude as its body, which runs the pool's init first, or makes several
// attempts; it calls the function through `call_job`, as often as it likes: each call unpacks the
// parcel anew, so that an attempt finds nothing of what the one before has changed in its copies.
#pragma once

#include <limits>
#include <memory>
#include <string>

#include "bindings/lua_task.hpp"
#include "bindings/pool_setup.hpp"

namespace tidemill {
class Pool;
}

namespace tidemill::lua {

struct JobExtras {
  Payload locals;  ///< to begin with; empty: none. Spent when it starts.
  std::string name;
  static constexpr lua_Number kNoLimit = std::numeric_limits<lua_Number>::infinity();
  lua_Number timeout = kNoLimit;  ///< seconds for each attempt
  lua_Integer retries = 0;
  bool guarded() const { return retries > 0 || timeout < kNoLimit; }
};

class Job final : public LuaTask {
 public:
  /// What must be there before a place in the queue is asked for, because a job that has one must
  /// come: everything that may raise, or run out of memory. Leaves the handle on the stack.
  struct Blank {
    void* memory = nullptr;
    std::uint32_t slot = 0;
    const Site* site = nullptr;
  };
  static Blank prepare(lua_State* L);
  /// Gives back what was prepared and is not wanted.
  static void discard(State& state, Blank& blank);
  /// Makes the job; its handle, as `prepare` left it, is at the top. Does not fail.
  static Job* create(lua_State* L, Blank& blank, Scope& scope, Pool& pool, Payload call,
                     std::unique_ptr<JobExtras> extras);

  int push_results(lua_State* L, int handle) override;
  void push_own_handle(lua_State* L) override;
  void share(lua_State*, int) override { set_known_elsewhere(); }
  bool push_known_handle(lua_State* L) override;
  Job* as_job() override { return this; }
  const std::string* name() const override;

  /// What its pool's jobs have in common; null: nothing.
  PoolSetup* setup() const { return setup_of(pool_); }
  Pool& pool() const { return pool_; }
  const JobExtras* extras() const { return extras_.get(); }
  /// Inside it: pushes its function and arguments, made anew: their number.
  int push_call(lua_State* L, State& state);

 private:
  int push_body(lua_State* L, State& state) override;
  void keep(lua_State* L, State& state, bool failed) override;
  Execution& prepare(Worker& worker) override;
  void discard(Worker& worker) override;
  bool leave_queue() override;
  void left_queue() override;
  void abandon(State&) override { parcel_.reset(); }
  Aftermath* about_to_settle(Status& end) override;
  void parent_told() override;

  Job(Scope& scope, Pool& pool, Payload call)
      : LuaTask(&scope), pool_(pool), submitter_(scope.task().home()), parcel_(std::move(call)) {}

  Pool& pool_;  // outlives its open jobs
  Worker* submitter_;
  Nanoseconds queued_at_ = 0;
  Payload parcel_;  // the call until it has been unpacked for the last time, then the results
  std::unique_ptr<JobExtras> extras_;
  LentClosure lent_;  // the function it runs, if another job may use it next
  // slot_: anchor of its handle in the submitter's state, until the parent knows that it has ended.
  // That keeps the handle findable there at a fraction of the price of the table of handles.
};

}  // namespace tidemill::lua
