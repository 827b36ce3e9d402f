#include "bindings/slab.hpp"

#include <algorithm>
#include <cstring>

namespace tidemill::lua {

namespace {
constexpr std::size_t kChunk = 64 * 1024;
}

void* Slab::refill(std::size_t list) {
  const std::size_t size = (list + 1) * kStep;
  if (unused_bytes_ < size) {
    // What is left of the old chunk goes to the list of its size.
    if (unused_bytes_ >= kStep) release(unused_, unused_bytes_);
    unused_bytes_ = 0;
    void* chunk = std::malloc(kChunk);
    if (chunk == nullptr) return nullptr;
    auto* link = static_cast<Block*>(chunk);
    link->next = chunks_;
    chunks_ = link;
    unused_ = static_cast<char*>(chunk) + kStep;
    unused_bytes_ = kChunk - kStep;
  }
  void* block = unused_;
  unused_ += size;
  unused_bytes_ -= size;
  return block;
}

void* Slab::reallocate(void* memory, std::size_t old_size, std::size_t new_size) {
  if (kPlain || (old_size > kLargest && new_size > kLargest)) return std::realloc(memory, new_size);
  if (old_size <= kLargest && (old_size - 1) / kStep == (new_size - 1) / kStep) return memory;
  void* moved = allocate(new_size);
  if (moved == nullptr) return nullptr;
  std::memcpy(moved, memory, std::min(old_size, new_size));
  release(memory, old_size);
  return moved;
}

}  // namespace tidemill::lua
