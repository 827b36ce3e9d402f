// How progress reads: one line that fits where it is shown, and a rate that follows changes without
// jumping about.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "engine/base/clock.hpp"
#include "engine/observe/console.hpp"

namespace tidemill {

/// Items per second, the recent past counting most: what is t seconds old with weight e^(-t/10).
/// A sum of items over a sum of times, so that it needs no start value and no even intervals.
class SmoothRate {
 public:
  explicit SmoothRate(Nanoseconds start) : last_(start) {}
  /// There are `count` items now.
  void sample(Nanoseconds now, std::int64_t count);
  /// When an item is overdue the rate goes down. Negative: nothing is known yet.
  double per_second(Nanoseconds now) const;

 private:
  Nanoseconds last_;  // when the count last changed
  std::int64_t count_ = 0;
  double items_ = 0, seconds_ = 0;
};

struct ProgressView {
  std::string_view label;
  std::int64_t count = 0;
  std::optional<std::int64_t> total;
  Nanoseconds elapsed = 0;
  double per_second = -1;  ///< negative: unknown
  bool running = true;     ///< shows what remains
};

enum class ProgressStyle : std::uint8_t { utf8, ascii, plain };

/// label:  42%|████▏     | 420/1000 [00:03<00:04, 137.5 items/s]
/// In `columns` at most: what does not fit is left out, first the bar, then the times, then of the
/// label. In plain style there is no bar and no limit.
Console::Line progress_line(const ProgressView& view, int columns, ProgressStyle style);

}  // namespace tidemill
