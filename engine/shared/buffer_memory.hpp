// Zeroed memory that buffers and their slices share.
#pragma once

#include <cstddef>
#include <cstdint>

#include "engine/base/holders.hpp"
#include "engine/base/ref.hpp"

namespace tidemill {

class BufferMemory final : public Shared {
 public:
  // All: any thread; none blocks.

  /// Null if there is not so much. What is never touched costs no memory.
  static Ref<BufferMemory> make(std::size_t bytes);

  void* data() const { return data_; }
  std::size_t bytes() const { return bytes_; }

  Holders holders;

 private:
  BufferMemory(void* data, std::size_t bytes) : data_(data), bytes_(bytes) {}
  ~BufferMemory() override;

  void* const data_;
  const std::size_t bytes_;
};

}  // namespace tidemill
