// Mutual exclusion between tasks of any worker and host threads, owner-checked, handed over first
// come first served: a lock that is released while somebody waits belongs to the first of them at
// once, so nobody can slip in between.
//
// An owner is a number that is never used again: the id of a task, or of a host thread a number
// from `new_thread_owner`. Invariant, under lock_: somebody waits ⇒ owner_ is set.
#pragma once

#include <atomic>
#include <string>

#include "engine/base/thread_annotations.hpp"
#include "engine/sync/wait.hpp"

namespace tidemill {

enum class Locking : std::uint8_t {
  taken,    ///< the caller owns it now
  waiting,  ///< the waiter stands in line; completed with value: the caller owns it
  refused,  ///< somebody else has it and no waiter was given
  own,      ///< the caller has it already
};

using OwnerId = std::uint64_t;
inline constexpr OwnerId kNobody = 0;
/// A number no task has. Any thread.
OwnerId new_thread_owner();

class Mutex final : public Shared {
 public:
  /// A recursive one may be locked again by its owner, and is free after as many unlocks.
  explicit Mutex(bool recursive = false, std::string name = {})
      : recursive_(recursive), name_(std::move(name)) {}

  // All: any thread; none blocks.

  /// `waiter->wait` must belong to `owner`.
  Locking lock(OwnerId owner, Waiter* waiter);
  /// False if `owner` does not have it.
  bool unlock(OwnerId owner);
  /// Unlocks it however often `owner` has locked it: that number, 0 if it does not have it.
  std::uint32_t release_all(OwnerId owner);
  /// Whoever owns it must now unlock it `depth` times. Only by the owner.
  void set_depth(std::uint32_t depth);
  OwnerId owner();
  std::size_t waiting();
  const std::string& name() const { return name_; }

 private:
  ~Mutex() override = default;
  void hand_over(WokenList& woken) TM_REQUIRES(lock_);

  SpinLock lock_;
  // Also read without the lock, as a hint whether waiting a moment would pay.
  std::atomic<OwnerId> owner_{kNobody};
  WaitQueue waiters_ TM_GUARDED_BY(lock_);
  std::atomic<bool> contended_{false};
  std::uint32_t depth_ TM_GUARDED_BY(lock_) = 0;  // how often the owner has it
  const bool recursive_;
  const std::string name_;
};

}  // namespace tidemill
