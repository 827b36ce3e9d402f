// A blocking call of a host thread: the same Wait as a task's, parked on a condition variable.
#pragma once

#include <condition_variable>
#include <mutex>

#include "engine/sync/wait.hpp"

namespace tidemill {

class ThreadWait final : public Wait {
 public:
  ThreadWait() : waiter(*this) {}

  /// Blocks the calling thread until completed or `deadline` on CLOCK_MONOTONIC (a host thread
  /// lives in real time, whatever the engine's clock). Afterwards the waiter is in no queue.
  Outcome wait(Nanoseconds deadline = kNever);

  void wake() override;

  Waiter waiter;

 private:
  std::mutex lock_;
  std::condition_variable condition_;
  bool woken_ = false;
};

}  // namespace tidemill
