// Progress bars. Any task, worker or thread counts; drawing is a by-product: whoever counts 0.1 s
// or more after the last drawing draws all bars of the engine, and if nobody does, the monitor
// (engine.cpp). Where there is no terminal, a line now and then takes the place of the drawing.
//
// Invariants
//   P1  A bar is listed from its making until its last line is written, under lock_; a bar that is
//       not to be shown never is. next_ is kNever if no bar is listed.
//   P2  Only make, close and end wait for a lock or the terminal. So counting and dropping handles,
//       which the garbage collector does, never stop for long. What could not be drawn now is drawn
//       next time.
//   P3  Of the last handle going and the bar being unlisted, the later deletes it (Fate).
// The engine's clock is used for listed bars only, and none is after `end`.
#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "engine/base/clock.hpp"
#include "engine/base/ref.hpp"
#include "engine/observe/console.hpp"
#include "engine/observe/progress_text.hpp"

namespace tidemill {

class ProgressBars;

class ProgressBar final : public Shared {
 public:
  enum class Counting : std::uint8_t {
    done,
    closed,     ///< nothing was changed: the bar is closed
    too_large,  ///< nothing was changed: the number would not fit
  };

  // All: any thread.

  /// Counts up by `n` >= 0. Does not wait.
  Counting add(std::int64_t n);
  /// As add, to `n` >= 0, which may be less than there was.
  Counting set(std::int64_t n);
  /// How many there will be; nullopt: not known. Not on a closed bar.
  Counting set_total(std::optional<std::int64_t> total);
  /// Writes its last line, which stays. Once. May wait for the terminal's reader.
  void close();

  std::int64_t count() const { return count_.load(std::memory_order_relaxed); }
  std::optional<std::int64_t> total() const;
  bool closed() const { return closed_.load(std::memory_order_relaxed); }
  const std::string& label() const { return label_; }

 private:
  friend class ProgressBars;
  enum class Fate : std::uint8_t {
    listed,     ///< in bars_ of its ProgressBars
    unlisted,   ///< deleted when the last handle goes
    abandoned,  ///< no handle is left: deleted when it is unlisted
  };

  ProgressBar(ProgressBars& bars, std::optional<std::int64_t> total, std::string label,
              Nanoseconds now, Fate fate);
  ~ProgressBar() override = default;
  void destroy() override;

  const Ref<ProgressBars> bars_;
  const std::string label_;
  // Of ProgressBars, under its lock:
  const Nanoseconds begun_;
  Nanoseconds next_line_;  // where there is no terminal
  SmoothRate rate_;

  std::atomic<Fate> fate_;
  // relaxed, all three: numbers to be looked at, which publish nothing
  std::atomic<bool> closed_{false};
  std::atomic<std::int64_t> total_;                 // -1: not known
  alignas(64) std::atomic<std::int64_t> count_{0};  // apart from what others only read
};

/// The bars of one engine.
class ProgressBars final : public Shared {
 public:
  static constexpr Nanoseconds kPeriod = 100'000'000;
  static constexpr Nanoseconds kLinePeriod = 10'000'000'000;  ///< without a terminal

  /// `shown` = false: there are bars, but nobody sees them.
  ProgressBars(Clock& clock, Console& console, bool shown)
      : clock_(clock), console_(console), shown_(shown) {}
  /// Not if the environment variable NO_PROGRESS is set and not empty.
  static bool wanted();

  // Any thread.

  /// `label` may be empty. Not shown if the log shows only errors.
  Ref<ProgressBar> make(std::optional<std::int64_t> total, std::string label);
  /// Draws if it is time to and nothing is in the way.
  void look() {
    // relaxed: which thread draws does not matter
    const Nanoseconds next = next_.load(std::memory_order_relaxed);
    if (next != kNever && clock_.coarse_now() >= next) draw(Console::Patience::none);
  }
  bool any() const { return next_.load(std::memory_order_relaxed) != kNever; }
  /// Closes all bars; those that are made from now on are not shown. Idempotent.
  void end();

 private:
  friend class ProgressBar;
  ~ProgressBars() override = default;
  void draw(Console::Patience patience);
  void draw_all(Console::Patience patience);
  ProgressView view(ProgressBar& bar, Nanoseconds now, bool running);

  Clock& clock_;
  Console& console_;
  std::atomic<bool> shown_;
  std::atomic<Nanoseconds> next_{kNever};  // when to draw again
  std::mutex lock_;
  std::vector<ProgressBar*> bars_;  // guarded by lock_
};

}  // namespace tidemill
