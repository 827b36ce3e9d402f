#include "engine/sync/event.hpp"

namespace tidemill {

void Event::set() {
  WokenList woken;
  SpinGuard guard(lock_);
  set_ = true;
  woken.claim_all(waiters_, Outcome::value);
}

void Event::clear() {
  SpinGuard guard(lock_);
  set_ = false;
}

bool Event::is_set() {
  SpinGuard guard(lock_);
  return set_;
}

bool Event::wait(Waiter& waiter) {
  SpinGuard guard(lock_);
  if (set_) return false;
  waiters_.push_back(waiter, lock_);
  return true;
}

// With the event's lock held, which the compiler cannot know.
bool EventCase::ready() TM_NO_ANALYSIS { return event_.set_; }

Outcome EventCase::happen(WokenList&) { return Outcome::value; }

// As ready.
void EventCase::stand_in_line() TM_NO_ANALYSIS { event_.waiters_.push_back(waiter, event_.lock_); }

std::size_t Event::waiting() {
  SpinGuard guard(lock_);
  return waiters_.count();
}

}  // namespace tidemill
