// Waiting, with a mutex held, for something that others change under the same mutex.
//
// Who waits stands in line before the mutex is released, and only who holds the mutex notifies: so
// no notification falls between the two. A wait has two halves: the one for the notification, here;
// then the one for the mutex, which is the caller's to do and ends a wait however its first half
// ended. A notification that its receiver cannot use (it was cancelled meanwhile) goes to the next:
// `pass_on`.
#pragma once

#include <cstdint>

#include "engine/base/ref.hpp"
#include "engine/base/thread_annotations.hpp"
#include "engine/sync/mutex.hpp"
#include "engine/sync/wait.hpp"

namespace tidemill {

class Condition final : public Shared {
 public:
  explicit Condition(Ref<Mutex> mutex) : mutex_(std::move(mutex)) {}

  // All: any thread; none blocks.

  /// Stands in line and releases the mutex: how often `owner` had locked it, to be given back with
  /// Mutex::set_depth. 0, and nothing is done, if `owner` does not hold it.
  std::uint32_t wait(OwnerId owner, Waiter& waiter);
  /// Completes the first `n` waiters: false, and none is, if `owner` does not hold the mutex.
  bool notify(OwnerId owner, std::size_t n);
  /// Gives a notification that was received and not used to the next waiter, if there is one.
  void pass_on();
  Mutex& mutex() const { return *mutex_; }
  std::size_t waiting();

 private:
  ~Condition() override = default;

  const Ref<Mutex> mutex_;
  SpinLock lock_;  // never held together with the mutex's
  WaitQueue waiters_ TM_GUARDED_BY(lock_);
};

}  // namespace tidemill
