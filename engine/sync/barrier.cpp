#include "engine/sync/barrier.hpp"

namespace tidemill {

Barrier::Fate Barrier::arrive(Party& party) {
  WokenList woken;
  SpinGuard guard(lock_);
  if (broken_) return party.fate = Fate::broken;
  if (acting_) {
    gate_.push_back(party, lock_);
    return Fate::filling;
  }
  return enter(party, woken);
}

/// `party` is the next of the round that fills, with no action running.
Barrier::Fate Barrier::enter(Party& party, WokenList& woken) {
  if (arrived_ + 1 < parties_) {
    filling_.push_back(party, lock_);
    ++arrived_;
    return Fate::filling;
  }
  party.index = arrived_;
  arrived_ = 0;
  std::uint32_t index = 0;
  while (auto* other = static_cast<Party*>(filling_.first())) {
    filling_.remove(*other);
    other->index = index++;
    other->fate = Fate::committed;
    committed_.push_back(*other, lock_);
  }
  if (action_) {
    acting_ = true;
    spoiled_ = false;
    return party.fate = Fate::acting;
  }
  conclude(committed_, Fate::released, woken);
  return party.fate = Fate::released;
}

/// Tells everybody in `queue` the fate. Whose call has ended otherwise will ask for it.
void Barrier::conclude(WaitQueue& queue, Fate fate, WokenList& woken) {
  const Outcome outcome = fate == Fate::released ? Outcome::value : Outcome::broken;
  while (auto* party = static_cast<Party*>(queue.first())) {
    party->fate = fate;
    Wait& wait = *party->wait;
    if (queue.claim(*party, outcome)) woken.add(wait);
  }
}

void Barrier::leave(Party& party, bool timed_out) {
  WokenList woken;
  SpinGuard guard(lock_);
  if (party.fate != Fate::filling) return;
  if (party.queue != nullptr) {
    if (party.queue == &filling_) --arrived_;
    party.queue->remove(party);
  }
  party.fate = Fate::left;
  if (!timed_out) return;
  broken_ = true;
  arrived_ = 0;
  conclude(filling_, Fate::broken, woken);
  conclude(gate_, Fate::broken, woken);
}

Barrier::Fate Barrier::fate(Party& party, Wait& again) {
  SpinGuard guard(lock_);
  if (party.fate == Fate::committed) party.wait = &again;
  return party.fate;
}

bool Barrier::acted(bool well) {
  WokenList woken;
  SpinGuard guard(lock_);
  acting_ = false;
  const bool sound = well && !spoiled_;
  conclude(committed_, sound ? Fate::released : Fate::broken, woken);
  if (!well && !spoiled_) {
    broken_ = true;
    arrived_ = 0;
    conclude(gate_, Fate::broken, woken);
  }
  // Those at the gate are the next rounds, one after the other.
  while (auto* party = static_cast<Party*>(gate_.first())) {
    if (acting_) break;
    gate_.remove(*party);
    // The last of a round must run the action: one whose call has ended otherwise cannot, and is
    // about to say that it leaves.
    const bool last = arrived_ + 1 == parties_;
    if (last && !party->wait->claim(Outcome::value)) continue;
    enter(*party, woken);
    if (last) woken.add(*party->wait);
  }
  return sound;
}

void Barrier::break_all(WokenList& woken) {
  arrived_ = 0;
  if (acting_) spoiled_ = true;
  conclude(filling_, Fate::broken, woken);
  conclude(committed_, Fate::broken, woken);
  conclude(gate_, Fate::broken, woken);
}

void Barrier::abort() {
  WokenList woken;
  SpinGuard guard(lock_);
  broken_ = true;
  break_all(woken);
}

void Barrier::reset() {
  WokenList woken;
  SpinGuard guard(lock_);
  broken_ = false;
  break_all(woken);
}

Barrier::Stats Barrier::stats() {
  SpinGuard guard(lock_);
  return {arrived_ + gate_.count(), broken_, acting_};
}

}  // namespace tidemill
