#include "engine/sync/queue.hpp"

#include <algorithm>
#include <new>

namespace tidemill {

Priority::Priority(std::int64_t value) : rounded_(static_cast<double>(value)) {
  // 2^63, to which the greatest integers are rounded, is no integer of 64 bits.
  rest_ = static_cast<std::int16_t>(
      rounded_ == 0x1p63 ? value - INT64_MAX - 1 : value - static_cast<std::int64_t>(rounded_));
}

// Four children share three cache lines, and a heap of them is half as deep as one of two.
constexpr std::size_t kArity = 4;

void Queue::sift_up(std::size_t at) {
  Item item = std::move(items_[at]);
  while (at > 0) {
    const std::size_t parent = (at - 1) / kArity;
    if (!item.before(items_[parent])) break;
    items_[at] = std::move(items_[parent]);
    at = parent;
  }
  items_[at] = std::move(item);
}

/// The first item was taken, and `item` is one that has lost its place.
void Queue::fill_root(Item&& item) {
  const std::size_t size = items_.size();
  std::size_t at = 0;
  for (;;) {
    const std::size_t first = at * kArity + 1, end = std::min(first + kArity, size);
    if (first >= size) break;
    std::size_t least = first;
    for (std::size_t child = first + 1; child < end; ++child) {
      if (items_[child].before(items_[least])) least = child;
    }
    if (!items_[least].before(item)) break;
    items_[at] = std::move(items_[least]);
    at = least;
  }
  items_[at] = std::move(item);
}

// As in Channel: what is done with the lock held is inline by order.

[[gnu::always_inline]] inline void Queue::insert(Payload&& value, const Priority& priority) {
  Item& item = items_.push_back();
  item.value = std::move(value);
  if (order_ == Order::priority) {
    item.priority = priority.rounded_;
    // 11 bits for the rest, made positive; 53 for the arrival, which last for decades.
    item.rank = std::uint64_t(priority.rest_ + 1024) << 53 | put_;
    sift_up(items_.size() - 1);
  }
  ++put_;
  const std::size_t length = items_.size();
  length_.store(length, std::memory_order_relaxed);
  if (length > peak_) peak_ = length;
}

[[gnu::always_inline]] inline void Queue::take(Payload& into) {
  switch (order_) {
    case Order::fifo:
      into = std::move(items_.front().value);
      items_.pop_front();
      break;
    case Order::lifo:
      into = std::move(items_.back().value);
      items_.pop_back();
      break;
    case Order::priority:
      into = std::move(items_.front().value);
      Item last = std::move(items_.back());
      items_.pop_back();
      if (items_.size() > 0) fill_root(std::move(last));
      break;
  }
  length_.store(items_.size(), std::memory_order_relaxed);
}

Passage Queue::put(Payload& value, Priority priority, Putter* putter) try {
  WokenList woken;
  SpinGuard guard(lock_);
  if (closed_) return Passage::closed;
  if (Waiter* getter = getters_.claim_first(Outcome::value)) {  // Q1: there is no other item
    *getter->parcel = std::move(value);
    ++put_;
    woken.add(*getter->wait);
    return Passage::done;
  }
  if (length() < capacity_) {
    insert(std::move(value), priority);
    if (!watchers_.empty()) woken.claim_all(watchers_, Outcome::value);
    return Passage::done;
  }
  if (putter == nullptr) return Passage::refused;
  putter->priority = priority;
  putters_.push_back(*putter, lock_);
  return Passage::waiting;
} catch (const std::bad_alloc&) {
  return Passage::no_memory;
}

Passage Queue::get_locked(Payload& value, Waiter* waiter, WokenList& woken) {
  if (length() > 0) {
    // Before anything is done: a putter that has been claimed must get its item in.
    if (!putters_.empty()) items_.make_room();
    take(value);
    if (Waiter* putter = putters_.claim_first(Outcome::value)) {
      insert(std::move(*putter->parcel), static_cast<Putter*>(putter)->priority);
      woken.add(*putter->wait);
    }
    return Passage::done;
  }
  if (closed_) return Passage::closed;
  if (waiter == nullptr) return Passage::refused;
  getters_.push_back(*waiter, lock_);
  return Passage::waiting;
}

Passage Queue::get(Payload& value, Waiter* waiter) try {
  WokenList woken;
  SpinGuard guard(lock_);
  return get_locked(value, waiter, woken);
} catch (const std::bad_alloc&) {
  return Passage::no_memory;
}

bool Queue::task_done() {
  WokenList woken;
  SpinGuard guard(lock_);
  if (unfinished_locked() == length()) return false;  // what is in it was not taken
  ++done_;
  if (unfinished_locked() == 0) woken.claim_all(joiners_, Outcome::value);
  return true;
}

bool Queue::join(Waiter& waiter) {
  SpinGuard guard(lock_);
  if (unfinished_locked() == 0) return false;
  joiners_.push_back(waiter, lock_);
  return true;
}

bool Queue::watch(Waiter& watcher) {
  SpinGuard guard(lock_);
  if (has_news_locked()) return false;
  watchers_.push_back(watcher, lock_);
  return true;
}

void Queue::shut_down(bool at_once) {
  Chunked<Item> dropped;  // destroyed last: what it mentions may be other queues
  WokenList woken;
  SpinGuard guard(lock_);
  closed_ = true;
  woken.claim_all(putters_, Outcome::closed);
  woken.claim_all(getters_, Outcome::closed);
  woken.claim_all(watchers_, Outcome::value);
  if (!at_once) return;
  std::swap(items_, dropped);
  dropped_ += length();
  length_.store(0, std::memory_order_relaxed);
  if (unfinished_locked() == 0) woken.claim_all(joiners_, Outcome::value);
}

bool Queue::closed() {
  SpinGuard guard(lock_);
  return closed_;
}

std::uint64_t Queue::unfinished() {
  SpinGuard guard(lock_);
  return unfinished_locked();
}

bool Queue::has_news() {
  SpinGuard guard(lock_);
  return has_news_locked();
}

Queue::Stats Queue::stats() {
  SpinGuard guard(lock_);
  return {.length = length(),
          .peak = peak_,
          .getters_waiting = getters_.count(),
          .putters_waiting = putters_.count(),
          .joiners_waiting = joiners_.count(),
          .put = put_,
          .got = put_ - dropped_ - length(),
          .dropped = dropped_,
          .unfinished = unfinished_locked(),
          .closed = closed_};
}

// --- case of a select ---

GetCase::GetCase(Wait& wait, Queue& queue, Payload& parcel)
    : SelectCase(wait, queue.lock_), queue_(queue) {
  waiter.parcel = &parcel;
}

// With the queue's lock held, which the compiler cannot know; so the others.
bool GetCase::ready() TM_NO_ANALYSIS { return queue_.has_news_locked(); }

Outcome GetCase::happen(WokenList& woken) TM_NO_ANALYSIS {
  return queue_.get_locked(*waiter.parcel, nullptr, woken) == Passage::done ? Outcome::value
                                                                            : Outcome::closed;
}

void GetCase::stand_in_line() TM_NO_ANALYSIS { queue_.getters_.push_back(waiter, queue_.lock_); }

}  // namespace tidemill
