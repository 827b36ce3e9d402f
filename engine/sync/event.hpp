// A flag to wait for. Setting it releases everybody who waits at that moment, even if it is cleared
// right afterwards.
//
// Invariant, under lock_: somebody waits ⇒ it is not set.
#pragma once

#include "engine/base/ref.hpp"
#include "engine/base/thread_annotations.hpp"
#include "engine/sync/select.hpp"
#include "engine/sync/wait.hpp"

namespace tidemill {

class Event final : public Shared {
 public:
  // All: any thread; none blocks.

  void set();
  void clear();
  bool is_set();
  /// Stands in line until it is set: false if it is already.
  bool wait(Waiter& waiter);
  std::size_t waiting();

 private:
  friend class EventCase;
  ~Event() override = default;

  SpinLock lock_;
  bool set_ TM_GUARDED_BY(lock_) = false;
  WaitQueue waiters_ TM_GUARDED_BY(lock_);
};

/// That it is set.
class EventCase final : public SelectCase {
 public:
  EventCase(Wait& wait, Event& event) : SelectCase(wait, event.lock_), event_(event) {}
  bool ready() override;
  Outcome happen(WokenList& woken) override;
  void stand_in_line() override;

 private:
  Event& event_;
};

}  // namespace tidemill
