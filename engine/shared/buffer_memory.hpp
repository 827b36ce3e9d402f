// Zeroed memory that buffers and their slices share.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "engine/base/ref.hpp"

namespace tidemill {

class BufferMemory final : public Shared {
 public:
  // All: any thread; none blocks.

  /// Null if there is not so much. What is never touched costs no memory.
  static Ref<BufferMemory> make(std::size_t bytes);

  void* data() const { return data_; }
  std::size_t bytes() const { return bytes_; }

  /// True the first time for each holder (a number; those that are equal modulo 64 count as one).
  bool first_held_by(std::uint32_t holder) {
    const std::uint64_t bit = std::uint64_t{1} << (holder % 64);
    // relaxed: each holder asks about itself
    return (holders_.fetch_or(bit, std::memory_order_relaxed) & bit) == 0;
  }

 private:
  BufferMemory(void* data, std::size_t bytes) : data_(data), bytes_(bytes) {}
  ~BufferMemory() override;

  void* const data_;
  const std::size_t bytes_;
  std::atomic<std::uint64_t> holders_{0};
};

}  // namespace tidemill
