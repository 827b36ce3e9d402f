// Mutual exclusion between tasks of any worker and host threads, owner-checked, handed over first
// come first served: a lock that is released while somebody waits belongs to the first of them at
// once, so nobody can slip in between.
//
// A task that ends while it owns the mutex breaks it: what it guarded may be half changed. Whoever
// waits or comes later is told, until somebody who knows what to do repairs it.
//
// Invariants, under lock_
//  M1  somebody waits ⇒ owner_ is set
//  M2  broken_ ⇒ owner_ is not set
//  M3  a mutex that a task owns is not deleted: if its last reference goes meanwhile, the end of
//      that task deletes it (nobody is left who could unlock it)
#pragma once

#include <atomic>
#include <string>

#include "engine/base/thread_annotations.hpp"
#include "engine/sync/ownable.hpp"
#include "engine/sync/wait.hpp"

namespace tidemill {

enum class Locking : std::uint8_t {
  taken,    ///< the caller owns it now
  again,    ///< the caller had it already and has it once more (a recursive one)
  waiting,  ///< the waiter stands in line; completed with value: the caller owns it, with broken:
            ///< not
  refused,  ///< somebody else has it and no waiter was given
  own,      ///< the caller has it already
  broken,   ///< its last owner ended without unlocking it
};

class Mutex final : public Ownable {
 public:
  /// A recursive one may be locked again by its owner, and is free after as many unlocks.
  explicit Mutex(bool recursive = false, std::string name = {})
      : recursive_(recursive), name_(std::move(name)) {}

  // All: any thread; none blocks.

  /// `waiter->wait` must belong to `owner`.
  Locking lock(OwnerId owner, Waiter* waiter, const Holder& holder = {});
  Unlocking unlock(OwnerId owner);
  /// Unlocks it however often `owner` has locked it: that number, 0 if it does not have it.
  std::uint32_t release_all(OwnerId owner);
  /// Whoever owns it must now unlock it `depth` times. Only by the owner.
  void set_depth(std::uint32_t depth);
  /// Gives a broken one to `owner`, sound again; false if it is not broken.
  bool repair(OwnerId owner, const Holder& holder = {});
  OwnerId owner();
  std::size_t waiting();
  Breakage breakage();
  const std::string& name() const { return name_; }

  Ref<Task> owner_task() override;
  const Site* taken_at() override;
  void owner_ended(OwnerId owner) override;
  std::string title() const override {
    return name_.empty() ? "a mutex" : "mutex \"" + name_ + "\"";
  }

 private:
  ~Mutex() override = default;
  void destroy() override;
  void hand_over(WokenList& woken) TM_REQUIRES(lock_);
  void give_to(OwnerId owner, const Holder& holder) TM_REQUIRES(lock_);

  SpinLock lock_;
  const bool recursive_;
  bool broken_ TM_GUARDED_BY(lock_) = false;
  bool orphaned_ TM_GUARDED_BY(lock_) = false;  // no reference is left (M3)
  std::atomic<bool> contended_{false};
  std::uint32_t depth_ TM_GUARDED_BY(lock_) = 0;  // how often the owner has it
  // Also read without the lock, as a hint whether waiting a moment would pay.
  std::atomic<OwnerId> owner_{kNobody};
  WaitQueue waiters_ TM_GUARDED_BY(lock_);
  Holder holder_ TM_GUARDED_BY(lock_);  // of the owner; of a broken one: the last
  OwnerId broken_by_ TM_GUARDED_BY(lock_) = kNobody;
  const std::string name_;
};

}  // namespace tidemill
