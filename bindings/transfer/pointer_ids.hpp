// Numbers for things by their address, in the order in which they are met. Most parcels have a few
// tables, which are searched in order; a large one has very many, so there is a hash table too:
// open addressing, half full at most, no allocation for each entry (Knuth, TAOCP 6.4, algorithm L).
#pragma once

#include <bit>
#include <cstdint>
#include <vector>

namespace tidemill::lua {

class PointerIds {
 public:
  std::uint32_t size() const { return static_cast<std::uint32_t>(things_.size()); }

  /// The number of `thing`: if it is new that is `size()` as it was before.
  std::uint32_t find_or_add(const void* thing) {
    if (things_.size() < kFew) {
      for (std::uint32_t i = 0; i < things_.size(); ++i) {
        if (things_[i] == thing) return i;
      }
      things_.push_back(thing);
      return size() - 1;
    }
    if (slots_.size() < 2 * (things_.size() + 1)) rebuild();
    std::size_t at = home(thing);
    for (; slots_[at] != 0; at = (at + 1) & (slots_.size() - 1)) {
      if (things_[slots_[at] - 1] == thing) return slots_[at] - 1;
    }
    things_.push_back(thing);
    slots_[at] = size();
    return size() - 1;
  }
  /// Forgets those with this number and above.
  void truncate(std::uint32_t size) {
    things_.resize(size);
    slots_.clear();
  }
  void clear() {
    things_.clear();
    if (slots_.empty()) return;
    slots_.clear();
    if (slots_.capacity() > kKept) {
      slots_ = {};
      things_ = {};
    }
  }

 private:
  static constexpr std::size_t kFew = 8, kKept = 1 << 16;

  std::size_t home(const void* thing) const {
    // 2^64 / golden ratio; the low bits of an address say little
    return (reinterpret_cast<std::uintptr_t>(thing) * 0x9E3779B97F4A7C15u) >> shift_;
  }
  void rebuild() {
    const std::size_t room = std::bit_ceil(4 * (things_.size() + 1));
    shift_ = 64 - std::countr_zero(room);
    slots_.assign(room, 0);
    for (std::uint32_t i = 0; i < things_.size(); ++i) {
      std::size_t at = home(things_[i]);
      while (slots_[at] != 0) at = (at + 1) & (room - 1);
      slots_[at] = i + 1;
    }
  }

  std::vector<const void*> things_;   // by number
  std::vector<std::uint32_t> slots_;  // 1 + number, 0: free; empty while they are few
  int shift_ = 0;
};

}  // namespace tidemill::lua
