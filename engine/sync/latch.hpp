// A count of what is still to be done (a wait group). Whoever waits is released when it gets to
// zero; from there it may be counted up again.
//
// Invariants, under lock_: count_ >= 0; somebody waits ⇒ count_ > 0.
#pragma once

#include <cstdint>

#include "engine/base/ref.hpp"
#include "engine/base/thread_annotations.hpp"
#include "engine/sync/wait.hpp"

namespace tidemill {

class Latch final : public Shared {
 public:
  explicit Latch(std::int64_t count = 0) : count_(count) {}

  // All: any thread; none blocks.

  /// Counts up by `n` >= 0: false, and no change, if the number would not fit.
  bool add(std::int64_t n);
  /// Counts down by `n` >= 0: false, and no change, if it would become negative.
  bool done(std::int64_t n);
  /// Stands in line until the count is zero: false if it is.
  bool wait(Waiter& waiter);
  std::int64_t count();
  std::size_t waiting();

 private:
  ~Latch() override = default;

  SpinLock lock_;
  std::int64_t count_ TM_GUARDED_BY(lock_);
  WaitQueue waiters_ TM_GUARDED_BY(lock_);
};

}  // namespace tidemill
