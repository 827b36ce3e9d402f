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
// Closing: no new jobs; workers go on until every job has ended; each then retires on its own
// thread. A pool that nobody holds any more closes itself the same way. The engine keeps it until
// its threads are joined.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "engine/base/thread_annotations.hpp"
#include "engine/sched/task_list.hpp"
#include "engine/sched/worker.hpp"

namespace tidemill {

struct PoolOptions {
  std::uint32_t workers = 1;     ///< at most this many threads; > 0
  std::size_t queue = SIZE_MAX;  ///< unstarted jobs before a submitter waits; > 0
  std::string name = "pool";     ///< for messages and thread names
  bool threads = true;           ///< false: a test steps the workers itself
  Ref<Shared> companion;         ///< what a language binding keeps with the pool; may be null
  /// Called on each worker's thread before its first job. What it throws breaks the worker.
  std::function<std::unique_ptr<WorkerLocal>(Worker&)> make_local;
};

/// What became of a request for a place in the queue.
enum class Admission : std::uint8_t {
  granted,  ///< call enqueue now
  full,     ///< no place, and no waiter was given
  waiting,  ///< the waiter stands in line; completed with value: call enqueue then
  closed,   ///< the pool takes no more jobs
};

class Pool final : public Shared {
 public:
  struct Usage {
    std::uint32_t workers;          ///< threads started so far
    std::size_t queued;             ///< jobs not taken by a worker
    std::size_t open;               ///< jobs not ended, the queued ones included
    std::uint64_t completed;        ///< jobs ended since the start
    std::vector<Nanoseconds> busy;  ///< per started worker, time spent not idle
  };

  Pool(Engine& engine, PoolOptions options);

  // --- any thread; nothing blocks ---

  /// Asks for a place in the queue. A place granted must be filled with `enqueue`.
  Admission admit(Waiter* waiter);
  /// Queues a job in the place that was granted. Retains it until a worker has taken it.
  void enqueue(Task& job);
  /// No new jobs from now on; those admitted still run. Idempotent.
  void close();
  bool closed() const { return closed_.load(std::memory_order_acquire); }
  /// Stands in line for the moment when the pool is closed and its last worker has retired: false
  /// if that has been.
  bool join(Waiter& waiter);
  Usage usage() const;
  const std::string& name() const { return options_.name; }
  std::uint32_t size() const { return options_.workers; }
  Shared* companion() const { return options_.companion.get(); }

  // --- its workers and jobs ---

  /// A job has been taken from the queue, to run or because it was cancelled: frees its place.
  void job_left_queue();
  /// A job has ended, started or not. On a worker of this pool.
  void job_ended(Worker& worker);
  Task* find_job(Worker& worker);
  /// For a worker with open jobs: true if another has none (or can be started) and will take a job.
  bool leave_to_another(Worker& worker);
  /// Something for an idle worker: a job anywhere, or the time to retire.
  bool has_jobs() const;
  /// The body of a worker's thread.
  void run_worker(std::uint32_t slot);

  // --- the engine ---

  bool all_retired() const { return retired_.load(std::memory_order_acquire) == started(); }
  /// Nobody holds it any more and no thread of it runs.
  bool reapable() const {
    return fate_.load(std::memory_order_acquire) == Fate::abandoned && finished() && all_retired();
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
  };

  ~Pool() override;
  void destroy() override;
  std::uint32_t started() const { return started_.load(std::memory_order_acquire); }
  void start_worker();
  void wake_one();
  void notify_workers();
  void complete_joiners();
  bool has_queued_jobs() const;
  bool search(Worker& worker);
  void sleep(Worker& worker);
  bool finished() const;
  bool bounded() const { return options_.queue != SIZE_MAX; }
  std::uint64_t ended() const;
  void retire(Worker& worker);

  Engine& engine_;
  const PoolOptions options_;
  std::unique_ptr<Slot[]> slots_;
  std::atomic<std::uint32_t> started_{0};  // slots [0, started_) hold a worker
  std::atomic<std::uint32_t> retired_{0};
  std::atomic<bool> closed_{false};
  enum class Fate : std::uint8_t {
    owned,      ///< somebody holds it and the engine lists it
    abandoned,  ///< only the engine is left
    orphaned,   ///< only holders are left
  };
  std::atomic<Fate> fate_{Fate::owned};
  std::mutex threads_lock_;  // starting and retiring of workers; before lock_

  mutable SpinLock lock_;
  TaskList injected_ TM_GUARDED_BY(lock_);
  std::size_t places_ TM_GUARDED_BY(lock_) = 0;  // taken or granted, if bounded
  WaitQueue submitters_ TM_GUARDED_BY(lock_);
  WaitQueue joiners_ TM_GUARDED_BY(lock_);
  std::vector<Worker*> idle_ TM_GUARDED_BY(lock_);
  alignas(64) std::atomic<std::size_t> injected_count_{0};
  std::atomic<std::uint32_t> idle_count_{0};
  std::atomic<std::uint32_t> searching_{0};
  // Jobs admitted, and ended (per worker, in Worker): apart, so that submitting and running jobs do
  // not write the same line. Their difference is exact once the pool is closed.
  alignas(64) std::atomic<std::uint64_t> admitted_{0};
};

}  // namespace tidemill
