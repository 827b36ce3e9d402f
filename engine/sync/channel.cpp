#include "engine/sync/channel.hpp"

#include <algorithm>
#include <new>

namespace tidemill {

// The fast paths are inline by order: they are what is done with the lock held, and the other side
// waits for that.

namespace {
// In a ring of at most so many, slots keep blocks that were read: then these are a MiB at most.
constexpr std::uint32_t kSpentKept = 2048;
}  // namespace

void Channel::grow() {
  const std::uint32_t length = length_.load(std::memory_order_relaxed);
  const std::uint32_t room = std::max(kFirstRoom, room_ * 2);
  std::unique_ptr<Payload[]> bigger(new Payload[room]);
  for (std::uint32_t i = 0; i < length; ++i) {
    bigger[i] = std::move(ring_[(head_ + i) & (room_ - 1)]);  // without those that are spent
  }
  ring_.swap(bigger);
  room_ = room;
  head_ = 0;
}

[[gnu::always_inline]] inline void Channel::push(Payload& value) {
  std::uint32_t length = length_.load(std::memory_order_relaxed);
  if (length == room_) [[unlikely]]
    grow();
  value.swap(ring_[(head_ + length) & (room_ - 1)]);
  length_.store(++length, std::memory_order_relaxed);
  if (length > peak_) peak_ = length;
}

[[gnu::always_inline]] inline void Channel::pop(Payload& into) {
  if (room_ <= kSpentKept) {
    into.swap(ring_[head_]);
  } else {
    into = std::move(ring_[head_]);
  }
  head_ = (head_ + 1) & (room_ - 1);
  length_.store(length_.load(std::memory_order_relaxed) - 1, std::memory_order_relaxed);
}

[[gnu::always_inline]] inline Passage Channel::send_locked(Payload& value, Waiter* waiter,
                                                           WokenList& woken) {
  if (closed_) return Passage::closed;
  if (Waiter* receiver = receivers_.claim_first(Outcome::value)) {
    *receiver->parcel = std::move(value);
    ++sent_;
    woken.add(*receiver->wait);
    return Passage::done;
  }
  if (length_hint() < capacity_) {
    push(value);
    ++sent_;
    return Passage::done;
  }
  if (waiter == nullptr) return Passage::refused;
  senders_.push_back(*waiter, lock_);
  return Passage::waiting;
}

[[gnu::always_inline]] inline Passage Channel::receive_locked(Payload& value, Waiter* waiter,
                                                              WokenList& woken) {
  if (length_hint() > 0) {
    pop(value);  // so that the push needs no more room
    if (Waiter* sender = senders_.claim_first(Outcome::value)) {
      push(*sender->parcel);
      ++sent_;
      woken.add(*sender->wait);
    }
    return Passage::done;
  }
  if (Waiter* sender = senders_.claim_first(Outcome::value)) {
    value = std::move(*sender->parcel);
    ++sent_;
    woken.add(*sender->wait);
    return Passage::done;
  }
  if (closed_) return Passage::closed;
  if (waiter == nullptr) return Passage::refused;
  receivers_.push_back(*waiter, lock_);
  return Passage::waiting;
}

Passage Channel::send(Payload& value, Waiter* waiter) try {
  WokenList woken;
  SpinGuard guard(lock_);
  return send_locked(value, waiter, woken);
} catch (const std::bad_alloc&) {  // from grow, which comes before everything else
  return Passage::no_memory;
}

Passage Channel::receive(Payload& value, Waiter* waiter) {
  value.spend();  // before the lock: it may let go of other objects
  WokenList woken;
  SpinGuard guard(lock_);
  return receive_locked(value, waiter, woken);
}

bool Channel::close() {
  WokenList woken;
  SpinGuard guard(lock_);
  if (closed_) return false;
  closed_ = true;
  woken.claim_all(receivers_, Outcome::closed);
  woken.claim_all(senders_, Outcome::closed);
  return true;
}

std::size_t Channel::length() {
  SpinGuard guard(lock_);
  return length_hint();
}

bool Channel::closed() {
  SpinGuard guard(lock_);
  return closed_;
}

Channel::Stats Channel::stats() {
  SpinGuard guard(lock_);
  return {length_hint(),         peak_,  senders_.count(), receivers_.count(), sent_,
          sent_ - length_hint(), closed_};
}

// --- cases of a select ---

namespace {

Outcome outcome_of(Passage passage) {
  switch (passage) {
    case Passage::done:
      return Outcome::value;
    case Passage::closed:
      return Outcome::closed;
    default:
      return Outcome::pending;
  }
}

}  // namespace

ReceiveCase::ReceiveCase(Wait& wait, Channel& channel, Payload& parcel)
    : SelectCase(wait, channel.lock_), channel_(channel) {
  waiter.parcel = &parcel;
}

bool ReceiveCase::ready() TM_NO_ANALYSIS {
  return channel_.length_hint() > 0 || channel_.closed_ || channel_.senders_.anyone_waits();
}

Outcome ReceiveCase::happen(WokenList& woken) TM_NO_ANALYSIS {
  return outcome_of(channel_.receive_locked(*waiter.parcel, nullptr, woken));
}

void ReceiveCase::stand_in_line() TM_NO_ANALYSIS {
  channel_.receivers_.push_back(waiter, channel_.lock_);
}

SendCase::SendCase(Wait& wait, Channel& channel, Payload& parcel)
    : SelectCase(wait, channel.lock_), channel_(channel) {
  waiter.parcel = &parcel;
}

bool SendCase::ready() TM_NO_ANALYSIS {
  return channel_.length_hint() < channel_.capacity_ || channel_.closed_ ||
         channel_.receivers_.anyone_waits();
}

Outcome SendCase::happen(WokenList& woken) TM_NO_ANALYSIS {
  return outcome_of(channel_.send_locked(*waiter.parcel, nullptr, woken));
}

void SendCase::stand_in_line() TM_NO_ANALYSIS {
  channel_.senders_.push_back(waiter, channel_.lock_);
}

}  // namespace tidemill
