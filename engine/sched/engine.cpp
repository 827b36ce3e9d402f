#include "tidemill/engine.hpp"

#include <sched.h>

#include <algorithm>
#include <cstdio>
#include <random>

#include "engine/pool/pool.hpp"
#include "engine/sched/spin.hpp"
#include "engine/sched/task.hpp"
#include "engine/sched/worker.hpp"

namespace tidemill {

Engine::Engine() : Engine(Options{}) {}

Engine::Engine(const Options& options)
    : own_clock_(options.clock == nullptr ? std::make_unique<SteadyClock>() : nullptr),
      own_chooser_(options.chooser == nullptr
                       ? std::make_unique<RandomChooser>(std::random_device{}())
                       : nullptr),
      clock_(options.clock == nullptr ? own_clock_.get() : options.clock),
      chooser_(options.chooser == nullptr ? own_chooser_.get() : options.chooser),
      threads_(options.threads),
      spin_limit_(usable_cpus() / 2),
      main_(std::make_unique<Worker>(*this, nullptr, 0)) {}

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

Ref<Pool> Engine::make_pool(PoolOptions options) {
  if (!stopping()) reap_pools();  // shutdown looks at each of them until it has joined it
  options.threads = options.threads && threads_;
  auto* pool = new Pool(*this, std::move(options));
  std::lock_guard guard(pools_lock_);
  pools_.push_back(pool);
  if (stopping()) pool->close();  // shutdown may have looked at pools_ already
  return Ref<Pool>::adopt(pool);
}

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

template <class Until>
bool Engine::drive(Until until, Nanoseconds deadline) {
  while (!until()) {
    if (step()) continue;
    if (until()) break;
    if (deadline != kNever && clock_->now() >= deadline) return false;
    if (!threads_) {
      Nanoseconds next = deadline;
      for (Pool* pool : pools_) next = std::min(next, pool->next_deadline());
      // Unthreaded workers may wait for their own loops: come back at once to poll those.
      main_->park(std::min(next, clock_->now()));
      continue;
    }
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
  std::erase_if(roots_, [](const Ref<Task>& task) { return task->settled(); });
  roots_.push_back(keep);
  root.retain();  // for the run queue
  main_->start(root);
  drive(
      [&] {
        if (watch_ != nullptr) watch_(*this, root);
        return root.settled();
      },
      kNever);
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
  // 5. before the pools go: values of the interpreter hold references to them
  main_->retire();
  for (Pool* pool : pools_) pool->part_from_engine();
  pools_.clear();
  main_.reset();
  shut_down_ = true;
  return true;
}

}  // namespace tidemill
