// One blocking call of one task or host thread, and its completion.
//
// Every primitive that can block is built from three things: a Wait (the call), its Waiters (one
// link for each queue it stands in: one, or several for a select), and the WaitQueue of the object.
//
// Invariants
//  W1  A Wait is completed exactly once: by whoever wins `claim`, the only transition
//      pending → (any other Outcome). Everyone else finds it taken and leaves it alone.
//  W2  A Waiter is linked and unlinked only under the lock of the object whose queue it is in. An
//      object completes a Waiter by unlinking it, claiming its Wait, handing the value over, all
//      under that lock, and calling `wake` after the lock is released.
//  W3  The winner calls `wake` exactly once, as its last use of the Wait: from then on the memory
//      belongs to the woken side again.
//  W4  Timeouts and cancellations of a task are claimed on the task's own worker only. So between
//      those two a Wait is never raced, and a Wait that its worker has claimed can be taken apart
//      there (`detach`) before the task runs on.
//  W5  The woken side unlinks what is still linked (`detach`) before it destroys a Wait, so no
//  queue
//      ever holds a dangling link, and a lost select case takes nothing with it.
#pragma once

#include <atomic>
#include <cassert>
#include <cstdint>

#include "engine/base/clock.hpp"
#include "engine/base/payload.hpp"
#include "engine/base/spin_lock.hpp"
#include "engine/sync/ownable.hpp"

namespace tidemill {

class Task;
class Wait;
class WaitQueue;
class Worker;

/// How a blocking call ended.
enum class Outcome : std::uint8_t {
  pending,    ///< not yet; the only state that `claim` leaves
  value,      ///< the object gave what was asked for
  timeout,    ///< the deadline came first
  closed,     ///< the object was closed meanwhile
  broken,     ///< the object can no longer give it: its owner ended, somebody aborted it
  cancelled,  ///< the waiting task was cancelled
  deadlock,   ///< nothing that is left to run could ever end it
};

/// Something that is to happen at a moment, kept by the Timers of one worker.
class Timed {
 public:
  static constexpr std::uint32_t kNoTimer = UINT32_MAX;

  /// The moment has come; it is no longer among the timers. On the worker's thread.
  virtual void expire(Worker& worker) = 0;
  /// The worker ends before the moment; it is no longer among the timers. As expire.
  virtual void abandon() {}

  std::uint32_t timer_slot = kNoTimer;  ///< where the worker's timers keep it

 protected:
  Timed() = default;
  ~Timed() = default;
};

/// A Wait's place in one queue.
struct Waiter {
  explicit Waiter(Wait& of) : wait(&of) {}
  Waiter(const Waiter&) = delete;
  Waiter& operator=(const Waiter&) = delete;

  Wait* wait;
  WaitQueue* queue = nullptr;  ///< the queue it is linked in, or null; under the object's lock
  SpinLock* lock = nullptr;    ///< that object's lock; set before the first link, then constant
  Waiter* next = nullptr;
  Waiter* previous = nullptr;
  Payload* parcel = nullptr;  ///< sender: what it gives; receiver: where it wants it; else null
  OwnerId candidate = 0;      ///< who becomes the owner, where the object has one
  Holder holder;              ///< likewise
  std::uint32_t key = 0;      ///< which case of a select this is
};

class Wait : public Timed {
 public:
  Wait(const Wait&) = delete;
  Wait& operator=(const Wait&) = delete;

  /// Tries to complete this call. True for exactly one caller, who must then call `wake` (W1, W3).
  bool claim(Outcome outcome) {
    Outcome expected = Outcome::pending;
    // acquire: the winner sees the waiting side's set-up; release: the waiting side sees the
    // hand-over
    return outcome_.compare_exchange_strong(expected, outcome, std::memory_order_acq_rel,
                                            std::memory_order_relaxed);
  }
  Outcome outcome() const { return outcome_.load(std::memory_order_acquire); }

  /// Lets the waiting side go on. Call without any object's lock. Any thread; does not block.
  virtual void wake() = 0;
  /// Takes this call out of every queue it still stands in. Only by its own side (W4, W5).
  virtual void detach() {}
  void expire(Worker&) override {}

  Wait* next_woken = nullptr;
  std::uint32_t key = 0;  ///< of a select: the key of the Waiter that was served

 protected:
  Wait() = default;
  ~Wait() = default;

 private:
  std::atomic<Outcome> outcome_{Outcome::pending};
};

/// Unlinks `waiter` if it is still in a queue.
void detach(Waiter& waiter);

/// The FIFO of waiters of one object. Guarded by that object's lock; a word in size, because every
/// task has one for those who await it.
class WaitQueue {
 public:
  WaitQueue() = default;
  WaitQueue(const WaitQueue&) = delete;
  WaitQueue& operator=(const WaitQueue&) = delete;
  ~WaitQueue() { assert(empty()); }  // W5

  bool empty() const { return first_ == nullptr; }
  /// How many in it still wait.
  std::size_t count() const;
  /// True if anybody in it still waits. Unlinks those before the first who does.
  bool anyone_waits();
  void push_back(Waiter& waiter, SpinLock& lock);
  void remove(Waiter& waiter);
  /// Who stands in front, still waiting or not; null if nobody does.
  Waiter* first() const { return first_; }
  /// Unlinks `waiter` and claims its call: false if that has ended otherwise.
  bool claim(Waiter& waiter, Outcome outcome);
  /// Unlinks and claims the first waiter that is still waiting; null if there is none. The caller
  /// hands its value over and, after the lock, wakes it.
  Waiter* claim_first(Outcome outcome) {
    return first_ == nullptr ? nullptr : claim_first_of_some(outcome);
  }

 private:
  Waiter* claim_first_of_some(Outcome outcome);

  Waiter* first_ = nullptr;  // circular: first_->previous is the last
};

/// Waits claimed under an object's lock and not yet woken; wakes them when it goes out of scope, in
/// the order in which they were claimed. Declare it before the guard of the lock.
class WokenList {
 public:
  WokenList() = default;
  WokenList(const WokenList&) = delete;
  WokenList& operator=(const WokenList&) = delete;
  ~WokenList();
  void add(Wait& wait);
  /// Claims every waiter of `queue`.
  void claim_all(WaitQueue& queue, Outcome outcome);
  bool empty() const { return first_ == nullptr; }

 private:
  Wait* first_ = nullptr;
  Wait* last_ = nullptr;
};

/// A blocking call of a task. Lives where its task's binding keeps it until the task has run on.
class TaskWait : public Wait {
 public:
  explicit TaskWait(Task& task) : task_(&task) {}
  void wake() final;
  void expire(Worker& worker) final;
  Task& task() const { return *task_; }

 protected:
  std::uint32_t bytes_ = 0;  ///< for whoever allocates these (here, because it is padding)

 private:
  Task* task_;
};

}  // namespace tidemill
