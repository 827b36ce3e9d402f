#include "bindings/slab.hpp"

#include <sys/mman.h>

#include <algorithm>
#include <cstring>

namespace tidemill::lua {

namespace {

constexpr std::size_t kSmallChunk = 64 * 1024;
constexpr std::size_t kHugePage = 2 * 1024 * 1024;

/// Small chunks for small states; once a state has a megabyte, chunks that can be huge pages (a
/// million parked tasks touch 1.3 GB, and a page fault costs more than making the task).
void* new_chunk(std::size_t so_far, std::size_t& size) {
  if (so_far < 1024 * 1024) {
    size = kSmallChunk;
    return std::malloc(size);
  }
  size = kHugePage;
  void* chunk = std::aligned_alloc(kHugePage, size);
  if (chunk != nullptr) madvise(chunk, size, MADV_HUGEPAGE);
  return chunk;
}

}  // namespace

void* Slab::refill(std::size_t list) {
  const std::size_t size = (list + 1) * kStep;
  if (unused_bytes_ < size) {
    // What is left of the old chunk goes to the list of its size.
    if (unused_bytes_ >= kStep) release(unused_, unused_bytes_);
    unused_bytes_ = 0;
    std::size_t chunk_size = 0;
    void* chunk = new_chunk(total_, chunk_size);
    if (chunk == nullptr) return nullptr;
    total_ += chunk_size;
    auto* link = static_cast<Block*>(chunk);
    link->next = chunks_;
    chunks_ = link;
    unused_ = static_cast<char*>(chunk) + kStep;
    unused_bytes_ = chunk_size - kStep;
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
