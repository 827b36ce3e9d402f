// What can be owned by one task at a time and is missed when that task ends without giving it back.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "engine/base/ref.hpp"
#include "engine/base/site.hpp"

namespace tidemill {

class Task;

/// A number that is never used again: the id of a task, or for a host thread one from
/// `new_thread_owner`.
using OwnerId = std::uint64_t;
inline constexpr OwnerId kNobody = 0;
/// A number no task has. Any thread.
OwnerId new_thread_owner();
inline bool is_task(OwnerId owner) { return owner != kNobody && owner < (OwnerId{1} << 63); }

/// Who takes a lock, and where, for those who ask later. `task` stays alive while it owns the lock.
struct Holder {
  Task* task = nullptr;        ///< null for a host thread
  const Site* site = nullptr;  ///< null: unknown
};

/// Logs a warning that the task of `holder`, which ends, has not given back `what`; nothing for a
/// host thread. With no lock held.
void tell_of_forgotten(const Holder& holder, std::string_view what);

/// What has become of something whose owner ended while others rely on it being sound.
struct Breakage {
  OwnerId owner;     ///< who ended without giving it back; kNobody: it is not broken
  const Site* site;  ///< where that one had taken it; may be null
};

enum class Unlocking : std::uint8_t {
  released,    ///< the caller does not have it any more
  still_held,  ///< the caller has it as many times as it took it and did not give it back
  not_owner,
};

/// Invariant of all that derive from this: what a task owns is not deleted. If the last reference
/// goes meanwhile, the end of that task deletes it (nobody is left who could give it back).
class Ownable : public Shared {
 public:
  /// The task that owns it alone; null if none does. Any thread.
  virtual Ref<Task> owner_task() = 0;
  /// Where it was taken; null if that is not known or nobody owns it. Any thread.
  virtual const Site* taken_at() = 0;
  /// The task `owner`, which may still own it, is ending. On that task's worker. May delete this.
  virtual void owner_ended(OwnerId owner) = 0;
  /// mutex "name".
  virtual std::string title() const = 0;
};

}  // namespace tidemill
