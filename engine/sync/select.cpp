#include "engine/sync/select.hpp"

#include <algorithm>
#include <functional>

#include "engine/sched/task.hpp"

namespace tidemill {

EndCase::EndCase(Wait& wait, Task& task) : SelectCase(wait, task.lock_), task_(task) {}

bool EndCase::ready() { return task_.settled(); }

Outcome EndCase::happen(WokenList&) {
  task_.observe();
  return Outcome::value;
}

// With the task's lock held, which the compiler cannot know.
void EndCase::stand_in_line() TM_NO_ANALYSIS { task_.joiners_.push_back(waiter, task_.lock_); }

namespace {

/// The locks of all cases, each once, for the time of its scope.
class Locks {
 public:
  explicit Locks(std::span<SelectCase*> cases) TM_NO_ANALYSIS : cases_(cases) {
    std::sort(cases_.begin(), cases_.end(), [](const SelectCase* a, const SelectCase* b) {
      return std::less<>()(a->waiter.lock, b->waiter.lock);
    });
    for (std::size_t i = 0; i < cases_.size(); ++i) {
      if (first_with_its_lock(i)) cases_[i]->waiter.lock->lock();
    }
  }
  ~Locks() TM_NO_ANALYSIS {
    for (std::size_t i = cases_.size(); i-- > 0;) {
      if (first_with_its_lock(i)) cases_[i]->waiter.lock->unlock();
    }
  }
  Locks(const Locks&) = delete;
  Locks& operator=(const Locks&) = delete;

 private:
  bool first_with_its_lock(std::size_t i) const {
    return i == 0 || cases_[i]->waiter.lock != cases_[i - 1]->waiter.lock;
  }
  std::span<SelectCase*> cases_;
};

/// One of the ready cases, each with the same chance; null if there is none.
SelectCase* pick(std::span<SelectCase* const> cases, Chooser& chooser) {
  std::uint32_t count = 0;
  SelectCase* first = nullptr;
  for (SelectCase* candidate : cases) {
    if (candidate->ready() && count++ == 0) first = candidate;
  }
  if (count < 2) return first;
  std::uint32_t chosen = chooser.decide(Choice::select_case, count);
  for (SelectCase* candidate : cases) {
    // What was ready can be so no longer, if the call of its other half has just ended.
    if (candidate->ready() && chosen-- == 0) return candidate;
  }
  return first;
}

}  // namespace

Selection select(std::span<SelectCase* const> cases, std::span<SelectCase*> by_lock,
                 Chooser& chooser, bool may_wait) {
  std::copy(cases.begin(), cases.end(), by_lock.begin());
  WokenList woken;
  Locks locks(by_lock);
  // Nothing becomes ready while all are locked, and a case that is not ready after all has taken
  // a waiter whose call has ended out of its queue: so this ends.
  while (SelectCase* chosen = pick(cases, chooser)) {
    Outcome outcome = chosen->happen(woken);
    if (outcome != Outcome::pending) return {outcome, chosen->waiter.key};
  }
  if (may_wait) {
    for (SelectCase* each : cases) each->stand_in_line();
  }
  return {Outcome::pending};
}

}  // namespace tidemill
