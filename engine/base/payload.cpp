#include "engine/base/payload.hpp"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <new>

namespace tidemill {

namespace {
constexpr std::size_t kGrain = 48, kKept = 512;

Shared** references_of(void* block_end) { return static_cast<Shared**>(block_end); }
}  // namespace

Payload::Payload(std::span<const std::uint8_t> bytes, std::span<Shared* const> references) {
  if (!assign(bytes, references)) throw std::bad_alloc();
}

bool Payload::assign(std::span<const std::uint8_t> bytes, std::span<Shared* const> references) {
  if (references.empty() && bytes.size() <= kInlineBytes) {
    reset();
    if (!bytes.empty()) std::memcpy(inline_, bytes.data(), bytes.size());
    size_ = static_cast<std::uint32_t>(bytes.size());
    return true;
  }
  const std::size_t size = references.size_bytes() + bytes.size();
  spend();
  if (!on_heap_ || block_->room < size) {
    reset();
    // Of few sizes, so that a block fits the next content too.
    const std::size_t room = (size + kGrain - 1) / kGrain * kGrain;
    void* memory = std::malloc(sizeof(Block) + room);
    if (memory == nullptr) return false;
    block_ =
        new (memory) Block{0, static_cast<std::uint32_t>(std::min<std::size_t>(room, UINT32_MAX))};
    on_heap_ = true;
  }
  block_->reference_count = static_cast<std::uint32_t>(references.size());
  if (!references.empty()) {
    std::memcpy(references_of(block_ + 1), references.data(), references.size_bytes());
  }
  if (!bytes.empty()) {
    std::memcpy(const_cast<std::uint8_t*>(heap_bytes()), bytes.data(), bytes.size());
  }
  size_ = static_cast<std::uint32_t>(bytes.size());
  return true;
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

void Payload::spend_block() {
  if (block_->room > kKept) return reset();
  if (block_->reference_count > 0) release_each(references());
  block_->reference_count = 0;
}

void Payload::free_block() {
  if (block_->reference_count > 0) release_each(references());
  std::free(block_);
}

}  // namespace tidemill
