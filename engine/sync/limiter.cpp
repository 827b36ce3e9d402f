#include "engine/sync/limiter.hpp"

#include <algorithm>

namespace tidemill {

Access Limiter::acquire(OwnerId owner, Waiter* waiter) {
  SpinGuard guard(lock_);
  if (std::find(holders_.rbegin(), holders_.rend(), owner) != holders_.rend()) {
    return Access::own;
  }
  if (holders_.size() < total_) {
    holders_.push_back(owner);
    return Access::taken;
  }
  if (waiter == nullptr) return Access::refused;
  waiter->candidate = owner;
  waiters_.push_back(*waiter, lock_);
  return Access::waiting;
}

bool Limiter::release_token(OwnerId owner) {
  WokenList woken;
  SpinGuard guard(lock_);
  auto found = std::find(holders_.rbegin(), holders_.rend(), owner);
  if (found == holders_.rend()) return false;
  *found = holders_.back();
  holders_.pop_back();
  admit(woken);
  return true;
}

void Limiter::resize(std::size_t total) {
  WokenList woken;
  SpinGuard guard(lock_);
  total_ = total;
  admit(woken);
}

void Limiter::admit(WokenList& woken) {
  while (holders_.size() < total_) {
    Waiter* next = waiters_.claim_first(Outcome::value);
    if (next == nullptr) return;
    holders_.push_back(next->candidate);
    woken.add(*next->wait);
  }
}

std::size_t Limiter::borrowed() {
  SpinGuard guard(lock_);
  return holders_.size();
}

std::size_t Limiter::total() {
  SpinGuard guard(lock_);
  return total_;
}

std::size_t Limiter::waiting() {
  SpinGuard guard(lock_);
  return waiters_.count();
}

}  // namespace tidemill
