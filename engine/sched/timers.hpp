// What is to happen at a moment on one worker, mostly the deadlines of waiting tasks: a 4-ary heap
// by (deadline, order of arrival). A heap, because deadlines of one kind arrive in order and then
// cost O(1) to add; 4-ary, because a node's children then share a cache line (A. LaMarca, R.
// Ladner, "The Influence of Caches on the Performance of Heaps", 1996). Every entry knows its
// place, so cancelling one is O(log n).
#pragma once

#include <cstdint>
#include <vector>

#include "engine/sync/wait.hpp"

namespace tidemill {

class Timers {
 public:
  void add(Timed& timed, Nanoseconds deadline);
  /// Does nothing if it has no timer (any more).
  void remove(Timed& timed);
  /// The first that is due at `now`, removed; null if none is.
  Timed* pop_due(Nanoseconds now);
  Nanoseconds next_deadline() const { return heap_.empty() ? kNever : heap_[0].deadline; }
  bool empty() const { return heap_.empty(); }

 private:
  struct Entry {
    Nanoseconds deadline;
    std::uint64_t order;
    Timed* timed;
    bool before(const Entry& other) const {
      return deadline != other.deadline ? deadline < other.deadline : order < other.order;
    }
  };
  void place(std::uint32_t slot, const Entry& entry);
  void sift_up(std::uint32_t slot, const Entry& entry);
  void sift_down(std::uint32_t slot, const Entry& entry);
  void remove_at(std::uint32_t slot);

  std::vector<Entry> heap_;
  std::uint64_t arrivals_ = 0;
};

}  // namespace tidemill
