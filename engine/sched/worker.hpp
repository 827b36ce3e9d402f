// A worker runs tasks, one at a time. It is a state machine: `step` makes one turn and never waits.
// Whatever calls `step` is a driver: a thread of its own (worker_thread.hpp), the thread that
// called Engine::run, a host's event loop, or a test that steps several workers in an order of its
// choice.
//
// Where the next task comes from, in this order
//   1. the inbox: resumptions and other news from other threads, every turn
//   2. the LIFO slot: the first task woken during the last step, at most 3 times in a row, so that
//      two tasks that talk to each other do not wait behind a crowd
//   3. ready tasks, first come first served: they have started here and cannot go elsewhere
//   4. jobs of pools without workers that were submitted here
//   5. jobs that have not started: own deque, the pool's injection queue, other workers' deques. A
//      worker with jobs that wait leaves them to a worker that has none: a job once started stays,
//      and N consumers of a channel should not all end up on the worker that came first. Every 61st
//      turn the injection queue comes before everything else, so that jobs from outside are not
//      starved (61, as in Go's scheduler: a prime, so that it does not beat with periods of the
//      program)
// libuv is polled without waiting every 64 turns; timers are looked at every 8 turns. Before a
// worker is idle it has looked at everything.
//
// Sleep states; `wake` needs a system call only for a worker that sleeps.
//   awake          → parked     the worker, in park: it says so, then looks for news once more
//   parked         → quiet      the worker, having found none, if no event of its own can wake it
//   parked, quiet  → notified   whoever pushed work: exactly one sends the async
//   any            → awake      the worker, when it comes back
// The engine counts the quiet ones (Engine::stalled): whoever takes a worker out of that state
// takes it off the count. As it became quiet after its last look, a push it missed has notified it.
#pragma once

#include <pthread.h>
#include <uv.h>

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "engine/base/clock.hpp"
#include "engine/base/insist.hpp"
#include "engine/pool/job_queue.hpp"
#include "engine/sched/deque.hpp"
#include "engine/sched/inbox.hpp"
#include "engine/sched/task_list.hpp"
#include "engine/sched/timers.hpp"

namespace tidemill {

class Engine;
struct Execution;
class Pool;

/// What a language binding keeps per worker (its interpreter state). Made on the worker's own
/// thread before its first task, destroyed there after its last.
class WorkerLocal {
 public:
  virtual ~WorkerLocal() = default;
  /// What runs is to be interrupted soon, so that it calls Worker::look_now. On the worker's
  /// thread, from a signal handler: async-signal-safe.
  virtual void interrupt() {}
};

enum class Progress : std::uint8_t {
  ran,   ///< a task was run or a message was handled
  idle,  ///< nothing to do before the next wake-up or deadline
};

class Worker {
 public:
  /// `pool` is null for a worker that takes no jobs from others (the one of the calling thread).
  Worker(Engine& engine, Pool* pool, std::uint32_t index);
  /// On the thread that last stepped it. Every task must have ended.
  ~Worker();
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  /// The worker whose step is running on this thread, or null.
  static Worker* current();

  // --- any thread, does not block ---

  /// Keeps the worker from being destroyed while another thread uses it. To be begun while
  /// something keeps it there anyway: a task that has not ended, a message not yet handled. Whoever
  /// pushes the last news that a worker waits for still looks whether it sleeps; meanwhile it may
  /// have handled them, retired, and its pool been joined.
  class Visit {
   public:
    explicit Visit(Worker& worker) : worker_(worker) {
      // relaxed: what keeps the worker there orders this before its destruction
      worker_.visitors_.fetch_add(1, std::memory_order_relaxed);
    }
    // release: pairs with the acquire in ~Worker
    ~Visit() { worker_.visitors_.fetch_sub(1, std::memory_order_release); }
    Visit(const Visit&) = delete;

   private:
    Worker& worker_;
  };

  /// Puts a waiting task, whose home this is, among those to run.
  void wake(Task& task);
  /// Has `message` run on this worker between two tasks. Lost if the worker has retired.
  template <class Message>
  void post(const Message& message) {
    insist([&] { post_made(std::function<void()>(message)); });
  }
  /// A task has ended whose parent lives here; takes over one reference.
  void post_ended(Task& task);
  /// Wakes the driver if it is parked. One that is about to park looks for news after it has
  /// announced that, so publish first, then notify.
  void notify();
  /// As notify, for a worker that is wanted for something others may have done by the time it
  /// looks: if it was just about to park it comes back once.
  void call() {
    called_.store(true, std::memory_order_seq_cst);
    notify();
  }
  /// Forgets that it was called.
  void answer_call() { called_.store(false, std::memory_order_relaxed); }
  /// As notify, whatever state it is in. Async-signal-safe.
  void interrupt_sleep() { uv_async_send(&async_); }
  /// There is news that must not wait until the running task lets go of the worker: it is looked
  /// for at once. Any thread; async-signal-safe.
  void press() { press_at(0); }
  /// The same at `moment`.
  void press_at(Nanoseconds moment);
  Engine& engine() const { return engine_; }
  Pool* pool() const { return pool_; }
  std::uint32_t index() const { return index_; }

  // --- the worker's own thread ---

  /// Queues a new task that must run here, or one that gives way, behind the others.
  void start(Task& task) { ready_.push_back(task); }
  /// Queues a portable job here; the other workers of the pool may take it. Throws std::bad_alloc,
  /// and then nothing has changed.
  void start_portable(Task& task) { jobs_.push(&task); }
  /// Queues a job of a pool without workers, to be started here when nothing else is ready: the
  /// lowest priority first, equal ones as they came.
  void start_visiting(Task& job, double priority);
  Progress step();
  /// In the middle of a task: handles messages and timers that are due.
  void look_now();
  /// An engine call begins: the task does not just loop.
  void note_call() { activity_.store(activity() + 1, std::memory_order_relaxed); }
  /// The calling thread drives this worker from now on.
  void bind_thread() { thread_ = pthread_self(); }
  /// Nothing but a notification can give it something to do. When step said idle.
  bool waits_for_others() const { return timers_.empty() && open_requests == 0; }
  /// Sleeps until a wake-up, an event or `deadline`. Only when step said idle.
  void park(Nanoseconds deadline = kNever);
  /// One cheap look, for a driver that spins before it parks.
  bool has_news() const;
  /// Resumptions or messages have come in.
  bool has_messages() const {
    return !inbox_.looks_empty() || has_posts_.load(std::memory_order_relaxed);
  }
  /// A full look for anything that step would run.
  bool has_work();
  /// No other task here is ready: what the running one waits for may be worth a short spin.
  bool nothing_else_ready() const {
    return ready_.empty() && lifo_slot_ == nullptr && visiting_.empty() && inbox_.looks_empty() &&
           spins_;
  }
  /// Runs events of the loop that are ready.
  void poll_io();
  Timers& timers() { return timers_; }
  Nanoseconds now();
  uv_loop_t* loop() { return &loop_; }
  WorkerLocal* local() const { return local_.get(); }
  void set_local(std::unique_ptr<WorkerLocal> local) {
    local_ = std::move(local);
    moment_turn_ = turn_ - 2;  // that took its time, which is not the next job's
  }
  /// No task will run here any more: ends the local part and what is still to happen at a moment.
  void retire();
  /// Requests under way in the loop (files, ...): a worker does not retire before they are back.
  std::uint32_t open_requests = 0;
  /// Nanoseconds spent in tasks since the start, for utilisation; read by any thread.
  Nanoseconds busy_time() const;
  /// Marks the begin of a busy stretch; `rest` ends it. Called by drivers around idle times.
  void begin_busy();
  void rest();

  // --- the monitor ---
  Nanoseconds pressing_at() const { return pressing_at_.load(std::memory_order_seq_cst); }
  /// acquire: pairs with the begin of the task, so that thread() is seen
  bool in_task() const { return in_task_.load(std::memory_order_acquire); }
  pthread_t thread() const { return thread_; }
  /// What presses since `at` is to be looked at in the next step.
  void press_in_step(Nanoseconds at) {
    pressing_at_.compare_exchange_strong(at, 0, std::memory_order_seq_cst);
  }
  bool asleep() const {
    const Sleep state = sleep_.load(std::memory_order_seq_cst);
    return state == Sleep::parked || state == Sleep::quiet;
  }
  /// Changes with every step and engine call.
  std::uint32_t activity() const { return activity_.load(std::memory_order_relaxed); }
  struct Watched {
    std::uint32_t activity = 0;
    Nanoseconds since = 0;  ///< processor time of the thread when that was first seen
  } watched;                ///< the monitor's alone
  /// The activity that the monitor has seen when it last sent a signal.
  std::atomic<std::uint32_t> signalled_at{0};
  /// What presses is to be looked at by whatever the worker does next.
  bool is_pressed() const { return pressing_at_.load(std::memory_order_relaxed) == 0; }

  // --- the tree of tasks ---
  // Ends and cancellations spread from task to task. Each is queued if one is being handled
  // already, so that a chain of tasks of any length needs no deep stack.

  /// Tells `task`'s parent, which lives here, that it has ended.
  void deliver_end(Task& task);
  /// Has `task`, which has started here, wind up.
  void deliver_cancel(Task& task, Ref<Reason> reason);

  // --- pool ---
  Task* steal() { return jobs_.take(); }
  bool jobs_empty() const { return jobs_.empty(); }
  std::size_t queued_jobs() const { return jobs_.size(); }
  /// Jobs that were started and have ended here; written by the worker only.
  std::uint64_t jobs_ended() const { return jobs_ended_.load(std::memory_order_seq_cst); }
  /// Jobs started and not ended. 0: the worker has nothing to do but look for one. A hint to
  /// others.
  std::uint32_t open_jobs() const { return open_jobs_.load(std::memory_order_relaxed); }
  /// A job begins in this step: the time, which is that of the end of the job in the step before if
  /// there was one, so that one look at the clock serves both.
  Nanoseconds job_started(Execution& job);
  /// A job ends: the time.
  Nanoseconds job_ended(Execution& job);
  /// All open jobs.
  std::vector<Ref<Task>> jobs() const;
  /// On this worker: true if `job` was among those that `start_visiting` has queued, and is no
  /// more.
  bool withdraw_visiting(Task& job) { return visiting_.remove(job); }
  /// Lets go of what is queued here although it was cancelled before it began.
  void drop_cancelled();
  /// No task of this worker is queued here, not even one that was cancelled before it began.
  bool nothing_listed() const {
    return visiting_.empty() && ready_.empty() && lifo_slot_ == nullptr && inbox_.empty();
  }

 private:
  enum class Sleep : std::uint8_t { awake, parked, quiet, notified };

  void post_made(std::function<void()> message);
  void come_back();
  Task* next_task();
  void handle_inbox();
  bool handle_posts();  // false: there was none
  void fire_timers();
  bool relax(Nanoseconds now);

  Engine& engine_;
  Pool* const pool_;
  const std::uint32_t index_;
  const bool spins_;  // other workers run at the same time
  std::uint32_t turn_ = 0;
  pthread_t thread_ = pthread_self();
  std::atomic<bool> in_task_{false};
  std::atomic<std::uint32_t> activity_{0};  // written by the worker's thread
  std::uint32_t lifo_streak_ = 0;
  Task* lifo_slot_ = nullptr;
  TaskList ready_;
  Timers timers_;
  std::unique_ptr<WorkerLocal> local_;
  uv_loop_t loop_{};
  uv_async_t async_{};
  uv_timer_t sleep_timer_{};
  struct Cancel {
    Ref<Task> task;
    Ref<Reason> reason;
  };
  std::vector<Ref<Task>> ends_;
  std::vector<Cancel> cancels_;
  bool spreading_ends_ = false, spreading_cancels_ = false;
  std::atomic<Nanoseconds> busy_since_{kNever};  // kNever: idle
  std::atomic<Nanoseconds> busy_time_{0};        // of the stretches before
  Nanoseconds moment_ = 0;                       // the clock in turn moment_turn_
  std::uint32_t moment_turn_ = UINT32_MAX - 1;   // never
  Execution* first_job_ = nullptr;               // of the open ones

  std::atomic<std::uint64_t> jobs_ended_{0};
  std::atomic<std::uint32_t> open_jobs_{0};
  Deque<Task> jobs_;
  JobQueue visiting_;
  std::uint64_t visits_ = 0;  // so far, which numbers them
  // Written by other threads: away from the fields above.
  alignas(64) Inbox inbox_;
  std::atomic<Sleep> sleep_{Sleep::awake};
  std::atomic<std::uint32_t> visitors_{0};
  std::atomic<bool> has_posts_{false};
  std::atomic<bool> called_{false};
  std::atomic<Nanoseconds> pressing_at_{kNever};
  std::mutex posts_lock_;
  std::vector<std::function<void()>> posts_;
};

}  // namespace tidemill
