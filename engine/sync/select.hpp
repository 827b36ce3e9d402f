// Waiting for one of several things: exactly one of the cases happens.
//
// The order of events is that of Go's select (runtime/select.go): lock every object involved, each
// once and in the order of their addresses; look; if a case can happen, have it happen; otherwise
// stand in the queue of every object; unlock. So the call acts on one instant, and a look that
// finds nothing means that at that instant no case was ready. Unlike Go, which walks the cases in a
// random order, the ready ones are counted and the engine's Chooser picks one, so that each is
// equally likely and a seed needs one number to repeat it.
//
// Who completes a waiting select has taken the Waiter of one case out of its queue; the others are
// still linked, harmless because their call is no longer pending, until the woken side detaches
// them.
#pragma once

#include <cstdint>
#include <span>

#include "engine/base/chooser.hpp"
#include "engine/sync/wait.hpp"

namespace tidemill {

/// One thing that a select waits for. A kind of object takes part by deriving from it; the
/// functions are called with the object's lock held.
class SelectCase {
 public:
  virtual ~SelectCase() = default;
  SelectCase(const SelectCase&) = delete;
  SelectCase& operator=(const SelectCase&) = delete;

  /// Whether it could happen now.
  virtual bool ready() = 0;
  /// Has it happen: value or closed. Pending if it is not ready after all: a call of somebody else
  /// that was to be its other half has ended meanwhile (that needs no lock of ours).
  virtual Outcome happen(WokenList& woken) = 0;
  /// Puts `waiter` in line. Who serves it sets the Wait's key to the waiter's.
  virtual void stand_in_line() = 0;

  Waiter waiter;  ///< its key says which case this is

 protected:
  /// `lock` is the object's.
  SelectCase(Wait& wait, SpinLock& lock) : waiter(wait) { waiter.lock = &lock; }
};

/// The end of a task. Counts as asking for its result if it happens.
class EndCase final : public SelectCase {
 public:
  EndCase(Wait& wait, Task& task);
  bool ready() override;
  Outcome happen(WokenList& woken) override;
  void stand_in_line() override;

 private:
  Task& task_;
};

struct Selection {
  Outcome outcome = Outcome::pending;  ///< value, closed; pending: nothing has happened yet
  std::uint32_t key = 0;               ///< which case did
};

/// Tries `cases`; if none is ready and `may_wait`, puts all in line. `by_lock` is room for as many
/// pointers. Any thread; does not block. The chooser is asked while the objects are locked.
Selection select(std::span<SelectCase* const> cases, std::span<SelectCase*> by_lock,
                 Chooser& chooser, bool may_wait);

}  // namespace tidemill
