// The workers of a pool: how they are started, sleep, are woken, renewed, dismissed and retire.
#include <pthread.h>
#include <signal.h>

#include <algorithm>

#include "engine/observe/log.hpp"
#include "engine/pool/pool.hpp"
#include "engine/sched/monitor.hpp"
#include "engine/sched/spin.hpp"
#include "tidemill/engine.hpp"

namespace tidemill {

void Pool::wake_one() {
  if (!options_.threads) return;
  // The first worker was started for a job of which it has not been told. One call goes to it,
  // though it may have found that job itself; whoever else has submitted one goes on below.
  if (first_waits_.load(std::memory_order_relaxed) &&
      first_waits_.exchange(false, std::memory_order_relaxed)) {
    return worker(0).call();
  }
  if (searching_.load(std::memory_order_seq_cst) > 0) return;
  if (idle_count_.load(std::memory_order_seq_cst) > 0) {
    Worker* worker = nullptr;
    {
      SpinGuard guard(lock_);
      if (!idle_.empty()) {
        // One without jobs if there is one; else the one that went to sleep last.
        auto chosen = std::find_if(idle_.begin(), idle_.end(),
                                   [](Worker* idle) { return idle->open_jobs() == 0; });
        if (chosen == idle_.end()) --chosen;
        worker = *chosen;
        idle_.erase(chosen);
        idle_count_.fetch_sub(1, std::memory_order_seq_cst);
      }
    }
    if (worker != nullptr) {
      worker->call();
      return;
    }
  }
  if (started() < target_.load(std::memory_order_seq_cst)) start_worker();
}

/// No memory, file descriptors or threads are left: the jobs wait for the other workers.
void Pool::note_start_failed(const std::exception& problem) {
  if (start_failed_.exchange(true, std::memory_order_relaxed)) return;
  try {
    log_error("pool \"" + options_.name + "\" cannot start a worker: " + problem.what());
  } catch (const std::bad_alloc&) {  // whoever submits is told
  }
}

/// Without its thread; true if it is there. With threads_lock_.
bool Pool::make_worker(std::uint32_t index) {
  const std::size_t segment = segment_of(index);
  try {
    auto& slots = segments_[segment];
    if (!slots) slots = std::make_unique<Slot[]>(std::size_t{1} << segment);
    Slot& here = slot(index);
    if (here.worker != nullptr) return true;
    here.queue_times = std::make_unique<Histogram>();
    here.service_times = std::make_unique<Histogram>();
    {
      SpinGuard guard(lock_);
      idle_.reserve(index + 1);  // a worker that goes to sleep cannot fail
    }
    here.worker = std::make_unique<Worker>(engine_, this, index);
    return true;
  } catch (const std::exception& problem) {
    note_start_failed(problem);
    return false;
  }
}

/// True if there is one more.
bool Pool::start_worker() {
  std::lock_guard guard(threads_lock_);
  const std::uint32_t index = started();
  if (visits_ || index >= target_.load(std::memory_order_relaxed) || finished()) return false;
  if (!make_worker(index)) return false;
  Slot* here = &slot(index);
  if (options_.threads) {
    // Signals are for the host's own threads: the new thread inherits a mask of all but faults.
    sigset_t mask, before;
    sigfillset(&mask);
    for (int fault : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTRAP, SIGPROF, SIGURG}) {
      sigdelset(&mask, fault);
    }
    pthread_sigmask(SIG_SETMASK, &mask, &before);
    try {
      here->thread = std::thread([this, index] { run_worker(index); });
    } catch (const std::exception& problem) {
      pthread_sigmask(SIG_SETMASK, &before, nullptr);
      here->worker.reset();
      engine_.worker_left();
      note_start_failed(problem);
      return false;
    }
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
  }
  start_failed_.store(false, std::memory_order_relaxed);
  // Before anybody can rely on this worker: later it might be busy with the job of somebody who
  // did, and the job that it was started for would wait although others could be started.
  if (index == 0) first_waits_.store(true, std::memory_order_relaxed);
  started_.store(index + 1, std::memory_order_release);  // publishes the slot
  if (index == 0) {
    SpinGuard times(lock_);
    first_start_ = counted_until_ = engine_.clock().now();
  }
  return true;
}

/// Before a job is admitted; false if there is none and there cannot be. Later a job would be
/// queued with nobody to run it, and nobody to be told.
bool Pool::start_first_worker() { return start_worker() || started() > 0 || finished(); }

/// Spins for a while; true if there is something to do.
bool Pool::search(Worker& worker) {
  // The places to spin are few. Whoever has one may be about to leave it, for instance to run the
  // task that this worker has just woken: worth a moment before going to sleep for 8 µs.
  for (int i = 0; !engine_.begin_spin(); ++i) {
    if (worker.has_news()) return true;
    if (i == 50) return false;
    cpu_pause();
  }
  searching_.fetch_add(1, std::memory_order_seq_cst);
  bool found = spin_until([&] { return worker.has_news(); });
  searching_.fetch_sub(1, std::memory_order_seq_cst);
  engine_.end_spin();
  // A job may have been pushed whose submitter relied on this search: look once more (S2).
  return found || worker.has_work();
}

void Pool::sleep(Worker& worker) {
  // One that takes no jobs may have been called or counted on when it did (S2 for the others).
  if (taking(worker) != Taking::any && has_queued_jobs()) wake_one();
  {
    SpinGuard guard(lock_);
    worker.answer_call();
    // Decided before the pool was resized.
    if (renewal_due(worker) && !slot(worker.index()).cannot_renew) return;
    if (taking(worker) == Taking::any) {
      idle_.push_back(&worker);
      idle_count_.fetch_add(1, std::memory_order_seq_cst);
    }
  }
  constexpr Nanoseconds kRetry = 10'000'000;
  worker.park(slot(worker.index()).cannot_renew ? worker.now() + kRetry : kNever);
  SpinGuard guard(lock_);
  auto place = std::find(idle_.begin(), idle_.end(), &worker);
  if (place != idle_.end()) {
    idle_.erase(place);
    idle_count_.fetch_sub(1, std::memory_order_seq_cst);
  }
}

/// Whether the worker should have another local part than it has, or none, and can. Nothing of a
/// task may be left here that knows the old one.
bool Pool::renewal_due(const Worker& worker) const {
  const Slot& here = slot(worker.index());
  const bool wanted = worker.index() < target_.load(std::memory_order_seq_cst);
  const bool spent = here.spent.load(std::memory_order_relaxed);
  const bool dismissed = here.dismissed.load(std::memory_order_relaxed);
  if (wanted && !spent) {
    return (dismissed || (worker.local() == nullptr && options_.make_local)) && !finished();
  }
  // Requests under way are all abandoned when no job is open, and know the loop only.
  return !dismissed && worker.open_jobs() == 0 && worker.nothing_listed();
}

/// Between two steps.
void Pool::renew_local(Worker& worker) {
  if (!renewal_due(worker)) return;
  Slot& here = slot(worker.index());
  const bool wanted = worker.index() < target_.load(std::memory_order_seq_cst);
  worker.set_local(nullptr);
  here.started_in_local = 0;
  here.spent.store(false, std::memory_order_seq_cst);
  here.dismissed.store(!wanted, std::memory_order_relaxed);
  if (!wanted || finished() || !options_.make_local) return;
  try {
    worker.set_local(options_.make_local(worker));
    here.cannot_renew = false;
  } catch (const std::exception& problem) {
    if (std::exchange(here.cannot_renew, true)) return;
    try {
      log_error("a worker of pool \"" + options_.name + "\" cannot go on: " + problem.what());
    } catch (const std::bad_alloc&) {  // it is tried again
    }
  }
}

void Pool::run_worker(std::uint32_t index) {
  while (started() <= index) cpu_pause();  // start_worker is about to publish it
  Worker& worker = this->worker(index);
  worker.bind_thread();
  pthread_setname_np(pthread_self(),
                     (options_.name.substr(0, 10) + "/" + std::to_string(index)).c_str());
  worker.begin_busy();
  for (;;) {
    renew_local(worker);
    if (worker.step() == Progress::ran) continue;
    if (finished() && worker.open_requests == 0) break;
    worker.rest();
    if (!search(worker)) sleep(worker);
    // Whoever submitted a job may have counted on this worker, which now has tasks of its own to
    // run.
    if (worker.has_messages() && has_queued_jobs()) wake_one();
    worker.begin_busy();
  }
  worker.rest();
  retire(worker);
}

void Pool::retire(Worker& worker) {
  worker.retire();
  {
    // Not while a worker is being started: retired_ == started_ must mean that none will follow.
    std::lock_guard threads(threads_lock_);
    if (retired_.fetch_add(1, std::memory_order_acq_rel) + 1 != started()) {
      engine_.worker_left();
      return;
    }
    SpinGuard times(lock_);
    last_retired_ = engine_.clock().now();
  }
  complete_joiners();
  engine_.pool_finished();
  engine_.worker_left();
}

void Pool::resize(std::uint32_t workers) {
  {
    SpinGuard guard(lock_);
    count_capacity(engine_.clock().now());
    target_.store(workers, std::memory_order_seq_cst);
    std::erase_if(idle_, [&](Worker* idle) { return idle->index() >= workers; });
    idle_count_.store(static_cast<std::uint32_t>(idle_.size()), std::memory_order_seq_cst);
  }
  start_failed_.store(false, std::memory_order_relaxed);
  if (!options_.threads) {
    while (start_worker()) {
    }
  }
  // Each looks which side of the target it is on now. Called, because one that is just going to
  // sleep has decided already, under the lock, whether it can be found among the idle.
  for (std::uint32_t i = 0, n = started(); i < n; ++i) worker(i).call();
  if (has_queued_jobs()) wake_one();
}

void Pool::count_capacity(Nanoseconds now) {
  if (first_start_ == kNever) return;
  now = std::min(now, last_retired_);
  capacity_ += (now - counted_until_) * target_.load(std::memory_order_relaxed);
  counted_until_ = now;
}

void Pool::part_from_engine() {
  const std::uint32_t n = started();
  // All threads before any worker: the last to retire still looks at the others.
  for (std::uint32_t i = 0; i < n; ++i) {
    if (slot(i).thread.joinable()) slot(i).thread.join();
  }
  // acquire: pairs with withdrawn, of the job whose end has let the workers retire
  while (withdrawing_.load(std::memory_order_acquire) > 0) std::this_thread::yield();
  started_.store(0, std::memory_order_release);
  retired_.store(0, std::memory_order_release);
  for (std::uint32_t i = 0; i < n; ++i) slot(i).worker.reset();
  // Made for a job that never came.
  if (n == 0 && segments_[0] != nullptr) slot(0).worker.reset();
  if (fate_.exchange(Fate::orphaned, std::memory_order_acq_rel) == Fate::abandoned) delete this;
}

Progress Pool::step_workers() {
  if (finished()) {
    for (std::uint32_t i = retired_.load(); i < started(); ++i) worker(i).poll_io();
    retire_unthreaded();
    return Progress::idle;
  }
  Progress progress = Progress::idle;
  for (std::uint32_t i = 0, n = started(); i < n; ++i) {
    Worker& worker = this->worker(i);
    renew_local(worker);
    if (worker.step() == Progress::ran) progress = Progress::ran;
  }
  return progress;
}

Nanoseconds Pool::look_at_workers(Nanoseconds now) {
  Nanoseconds next = kNever;
  for (std::uint32_t i = 0, n = started(); i < n; ++i) {
    next = std::min(next, Monitor::look(worker(i), now));
  }
  return next;
}

bool Pool::workers_wait_for_others() const {
  for (std::uint32_t i = retired_.load(), n = started(); i < n; ++i) {
    if (!worker(i).waits_for_others()) return false;
  }
  return true;
}

Nanoseconds Pool::next_deadline() {
  Nanoseconds earliest = kNever;
  for (std::uint32_t i = 0, n = started(); i < n; ++i) {
    earliest = std::min(earliest, worker(i).timers().next_deadline());
  }
  return earliest;
}

void Pool::retire_unthreaded() {
  if (!finished()) return;
  for (std::uint32_t i = retired_.load(); i < started(); ++i) {
    if (worker(i).open_requests > 0) return;
    retire(worker(i));
  }
}

}  // namespace tidemill
