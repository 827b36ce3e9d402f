// Small blocks for one thread: free lists in steps of 16 bytes, refilled from chunks that are given
// back when the slab goes. For what a worker makes and drops all the time, and for its Lua state,
// so that neither pays for a lock nor for a header.
#pragma once

#include <cstddef>
#include <cstdlib>
#include <utility>

namespace tidemill::lua {

class Slab {
 public:
  static constexpr std::size_t kStep = 16;
  static constexpr std::size_t kLargest = 1024;

  Slab() = default;
  Slab(const Slab&) = delete;
  Slab& operator=(const Slab&) = delete;
  ~Slab() {
    while (chunks_ != nullptr) std::free(std::exchange(chunks_, chunks_->next));
  }

  /// Null when memory is out. `size` > 0.
  void* allocate(std::size_t size) {
    if (size > kLargest || kPlain) return std::malloc(size);
    Block*& list = free_[(size - 1) / kStep];
    if (list == nullptr) return refill((size - 1) / kStep);
    Block* block = list;
    list = block->next;
    return block;
  }
  void release(void* memory, std::size_t size) {
    if (size > kLargest || kPlain) return std::free(memory);
    auto* block = static_cast<Block*>(memory);
    block->next = free_[(size - 1) / kStep];
    free_[(size - 1) / kStep] = block;
  }
  void* reallocate(void* memory, std::size_t old_size, std::size_t new_size);

 private:
  struct Block {
    Block* next;
  };
  // Under the address sanitizer every block is a malloc of its own, so that it sees each.
#if defined(__SANITIZE_ADDRESS__)
  static constexpr bool kPlain = true;
#else
  static constexpr bool kPlain = false;
#endif
  void* refill(std::size_t list);

  Block* free_[kLargest / kStep] = {};
  Block* chunks_ = nullptr;  // linked by their first word
  char* unused_ = nullptr;
  std::size_t unused_bytes_ = 0;
  std::size_t total_ = 0;
};

}  // namespace tidemill::lua
