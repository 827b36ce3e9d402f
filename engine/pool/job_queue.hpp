// Unstarted jobs in the order in which they are to start: by priority, the lowest first, and equal
// ones as they were pushed. A heap with four children to a node; under the lock of its pool.
//
// Invariant: no entry comes before its parent, which is at (index - 1) / kArity.
#pragma once

#include <algorithm>
#include <cstdint>
#include <utility>

#include "engine/base/chunked.hpp"

namespace tidemill {

class Task;

class JobQueue {
 public:
  bool empty() const { return size_ == 0; }

  /// `number` is that of the push, by which equal priorities are ordered. Throws std::bad_alloc,
  /// and then nothing has changed.
  void push(Task& job, double priority, std::uint64_t number) {
    entries_.push_back();
    const Entry entry{priority, number, &job};
    std::size_t at = size_++;
    for (; at > 0; at = (at - 1) / kArity) {
      const Entry& parent = entries_[(at - 1) / kArity];
      if (!entry.before(parent)) break;
      entries_[at] = parent;
    }
    entries_[at] = entry;
  }

  /// Null if it is empty.
  Task* pop() {
    if (empty()) return nullptr;
    Task* first = entries_[0].job;
    const Entry moved = entries_[--size_];
    entries_.pop_back();
    for (std::size_t at = 0; size_ > 0;) {
      const std::size_t child = at * kArity + 1, end = std::min(child + kArity, size_);
      std::size_t least = child;
      for (std::size_t other = child + 1; other < end; ++other) {
        if (entries_[other].before(entries_[least])) least = other;
      }
      if (child >= size_ || !entries_[least].before(moved)) {
        entries_[at] = moved;
        break;
      }
      entries_[at] = entries_[least];
      at = least;
    }
    return first;
  }

  /// Whether its first comes before that of `other`; neither is empty.
  bool first_before(JobQueue& other) { return entries_[0].before(other.entries_[0]); }

 private:
  static constexpr std::size_t kArity = 4;
  struct Entry {
    double priority = 0;
    std::uint64_t number = 0;
    Task* job = nullptr;
    bool before(const Entry& other) const {
      return priority != other.priority ? priority < other.priority : number < other.number;
    }
  };

  Chunked<Entry> entries_;
  std::size_t size_ = 0;
};

}  // namespace tidemill
