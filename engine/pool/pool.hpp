// A pool: workers with threads of their own that share unstarted jobs.
//
// A job comes in through the injection queue (from outside) or the deque of the worker that submits
// it (from inside). Threads start on demand: a job that finds nobody idle or searching starts the
// next one, up to the pool's size.
//
// Who wakes whom (P: publish a job; S: a worker that goes to sleep)
//   P1 push the job   P2 look at searching_, idle_count_    P3 if nobody searches, take one idle
//      worker from idle_ and notify it
//   S1 stop searching, announce idle   S2 look at every queue again   S3 park
// Both orders are sequentially consistent, so either P2 sees S1 or S2 sees P1. A searcher that
// finds a job wakes the next one when there is more.
//
// By priority, with a limit of jobs per worker, or with a bound for those that wait, all jobs come
// in through one central queue, from which workers take them one at a time. A job that is cancelled
// there leaves it at once (withdraw); elsewhere it stays until somebody takes and discards it.
//
// Places of a bounded queue: each is granted to a submitter, held by its job, and passed on exactly
// once, by whoever wins that job: the worker that starts it or the canceller.
//
// A job is open until it is counted as ended, and while one is open the pool cannot go. Whoever
// cancels it is done with the pool before it is settled, and nobody discards it before (T5); or has
// taken it out of the queue, then counts it itself, and holds back the end of the pool meanwhile
// (withdrawing_).
//
// Which jobs a worker takes (Taking)
//   any     the usual case
//   none    it is beyond the target: the pool was shrunk. It goes on with the jobs that it has
//           started, then lets go of its local part and sleeps until the pool grows again.
//   none    it is spent: it has started as many jobs as its local part may see. When they have
//           ended it gets a new local part. If none but spent workers are left it takes
//   inside  jobs that jobs of this pool have submitted, because those may wait for them.
// Whoever takes none and goes to sleep while jobs are queued wakes another first: somebody may have
// counted on it.
//
// A pool may have no workers of its own (PoolOptions::visiting): each job then runs on the worker
// that submits it, which starts it when nothing else is ready there, by priority or as they came.
// Such jobs are any number of tasks of that worker like others. The pool admits and counts them.
// One that is cancelled from another worker keeps its place until its own discards it.
//
// Closing: no new jobs; workers go on until every job has ended; each then retires on its own
// thread. A pool that nobody holds any more closes itself the same way. The engine keeps it until
// its threads are joined.
#pragma once

#include <array>
#include <atomic>
#include <bit>
#include <functional>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "engine/base/thread_annotations.hpp"
#include "engine/observe/histogram.hpp"
#include "engine/pool/job_queue.hpp"
#include "engine/sched/task_list.hpp"
#include "engine/sched/worker.hpp"

namespace tidemill {

/// In which order jobs start.
enum class JobOrder : std::uint8_t {
  fifo,  ///< as they come, roughly: those submitted inside the pool go to the worker's own deque
  priority,  ///< the lowest first, equal ones as they were enqueued
};

struct PoolOptions {
  static constexpr std::uint32_t kMostWorkers = 4096;
  std::uint32_t workers = 1;     ///< to begin with; 1 to kMostWorkers
  std::size_t queue = SIZE_MAX;  ///< unstarted jobs before a submitter waits; > 0
  JobOrder order = JobOrder::fifo;
  std::uint64_t max_jobs_per_worker = UINT64_MAX;  ///< then it gets a new local part; > 0
  std::string name = "pool";                       ///< for messages and thread names
  bool threads = true;                             ///< false: a test steps the workers itself
  bool visiting = false;  ///< no workers: jobs run where they are submitted, always on a worker
  Ref<Shared> companion;  ///< what a language binding keeps with the pool; may be null
  /// Called on each worker's thread before its first job, and before the first after a renewal. If
  /// it throws, that is logged, and the worker tries again some time later.
  std::function<std::unique_ptr<WorkerLocal>(Worker&)> make_local;
};

/// What became of a request for a place in the queue.
enum class Admission : std::uint8_t {
  granted,  ///< call enqueue now
  full,     ///< no place, and no waiter was given
  waiting,  ///< the waiter stands in line; completed with value: call enqueue then
  closed,   ///< the pool takes no more jobs
  unable,   ///< there is no worker, and none could be started: the log has the reason
};

class Pool final : public Shared {
 public:
  struct Usage {
    std::uint32_t target;        ///< how many workers it may have
    std::uint32_t workers;       ///< started, without those that the pool was shrunk by
    std::size_t queued;          ///< jobs not taken by a worker
    std::size_t open;            ///< jobs not ended, the queued ones included
    std::uint64_t completed;     ///< jobs ended since the start, however
    std::uint64_t failed;        ///< of those
    std::uint64_t cancelled;     ///< of those, the ones that never started included
    std::uint32_t ever_started;  ///< how many have a busy_time
    Durations queue_time;        ///< from being enqueued to the start
    Durations service_time;      ///< from the start of a job to its end
    double utilisation;   ///< busy time by that of the target since the first worker was started
    double arrival_rate;  ///< jobs per second since then
  };

  Pool(Engine& engine, PoolOptions options);

  // --- any thread; nothing blocks ---

  /// Asks for a place in the queue. A place granted must be filled with `enqueue`.
  Admission admit(Waiter* waiter);
  /// Queues a job in the place that was granted. Retains it until a worker has taken it. Only an
  /// order by priority looks at `priority`, which is not NaN.
  void enqueue(Task& job, double priority = 0);
  /// No new jobs from now on; those admitted still run. Idempotent.
  void close();
  /// Closes. What has not started never does, what runs is cancelled; the first reason counts.
  void cancel_jobs(Ref<Reason> reason);
  /// After cancel_jobs: what still runs is killed (Task::kill).
  void kill_jobs();
  /// How many workers it may have from now on: 1 to kMostWorkers. Loses nothing; those beyond go on
  /// with what they have started.
  void resize(std::uint32_t workers);
  bool closed() const { return closed_.load(std::memory_order_acquire); }
  /// Stands in line for the moment when the pool is closed and its last worker has retired: false
  /// if that has been.
  bool join(Waiter& waiter);
  Usage usage();
  /// Time not spent idle by one of the workers that were ever started.
  Nanoseconds busy_time(std::uint32_t index) const { return worker(index).busy_time(); }
  /// Nothing is queued and a worker has nothing to do or could be started: a moment ago.
  bool starved() const;
  const std::string& name() const { return options_.name; }
  Engine& engine() const { return engine_; }
  JobOrder order() const { return options_.order; }
  Shared* companion() const { return options_.companion.get(); }
  std::uint32_t size() const { return target_.load(std::memory_order_relaxed); }

  // --- its jobs ---

  /// A job that was enqueued at `queued_at` begins, on this worker. Frees its place.
  void job_started(Worker& worker, Execution& execution, Nanoseconds queued_at);
  /// It has ended, and `execution` is still there.
  void job_ended(Worker& worker, Execution& execution, Status end);
  /// A queued job is being cancelled and not yet settled. True if it is out of the queue:
  /// `withdrawn` must follow. Frees its place, now or then. Any thread.
  bool withdraw(Task& job);
  /// It is settled. The pool may be gone afterwards.
  void withdrawn(Task& job);
  /// A job that was cancelled in the queue has been taken from it. Any thread that has the pool.
  void job_discarded(Task& job);

  // --- its workers ---

  /// A job for this worker to start; null if there is none that it may take.
  Task* next_job(Worker& worker);
  /// Something for an idle worker: a job that it may take, or the time to retire.
  bool has_jobs(const Worker& worker) const;
  /// The body of a worker's thread.
  void run_worker(std::uint32_t index);

  // --- the engine ---

  bool all_retired() const { return retired_.load(std::memory_order_acquire) == started(); }
  /// Nobody holds it any more and no thread of it runs.
  bool reapable() const {
    if (fate_.load(std::memory_order_acquire) != Fate::abandoned) return false;
    SpinGuard guard(lock_);  // so that whoever has ended the last visiting job is done with it
    return finished() && all_retired();
  }
  /// Joins the threads; all workers have retired. Deletes the pool, unless somebody still holds it:
  /// then their last reference does.
  void part_from_engine();
  /// With threads = false: one step of every worker.
  Progress step_workers();
  Nanoseconds next_deadline();
  /// By the monitor, with the engine's list of pools locked.
  Nanoseconds look_at_workers(Nanoseconds now);
  /// With threads = false: none of them has a timer or a request under way.
  bool workers_wait_for_others() const;
  /// With threads = false and closed: retires the workers.
  void retire_unthreaded();

 private:
  struct Slot {
    std::unique_ptr<Worker> worker;
    std::thread thread;
    // Of the jobs that ran here; written by the worker.
    std::unique_ptr<Histogram> queue_times, service_times;
    std::atomic<std::uint64_t> failed{0}, cancelled{0};
    std::uint64_t started_in_local = 0;
    bool cannot_renew = false;           // make_local has thrown
    std::atomic<bool> spent{false};      // that has reached the limit
    std::atomic<bool> dismissed{false};  // beyond the target, with no jobs and no local part
  };
  enum class Taking : std::uint8_t { any, inside, none };
  /// The jobs of a pool without workers; under lock_ but for `ended`.
  struct Visits {
    std::set<Task*> open;                 // enqueued and not ended
    std::atomic<std::uint64_t> ended{0};  // of those that were started
    std::uint64_t failed = 0, cancelled = 0;
    Histogram queue_times, service_times;
  };

  ~Pool() override;
  void destroy() override;
  std::uint32_t started() const { return started_.load(std::memory_order_acquire); }
  static std::size_t segment_of(std::uint32_t index) {
    return static_cast<std::size_t>(std::bit_width((index + 1) | 1u) - 1);  // | 1: never below 0
  }
  Slot& slot(std::uint32_t index) const {
    const std::size_t segment = segment_of(index);
    return segments_[segment][index + 1 - (1u << segment)];
  }
  Worker& worker(std::uint32_t index) const { return *slot(index).worker; }
  bool limited() const { return options_.max_jobs_per_worker != UINT64_MAX; }
  bool central() const { return options_.order == JobOrder::priority || limited() || bounded(); }
  Taking taking(const Worker& worker) const;
  bool only_spent_left() const;
  Task* take_job(Worker& worker);
  Task* pop_injected(Taking what) TM_REQUIRES(lock_);
  bool leave_to_another(Worker& worker);
  void free_place(WokenList& woken) TM_REQUIRES(lock_);
  void enqueue_visit(Task& job, double priority);
  void end_visit(Task& job, WokenList& woken) TM_REQUIRES(lock_);
  std::vector<Ref<Task>> visitors();
  void note_start_failed(const std::exception& problem);
  bool make_worker(std::uint32_t index);
  bool start_worker();
  bool start_first_worker();
  bool can_start() const {
    return started() < target_.load(std::memory_order_seq_cst) &&
           !start_failed_.load(std::memory_order_relaxed);
  }
  bool renewal_due(const Worker& worker) const;
  void renew_local(Worker& worker);
  void wake_one();
  void notify_workers();
  template <class Message>
  void each_worker(Message message);
  void complete_joiners();
  bool has_queued_jobs() const;
  bool search(Worker& worker);
  void sleep(Worker& worker);
  bool finished() const;
  bool bounded() const { return options_.queue != SIZE_MAX; }
  std::uint64_t ended() const;
  void retire(Worker& worker);
  void count_capacity(Nanoseconds now) TM_REQUIRES(lock_);

  Engine& engine_;
  const PoolOptions options_;
  const std::unique_ptr<Visits> visits_;  // null: it has workers
  // Segment k holds the slots 2^k - 1 to 2^(k+1) - 2: none ever moves.
  std::array<std::unique_ptr<Slot[]>, 13> segments_;
  std::atomic<std::uint32_t> target_;      // written under lock_
  std::atomic<std::uint32_t> started_{0};  // slots [0, started_) hold a worker
  std::atomic<std::uint32_t> retired_{0};
  std::atomic<bool> closed_{false};
  std::atomic<bool> cancelling_{false};
  std::atomic<bool> start_failed_{false};  // the last time
  enum class Fate : std::uint8_t {
    owned,      ///< somebody holds it and the engine lists it
    abandoned,  ///< only the engine is left
    orphaned,   ///< only holders are left
  };
  std::atomic<Fate> fate_{Fate::owned};
  std::atomic<bool> first_waits_{false};  // worker 0, for the job it was started for
  std::mutex threads_lock_;               // starting and retiring of workers; before lock_

  mutable SpinLock lock_;
  // Jobs from outside, in a pool without a central queue; else those for which there was no memory
  // in it, which come last and count as from inside.
  TaskList injected_ TM_GUARDED_BY(lock_);
  // The central queue. With a limit, what jobs of this pool have submitted is kept apart.
  JobQueue queue_ TM_GUARDED_BY(lock_), inside_ TM_GUARDED_BY(lock_);
  std::uint64_t next_number_ TM_GUARDED_BY(lock_) = 0;
  Ref<Reason> reason_ TM_GUARDED_BY(lock_);      // for what cancel_jobs cancels
  std::size_t places_ TM_GUARDED_BY(lock_) = 0;  // taken or granted, if bounded
  WaitQueue submitters_ TM_GUARDED_BY(lock_);
  WaitQueue joiners_ TM_GUARDED_BY(lock_);
  std::vector<Worker*> idle_ TM_GUARDED_BY(lock_);  // none beyond the target, none spent
  Nanoseconds first_start_ TM_GUARDED_BY(lock_) = kNever;
  Nanoseconds last_retired_ TM_GUARDED_BY(lock_) = kNever;
  Nanoseconds counted_until_ TM_GUARDED_BY(lock_) = 0;
  Nanoseconds capacity_ TM_GUARDED_BY(lock_) = 0;  // time of the target's workers until then
  std::atomic<std::uint32_t> withdrawing_{0};      // between withdraw and the end of withdrawn
  alignas(64) std::atomic<std::size_t> injected_count_{0};  // in all three
  std::atomic<std::size_t> inside_count_{0};                // of those, not in queue_
  std::atomic<std::uint32_t> idle_count_{0};
  std::atomic<std::uint32_t> searching_{0};
  // Jobs admitted, and ended (per worker, in Worker): apart, so that submitting and running jobs do
  // not write the same line. Their difference is exact once the pool is closed.
  alignas(64) std::atomic<std::uint64_t> admitted_{0};
  std::atomic<std::uint64_t> discarded_{0};  // ended without having been started
};

}  // namespace tidemill
