#include "engine/sync/rwlock.hpp"

#include <algorithm>

namespace tidemill {

std::vector<RwLock::Reader>::iterator RwLock::find_reader(OwnerId owner) {
  return std::find_if(readers_.begin(), readers_.end(),
                      [owner](const Reader& reader) { return reader.owner == owner; });
}

Access RwLock::read(OwnerId owner, Waiter* waiter) {
  SpinGuard guard(lock_);
  if (broken_) return Access::broken;
  if (writer_ == owner) return Access::own;
  if (auto reader = find_reader(owner); reader != readers_.end()) {
    ++reader->depth;
    return Access::taken;
  }
  if (writer_ == kNobody && waiters_.empty()) {
    readers_.push_back({owner, 1});
    return Access::taken;
  }
  if (waiter == nullptr) return Access::refused;
  waiter->candidate = owner;
  waiter->key = kRead;
  waiters_.push_back(*waiter, lock_);
  return Access::waiting;
}

Access RwLock::write(OwnerId owner, Waiter* waiter) {
  SpinGuard guard(lock_);
  if (broken_) return Access::broken;
  if (writer_ == owner || find_reader(owner) != readers_.end()) return Access::own;
  if (writer_ == kNobody && readers_.empty() && waiters_.empty()) {
    writer_ = owner;
    return Access::taken;
  }
  if (waiter == nullptr) return Access::refused;
  waiter->candidate = owner;
  waiter->key = kWrite;
  waiters_.push_back(*waiter, lock_);
  return Access::waiting;
}

bool RwLock::unlock(OwnerId owner) {
  WokenList woken;
  SpinGuard guard(lock_);
  if (writer_ == owner) {
    writer_ = kNobody;
  } else {
    auto reader = find_reader(owner);
    if (reader == readers_.end()) return false;
    if (--reader->depth > 0) return true;
    *reader = readers_.back();
    readers_.pop_back();
  }
  admit(woken);
  return true;
}

/// Lets in who stands in front as long as that is possible.
void RwLock::admit(WokenList& woken) {
  while (Waiter* next = waiters_.first()) {
    const bool writes = next->key == kWrite;
    if (writer_ != kNobody || (writes && !readers_.empty())) return;
    if (!waiters_.claim(*next, Outcome::value)) continue;
    if (writes) {
      writer_ = next->candidate;
    } else {
      readers_.push_back({next->candidate, 1});
    }
    woken.add(*next->wait);
  }
}

void RwLock::withdraw(Waiter& waiter) {
  tidemill::detach(waiter);
  WokenList woken;
  SpinGuard guard(lock_);
  admit(woken);
}

void RwLock::owner_ended(OwnerId owner) {
  WokenList woken;
  SpinGuard guard(lock_);
  if (writer_ == owner) {
    writer_ = kNobody;
    broken_ = true;
    woken.claim_all(waiters_, Outcome::broken);
  } else if (auto reader = find_reader(owner); reader != readers_.end()) {
    *reader = readers_.back();
    readers_.pop_back();
    admit(woken);
  }
}

RwLock::Stats RwLock::stats() {
  SpinGuard guard(lock_);
  return {writer_, readers_.size(), waiters_.count(), broken_};
}

}  // namespace tidemill
