#include "tidemill/engine.hpp"

#include <sched.h>

#include <algorithm>
#include <cstdio>
#include <random>

#include "engine/observe/census.hpp"
#include "engine/observe/progress.hpp"
#include "engine/pool/pool.hpp"
#include "engine/sched/monitor.hpp"
#include "engine/sched/spin.hpp"
#include "engine/sched/task.hpp"
#include "engine/sched/worker.hpp"
#include "engine/sync/wait_graph.hpp"

namespace tidemill {

Engine::Engine() : Engine(Options{}) {}

Engine::Engine(const Options& options)
    : own_clock_(options.clock == nullptr ? std::make_unique<SteadyClock>() : nullptr),
      own_chooser_(options.chooser == nullptr
                       ? std::make_unique<RandomChooser>(std::random_device{}())
                       : nullptr),
      clock_(options.clock == nullptr ? own_clock_.get() : options.clock),
      chooser_(options.chooser == nullptr ? own_chooser_.get() : options.chooser),
      begun_(clock_->now()),
      threads_(options.threads),
      preempt_(options.preempt),
      spin_limit_(usable_cpus() / 2),
      progress_(make_ref<ProgressBars>(*clock_, Console::standard(), ProgressBars::wanted())),
      wait_graph_(options.detect_deadlocks ? std::make_unique<WaitGraph>() : nullptr),
      main_(std::make_unique<Worker>(*this, nullptr, 0)),
      monitor_(options.preempt == Preempt::signal ? std::make_unique<Monitor>(*this) : nullptr) {}

Engine::~Engine() { shutdown(); }

std::uint32_t Engine::usable_cpus() {
  std::uint32_t cpus = 1;
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof set, &set) == 0) {
    cpus = std::max(1u, static_cast<std::uint32_t>(CPU_COUNT(&set)));
  }
  // cgroup v2: "max 100000" or "quota period" in microseconds
  if (std::FILE* file = std::fopen("/sys/fs/cgroup/cpu.max", "re")) {
    double quota = 0, period = 0;
    if (std::fscanf(file, "%lf %lf", &quota, &period) == 2 && quota > 0 && period > 0) {
      cpus = std::min(cpus, std::max(1u, static_cast<std::uint32_t>(quota / period + 0.999)));
    }
    std::fclose(file);
  }
  return cpus;
}

bool Engine::begin_spin() {
  // relaxed: only a limit
  if (spinners_.fetch_add(1, std::memory_order_relaxed) < spin_limit_) return true;
  spinners_.fetch_sub(1, std::memory_order_relaxed);
  return false;
}

void Engine::nudge() { main_->interrupt_sleep(); }

void Engine::pressing(Nanoseconds moment) {
  if (monitor_ != nullptr) monitor_->look_at(moment);
}

void Engine::look(Worker& worker) {
  if (&worker == main_.get() && watch_ != nullptr && watched_root_ != nullptr) {
    watch_(*this, *watched_root_);
  }
}

Nanoseconds Engine::look_at_workers(Nanoseconds now) {
  Nanoseconds next = Monitor::look(*main_, now);
  // Elapsed times go on while nobody counts.
  progress_->look();
  if (progress_->any()) next = std::min(next, now + ProgressBars::kPeriod);
  std::lock_guard guard(pools_lock_);  // keeps the workers there
  for (Pool* pool : pools_) next = std::min(next, pool->look_at_workers(now));
  return next;
}

Ref<Pool> Engine::make_pool(PoolOptions options) {
  if (!stopping()) reap_pools();  // shutdown looks at each of them until it has joined it
  options.threads = options.threads && threads_;
  std::lock_guard guard(pools_lock_);
  // Before it is made: nothing but this list can end a pool.
  if (pools_.size() == pools_.capacity()) pools_.reserve(2 * pools_.size() + 8);
  auto* pool = new Pool(*this, std::move(options));
  pools_.push_back(pool);
  if (stopping()) pool->close();  // shutdown may have looked at pools_ already
  return Ref<Pool>::adopt(pool);
}

Ref<Pool> Engine::pool_at(std::size_t index) {
  std::vector<Ref<Pool>> held;         // given back without the lock
  std::lock_guard guard(pools_lock_);  // keeps them there
  for (Pool* pool : pools_) {
    if (!pool->try_retain()) continue;
    held.push_back(Ref<Pool>::adopt(pool));
    if (index-- == 0) return held.back();
  }
  return nullptr;
}

Ref<ProgressBar> Engine::make_progress(std::optional<std::int64_t> total, std::string label) {
  Ref<ProgressBar> bar = progress_->make(total, std::move(label));
  if (progress_->any()) pressing(0);  // the monitor has bars to look at from now on
  return bar;
}

void Engine::end_progress() { progress_->end(); }

/// Joins and deletes the pools that nobody can reach and whose workers have retired.
void Engine::reap_pools() {
  std::vector<Pool*> finished;
  {
    std::lock_guard guard(pools_lock_);
    std::erase_if(pools_, [&](Pool* pool) {
      if (!pool->reapable()) return false;
      finished.push_back(pool);
      return true;
    });
  }
  for (Pool* pool : finished) pool->part_from_engine();
}

bool Engine::step() {
  bool ran = main_->step() == Progress::ran;
  if (threads_) return ran;
  // One at a time: a step may make a pool, which deletes those that are done with.
  for (std::size_t i = 0;; ++i) {
    Pool* pool = nullptr;
    {
      std::lock_guard guard(pools_lock_);
      if (i >= pools_.size()) break;
      pool = pools_[i];
    }
    ran |= pool->step_workers() == Progress::ran;
  }
  return ran;
}

bool Engine::worker_quiet(Worker& worker) {
  const bool all = quiet_.fetch_add(1, std::memory_order_seq_cst) + 1 ==
                   workers_.load(std::memory_order_seq_cst);
  if (!all) return true;
  if (&worker == main_.get()) return false;
  nudge();
  return true;
}

void Engine::worker_left() {
  const std::int32_t left = workers_.fetch_sub(1, std::memory_order_seq_cst) - 1;
  if (quiet_.load(std::memory_order_seq_cst) == left) nudge();
}

/// Called on the main worker when that is idle: nothing in the engine will ever run again unless
/// something outside it happens. All others are quiet, so none has anything to do or is about to
/// get it: only a worker that is awake wakes another.
bool Engine::stalled() const {
  if (!threads_) return true;  // drive has looked
  if (!detects_deadlocks() || !main_->waits_for_others()) return false;
  // Then look once more: what the last of them pushed here before it became quiet may have come
  // after this worker's last step.
  return quiet_.load(std::memory_order_seq_cst) == workers_.load(std::memory_order_seq_cst) - 1 &&
         !main_->has_work();
}

/// Raises a deadlock in `root` if everything stands still. True if it did something.
bool Engine::handle_stall(Task& root) {
  if (!stalled()) return false;
  const bool old = census_begun_ + 1'000'000'000 < clock_->now();
  if (!census_ || (old && census_->complete())) {
    census_begun_ = clock_->now();
    census_ = insist([&] { return Census::of_all(*this, [this](Census&) { nudge(); }); });
    return true;
  }
  if (!census_->complete()) return false;
  insist([&] {
    deadlock_report_ = "deadlock: nothing is left that could wake any of these tasks\n" +
                       census_->tree(clock_->now());
  });
  deadlock_report_.pop_back();
  census_ = nullptr;
  root.break_deadlock(deadlock_report_);
  return true;
}

bool Engine::pools_wait_for_others() {
  return std::all_of(pools_.begin(), pools_.end(),
                     [](Pool* pool) { return pool->workers_wait_for_others(); });
}

template <class Until>
bool Engine::drive(Until until, Nanoseconds deadline, Task* root) {
  main_->bind_thread();
  while (!until()) {
    if (step()) continue;
    if (until()) break;
    if (deadline != kNever && clock_->now() >= deadline) return false;
    if (!threads_) {
      if (root != nullptr && detects_deadlocks() && main_->waits_for_others() &&
          pools_wait_for_others()) {
        handle_stall(*root);
        continue;
      }
      Nanoseconds next = deadline;
      for (Pool* pool : pools_) next = std::min(next, pool->next_deadline());
      // Unthreaded workers may wait for their own loops: come back at once to poll those.
      main_->park(std::min(next, clock_->now()));
      continue;
    }
    if (root != nullptr && handle_stall(*root)) continue;
    if (begin_spin()) {
      bool found = spin_until([&] { return main_->has_news(); });
      end_spin();
      if (found) continue;
    }
    main_->park(deadline);
  }
  return true;
}

void Engine::run(Task& root) {
  Ref<Task> keep(&root);
  watched_root_ = &root;
  std::erase_if(roots_, [](const Ref<Task>& task) { return task->settled(); });
  roots_.push_back(keep);
  root.retain();  // for the run queue
  main_->start(root);
  drive(
      [&] {
        if (watch_ != nullptr) watch_(*this, root);
        return root.settled();
      },
      kNever, &root);
  watched_root_ = nullptr;
}

bool Engine::shutdown(Nanoseconds grace) {
  if (shut_down_) return true;
  const Nanoseconds deadline = clock_->now() + grace;
  // 1.
  stopping_.store(true, std::memory_order_release);
  // 2.
  for (Ref<Task>& root : roots_) root->cancel();
  auto roots_ended = [&] {
    return std::all_of(roots_.begin(), roots_.end(), [](auto& root) { return root->settled(); });
  };
  if (!drive(roots_ended, deadline)) return false;
  roots_.clear();
  // 3.
  std::vector<Pool*> pools;
  {
    std::lock_guard guard(pools_lock_);
    pools = pools_;
  }
  for (Pool* pool : pools) pool->close();
  // 4.
  auto retired = [&] {
    if (!threads_) {
      for (Pool* pool : pools) pool->retire_unthreaded();
    }
    return std::all_of(pools.begin(), pools.end(), [](Pool* pool) { return pool->all_retired(); });
  };
  auto requests_back = [&] { return main_->open_requests == 0 && !main_->has_work(); };
  if (!drive([&] { return retired() && requests_back(); }, deadline)) return false;
  monitor_.reset();
  // 5. before the pools go: values of the interpreter hold references to them
  main_->retire();
  for (Pool* pool : pools_) pool->part_from_engine();
  pools_.clear();
  main_.reset();
  progress_->end();
  shut_down_ = true;
  return true;
}

}  // namespace tidemill
