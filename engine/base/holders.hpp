// Who holds an object that lies outside of their own memory, so that each counts it once.
#pragma once

#include <atomic>
#include <cstdint>

namespace tidemill {

class Holders {
 public:
  /// True the first time for each holder (a number; those that are equal modulo 64 count as one).
  bool is_new(std::uint32_t holder) {
    const std::uint64_t bit = std::uint64_t{1} << (holder % 64);
    // relaxed: each holder asks about itself
    return (holders_.fetch_or(bit, std::memory_order_relaxed) & bit) == 0;
  }

 private:
  std::atomic<std::uint64_t> holders_{0};
};

}  // namespace tidemill
