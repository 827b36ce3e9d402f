#include "engine/pool/pool.hpp"

#include <algorithm>

#include "engine/sched/spin.hpp"
#include "tidemill/engine.hpp"

namespace tidemill {

Pool::Pool(Engine& engine, PoolOptions options)
    : engine_(engine),
      options_(std::move(options)),
      visits_(options_.visiting ? std::make_unique<Visits>() : nullptr),
      target_(options_.workers) {
  if (options_.threads) return;
  while (start_worker()) {
  }
}

Pool::~Pool() = default;

void Pool::destroy() {
  // Nobody holds it any more; the engine keeps it until its workers have retired, unless it is
  // gone.
  if (fate_.load(std::memory_order_acquire) != Fate::orphaned) close();
  if (fate_.exchange(Fate::abandoned, std::memory_order_acq_rel) == Fate::orphaned) delete this;
}

Admission Pool::admit(Waiter* waiter) {
  // What is queued must have somebody to run it: later there would be nobody to tell.
  if (!visits_ && started() == 0 && !closed() && !start_first_worker()) return Admission::unable;
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
  // With a limit of jobs per worker those queued may have to wait for the job that asks here: then
  // no place would become free.
  const Worker* asking = Worker::current();
  const bool regardless =
      limited() && waiter != nullptr && asking != nullptr && asking->pool() == this;
  if (places_ < options_.queue || regardless) {
    ++places_;
    admitted_.fetch_add(1, std::memory_order_relaxed);  // under lock_, as the change of closed_
    return Admission::granted;
  }
  if (waiter == nullptr) return Admission::full;
  submitters_.push_back(*waiter, lock_);
  return Admission::waiting;
}

void Pool::free_place(WokenList& woken) {
  // The place passes to the one who waits longest, or is free.
  Waiter* next = places_ > options_.queue ? nullptr : submitters_.claim_first(Outcome::value);
  if (next != nullptr) {
    admitted_.fetch_add(1, std::memory_order_relaxed);
    woken.add(*next->wait);
  } else {
    --places_;
  }
}

void Pool::enqueue(Task& job, double priority) {
  job.retain();
  if (visits_) return enqueue_visit(job, priority);
  Worker* worker = Worker::current();
  const bool inside = worker != nullptr && worker->pool() == this;
  if (inside && !central()) {
    bool listed = true;
    try {
      worker->start_portable(job);
    } catch (const std::bad_alloc&) {  // the list below needs no memory
      listed = false;
    }
    if (listed) return wake_one();
  }
  {
    SpinGuard guard(lock_);
    bool listed = false;
    if (central()) {
      try {
        (inside && limited() ? inside_ : queue_).push(job, priority, next_number_++);
        listed = true;
      } catch (const std::bad_alloc&) {
      }
    }
    if (!listed) injected_.push_back(job);
    if (central() && (!listed || (inside && limited()))) {
      inside_count_.fetch_add(1, std::memory_order_seq_cst);
    }
    injected_count_.fetch_add(1, std::memory_order_seq_cst);
  }
  if (inside && only_spent_left()) {
    notify_workers();
  } else {
    wake_one();
  }
}

void Pool::enqueue_visit(Task& job, double priority) {
  bool cancelled = false;
  Ref<Reason> reason;
  // Made before, so that what is done under the lock needs no memory.
  std::set<Task*> entry = insist([&] { return std::set<Task*>{&job}; });
  {
    SpinGuard guard(lock_);
    if (first_start_ == kNever) first_start_ = counted_until_ = engine_.clock().now();
    visits_->open.merge(entry);
    injected_count_.fetch_add(1, std::memory_order_relaxed);
    cancelled = cancelling_.load(std::memory_order_relaxed);  // written under lock_
    if (cancelled) reason = reason_;
  }
  if (cancelled) job.cancel(std::move(reason));
  Worker::current()->start_visiting(job, priority);
}

/// It has been counted as ended. The pool may be gone as soon as the lock is given back.
void Pool::end_visit(Task& job, WokenList& woken) {
  visits_->open.erase(&job);
  if (finished()) woken.claim_all(joiners_, Outcome::value);
}

std::vector<Ref<Task>> Pool::visitors() {
  return insist([&] {
    std::vector<Ref<Task>> jobs;
    SpinGuard guard(lock_);
    for (Task* job : visits_->open) jobs.emplace_back(job);
    return jobs;
  });
}

Task* Pool::pop_injected(Taking what) {
  Task* job = nullptr;
  bool inside = true;
  if (what == Taking::any && !queue_.empty() && (inside_.empty() || queue_.first_before(inside_))) {
    job = queue_.pop();
    inside = false;
  } else {
    job = inside_.pop();
  }
  if (job == nullptr) job = injected_.pop_front();
  if (job == nullptr) return nullptr;
  injected_count_.fetch_sub(1, std::memory_order_relaxed);
  if (central() && inside) inside_count_.fetch_sub(1, std::memory_order_relaxed);
  return job;
}

/// Jobs from inside are queued, and no worker could take others before its own have ended. Whoever
/// makes this true, by the last of the spent marks or the first such job, wakes all workers: mark
/// and count are written before either looks (seq_cst), so at least one of them sees both.
bool Pool::only_spent_left() const {
  if (!limited() || inside_count_.load(std::memory_order_seq_cst) == 0 || can_start()) return false;
  const std::uint32_t n = std::min(started(), target_.load(std::memory_order_seq_cst));
  for (std::uint32_t i = 0; i < n; ++i) {
    if (!slot(i).spent.load(std::memory_order_seq_cst)) return false;
  }
  return true;
}

Pool::Taking Pool::taking(const Worker& worker) const {
  // seq_cst: pairs with the change in resize, as a source of work does in `park`
  if (worker.index() >= target_.load(std::memory_order_seq_cst)) return Taking::none;
  if (worker.local() == nullptr && options_.make_local) return Taking::none;
  if (!limited() || !slot(worker.index()).spent.load(std::memory_order_seq_cst)) return Taking::any;
  return only_spent_left() ? Taking::inside : Taking::none;
}

bool Pool::leave_to_another(Worker& worker) {
  const std::uint32_t n = std::min(started(), target_.load(std::memory_order_relaxed));
  for (std::uint32_t i = 0; i < n; ++i) {
    Worker& other = this->worker(i);
    if (&other == &worker || other.open_jobs() > 0) continue;
    other.notify();  // if it sleeps: nobody else may have told it
    return true;
  }
  return options_.threads && can_start() && start_worker();
}

Task* Pool::next_job(Worker& worker) {
  const Taking what = taking(worker);
  Task* job = nullptr;
  if (what == Taking::any) {
    // A job once started stays: better on a worker without any.
    if (worker.open_jobs() > 0 && has_queued_jobs() && leave_to_another(worker)) return nullptr;
    job = worker.steal();
    if (job == nullptr) job = take_job(worker);
  } else if (what == Taking::inside) {
    SpinGuard guard(lock_);
    job = pop_injected(what);
  }
  if (job != nullptr && cancelling_.load(std::memory_order_seq_cst)) {
    // It was on its way into a queue while cancel_jobs looked there.
    Ref<Reason> reason;
    {
      SpinGuard guard(lock_);
      reason = reason_;
    }
    job->cancel(std::move(reason));
  }
  return job;
}

Task* Pool::take_job(Worker& worker) {
  if (std::size_t there = injected_count_.load(std::memory_order_seq_cst); there > 0) {
    // A fair share at once, so that the lock is taken once for many small jobs; at most 16, so that
    // the tail of a batch of long jobs is not stuck behind one of them for long.
    const std::size_t workers = target_.load(std::memory_order_relaxed);
    const std::size_t share = central() ? 1 : std::min<std::size_t>(there / (2 * workers) + 1, 16);
    Task* first = nullptr;
    Task* rest[16];
    std::size_t extra = 0;
    {
      SpinGuard guard(lock_);
      // Again, under the lock that resize takes: what is submitted after that is not for a worker
      // which it has dismissed.
      if (taking(worker) != Taking::any) return nullptr;
      first = pop_injected(Taking::any);
      while (extra + 1 < share) {
        Task* job = pop_injected(Taking::any);
        if (job == nullptr) break;
        rest[extra++] = job;
      }
    }
    if (first != nullptr) {
      for (std::size_t i = 0; i < extra; ++i) {
        // Those that do not fit could go back, but into a queue that somebody else empties.
        insist([&] { worker.start_portable(*rest[i]); });
      }
      // Whoever submitted the rest may have counted on this worker's search.
      if (extra > 0 || injected_count_.load(std::memory_order_relaxed) > 0) wake_one();
      return first;
    }
  }
  std::uint32_t n = started();
  if (n < 2) return nullptr;
  std::uint32_t start = engine_.chooser().decide(Choice::steal_victim, n);
  for (std::uint32_t i = 0; i < n; ++i) {
    Worker& victim = this->worker((start + i) % n);
    if (&victim == &worker) continue;
    if (Task* job = victim.steal()) {
      // A job that was pushed after a resize is not for a worker which that has dismissed: the
      // target was written before the push, the push seen by the theft, and this look comes after
      // that (all seq_cst). It goes where the others find it.
      if (taking(worker) != Taking::any) {
        {
          SpinGuard guard(lock_);
          injected_.push_back(*job);
          injected_count_.fetch_add(1, std::memory_order_seq_cst);
        }
        wake_one();
        return nullptr;
      }
      if (!victim.jobs_empty()) wake_one();
      return job;
    }
  }
  return nullptr;
}

bool Pool::has_jobs(const Worker& worker) const {
  switch (taking(worker)) {
    case Taking::any:
      if (has_queued_jobs()) return true;
      break;
    case Taking::inside:
      return true;
    case Taking::none:
      break;
  }
  return finished();
}

bool Pool::starved() const {
  if (has_queued_jobs()) return false;
  // relaxed: whoever asks has to live with an answer that is a little old
  return idle_count_.load(std::memory_order_relaxed) > 0 ||
         searching_.load(std::memory_order_relaxed) > 0 ||
         started() < target_.load(std::memory_order_relaxed);
}

bool Pool::has_queued_jobs() const {
  if (injected_count_.load(std::memory_order_seq_cst) > 0) return true;
  if (central()) return false;
  // Also of those beyond the target: what is left in their deques is stolen.
  for (std::uint32_t i = 0, n = started(); i < n; ++i) {
    if (!worker(i).jobs_empty()) return true;
  }
  return false;
}

void Pool::job_started(Worker& worker, Execution& execution, Nanoseconds queued_at) {
  if (bounded()) {
    WokenList woken;
    SpinGuard guard(lock_);
    free_place(woken);
  }
  if (visits_) {
    execution.job_began = worker.now();
    SpinGuard guard(lock_);
    injected_count_.fetch_sub(1, std::memory_order_relaxed);
    visits_->queue_times.add(execution.job_began - queued_at);
    return;
  }
  Slot& here = slot(worker.index());
  execution.job_began = worker.job_started(execution);
  here.queue_times->add(execution.job_began - queued_at);
  if (++here.started_in_local < options_.max_jobs_per_worker) return;
  here.spent.store(true, std::memory_order_seq_cst);
  if (only_spent_left()) notify_workers();
}

void Pool::job_ended(Worker& worker, Execution& execution, Status end) {
  if (visits_) {
    WokenList woken;
    SpinGuard guard(lock_);
    if (end == Status::failed) ++visits_->failed;
    if (end == Status::cancelled) ++visits_->cancelled;
    visits_->service_times.add(worker.now() - execution.job_began);
    visits_->ended.fetch_add(1, std::memory_order_seq_cst);
    end_visit(execution.whole.task(), woken);
    return;
  }
  Slot& here = slot(worker.index());
  // Relaxed, and written here only: statistics.
  auto count = [](std::atomic<std::uint64_t>& number) {
    number.store(number.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  };
  if (end == Status::failed) count(here.failed);
  if (end == Status::cancelled) count(here.cancelled);
  here.service_times->add(worker.job_ended(execution) - execution.job_began);
  // seq_cst, as the count of ended jobs: whoever comes second, this or close, sees both
  if (closed_.load(std::memory_order_seq_cst)) notify_workers();
}

bool Pool::withdraw(Task& job) {
  // Its worker alone knows the queue of a visiting job.
  if (visits_) {
    Worker* here = Worker::current();
    if (here == nullptr || job.parent() == nullptr || job.parent()->home() != here) return false;
    if (!here->withdraw_visiting(job)) return false;
  } else if (central()) {
    WokenList woken;
    SpinGuard guard(lock_);
    if (bounded()) free_place(woken);
    const bool inside = inside_.remove(job);
    if (!inside && !queue_.remove(job)) return false;
    injected_count_.fetch_sub(1, std::memory_order_relaxed);
    if (inside) inside_count_.fetch_sub(1, std::memory_order_relaxed);
  } else {
    return false;
  }
  // relaxed: the job is open, and counted as ended only after this
  withdrawing_.fetch_add(1, std::memory_order_relaxed);
  return true;
}

void Pool::withdrawn(Task& job) {
  job_discarded(job);
  withdrawing_.fetch_sub(1, std::memory_order_release);  // pairs with part_from_engine
}

void Pool::job_discarded(Task& job) {
  if (visits_) {
    WokenList woken;
    SpinGuard guard(lock_);
    if (bounded()) free_place(woken);
    injected_count_.fetch_sub(1, std::memory_order_relaxed);
    discarded_.fetch_add(1, std::memory_order_seq_cst);
    end_visit(job, woken);
    return;
  }
  discarded_.fetch_add(1, std::memory_order_seq_cst);
  if (!closed_.load(std::memory_order_seq_cst)) return;
  notify_workers();
  complete_joiners();
}

bool Pool::finished() const {
  return closed_.load(std::memory_order_seq_cst) &&
         admitted_.load(std::memory_order_seq_cst) == ended();
}

std::uint64_t Pool::ended() const {
  std::uint64_t sum = discarded_.load(std::memory_order_seq_cst);
  if (visits_) sum += visits_->ended.load(std::memory_order_seq_cst);
  for (std::uint32_t i = 0, n = started(); i < n; ++i) sum += worker(i).jobs_ended();
  return sum;
}

void Pool::notify_workers() {
  for (std::uint32_t i = 0, n = started(); i < n; ++i) worker(i).notify();
}

Pool::Usage Pool::usage() {
  Usage usage{};
  usage.target = size();
  usage.cancelled = discarded_.load(std::memory_order_relaxed);
  usage.completed = ended();
  const std::uint64_t admitted = admitted_.load(std::memory_order_relaxed);
  usage.open = static_cast<std::size_t>(std::max(admitted, usage.completed) - usage.completed);
  usage.queued = injected_count_.load(std::memory_order_relaxed);
  Histogram::Sum queue_times, service_times;
  Nanoseconds busy = 0;
  usage.ever_started = started();
  for (std::uint32_t i = 0; i < usage.ever_started; ++i) {
    const Slot& there = slot(i);
    if (!there.dismissed.load(std::memory_order_relaxed)) ++usage.workers;
    busy += there.worker->busy_time();
    usage.queued += there.worker->queued_jobs();
    usage.failed += there.failed.load(std::memory_order_relaxed);
    usage.cancelled += there.cancelled.load(std::memory_order_relaxed);
    queue_times.add(*there.queue_times);
    service_times.add(*there.service_times);
  }
  SpinGuard guard(lock_);
  if (visits_) {
    usage.failed = visits_->failed;
    usage.cancelled += visits_->cancelled;
    queue_times.add(visits_->queue_times);
    service_times.add(visits_->service_times);
  }
  usage.queue_time = queue_times.durations();
  usage.service_time = service_times.durations();
  count_capacity(engine_.clock().now());
  const Nanoseconds elapsed = first_start_ == kNever ? 0 : counted_until_ - first_start_;
  if (elapsed > 0)
    usage.arrival_rate = static_cast<double>(admitted) * 1e9 / static_cast<double>(elapsed);
  if (capacity_ > 0) {
    usage.utilisation = std::min(1.0, static_cast<double>(busy) / static_cast<double>(capacity_));
  }
  return usage;
}

}  // namespace tidemill
