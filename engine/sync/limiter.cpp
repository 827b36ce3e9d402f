#include "engine/sync/limiter.hpp"

#include <algorithm>

#include "engine/sched/task.hpp"

namespace tidemill {

std::vector<Limiter::Token>::iterator Limiter::find_token(OwnerId owner) {
  auto found = std::find_if(holders_.rbegin(), holders_.rend(),
                            [owner](const Token& token) { return token.owner == owner; });
  return found == holders_.rend() ? holders_.end() : std::prev(found.base());
}

Access Limiter::acquire(OwnerId owner, Waiter* waiter, const Holder& holder) {
  SpinGuard guard(lock_);
  if (find_token(owner) != holders_.end()) return Access::own;
  if (holders_.size() < total_) {
    holders_.push_back({owner, holder});
    return Access::taken;
  }
  if (waiter == nullptr) return Access::refused;
  waiter->candidate = owner;
  waiter->holder = holder;
  waiters_.push_back(*waiter, lock_);
  return Access::waiting;
}

void Limiter::take_back(std::vector<Token>::iterator token, WokenList& woken) {
  *token = holders_.back();
  holders_.pop_back();
  admit(woken);
}

bool Limiter::release_token(OwnerId owner) {
  WokenList woken;
  SpinGuard guard(lock_);
  auto token = find_token(owner);
  if (token == holders_.end()) return false;
  take_back(token, woken);
  return true;
}

void Limiter::owner_ended(OwnerId owner) {
  Holder forgotten;
  bool last = false;
  {
    WokenList woken;
    SpinGuard guard(lock_);
    auto token = find_token(owner);
    if (token == holders_.end()) return;
    forgotten = token->holder;
    take_back(token, woken);
    last = orphaned_ && !held_by_tasks();
  }
  if (last) delete this;
  tell_of_forgotten(forgotten, "its token of a limiter");
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
    holders_.push_back({next->candidate, next->holder});
    woken.add(*next->wait);
  }
}

bool Limiter::held_by_tasks() const {
  return std::any_of(holders_.begin(), holders_.end(),
                     [](const Token& token) { return is_task(token.owner); });
}

void Limiter::destroy() {
  {
    SpinGuard guard(lock_);
    if (held_by_tasks()) {
      orphaned_ = true;
      return;
    }
  }
  delete this;
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
