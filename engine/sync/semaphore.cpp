#include "engine/sync/semaphore.hpp"

namespace tidemill {

Access Semaphore::acquire(Waiter* waiter) {
  SpinGuard guard(lock_);
  if (value_ > 0) {
    --value_;
    return Access::taken;
  }
  if (waiter == nullptr) return Access::refused;
  waiters_.push_back(*waiter, lock_);
  return Access::waiting;
}

bool Semaphore::release_permits(std::int64_t permits) {
  WokenList woken;
  SpinGuard guard(lock_);
  if (permits > limit_ - value_) return false;
  for (; permits > 0; --permits) {
    Waiter* next = waiters_.claim_first(Outcome::value);
    if (next == nullptr) break;
    woken.add(*next->wait);
  }
  value_ += permits;
  return true;
}

std::int64_t Semaphore::value() {
  SpinGuard guard(lock_);
  return value_;
}

std::size_t Semaphore::waiting() {
  SpinGuard guard(lock_);
  return waiters_.count();
}

}  // namespace tidemill
