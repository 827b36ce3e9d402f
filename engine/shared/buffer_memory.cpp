#include "engine/shared/buffer_memory.hpp"

#include <sys/mman.h>

#include <cstdlib>
#include <new>

namespace tidemill {

namespace {

// From here on memory is mapped: it goes back to the system at once when the last buffer goes, and
// (with a file descriptor behind it) will be what worker processes map as well.
constexpr std::size_t kMapped = 64 * 1024;
// From here on it is worth huge pages: zeroing 4 KiB at a time, page fault by page fault, is
// several times slower.
constexpr std::size_t kHuge = 4 * 1024 * 1024;

void* allocate(std::size_t bytes) {
  if (bytes < kMapped) return std::calloc(1, bytes == 0 ? 1 : bytes);
  void* data = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (data == MAP_FAILED) return nullptr;
  if (bytes >= kHuge) madvise(data, bytes, MADV_HUGEPAGE);
  return data;
}

void give_back(void* data, std::size_t bytes) {
  if (bytes < kMapped) return std::free(data);
  munmap(data, bytes);
}

}  // namespace

Ref<BufferMemory> BufferMemory::make(std::size_t bytes) {
  void* data = allocate(bytes);
  if (data == nullptr) return nullptr;
  auto* memory = new (std::nothrow) BufferMemory(data, bytes);
  if (memory == nullptr) give_back(data, bytes);
  return Ref<BufferMemory>::adopt(memory);
}

BufferMemory::~BufferMemory() { give_back(data_, bytes_); }

}  // namespace tidemill
