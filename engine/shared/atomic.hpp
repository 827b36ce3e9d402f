// A number that tasks of any worker and host threads change at once, each change in one piece.
//
// The subtype is part of the value, so it does not fit a machine word: a lock that is held for a
// few instructions, instead of instructions on 16 bytes that not every processor has.
#pragma once

#include "engine/base/ref.hpp"
#include "engine/base/spin_lock.hpp"
#include "engine/base/thread_annotations.hpp"
#include "engine/shared/number.hpp"

namespace tidemill {

/// On a cache line of its own: what stands beside it would be slowed down.
class alignas(64) Atomic final : public Shared {
 public:
  explicit Atomic(Number value) : value_(value) {}

  // All: any thread; none blocks.

  Number get();
  /// Stores `value`: the old one.
  Number swap(Number value);
  /// Stores `value` if the number equals `expected`: whether it did.
  bool compare_and_set(Number expected, Number value);
  // These give the new number.
  Number add(Number n);
  Number subtract(Number n);
  Number raise_to(Number least);  ///< the larger one; the old one if neither is, as with NaN
  Number lower_to(Number most);

 private:
  ~Atomic() override = default;

  SpinLock lock_;
  Number value_ TM_GUARDED_BY(lock_);
};

}  // namespace tidemill
