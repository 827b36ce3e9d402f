#include "engine/sync/mutex.hpp"

namespace tidemill {

namespace {
// Critical sections of scripts that do not wait are shorter than a task switch (about 0.2 µs): look
// for as long as one of those before standing in line. Never when somebody stands there already.
constexpr int kLooks = 12;
}  // namespace

Locking Mutex::lock(OwnerId owner, Waiter* waiter) {
  // The looks are hints (relaxed); what counts happens under the lock.
  if (waiter != nullptr) {
    for (int i = 0; i < kLooks; ++i) {
      OwnerId holder = owner_.load(std::memory_order_relaxed);
      if (holder == kNobody || holder == owner || contended_.load(std::memory_order_relaxed)) break;
      cpu_pause();
    }
  }
  SpinGuard guard(lock_);
  OwnerId holder = owner_.load(std::memory_order_relaxed);
  if (holder == kNobody) {
    owner_.store(owner, std::memory_order_relaxed);
    depth_ = 1;
    return Locking::taken;
  }
  if (holder == owner) {
    if (!recursive_) return Locking::own;
    ++depth_;
    return Locking::taken;
  }
  if (waiter == nullptr) return Locking::refused;
  waiter->candidate = owner;
  waiters_.push_back(*waiter, lock_);
  contended_.store(true, std::memory_order_relaxed);
  return Locking::waiting;
}

bool Mutex::unlock(OwnerId owner) {
  WokenList woken;
  SpinGuard guard(lock_);
  if (owner_.load(std::memory_order_relaxed) != owner) return false;
  if (--depth_ > 0) return true;
  hand_over(woken);
  return true;
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
  Waiter* next = waiters_.claim_first(Outcome::value);
  if (next != nullptr) {
    woken.add(*next->wait);
    depth_ = 1;
  }
  owner_.store(next == nullptr ? kNobody : next->candidate, std::memory_order_relaxed);
  if (waiters_.empty()) contended_.store(false, std::memory_order_relaxed);
}

OwnerId Mutex::owner() {
  SpinGuard guard(lock_);
  return owner_.load(std::memory_order_relaxed);
}

std::size_t Mutex::waiting() {
  SpinGuard guard(lock_);
  return waiters_.count();
}

OwnerId new_thread_owner() {
  static std::atomic<OwnerId> next{OwnerId{1} << 63};  // ids of tasks have 32 bits
  return next.fetch_add(1, std::memory_order_relaxed);
}

}  // namespace tidemill
