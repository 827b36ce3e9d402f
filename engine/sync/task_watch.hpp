// The ends of many tasks as one channel: for each task its parcel comes out when the task has
// ended.
//
// A task is watched by a Wait that stands among its joiners; completing it sends the parcel.
// Whoever completes it may still be at it when the watch is ended, so each of them has a count of
// its own, given back by whichever side wins the claim.
#pragma once

#include <vector>

#include "engine/sched/task.hpp"
#include "engine/sync/channel.hpp"

namespace tidemill {

/// Used by one thread at a time.
class TaskWatch final : public Shared {
 public:
  /// `ends` must be unbounded.
  explicit TaskWatch(Ref<Channel> ends) : ends_(std::move(ends)) {}

  /// Sends `parcel` when `task` has ended, at once if it has. It counts as being waited for.
  void add(Task& task, Payload parcel);
  /// Sends no more.
  void end();

 private:
  class Entry;
  ~TaskWatch() override { end(); }

  Ref<Channel> ends_;
  std::vector<Entry*> entries_;
};

}  // namespace tidemill
