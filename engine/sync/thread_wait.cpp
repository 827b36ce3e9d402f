#include "engine/sync/thread_wait.hpp"

#include <chrono>

namespace tidemill {

Outcome ThreadWait::wait(Nanoseconds deadline) {
  std::unique_lock guard(lock_);
  auto woken = [this] { return woken_; };
  if (deadline == kNever) {
    condition_.wait(guard, woken);
  } else {
    std::chrono::steady_clock::time_point until{std::chrono::nanoseconds(deadline)};
    if (!condition_.wait_until(guard, until, woken)) {
      // Whoever claimed it first is about to wake us and must be waited for: it still uses this.
      if (!claim(Outcome::timeout)) {
        condition_.wait(guard, woken);
      }
    }
  }
  guard.unlock();
  tidemill::detach(waiter);
  return outcome();
}

void ThreadWait::wake() {
  // Notified under the lock: once it is released the waiting thread may destroy this object.
  std::lock_guard guard(lock_);
  woken_ = true;
  condition_.notify_one();
}

}  // namespace tidemill
