// Items on their way from one stage of a pipeline to the next, several at a time.
//
// Opaque to the engine: small items are bytes, larger ones parcels beside them, in one sequence
// that whoever fills a chunk and whoever reads it agree upon. It links itself into the lists of a
// Link, so that putting one allocates nothing under a lock; and it is used again, with the room it
// has.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "engine/base/payload.hpp"

namespace tidemill {

struct Chunk {
  std::vector<std::uint8_t> bytes;
  std::vector<Payload> parcels;
  std::uint32_t items = 0;
  /// The number of each item in the source, from 1; or if that is empty they are `origin` and the
  /// numbers that follow it.
  std::vector<std::uint64_t> origins;
  std::uint64_t origin = 0;

  std::uint64_t number = 0;  ///< as the Link wants it, and as it gives it
  bool last = true;          ///< likewise: no more comes under this number
  Chunk* next = nullptr;     ///< in a list of its Link

  /// Empties it. Room beyond what a chunk of small items needs is given back.
  void clear() {
    if (bytes.capacity() > kRoomKept) bytes = {};
    bytes.clear();
    parcels.clear();
    origins.clear();
    items = 0;
    origin = 0;
  }
  static constexpr std::size_t kRoomKept = 256 * 1024;
};

/// A list of chunks, first in, first out, that owns them.
class ChunkList {
 public:
  ChunkList() = default;
  ChunkList(const ChunkList&) = delete;
  ChunkList& operator=(const ChunkList&) = delete;
  ~ChunkList() {
    while (!empty()) pop();
  }
  bool empty() const { return first_ == nullptr; }
  Chunk* first() const { return first_; }
  void push(std::unique_ptr<Chunk> chunk) { insert(last_, std::move(chunk)); }
  std::unique_ptr<Chunk> pop() {
    std::unique_ptr<Chunk> chunk(first_);
    first_ = chunk->next;
    if (first_ == nullptr) last_ = nullptr;
    return chunk;
  }
  /// Behind those of lower and of the same number.
  void push_sorted(std::unique_ptr<Chunk> chunk) {
    Chunk* before = nullptr;
    if (last_ != nullptr && last_->number <= chunk->number) {
      before = last_;
    } else {
      for (Chunk* at = first_; at != nullptr && at->number <= chunk->number; at = at->next) {
        before = at;
      }
    }
    insert(before, std::move(chunk));
  }

 private:
  void insert(Chunk* before, std::unique_ptr<Chunk> owned) {
    Chunk* chunk = owned.release();
    Chunk*& link = before == nullptr ? first_ : before->next;
    chunk->next = link;
    link = chunk;
    if (before == last_) last_ = chunk;
  }

  Chunk* first_ = nullptr;
  Chunk* last_ = nullptr;
};

}  // namespace tidemill
