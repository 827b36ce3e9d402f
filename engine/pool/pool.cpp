#include "engine/pool/pool.hpp"

#include <pthread.h>
#include <signal.h>

#include <algorithm>

#include "engine/observe/log.hpp"
#include "engine/sched/monitor.hpp"
#include "engine/sched/spin.hpp"
#include "tidemill/engine.hpp"

namespace tidemill {

Pool::Pool(Engine& engine, PoolOptions options)
    : engine_(engine), options_(std::move(options)), slots_(new Slot[options_.workers]) {
  if (options_.threads) return;
  while (started() < options_.workers) start_worker();
}

Pool::~Pool() = default;

void Pool::destroy() {
  // Nobody holds it any more; the engine keeps it until its workers have retired, unless it is
  // gone.
  if (fate_.load(std::memory_order_acquire) != Fate::orphaned) close();
  if (fate_.exchange(Fate::abandoned, std::memory_order_acq_rel) == Fate::orphaned) delete this;
}

Admission Pool::admit(Waiter* waiter) {
  // Counted from here on, so that a pool that closes now still waits for this job: either we see
  // closed_ here, or whoever closes sees the count (both seq_cst).
  if (!bounded()) {
    admitted_.fetch_add(1, std::memory_order_seq_cst);
    if (!closed_.load(std::memory_order_seq_cst)) return Admission::granted;
    admitted_.fetch_sub(1, std::memory_order_seq_cst);
    // A worker or a joiner may have seen the count for a moment and taken it for an open job.
    notify_workers();
    complete_joiners();
    return Admission::closed;
  }
  SpinGuard guard(lock_);
  if (closed_.load(std::memory_order_relaxed)) return Admission::closed;  // written under lock_
  if (places_ < options_.queue) {
    ++places_;
    admitted_.fetch_add(1, std::memory_order_relaxed);  // under lock_, as the change of closed_
    return Admission::granted;
  }
  if (waiter == nullptr) return Admission::full;
  submitters_.push_back(*waiter, lock_);
  return Admission::waiting;
}

void Pool::job_left_queue() {
  if (!bounded()) return;
  WokenList woken;
  SpinGuard guard(lock_);
  // The place passes to the one who waits longest, or is free.
  if (Waiter* next = submitters_.claim_first(Outcome::value)) {
    admitted_.fetch_add(1, std::memory_order_relaxed);
    woken.add(*next->wait);
  } else {
    --places_;
  }
}

void Pool::enqueue(Task& job) {
  job.retain();
  Worker* worker = Worker::current();
  if (worker != nullptr && worker->pool() == this) {
    worker->start_portable(job);
  } else {
    SpinGuard guard(lock_);
    injected_.push_back(job);
    injected_count_.fetch_add(1, std::memory_order_seq_cst);
  }
  wake_one();
}

bool Pool::leave_to_another(Worker& worker) {
  for (std::uint32_t i = 0, n = started(); i < n; ++i) {
    Worker& other = *slots_[i].worker;
    if (&other == &worker || other.open_jobs() > 0) continue;
    other.notify();  // if it sleeps: nobody else may have told it
    return true;
  }
  if (started() == options_.workers || !options_.threads) return false;
  start_worker();
  return true;
}

Task* Pool::find_job(Worker& worker) {
  if (std::size_t there = injected_count_.load(std::memory_order_seq_cst); there > 0) {
    // A fair share at once, so that the lock is taken once for many small jobs; at most 16, so that
    // the tail of a batch of long jobs is not stuck behind one of them for long.
    std::size_t share = std::min<std::size_t>(there / (2 * options_.workers) + 1, 16);
    Task* first = nullptr;
    Task* rest[16];
    std::size_t extra = 0;
    {
      SpinGuard guard(lock_);
      first = injected_.pop_front();
      while (extra + 1 < share) {
        Task* job = injected_.pop_front();
        if (job == nullptr) break;
        rest[extra++] = job;
      }
      if (first != nullptr) {
        injected_count_.fetch_sub(extra + 1, std::memory_order_relaxed);
      }
    }
    if (first != nullptr) {
      for (std::size_t i = 0; i < extra; ++i) worker.start_portable(*rest[i]);
      // Whoever submitted the rest may have counted on this worker's search.
      if (extra > 0 || injected_count_.load(std::memory_order_relaxed) > 0) wake_one();
      return first;
    }
  }
  std::uint32_t n = started();
  if (n < 2) return nullptr;
  std::uint32_t start = engine_.chooser().decide(Choice::steal_victim, n);
  for (std::uint32_t i = 0; i < n; ++i) {
    Worker* victim = slots_[(start + i) % n].worker.get();
    if (victim == &worker) continue;
    if (Task* job = victim->steal()) {
      if (!victim->jobs_empty()) wake_one();
      return job;
    }
  }
  return nullptr;
}

bool Pool::has_jobs() const { return has_queued_jobs() || finished(); }

bool Pool::starved() const {
  if (has_queued_jobs()) return false;
  // relaxed: whoever asks has to live with an answer that is a little old
  return idle_count_.load(std::memory_order_relaxed) > 0 ||
         searching_.load(std::memory_order_relaxed) > 0 || started() < options_.workers;
}

bool Pool::has_queued_jobs() const {
  if (injected_count_.load(std::memory_order_seq_cst) > 0) return true;
  for (std::uint32_t i = 0, n = started(); i < n; ++i) {
    if (!slots_[i].worker->jobs_empty()) return true;
  }
  return false;
}

void Pool::wake_one() {
  if (!options_.threads) return;
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
  if (started() < options_.workers) start_worker();
}

void Pool::start_worker() {
  std::lock_guard guard(threads_lock_);
  std::uint32_t slot = started();
  if (slot >= options_.workers || finished()) return;
  // No file descriptors or threads are left: the jobs wait for the other workers.
  auto give_up = [&](const std::exception& problem) {
    log_error("pool \"" + options_.name + "\" cannot start a worker: " + problem.what());
  };
  try {
    slots_[slot].worker = std::make_unique<Worker>(engine_, this, slot);
  } catch (const std::exception& problem) {
    give_up(problem);
    return;
  }
  if (options_.threads) {
    // Signals are for the host's own threads: the new thread inherits a mask of all but faults.
    sigset_t mask, before;
    sigfillset(&mask);
    for (int fault : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTRAP, SIGPROF, SIGURG}) {
      sigdelset(&mask, fault);
    }
    pthread_sigmask(SIG_SETMASK, &mask, &before);
    try {
      slots_[slot].thread = std::thread([this, slot] { run_worker(slot); });
    } catch (const std::exception& problem) {
      pthread_sigmask(SIG_SETMASK, &before, nullptr);
      slots_[slot].worker.reset();
      engine_.worker_left();
      give_up(problem);
      return;
    }
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
  }
  started_.store(slot + 1, std::memory_order_release);  // publishes the slot
}

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
  {
    SpinGuard guard(lock_);
    worker.answer_call();
    idle_.push_back(&worker);
    idle_count_.fetch_add(1, std::memory_order_seq_cst);
  }
  worker.park();
  SpinGuard guard(lock_);
  auto place = std::find(idle_.begin(), idle_.end(), &worker);
  if (place != idle_.end()) {
    idle_.erase(place);
    idle_count_.fetch_sub(1, std::memory_order_seq_cst);
  }
}

bool Pool::finished() const {
  return closed_.load(std::memory_order_seq_cst) &&
         admitted_.load(std::memory_order_seq_cst) == ended();
}

std::uint64_t Pool::ended() const {
  std::uint64_t sum = 0;
  for (std::uint32_t i = 0, n = started(); i < n; ++i) sum += slots_[i].worker->jobs_ended();
  return sum;
}

void Pool::run_worker(std::uint32_t slot) {
  while (started() <= slot) cpu_pause();  // start_worker is about to publish it
  Worker& worker = *slots_[slot].worker;
  worker.bind_thread();
  pthread_setname_np(pthread_self(),
                     (options_.name.substr(0, 10) + "/" + std::to_string(slot)).c_str());
  if (options_.make_local) worker.set_local(options_.make_local(worker));
  worker.begin_busy();
  for (;;) {
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
  }
  complete_joiners();
  engine_.pool_finished();
  engine_.worker_left();
}

void Pool::complete_joiners() {
  WokenList woken;
  std::lock_guard threads(threads_lock_);
  SpinGuard guard(lock_);
  if (finished() && all_retired()) woken.claim_all(joiners_, Outcome::value);
}

void Pool::close() {
  {
    WokenList woken;
    SpinGuard guard(lock_);
    if (closed_.exchange(true, std::memory_order_seq_cst)) return;
    woken.claim_all(submitters_, Outcome::closed);
  }
  notify_workers();
  complete_joiners();
}

void Pool::job_ended(Worker& worker) {
  worker.job_ended();
  // seq_cst, as the count: whoever comes second, this or close, sees both
  if (closed_.load(std::memory_order_seq_cst)) notify_workers();
}

void Pool::notify_workers() {
  for (std::uint32_t i = 0, n = started(); i < n; ++i) slots_[i].worker->notify();
}

bool Pool::join(Waiter& waiter) {
  SpinGuard guard(lock_);
  if (finished() && all_retired()) return false;
  joiners_.push_back(waiter, lock_);
  return true;
}

Pool::Usage Pool::usage() const {
  const std::uint64_t completed = ended();
  Usage usage{started(),
              injected_count_.load(std::memory_order_relaxed),
              static_cast<std::size_t>(admitted_.load(std::memory_order_relaxed) - completed),
              completed,
              {}};
  for (std::uint32_t i = 0; i < usage.workers; ++i) {
    usage.busy.push_back(slots_[i].worker->busy_time());
    usage.queued += slots_[i].worker->queued_jobs();
  }
  return usage;
}

void Pool::part_from_engine() {
  const std::uint32_t n = started();
  // All threads before any worker: the last to retire still looks at the others.
  for (std::uint32_t i = 0; i < n; ++i) {
    if (slots_[i].thread.joinable()) slots_[i].thread.join();
  }
  started_.store(0, std::memory_order_release);
  retired_.store(0, std::memory_order_release);
  for (std::uint32_t i = 0; i < n; ++i) slots_[i].worker.reset();
  if (fate_.exchange(Fate::orphaned, std::memory_order_acq_rel) == Fate::abandoned) delete this;
}

Progress Pool::step_workers() {
  if (finished()) {
    for (std::uint32_t i = retired_.load(); i < started(); ++i) slots_[i].worker->poll_io();
    retire_unthreaded();
    return Progress::idle;
  }
  Progress progress = Progress::idle;
  for (std::uint32_t i = 0, n = started(); i < n; ++i) {
    Worker& worker = *slots_[i].worker;
    if (worker.local() == nullptr && options_.make_local) {
      worker.set_local(options_.make_local(worker));
    }
    if (worker.step() == Progress::ran) progress = Progress::ran;
  }
  return progress;
}

Nanoseconds Pool::look_at_workers(Nanoseconds now) {
  Nanoseconds next = kNever;
  for (std::uint32_t i = 0, n = started(); i < n; ++i) {
    next = std::min(next, Monitor::look(*slots_[i].worker, now));
  }
  return next;
}

bool Pool::workers_wait_for_others() const {
  for (std::uint32_t i = retired_.load(), n = started(); i < n; ++i) {
    if (!slots_[i].worker->waits_for_others()) return false;
  }
  return true;
}

Nanoseconds Pool::next_deadline() {
  Nanoseconds earliest = kNever;
  for (std::uint32_t i = 0, n = started(); i < n; ++i) {
    earliest = std::min(earliest, slots_[i].worker->timers().next_deadline());
  }
  return earliest;
}

void Pool::retire_unthreaded() {
  if (!finished()) return;
  for (std::uint32_t i = retired_.load(); i < started(); ++i) {
    if (slots_[i].worker->open_requests > 0) return;
    retire(*slots_[i].worker);
  }
}

}  // namespace tidemill
