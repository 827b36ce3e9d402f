// A bounded FIFO of parcels between tasks of any worker and host threads.
//
// Semantics (the order of events is Go's, the names Tarantool's and trio's)
//  * Capacity 0 is a rendezvous: a send completes when a receiver has the value.
//  * First come, first served on both sides. A value handed to a waiting receiver is that
//  receiver's;
//    a place that becomes free goes to the sender that waits longest. Nobody overtakes.
//  * Closing is for everybody at once: buffered values can still be received, then every receive
//    says closed. Senders that wait are told closed and keep their value. Closing twice is
//    harmless.
//
// Invariants, under lock_
//  C1  receivers wait ⇒ the buffer is empty, and no sender waits but that of the same select
//  C2  senders wait ⇒ the buffer is full (length = capacity)
//  C3  closed ⇒ nobody waits
// ("waits" means a waiter whose call is still pending; links of calls that ended otherwise may
// linger until their owner unlinks them.)
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>

#include "engine/base/payload.hpp"
#include "engine/base/thread_annotations.hpp"
#include "engine/sync/select.hpp"
#include "engine/sync/wait.hpp"

namespace tidemill {

/// What became of a send or receive.
enum class Passage : std::uint8_t {
  done,     ///< the value has passed
  waiting,  ///< the waiter stands in line
  refused,  ///< it would have to wait and no waiter was given (full, or empty)
  closed,
  no_memory,  ///< nothing has changed
};

class alignas(64) Channel final : public Shared {
 public:
  static constexpr std::size_t kUnbounded = SIZE_MAX;
  /// What one takes that has or had a few values in it.
  static constexpr std::size_t usual_bytes() {
    return sizeof(Channel) + kFirstRoom * sizeof(Payload);
  }

  struct Stats {
    std::size_t length, peak, senders_waiting, receivers_waiting;
    std::uint64_t sent, received;
    bool closed;
  };

  explicit Channel(std::size_t capacity, std::string name = {})
      : capacity_(capacity), name_(std::move(name)) {}

  // All: any thread; none blocks.

  /// Sends `value`, which is empty when the result is done. A waiter's `parcel` must be `&value`
  /// and stay valid until its call has ended.
  Passage send(Payload& value, Waiter* waiter);
  /// Receives into `value`; what it held before is let go. A waiter's `parcel` must be `&value`,
  /// likewise.
  Passage receive(Payload& value, Waiter* waiter);
  /// True if this call closed it.
  bool close();

  std::size_t capacity() const { return capacity_; }
  const std::string& name() const { return name_; }
  std::size_t length();
  /// The length without the lock: what it was a moment ago.
  std::size_t length_hint() const { return length_.load(std::memory_order_relaxed); }
  bool closed();
  Stats stats();

 private:
  friend class ReceiveCase;  // they run with lock_ held, which the compiler cannot know
  friend class SendCase;
  ~Channel() override = default;
  Passage send_locked(Payload& value, Waiter* waiter, WokenList& woken) TM_REQUIRES(lock_);
  Passage receive_locked(Payload& value, Waiter* waiter, WokenList& woken) TM_REQUIRES(lock_);
  void push(Payload& value) TM_REQUIRES(lock_);
  void pop(Payload& into) TM_REQUIRES(lock_);
  void grow() TM_REQUIRES(lock_);

  static constexpr std::uint32_t kFirstRoom = 8;

  // What a send or receive touches, in the one cache line that goes from core to core with the
  // lock.
  SpinLock lock_;
  bool closed_ TM_GUARDED_BY(lock_) = false;
  std::atomic<std::uint32_t> length_{0};  // written under lock_; relaxed, it publishes nothing
  std::uint32_t head_ TM_GUARDED_BY(lock_) = 0;
  std::uint32_t room_ TM_GUARDED_BY(lock_) = 0;  // of the ring, a power of two or 0
  std::uint32_t peak_ TM_GUARDED_BY(lock_) = 0;
  std::unique_ptr<Payload[]> ring_ TM_GUARDED_BY(lock_);  // grows as needed up to the capacity
  WaitQueue senders_ TM_GUARDED_BY(lock_);
  WaitQueue receivers_ TM_GUARDED_BY(lock_);
  std::uint64_t sent_ TM_GUARDED_BY(lock_) = 0;  // received: what was sent and is not buffered
  // What does not change.
  const std::size_t capacity_;
  const std::string name_;
};

/// Of a select: receives into `parcel`. The receive cases of one select may share it, because only
/// one of them happens. The channel must live until the select has ended.
class ReceiveCase final : public SelectCase {
 public:
  ReceiveCase(Wait& wait, Channel& channel, Payload& parcel);
  bool ready() override;
  Outcome happen(WokenList& woken) override;
  void stand_in_line() override;

 private:
  Channel& channel_;
};

/// Of a select: sends `parcel`, which is moved from when that has happened. May throw
/// std::bad_alloc.
class SendCase final : public SelectCase {
 public:
  SendCase(Wait& wait, Channel& channel, Payload& parcel);
  bool ready() override;
  Outcome happen(WokenList& woken) override;
  void stand_in_line() override;

 private:
  Channel& channel_;
};

}  // namespace tidemill
