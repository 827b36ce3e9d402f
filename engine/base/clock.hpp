// The only source of time in the engine. Everything that waits for a moment asks the engine's
// Clock, so that a driver with virtual time runs every object unchanged.
#pragma once

#include <cstdint>
#include <limits>

namespace tidemill {

/// Nanoseconds on the engine's clock; only differences mean anything.
using Nanoseconds = std::int64_t;
/// A deadline that never comes.
inline constexpr Nanoseconds kNever = std::numeric_limits<Nanoseconds>::max();

class Clock {
 public:
  virtual ~Clock() = default;
  /// Monotonic; any thread; does not block.
  virtual Nanoseconds now() = 0;
  /// The same, some milliseconds old at most, for a fraction of the price.
  virtual Nanoseconds coarse_now() { return now(); }
};

/// CLOCK_MONOTONIC.
class SteadyClock final : public Clock {
 public:
  Nanoseconds now() override;
  Nanoseconds coarse_now() override;
};

}  // namespace tidemill
