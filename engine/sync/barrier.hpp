// A place where a fixed number of parties wait for each other, round after round.
//
// The last to arrive commits the round: under lock_ every party of it gets its index, and from then
// on it belongs to the round whatever becomes of its call. So a round is exactly its parties, even
// if one times out or is cancelled at the same moment; such a party learns its fate from `fate`.
//
//   filling → committed          the round is complete; with an action, that is still to run
//   committed → released         it went well: at once without an action, else by `acted`
//   filling → left               cancelled before its round was complete
//   filling → broken             somebody timed out, or called abort or reset
//   committed → broken           the action failed; or abort, reset while it ran
//   filling → acting             it arrived while the action of the round before ran, and is now
//                                the last of its own: it must run the action
//
// Invariants, under lock_
//  B1  the parties in filling_ are `filling` and fewer than parties_; those in committed_ are
//      `committed`, and there are some only while acting_
//  B2  somebody is at the gate ⇒ acting_: who arrives while an action runs belongs to a later round
//  B3  broken_ ⇒ filling_ and the gate are empty
#pragma once

#include <cstdint>

#include "engine/base/clock.hpp"
#include "engine/base/ref.hpp"
#include "engine/base/thread_annotations.hpp"
#include "engine/sync/wait.hpp"

namespace tidemill {

class Barrier final : public Shared {
 public:
  enum class Fate : std::uint8_t { filling, committed, acting, released, broken, left };

  /// One call of one party.
  struct Party : Waiter {
    using Waiter::Waiter;

   private:
    friend class Barrier;
    Fate fate = Fate::filling;
    std::uint32_t index = 0;
  };

  struct Stats {
    std::size_t waiting;
    bool broken, acting;
  };

  /// `action` is whatever the binding runs for each round (null: nothing); `patience` what it takes
  /// as the timeout of a wait that has none.
  explicit Barrier(std::uint32_t parties, Ref<Shared> action = nullptr,
                   Nanoseconds patience = kNever)
      : parties_(parties), patience_(patience), action_(std::move(action)) {}

  // All: any thread; none blocks.

  /// filling: the call waits. released: this was the last, the others are released. acting: this is
  /// the last, it must run the action and then call `acted`. broken: the barrier is.
  Fate arrive(Party& party);
  /// The call of `party` has ended by a timeout or a cancellation; its own side says so before it
  /// goes on (as it would `detach`). Breaks the barrier for a timeout.
  void leave(Party& party, bool timed_out);
  /// After the call of `party` has ended: acting, released, broken, left. Or committed: its round
  /// is complete but the action still runs; then `again`, which nothing but the end of that may
  /// complete, waits for it.
  Fate fate(Party& party, Wait& again);
  /// The place in the order of arrival, 0 to parties - 1; once committed, acting or released.
  static std::uint32_t index(const Party& party) { return party.index; }
  /// The action has ended: false if the round is broken, by its failure or by abort or reset
  /// meanwhile.
  bool acted(bool well);
  /// Breaks it for everybody, now and later, until `reset`.
  void abort();
  /// Breaks it for those who wait; then it is as new.
  void reset();

  std::uint32_t parties() const { return parties_; }
  Nanoseconds patience() const { return patience_; }
  const Ref<Shared>& action() const { return action_; }
  Stats stats();

 private:
  ~Barrier() override = default;
  Fate enter(Party& party, WokenList& woken) TM_REQUIRES(lock_);
  void conclude(WaitQueue& queue, Fate fate, WokenList& woken) TM_REQUIRES(lock_);
  void break_all(WokenList& woken) TM_REQUIRES(lock_);

  const std::uint32_t parties_;
  const Nanoseconds patience_;
  const Ref<Shared> action_;
  SpinLock lock_;
  bool broken_ TM_GUARDED_BY(lock_) = false;
  bool acting_ TM_GUARDED_BY(lock_) = false;
  bool spoiled_ TM_GUARDED_BY(lock_) = false;       // abort or reset came while the action ran
  std::uint32_t arrived_ TM_GUARDED_BY(lock_) = 0;  // parties in filling_
  WaitQueue filling_ TM_GUARDED_BY(lock_);
  WaitQueue committed_ TM_GUARDED_BY(lock_);
  WaitQueue gate_ TM_GUARDED_BY(lock_);
};

}  // namespace tidemill
