#include "engine/sync/condition.hpp"

namespace tidemill {

std::uint32_t Condition::wait(OwnerId owner, Waiter& waiter) {
  if (mutex_->owner() != owner) return 0;
  {
    SpinGuard guard(lock_);
    waiters_.push_back(waiter, lock_);
  }
  return mutex_->release_all(owner);
}

bool Condition::notify(OwnerId owner, std::size_t n) {
  // Only the owner itself could end its ownership, and it is busy here.
  if (mutex_->owner() != owner) return false;
  WokenList woken;
  SpinGuard guard(lock_);
  for (; n > 0; --n) {
    Waiter* next = waiters_.claim_first(Outcome::value);
    if (next == nullptr) break;
    woken.add(*next->wait);
  }
  return true;
}

void Condition::pass_on() {
  WokenList woken;
  SpinGuard guard(lock_);
  if (Waiter* next = waiters_.claim_first(Outcome::value)) woken.add(*next->wait);
}

std::size_t Condition::waiting() {
  SpinGuard guard(lock_);
  return waiters_.count();
}

}  // namespace tidemill
