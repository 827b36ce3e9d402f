#include "engine/sched/timers.hpp"

#include <algorithm>

#include "engine/base/insist.hpp"

namespace tidemill {

void Timers::place(std::uint32_t slot, const Entry& entry) {
  heap_[slot] = entry;
  entry.timed->timer_slot = slot;
}

void Timers::sift_up(std::uint32_t slot, const Entry& entry) {
  while (slot > 0) {
    std::uint32_t parent = (slot - 1) / 4;
    if (!entry.before(heap_[parent])) break;
    place(slot, heap_[parent]);
    slot = parent;
  }
  place(slot, entry);
}

void Timers::sift_down(std::uint32_t slot, const Entry& entry) {
  const auto size = static_cast<std::uint32_t>(heap_.size());
  for (;;) {
    std::uint32_t first = slot * 4 + 1;
    if (first >= size) break;
    std::uint32_t least = first;
    for (std::uint32_t child = first + 1; child < std::min(first + 4, size); ++child) {
      if (heap_[child].before(heap_[least])) least = child;
    }
    if (!heap_[least].before(entry)) break;
    place(slot, heap_[least]);
    slot = least;
  }
  place(slot, entry);
}

void Timers::add(Timed& timed, Nanoseconds deadline) {
  insist([&] { heap_.push_back({}); });  // whoever is to wait stands in a queue already
  sift_up(static_cast<std::uint32_t>(heap_.size() - 1), {deadline, arrivals_++, &timed});
}

void Timers::remove_at(std::uint32_t slot) {
  heap_[slot].timed->timer_slot = Timed::kNoTimer;
  Entry last = heap_.back();
  heap_.pop_back();
  if (slot == heap_.size()) return;
  if (slot > 0 && last.before(heap_[(slot - 1) / 4])) {
    sift_up(slot, last);
  } else {
    sift_down(slot, last);
  }
}

void Timers::remove(Timed& timed) {
  if (timed.timer_slot != Timed::kNoTimer) remove_at(timed.timer_slot);
}

Timed* Timers::pop_due(Nanoseconds now) {
  if (heap_.empty() || heap_[0].deadline > now) return nullptr;
  Timed* timed = heap_[0].timed;
  remove_at(0);
  return timed;
}

}  // namespace tidemill
