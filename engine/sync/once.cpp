#include "engine/sync/once.hpp"

namespace tidemill {

Turn Once::enter(OwnerId owner, Waiter* waiter) {
  SpinGuard guard(lock_);
  if (done_) return Turn::done;
  if (owner_ == kNobody) {
    owner_ = owner;
    return Turn::run;
  }
  if (owner_ == owner) return Turn::own;
  if (waiter == nullptr) return Turn::refused;
  waiter->candidate = owner;
  waiters_.push_back(*waiter, lock_);
  return Turn::waiting;
}

bool Once::runs(OwnerId owner) {
  SpinGuard guard(lock_);
  return owner_ == owner;
}

void Once::finish(Result result) {
  WokenList woken;
  SpinGuard guard(lock_);
  result_ = std::move(result);
  done_ = true;
  owner_ = kNobody;
  woken.claim_all(waiters_, Outcome::value);
}

void Once::abandon(OwnerId owner) {
  WokenList woken;
  SpinGuard guard(lock_);
  if (owner_ != owner) return;
  Waiter* next = waiters_.claim_first(Outcome::value);
  if (next != nullptr) woken.add(*next->wait);
  owner_ = next == nullptr ? kNobody : next->candidate;
}

bool Once::done() {
  SpinGuard guard(lock_);
  return done_;
}

std::size_t Once::waiting() {
  SpinGuard guard(lock_);
  return waiters_.count();
}

}  // namespace tidemill
