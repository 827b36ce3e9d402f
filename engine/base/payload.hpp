// A parcel: what travels between workers. Opaque bytes plus the engine objects they mention.
//
// The engine moves parcels and never looks inside; whoever packs one (the script codec) unpacks it.
// A scalar fits inline, so that a channel of integers allocates nothing. Anything larger is one
// heap block: [count of references, room | references | bytes].
//
// Ownership: a parcel holds one count of every object it mentions until it is destroyed.
//
// Blocks are used again. A parcel that was read may keep its block, empty, for the next content
// (`spend`); and where parcels go through a ring, the sender finds in the slot the block that the
// receiver has spent. So a stream between two threads allocates nothing, where memory that one
// thread allocates and another frees is what costs malloc most.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>

#include "engine/base/ref.hpp"

namespace tidemill {

class Payload {
 public:
  static constexpr std::size_t kInlineBytes = 24;

  Payload() = default;
  /// As `assign`; throws std::bad_alloc.
  Payload(std::span<const std::uint8_t> bytes, std::span<Shared* const> references);
  Payload(Payload&& other) noexcept { take(other); }
  Payload& operator=(Payload&& other) noexcept {
    if (this != &other) {
      reset();
      take(other);
    }
    return *this;
  }
  ~Payload() { reset(); }

  /// Replaces the content: copies `bytes`, takes over one count of each of `references`. False if
  /// there is no memory: then it is empty and the references are still the caller's.
  bool assign(std::span<const std::uint8_t> bytes, std::span<Shared* const> references);

  std::span<const std::uint8_t> bytes() const { return {on_heap_ ? heap_bytes() : inline_, size_}; }
  std::span<Shared* const> references() const;
  bool empty() const { return size_ == 0; }
  bool on_heap() const { return on_heap_; }
  /// A second parcel with the same content.
  Payload copy() const;
  void reset() {
    if (on_heap_) free_block();
    size_ = 0;
    on_heap_ = false;
  }

  /// Empties it, but keeps a small block for the next content.
  void spend() {
    if (on_heap_) spend_block();
    size_ = 0;
  }
  /// Exchanges the content with that of a slot of a ring; this one has been spent or sent.
  void swap(Payload& slot) noexcept {
    Payload other(std::move(slot));
    slot.take(*this);
    take(other);
  }

  /// Space for at most kInlineBytes to be written in place, for the packer's fast path.
  std::uint8_t* inline_space(std::uint32_t size) {
    reset();
    size_ = size;
    return inline_;
  }

 private:
  struct Block {
    std::uint32_t reference_count;
    std::uint32_t room;  // in bytes, for references and bytes; of large ones not all is told
  };
  const std::uint8_t* heap_bytes() const;
  void free_block();
  void spend_block();
  void take(Payload& other) noexcept {
    __builtin_memcpy(inline_, other.inline_, kInlineBytes);
    size_ = std::exchange(other.size_, 0);
    on_heap_ = std::exchange(other.on_heap_, false);
  }

  union {
    alignas(8) std::uint8_t inline_[kInlineBytes];
    Block* block_;
  };
  std::uint32_t size_ = 0;
  bool on_heap_ = false;
};

}  // namespace tidemill
