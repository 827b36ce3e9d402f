// A unit of work that the engine runs, and its place in the tree of tasks.
//
// The engine resumes an abstract Task; a Lua coroutine is one kind, a C++ function in a test
// another. A task that has not started is portable if it was submitted to a pool: any worker of the
// pool may start it. Once started it belongs to one worker (`home`) until it ends.
//
// Status                                   who moves it there
//   queued     → running      its worker, at the first step (compare-exchange)
//   queued     → leaving      whoever cancels it first (compare-exchange): it never starts
//   leaving    → cancelled    the same, in `settle`
//   running    ⇄ waiting      its worker, around each blocking call
//   running    → finishing    its worker: the body returned, children are left
//   running, finishing → done | failed | cancelled     its worker: `settle`, the last transition
//
// Invariants
//  T1  A task is settled exactly once; its joiners are completed and its parent told exactly then.
//  T2  Children are linked and unlinked on the parent's home worker only. A parent cannot settle
//      before its children, so a child may use its `parent` pointer until it has told it.
//  T3  From creation until it is settled a task holds one reference to itself; a run queue or inbox
//      that still lists it holds another.
//  T4  `next` is owned by at most one list at a time: a run queue before and between steps, or the
//      inbox of its home worker, or (after it is settled) that of its parent's home. In a JobQueue
//      it is the place there.
//  T5  Whoever takes a task that is leaving from its run queue waits until it is settled. So what
//      is counted and destroyed after that, the pool of a job first of all, is there for the
//      canceller until then.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "engine/base/insist.hpp"
#include "engine/base/ref.hpp"
#include "engine/sched/scope.hpp"
#include "engine/sync/wait.hpp"

namespace tidemill {

class Engine;
class Task;
class Worker;
struct TaskReport;

enum class Status : std::uint8_t {
  queued,
  leaving,  ///< being cancelled before it has started; outside the engine still queued
  running,
  waiting,
  finishing,
  done,
  failed,
  cancelled
};

inline bool is_settled(Status status) { return status >= Status::done; }
inline bool has_started(Status status) { return status > Status::leaving; }  ///< if not settled
const char* to_string(Status status);

/// What a task has only while it runs. Kept out of Task, so that a million that have not started
/// stay small. Touched on the task's home worker only.
struct Execution {
  /// The scope around all of the task.
  struct Whole final : Scope {
  } whole;
  Scope* innermost = &whole;
  TaskWait* wait = nullptr;     ///< the blocking call it is in
  Nanoseconds waits_since = 0;  ///< when that began, coarsely
  bool wait_shielded = false;   ///< being cancelled does not end that
  /// A scope that reaches where the task is has been cancelled (S3).
  bool interrupted = false;
  /// It is to end without waiting for anything, whatever shields there are.
  bool killed = false;
  // Of a job of a pool: among those of its worker that have not ended (Worker::jobs).
  Execution *next_job = nullptr, *previous_job = nullptr;
  Nanoseconds job_began = 0;

  void begin(Task& task);
  /// As it was before `begin`.
  void clear();
  void update();
};

/// What a task has only after it has ended, if it has anything to say.
struct Aftermath {
  virtual ~Aftermath() = default;
};

class Task : public Shared {
  // First, because they fit into the padding of Shared. There are tasks by the million.
  std::atomic<Status> status_{Status::queued};
  SpinLock lock_;  // guards joiners_ and the transition to a settled status
  std::atomic<std::uint8_t> flags_{0};
  Status end_ = Status::done;  // what body_ended was told, while finishing

 public:
  /// A child of the task of `scope`, or with null a root. Call on the home worker of that task. Not
  /// yet queued anywhere.
  explicit Task(Scope* scope);

  /// Runs until it waits or ends. Only the worker that took it from a run queue calls this.
  void run(Worker& worker);

  Status status() const { return status_.load(std::memory_order_acquire); }
  bool settled() const { return is_settled(status()); }
  std::uint32_t id() const { return id_; }
  Worker* home() const { return home_; }
  Scope* scope() const { return scope_; }
  /// Until it has told it of its end.
  Task* parent() const { return scope_ == nullptr ? nullptr : &scope_->task(); }
  /// On its worker, while it runs.
  Execution* execution() const { return execution_; }

  /// Asks the task to end: true if it had not ended yet. A queued one never starts; one that has
  /// started has its whole scope cancelled, on its own worker: at once if that is this one. The
  /// first reason counts; null: none. Any thread; does not block.
  bool cancel(Ref<Reason> reason);
  bool cancel() { return cancel(nullptr); }
  /// As cancel, and what goes on regardless is ended: in the task and all below it every blocking
  /// call raises, in shields too, and what to raise is up to the kind of task (Execution::killed).
  /// Any thread; does not block.
  void kill(Ref<Reason> reason);
  /// Whether a blocking call of this task, which is running, has to raise.
  bool interrupted() const { return execution_->interrupted; }
  /// Has `message` run on the home worker of a task that has started; false if it has ended.
  /// `pressing`: even if the worker's task does not let go of it. Any thread.
  template <class Message>
  bool post_home(const Message& message, bool pressing = false) {
    return insist([&] { return post_home_made(message, pressing); });
  }

  /// Says, before it is queued, that its parent does not wait for it: it is cancelled when the
  /// scope has nothing else left.
  void make_background();
  bool is_background() const { return (flags_.load(std::memory_order_relaxed) & kBackground) != 0; }

  /// Whether it has no body: it ends when somebody says so.
  bool is_future() const { return (flags_.load(std::memory_order_relaxed) & kFuture) != 0; }

  /// How to call it in messages. Any thread.
  virtual std::string title() const { return "task #" + std::to_string(id_); }

  /// Says what a task that has started does, beside what this class knows. On its worker.
  virtual void report(TaskReport&) const {}
  /// Calls `visit` with each of its children that has not ended. On its worker, once it has
  /// started.
  template <class Visit>
  void each_child(Visit visit) const;
  /// Ends the blocking call it is in, if any, with Outcome::deadlock. If it has none because its
  /// body has ended, it fails, and its children are cancelled. If that has been done before, or its
  /// call is in a second half that nothing but success may end, the calls of all its children are
  /// ended in the same way. On its worker.
  void break_deadlock(const std::string& report);

  /// Stands in line for the end of this task: false if it has ended already. Whoever stands there
  /// when it ends, or comes later, has observed it; who gives up before has not.
  bool join(Waiter& waiter);
  friend class EndCase;  // a select that joins
  /// Says that somebody asks for the result: a failure is then that caller's affair.
  void observe() { flags_.fetch_or(kObserved, std::memory_order_acq_rel); }
  bool observed() const { return (flags_.load(std::memory_order_acquire) & kObserved) != 0; }

  Task* next = nullptr;  ///< T4

 protected:
  ~Task() override;

  /// What about_to_settle left; null for most. Any thread, once settled.
  Aftermath* aftermath() const { return settled() ? aftermath_ : nullptr; }
  /// Adds one to a settled task that only this thread knows.
  void set_aftermath(Aftermath* aftermath) { aftermath_ = aftermath; }

  // What the kinds of task define; all on the home worker.
  /// Makes what the task needs to run.
  virtual Execution& prepare(Worker& worker) = 0;
  /// It was cancelled before it started: what is to be kept as `aftermath`, or null. Any thread.
  virtual Aftermath* cancelled_unstarted(const Ref<Reason>&) { return nullptr; }
  /// It is leaving. True if its run queue has let go of it, whose reference is then the caller's,
  /// and `left_queue` is to follow once it is settled; else whoever takes it from there discards
  /// it. Any thread.
  virtual bool leave_queue() { return false; }
  virtual void left_queue() {}
  /// Lets go of what a task that never started holds.
  virtual void discard(Worker& worker) = 0;
  /// First step, and every later one: runs until the task waits or its body ends.
  virtual void first_step(Worker& worker) = 0;
  virtual void next_step(Worker& worker) = 0;
  void set_waiting() { status_.store(Status::waiting, std::memory_order_release); }
  /// The body has ended: settles now, or when the last child has. `end` is done, failed, cancelled.
  void body_ended(Status end);
  /// Called once, before the task becomes `end`, with no lock held: keep results, free the body.
  /// May turn done into failed. Returns what is to be kept as `aftermath`, or null.
  virtual Aftermath* about_to_settle(Status& end) = 0;
  /// Called once, after the task was settled, on the worker of its parent, if it has one.
  virtual void parent_told() {}
  /// Called once, after it became failed with nobody waiting for it: on its parent's worker, when
  /// that hears of it, so that a parent which asks at once is in time.
  virtual void unobserved_failure() {}
  /// Called when a child has failed and nobody asked about it: it must fail with it.
  virtual void child_failed(Task& child) = 0;

  /// Makes this task, just made and a root, one without a body: it waits until `end_future`, holds
  /// no reference to itself (not T3), and stays at this worker.
  void make_future(Worker& worker);
  /// The end of a future; false if it has ended. Takes over `aftermath` if it has not. Any thread.
  bool end_future(Status end, Aftermath* aftermath);

  /// Its body has ended well but it waits for its children in vain, as `report` says: it must fail.
  virtual void deadlocked(const std::string& report) = 0;

  /// Fixes the task to this worker before it starts.
  void pin(Worker& worker) { home_ = &worker; }
  bool body_has_ended() const { return (flags_.load(std::memory_order_relaxed) & kBodyEnded) != 0; }
  /// Whether a handle of it was sent to another state; set and read on its home worker.
  bool known_elsewhere() const {
    return (flags_.load(std::memory_order_relaxed) & kKnownElsewhere) != 0;
  }
  void set_known_elsewhere() { flags_.fetch_or(kKnownElsewhere, std::memory_order_relaxed); }

  std::uint32_t slot_ = 0;  // for the kinds of task, beside id_

 private:
  friend class Worker;
  friend class Scope;
  static constexpr std::uint8_t kCancel = 1, kObserved = 2, kBodyEnded = 4, kKnownElsewhere = 8,
                                kBackground = 16, kFuture = 32;

  bool post_home_made(const std::function<void()>& message, bool pressing);
  void cancel_here(const Ref<Reason>& reason);
  void kill_here();
  void children_ended();
  void fail_finishing(const std::string& report);
  /// Where a task is when it is settled: cancelled in a run queue, or ended on its worker.
  enum class Place : std::uint8_t { in_queue, at_home };
  void settle(Status end, Place place);
  void tell_parent(Place place);
  void tell_parent_here();

  std::uint32_t id_;
  Worker* home_ = nullptr;
  WaitQueue joiners_ TM_GUARDED_BY(lock_);
  Scope* scope_;
  Task* next_sibling_ = nullptr;
  Task* previous_sibling_ = nullptr;
  union {
    Execution* execution_ = nullptr;  // until about_to_settle has returned
    Aftermath* aftermath_;            // from then on
  };
};

template <class Visit>
void Task::each_child(Visit visit) const {
  for (const Scope* scope = execution_->innermost; scope != nullptr; scope = scope->outer()) {
    scope->each_child(visit);
  }
}

template <class Visit>
void Scope::each_child(Visit visit) const {
  for (Task* child = first_child_; child != nullptr; child = child->next_sibling_) visit(*child);
}

}  // namespace tidemill
