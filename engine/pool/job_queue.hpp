// Unstarted jobs in the order in which they are to start: by priority, the lowest first, and equal
// ones as they were pushed. A heap with four children to a node; under the lock of its pool. Each
// job knows its place (Task::next, T4), so that one which is cancelled is taken out without a
// search.
//
// Invariants: no entry comes before its parent, which is at (index - 1) / kArity; a job's `next`
// is the index of its entry.
#pragma once

#include <algorithm>
#include <cstdint>
#include <utility>

#include "engine/base/chunked.hpp"
#include "engine/sched/task.hpp"

namespace tidemill {

class JobQueue {
 public:
  bool empty() const { return size_ == 0; }

  /// `number` is that of the push, by which equal priorities are ordered. Throws std::bad_alloc,
  /// and then nothing has changed.
  void push(Task& job, double priority, std::uint64_t number) {
    entries_.push_back();
    settle_up(size_++, {priority, number, &job});
  }

  /// Null if it is empty.
  Task* pop() {
    if (empty()) return nullptr;
    Task* first = entries_[0].job;
    remove_at(0);
    return first;
  }

  /// Takes `job`, wherever it is, out of this queue; false if it is not here. Nobody may be
  /// changing its `next` meanwhile.
  bool remove(Task& job) {
    // In another list `next` is something else, and then no entry of this queue.
    const std::size_t at = reinterpret_cast<std::uintptr_t>(job.next);
    if (at >= size_ || entries_[at].job != &job) return false;
    remove_at(at);
    return true;
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

  void put(std::size_t at, const Entry& entry) {
    entries_[at] = entry;
    entry.job->next = reinterpret_cast<Task*>(static_cast<std::uintptr_t>(at));
  }
  /// Fills the gap at `at` with `entry`, or one above it.
  void settle_up(std::size_t at, const Entry& entry) {
    for (; at > 0; at = (at - 1) / kArity) {
      const Entry& parent = entries_[(at - 1) / kArity];
      if (!entry.before(parent)) break;
      put(at, parent);
    }
    put(at, entry);
  }
  void remove_at(std::size_t at) {
    entries_[at].job->next = nullptr;
    const Entry moved = entries_[--size_];
    entries_.pop_back();
    if (at == size_) return;
    for (;;) {
      const std::size_t child = at * kArity + 1, end = std::min(child + kArity, size_);
      if (child >= size_) break;
      std::size_t least = child;
      for (std::size_t other = child + 1; other < end; ++other) {
        if (entries_[other].before(entries_[least])) least = other;
      }
      if (!entries_[least].before(moved)) break;
      put(at, entries_[least]);
      at = least;
    }
    settle_up(at, moved);  // the last of all may come before the parent of one in the middle
  }

  Chunked<Entry> entries_;
  std::size_t size_ = 0;
};

}  // namespace tidemill
