#include "engine/sync/latch.hpp"

namespace tidemill {

bool Latch::add(std::int64_t n) {
  SpinGuard guard(lock_);
  if (n > INT64_MAX - count_) return false;
  count_ += n;
  return true;
}

bool Latch::done(std::int64_t n) {
  WokenList woken;
  SpinGuard guard(lock_);
  if (n > count_) return false;
  count_ -= n;
  if (count_ == 0) woken.claim_all(waiters_, Outcome::value);
  return true;
}

bool Latch::wait(Waiter& waiter) {
  SpinGuard guard(lock_);
  if (count_ == 0) return false;
  waiters_.push_back(waiter, lock_);
  return true;
}

std::int64_t Latch::count() {
  SpinGuard guard(lock_);
  return count_;
}

std::size_t Latch::waiting() {
  SpinGuard guard(lock_);
  return waiters_.count();
}

}  // namespace tidemill
