// A queue of items between tasks of any worker and host threads, which are handed out in the order
// of their arrival, newest first, or by priority, and which can be counted until all are done.
//
// Semantics
//  * First come, first served on both sides. An item handed to a waiting getter is that getter's; a
//    place that becomes free goes to the putter that waits longest. The order of the queue is among
//    the items in it: what a putter that waits has in hand is not in it yet.
//  * An item is unfinished from the moment it is in the queue, or is handed over, until
//    `task_done`. `join` waits until none is.
//  * Shut down, it takes no more items. Those in it are still given out, then every get says
//    closed; putters that wait are told closed and keep their item. Shut down at once, it drops
//    what is in it: that counts as done. The first kind may be followed by the second, not the
//    other way round.
//
// Invariants, under lock_
//  Q1  getters or watchers wait ⇒ the queue is empty
//  Q2  putters wait ⇒ the queue is full (so with Q1 never both)
//  Q3  closed ⇒ no getter, watcher or putter waits
//  Q4  joiners wait ⇒ unfinished() > 0
//  Q5  in a queue by priority `items_` is a heap: no item comes before its parent, which is at
//  (index - 1) / kArity; otherwise they are in the order of their arrival
// ("waits" as in channel.hpp)
#pragma once

#include <atomic>
#include <cstdint>
#include <string>

#include "engine/base/chunked.hpp"
#include "engine/base/payload.hpp"
#include "engine/base/thread_annotations.hpp"
#include "engine/sync/channel.hpp"
#include "engine/sync/select.hpp"
#include "engine/sync/wait.hpp"

namespace tidemill {

/// The lowest comes first. Exact for every double and every 64-bit integer: integers that round to
/// the same double still differ.
class Priority {
 public:
  Priority() = default;
  explicit Priority(double value) : rounded_(value) {}  ///< not NaN
  explicit Priority(std::int64_t value);

 private:
  friend class Queue;
  double rounded_ = 0;
  std::int16_t rest_ = 0;  // of an integer: what rounding took away, at most 512
};

/// The link of a call that puts.
struct Putter : Waiter {
  using Waiter::Waiter;
  Priority priority;
};

class alignas(64) Queue final : public Shared {
 public:
  enum class Order : std::uint8_t {
    fifo,
    lifo,
    priority,  ///< the lowest first, equal ones in the order in which they came into the queue
  };
  static constexpr std::size_t kUnbounded = SIZE_MAX;
  /// What one takes that has or had a few items in it.
  static constexpr std::size_t usual_bytes() {
    return sizeof(Queue) + Chunked<Item>::kChunk * sizeof(Item);
  }

  struct Stats {
    std::size_t length, peak, getters_waiting, putters_waiting, joiners_waiting;
    std::uint64_t put, got, dropped, unfinished;
    bool closed;
  };

  /// `capacity` is at least 1.
  Queue(std::size_t capacity, Order order, std::string name = {})
      : order_(order), capacity_(capacity), name_(std::move(name)) {}

  // All: any thread; none blocks.

  /// Puts `value`, which is moved from when the result is done. A putter's `parcel` must be
  /// `&value` and stay valid until its call has ended. Only an order by priority looks at
  /// `priority`.
  Passage put(Payload& value, Priority priority, Putter* putter);
  /// Takes an item into `value`, which must be empty. A waiter's `parcel` must be `&value`,
  /// likewise.
  Passage get(Payload& value, Waiter* waiter);
  /// An item that was taken is done: false, and no change, if none is that has not been.
  bool task_done();
  /// Stands in line until no item is unfinished: false if none is.
  bool join(Waiter& waiter);
  /// Stands in line until a get would not have to wait, because of an item or of the end: false if
  /// it would not now.
  bool watch(Waiter& watcher);
  /// No more items; `at_once` drops those that are in it.
  void shut_down(bool at_once);

  std::size_t capacity() const { return capacity_; }
  Order order() const { return order_; }
  const std::string& name() const { return name_; }
  /// How many items are in it: without the lock, what it was a moment ago.
  std::size_t length() const { return length_.load(std::memory_order_relaxed); }
  bool closed();
  std::uint64_t unfinished();
  /// Whether a get would not have to wait.
  bool has_news();
  Stats stats();

 private:
  friend class GetCase;  // runs with lock_ held, which the compiler cannot know
  ~Queue() override = default;

  struct Item {
    Payload value;
    double priority = 0;
    std::uint64_t rank = 0;  // among equal priorities: what rounding took away, then arrival
    bool before(const Item& other) const {
      return priority != other.priority ? priority < other.priority : rank < other.rank;
    }
  };
  // These two throw std::bad_alloc, and then nothing has changed.
  Passage get_locked(Payload& value, Waiter* waiter, WokenList& woken) TM_REQUIRES(lock_);
  void insert(Payload&& value, const Priority& priority) TM_REQUIRES(lock_);
  void take(Payload& into) TM_REQUIRES(lock_);
  void sift_up(std::size_t at) TM_REQUIRES(lock_);
  void fill_root(Item&& item) TM_REQUIRES(lock_);
  /// Got is what was put, not dropped, and is not in the queue.
  std::uint64_t unfinished_locked() TM_REQUIRES(lock_) { return put_ - dropped_ - done_; }
  bool has_news_locked() TM_REQUIRES(lock_) { return length() > 0 || closed_; }

  // What goes from core to core with the lock comes first, then what only changes as the queue
  // grows, then what getters leave alone: with put_ in the first lines a stream between two cores
  // costs a third more.
  SpinLock lock_;
  bool closed_ TM_GUARDED_BY(lock_) = false;
  const Order order_;
  std::atomic<std::size_t> length_{0};      // written under lock_; relaxed, it publishes nothing
  WaitQueue putters_ TM_GUARDED_BY(lock_);  // of Putters
  WaitQueue getters_ TM_GUARDED_BY(lock_);
  Chunked<Item> items_ TM_GUARDED_BY(lock_);
  const std::size_t capacity_;
  const std::string name_;
  WaitQueue watchers_ TM_GUARDED_BY(lock_);
  WaitQueue joiners_ TM_GUARDED_BY(lock_);
  std::size_t peak_ TM_GUARDED_BY(lock_) = 0;
  std::uint64_t put_ TM_GUARDED_BY(lock_) = 0;
  std::uint64_t dropped_ TM_GUARDED_BY(lock_) = 0;
  std::uint64_t done_ TM_GUARDED_BY(lock_) = 0;
};

/// Of a select: takes an item into `parcel`, as ReceiveCase does. May throw std::bad_alloc.
class GetCase final : public SelectCase {
 public:
  GetCase(Wait& wait, Queue& queue, Payload& parcel);
  bool ready() override;
  Outcome happen(WokenList& woken) override;
  void stand_in_line() override;

 private:
  Queue& queue_;
};

}  // namespace tidemill
