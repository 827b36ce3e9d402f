// The prelude as bytecode, for the states of one engine: a state that loads it is made in a
// fraction of the time that compiling the source takes. The first state that wants to fills it in,
// the others read it once it is complete. (It is the engine's own, so the rule that bytecode is
// refused does not concern it.)
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string>

namespace tidemill::lua {

class PreludeCode {
 public:
  static constexpr std::size_t kParts = 16;

  /// Complete: parts may be read. acquire: pairs with complete()
  bool ready() const { return stage_.load(std::memory_order_acquire) == Stage::ready; }
  const std::string& part(std::size_t index) const { return parts_[index]; }

  /// True for one caller, which alone may then fill the parts in. If it does not complete them
  /// nobody will, and every state compiles.
  bool begin() {
    Stage empty = Stage::empty;
    // relaxed: only one comes through, and publishes by complete()
    return stage_.compare_exchange_strong(empty, Stage::filling, std::memory_order_relaxed);
  }
  std::string& part_to_fill(std::size_t index) { return parts_[index]; }
  void complete() { stage_.store(Stage::ready, std::memory_order_release); }

 private:
  enum class Stage : std::uint8_t { empty, filling, ready };
  std::atomic<Stage> stage_{Stage::empty};
  std::array<std::string, kParts> parts_;
};

}  // namespace tidemill::lua
