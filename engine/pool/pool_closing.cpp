// How a pool ends: closing it, waiting for that, and what becomes of its jobs if it is not to wait.
#include "engine/pool/pool.hpp"
#include "tidemill/engine.hpp"

namespace tidemill {

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

/// Has `message` run on each worker, even if its task does not let go of it.
template <class Message>
void Pool::each_worker(Message message) {
  for (std::uint32_t i = 0, n = started(); i < n; ++i) {
    Worker& there = worker(i);
    there.post([&there, message] { message(there); });
    there.press();
  }
}

void Pool::cancel_jobs(Ref<Reason> reason) {
  close();
  {
    SpinGuard guard(lock_);
    if (!cancelling_.load(std::memory_order_relaxed)) reason_ = std::move(reason);
    reason = reason_;
    // Before the looks at the queues, so that next_job sees it for a job that comes later.
    cancelling_.store(true, std::memory_order_seq_cst);
  }
  if (visits_) {
    for (Ref<Task>& job : visitors()) job->cancel(reason);
    return;
  }
  auto cancel_queued = [&](Task& job) {
    job.cancel(reason);
    // If somebody else is just doing that it must not be taken for one that is to start.
    while (job.status() == Status::queued) cpu_pause();
    job.run(engine_.main_worker());  // which discards it
  };
  for (std::uint32_t i = 0, n = started(); i < n; ++i) {
    while (Task* job = worker(i).steal()) cancel_queued(*job);
  }
  for (;;) {
    Task* job = nullptr;
    {
      SpinGuard guard(lock_);
      job = pop_injected(Taking::any);
    }
    if (job == nullptr) break;
    cancel_queued(*job);
  }
  each_worker([reason](Worker& worker) {
    for (Ref<Task>& job : worker.jobs()) job->cancel(reason);
  });
}

void Pool::kill_jobs() {
  Ref<Reason> reason;
  {
    SpinGuard guard(lock_);
    reason = reason_;
  }
  if (visits_) {
    for (Ref<Task>& job : visitors()) job->kill(reason);
    return;
  }
  each_worker([reason](Worker& worker) {
    for (Ref<Task>& job : worker.jobs()) job->kill(reason);
  });
}

bool Pool::join(Waiter& waiter) {
  SpinGuard guard(lock_);
  if (finished() && all_retired()) return false;
  joiners_.push_back(waiter, lock_);
  return true;
}

}  // namespace tidemill
