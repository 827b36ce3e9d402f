#include "engine/base/payload.hpp"

#include <cstdlib>
#include <cstring>
#include <new>

namespace tidemill {

namespace {
Shared** references_of(void* block_end) { return static_cast<Shared**>(block_end); }
}  // namespace

Payload::Payload(std::span<const std::uint8_t> bytes, std::span<Shared* const> references) {
  if (references.empty() && bytes.size() <= kInlineBytes) {
    if (!bytes.empty()) std::memcpy(inline_, bytes.data(), bytes.size());
  } else {
    void* memory = std::malloc(sizeof(Block) + references.size_bytes() + bytes.size());
    if (memory == nullptr) throw std::bad_alloc();
    block_ = new (memory) Block{references.size()};
    if (!references.empty()) {
      std::memcpy(references_of(block_ + 1), references.data(), references.size_bytes());
    }
    if (!bytes.empty()) {
      std::memcpy(const_cast<std::uint8_t*>(heap_bytes()), bytes.data(), bytes.size());
    }
    on_heap_ = true;
  }
  size_ = static_cast<std::uint32_t>(bytes.size());
}

std::span<Shared* const> Payload::references() const {
  if (!on_heap_) return {};
  return {references_of(block_ + 1), block_->reference_count};
}

const std::uint8_t* Payload::heap_bytes() const {
  return reinterpret_cast<const std::uint8_t*>(references_of(block_ + 1) + block_->reference_count);
}

Payload Payload::copy() const {
  for (Shared* reference : references()) reference->retain();
  return Payload(bytes(), references());
}

void Payload::free_block() {
  if (block_->reference_count > 0) release_each(references());
  std::free(block_);
}

}  // namespace tidemill
