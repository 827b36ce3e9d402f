// The engine: a clock, the worker of the calling thread, and pools of workers with threads of their
// own. Nothing in it is global; several engines may live in one process.
//
// Threads: an Engine is created, driven and destroyed by one thread, the one its main worker
// belongs to. Calls that may come from elsewhere say so.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "engine/base/chooser.hpp"
#include "engine/base/clock.hpp"
#include "engine/base/ref.hpp"

namespace tidemill {

class Census;
class Monitor;
class Pool;
struct PoolOptions;
class ProgressBar;
class ProgressBars;
class Task;
class WaitGraph;
class Worker;

/// How a task that runs on and on is made to hear of a cancellation or deadline.
enum class Preempt : std::uint8_t {
  off,     ///< only at its next blocking call
  signal,  ///< a monitoring thread sends SIGURG to the worker's thread
  count,   ///< the interpreter looks every few thousand instructions: slower, but without signals
};

class Engine {
 public:
  struct Options {
    Clock* clock = nullptr;      ///< not owned; null: CLOCK_MONOTONIC
    Chooser* chooser = nullptr;  ///< not owned; null: random, seeded from the system
    /// Find tasks that wait for each other for ever, and raise that in one of them. Off in an
    /// engine whose host wakes tasks in ways of its own.
    bool detect_deadlocks = false;
    Preempt preempt = Preempt::off;
    bool threads = true;  ///< false: pools get no threads, `run` steps every worker in turn
  };

  Engine();
  explicit Engine(const Options& options);
  /// Calls `shutdown` if the host did not.
  ~Engine();
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  /// Any thread.
  Clock& clock() const { return *clock_; }
  Chooser& chooser() const { return *chooser_; }
  Worker& main_worker() const { return *main_; }
  /// How long a cancelled task may go on before it is killed; 1 s unless it was set. Any thread.
  Nanoseconds grace() const { return grace_.load(std::memory_order_relaxed); }
  /// What the last deadlock of everything was. The engine's own thread.
  const std::string& deadlock_report() const { return deadlock_report_; }
  void set_grace(Nanoseconds length) { grace_.store(length, std::memory_order_relaxed); }
  bool stopping() const { return stopping_.load(std::memory_order_acquire); }

  /// Any thread. The engine keeps the pool until its threads are joined.
  Ref<Pool> make_pool(PoolOptions options);
  /// The `index`-th of the pools that somebody holds; null if there are not so many. Any thread.
  Ref<Pool> pool_at(std::size_t index);
  /// Since it was made. Any thread.
  Nanoseconds uptime() const { return clock_->now() - begun_; }

  /// A progress bar on standard error. `total`: how many items there will be, if known; `label` may
  /// be empty. Any thread; may wait for the terminal.
  Ref<ProgressBar> make_progress(std::optional<std::int64_t> total, std::string label);
  /// Leaves the last line of all bars, and shows none from now on. Any thread.
  void end_progress();

  /// Starts `root` on the main worker and runs until it and its children have ended. Blocks.
  void run(Task& root);
  /// One turn of the main worker (and, without threads, of every other). True if anything ran.
  bool step();
  /// Makes `run` look at what a signal handler has noted. Async-signal-safe.
  void nudge();
  /// Called by `run` between turns; set before `run`. May cancel the root.
  void set_watch(void (*watch)(Engine&, Task& root)) { watch_ = watch; }

  /// Ends everything, in this order; false if `grace` passed first (then threads are left running
  /// and the only safe thing to do is to leave the process):
  ///   1. no new pools  2. roots still running are cancelled and waited for  3. pools are closed
  ///   4. their workers retire and are joined  5. the main worker's interpreter is closed, and
  ///   progress is ended
  bool shutdown(Nanoseconds grace = 5'000'000'000);

  /// CPUs this process may use: affinity mask and cgroup quota, at least 1.
  static std::uint32_t usable_cpus();

  // --- for workers ---
  Preempt preempt() const { return preempt_; }
  /// Something presses at a worker at `moment`. Async-signal-safe.
  void pressing(Nanoseconds moment);
  /// A worker looks for what presses in the middle of a task.
  void look(Worker& worker);
  /// By the monitor: one look at each worker; when to look again.
  Nanoseconds look_at_workers(Nanoseconds now);
  /// Null if deadlocks are not to be found.
  WaitGraph* wait_graph() const { return wait_graph_.get(); }
  bool detects_deadlocks() const { return wait_graph_ != nullptr; }
  void worker_added() { workers_.fetch_add(1, std::memory_order_seq_cst); }
  void worker_left();
  /// A worker is about to sleep until another wakes it. False if it must not, because it is the
  /// main worker and now all would sleep.
  bool worker_quiet(Worker& worker);
  void worker_not_quiet() { quiet_.fetch_sub(1, std::memory_order_seq_cst); }
  /// The roots that were run and have perhaps not ended. On the engine's own thread.
  const std::vector<Ref<Task>>& roots() const { return roots_; }
  /// Whether several workers run at the same time, so that spinning can be of use.
  bool parallel() const { return threads_ && spin_limit_ > 0; }
  /// Asks to spin for work instead of parking; at most half of the CPUs do at a time, and
  /// none on a single one.
  bool begin_spin();
  void end_spin() { spinners_.fetch_sub(1, std::memory_order_relaxed); }
  /// The last worker of a pool has retired.
  void pool_finished() { nudge(); }

 private:
  void reap_pools();
  bool stalled() const;
  bool handle_stall(Task& root);
  bool pools_wait_for_others();
  template <class Until>
  bool drive(Until until, Nanoseconds deadline, Task* root = nullptr);

  std::unique_ptr<Clock> own_clock_;
  std::unique_ptr<Chooser> own_chooser_;
  Clock* clock_;
  Chooser* chooser_;
  const Nanoseconds begun_;
  const bool threads_;
  const Preempt preempt_;
  std::uint32_t spin_limit_;
  std::atomic<std::uint32_t> spinners_{0};
  std::atomic<bool> stopping_{false};
  std::atomic<Nanoseconds> grace_{1'000'000'000};  // relaxed: a setting, publishes nothing
  void (*watch_)(Engine&, Task&) = nullptr;
  const Ref<ProgressBars> progress_;
  std::unique_ptr<WaitGraph> wait_graph_;
  // Workers that have not retired, and those that only another can wake (Worker's sleep states).
  // Before main_, which is one.
  std::atomic<std::int32_t> workers_{0}, quiet_{0};
  std::unique_ptr<Worker> main_;
  std::vector<Ref<Task>> roots_;
  bool shut_down_ = false;
  Task* watched_root_ = nullptr;  // of the run under way
  std::string deadlock_report_;
  Ref<Census> census_;  // for the report of a stall
  Nanoseconds census_begun_ = 0;

  std::mutex pools_lock_;
  std::vector<Pool*> pools_;  // all that are not joined; each counted once by the engine
  std::unique_ptr<Monitor> monitor_;
};

}  // namespace tidemill
