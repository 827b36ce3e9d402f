#include "engine/sync/mutex.hpp"

#include "engine/sched/task.hpp"

namespace tidemill {

namespace {
// Critical sections of scripts that do not wait are shorter than a task switch (about 0.2 µs): look
// for as long as one of those before standing in line. Never when somebody stands there already.
constexpr int kLooks = 12;
}  // namespace

void Mutex::give_to(OwnerId owner, const Holder& holder) {
  owner_.store(owner, std::memory_order_relaxed);
  holder_ = holder;
  depth_ = 1;
}

Locking Mutex::lock(OwnerId owner, Waiter* waiter, const Holder& holder) {
  // The looks are hints (relaxed); what counts happens under the lock.
  if (waiter != nullptr) {
    for (int i = 0; i < kLooks; ++i) {
      OwnerId other = owner_.load(std::memory_order_relaxed);
      if (other == kNobody || other == owner || contended_.load(std::memory_order_relaxed)) break;
      cpu_pause();
    }
  }
  SpinGuard guard(lock_);
  const OwnerId other = owner_.load(std::memory_order_relaxed);
  if (other == kNobody) {
    if (broken_) return Locking::broken;
    give_to(owner, holder);
    return Locking::taken;
  }
  if (other == owner) {
    if (!recursive_) return Locking::own;
    ++depth_;
    return Locking::again;
  }
  if (waiter == nullptr) return Locking::refused;
  waiter->candidate = owner;
  waiter->holder = holder;
  waiters_.push_back(*waiter, lock_);
  contended_.store(true, std::memory_order_relaxed);
  return Locking::waiting;
}

Unlocking Mutex::unlock(OwnerId owner) {
  WokenList woken;
  SpinGuard guard(lock_);
  if (owner_.load(std::memory_order_relaxed) != owner) return Unlocking::not_owner;
  if (--depth_ > 0) return Unlocking::still_held;
  hand_over(woken);
  return Unlocking::released;
}

std::uint32_t Mutex::release_all(OwnerId owner) {
  WokenList woken;
  SpinGuard guard(lock_);
  if (owner_.load(std::memory_order_relaxed) != owner) return 0;
  const std::uint32_t depth = depth_;
  hand_over(woken);
  return depth;
}

void Mutex::set_depth(std::uint32_t depth) {
  SpinGuard guard(lock_);
  depth_ = depth;
}

/// Makes the first who waits the owner.
void Mutex::hand_over(WokenList& woken) {
  if (Waiter* next = waiters_.claim_first(Outcome::value)) {
    give_to(next->candidate, next->holder);
    woken.add(*next->wait);
  } else {
    owner_.store(kNobody, std::memory_order_relaxed);
  }
  if (waiters_.empty()) contended_.store(false, std::memory_order_relaxed);
}

bool Mutex::repair(OwnerId owner, const Holder& holder) {
  SpinGuard guard(lock_);
  if (!broken_) return false;
  broken_ = false;
  give_to(owner, holder);
  return true;
}

void Mutex::owner_ended(OwnerId owner) {
  bool last = false;
  {
    WokenList woken;
    SpinGuard guard(lock_);
    if (owner_.load(std::memory_order_relaxed) != owner) return;
    owner_.store(kNobody, std::memory_order_relaxed);
    contended_.store(false, std::memory_order_relaxed);
    broken_ = true;
    broken_by_ = owner;
    woken.claim_all(waiters_, Outcome::broken);
    last = orphaned_;
  }
  if (last) delete this;
}

void Mutex::destroy() {
  {
    SpinGuard guard(lock_);
    if (is_task(owner_.load(std::memory_order_relaxed))) {
      orphaned_ = true;
      return;
    }
  }
  delete this;
}

OwnerId Mutex::owner() {
  SpinGuard guard(lock_);
  return owner_.load(std::memory_order_relaxed);
}

Ref<Task> Mutex::owner_task() {
  SpinGuard guard(lock_);
  if (!is_task(owner_.load(std::memory_order_relaxed))) return nullptr;
  return Ref<Task>(holder_.task);  // alive: its end comes here first
}

const Site* Mutex::taken_at() {
  SpinGuard guard(lock_);
  return owner_.load(std::memory_order_relaxed) == kNobody ? nullptr : holder_.site;
}

Breakage Mutex::breakage() {
  SpinGuard guard(lock_);
  return broken_ ? Breakage{broken_by_, holder_.site} : Breakage{kNobody, nullptr};
}

std::size_t Mutex::waiting() {
  SpinGuard guard(lock_);
  return waiters_.count();
}

}  // namespace tidemill
