#include "engine/sync/rwlock.hpp"

#include <algorithm>

#include "engine/sched/task.hpp"

namespace tidemill {

std::vector<RwLock::Reader>::iterator RwLock::find_reader(OwnerId owner) {
  return std::find_if(readers_.begin(), readers_.end(),
                      [owner](const Reader& reader) { return reader.owner == owner; });
}

void RwLock::give_to_writer(OwnerId owner, const Holder& holder) {
  writer_ = owner;
  writer_holder_ = holder;
}

Access RwLock::read(OwnerId owner, Waiter* waiter, const Holder& holder) {
  SpinGuard guard(lock_);
  if (broken_) return Access::broken;
  if (writer_ == owner) return Access::own;
  if (auto reader = find_reader(owner); reader != readers_.end()) {
    ++reader->depth;
    return Access::again;
  }
  if (writer_ == kNobody && waiters_.empty()) {
    readers_.push_back({owner, 1, holder});
    return Access::taken;
  }
  if (waiter == nullptr) return Access::refused;
  waiter->candidate = owner;
  waiter->holder = holder;
  waiter->key = kRead;
  waiters_.push_back(*waiter, lock_);
  return Access::waiting;
}

Access RwLock::write(OwnerId owner, Waiter* waiter, const Holder& holder) {
  SpinGuard guard(lock_);
  if (broken_) return Access::broken;
  if (writer_ == owner || find_reader(owner) != readers_.end()) return Access::own;
  if (writer_ == kNobody && readers_.empty() && waiters_.empty()) {
    give_to_writer(owner, holder);
    return Access::taken;
  }
  if (waiter == nullptr) return Access::refused;
  waiter->candidate = owner;
  waiter->holder = holder;
  waiter->key = kWrite;
  waiters_.push_back(*waiter, lock_);
  return Access::waiting;
}

Unlocking RwLock::unlock(OwnerId owner) {
  WokenList woken;
  SpinGuard guard(lock_);
  if (writer_ == owner) {
    writer_ = kNobody;
  } else {
    auto reader = find_reader(owner);
    if (reader == readers_.end()) return Unlocking::not_owner;
    if (--reader->depth > 0) return Unlocking::still_held;
    *reader = readers_.back();
    readers_.pop_back();
  }
  admit(woken);
  return Unlocking::released;
}

/// Lets in who stands in front as long as that is possible.
void RwLock::admit(WokenList& woken) {
  while (Waiter* next = waiters_.first()) {
    const bool writes = next->key == kWrite;
    if (writer_ != kNobody || (writes && !readers_.empty())) return;
    if (!waiters_.claim(*next, Outcome::value)) continue;
    if (writes) {
      give_to_writer(next->candidate, next->holder);
    } else {
      readers_.push_back({next->candidate, 1, next->holder});
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

bool RwLock::repair(OwnerId owner, const Holder& holder) {
  SpinGuard guard(lock_);
  if (!broken_) return false;
  broken_ = false;
  give_to_writer(owner, holder);
  return true;
}

void RwLock::owner_ended(OwnerId owner) {
  Holder forgotten;
  bool last = false;
  {
    WokenList woken;
    SpinGuard guard(lock_);
    if (writer_ == owner) {
      writer_ = kNobody;
      broken_ = true;
      broken_by_ = owner;
      woken.claim_all(waiters_, Outcome::broken);
    } else if (auto reader = find_reader(owner); reader != readers_.end()) {
      forgotten = reader->holder;
      *reader = readers_.back();
      readers_.pop_back();
      admit(woken);
    }
    last = orphaned_ && !held_by_tasks();
  }
  if (last) delete this;
  tell_of_forgotten(forgotten, "a rwlock it read under");
}

bool RwLock::held_by_tasks() const {
  return is_task(writer_) ||
         std::any_of(readers_.begin(), readers_.end(),
                     [](const Reader& reader) { return is_task(reader.owner); });
}

void RwLock::destroy() {
  {
    SpinGuard guard(lock_);
    if (held_by_tasks()) {
      orphaned_ = true;
      return;
    }
  }
  delete this;
}

Ref<Task> RwLock::owner_task() {
  SpinGuard guard(lock_);
  if (!is_task(writer_)) return nullptr;
  return Ref<Task>(writer_holder_.task);  // alive: its end comes here first
}

const Site* RwLock::taken_at() {
  SpinGuard guard(lock_);
  return writer_ == kNobody ? nullptr : writer_holder_.site;
}

Breakage RwLock::breakage() {
  SpinGuard guard(lock_);
  return broken_ ? Breakage{broken_by_, writer_holder_.site} : Breakage{kNobody, nullptr};
}

RwLock::Stats RwLock::stats() {
  SpinGuard guard(lock_);
  return {writer_, readers_.size(), waiters_.count(), broken_};
}

}  // namespace tidemill
