// All tasks that there are, each described by its own worker, because nobody else may look into it.
//
// A census goes from the roots down. Where a child lives on another worker a message carries it
// there; when all have answered it is complete. A worker that is busy with one long call answers
// when that ends: until then its tasks are listed with what their parents know of them.
#pragma once

#include <functional>
#include <mutex>
#include <string>
#include <vector>

#include "engine/base/clock.hpp"
#include "engine/base/ref.hpp"
#include "engine/sched/task.hpp"
#include "engine/sync/wait.hpp"

namespace tidemill {

class Engine;

struct TaskReport {
  std::uint32_t id = 0;
  std::uint32_t parent = 0;  ///< 0: a root
  Status status = Status::queued;
  std::string title;
  std::string waits_for;       ///< in words; empty: it does not wait
  std::string where;           ///< the line of script that waits; empty: unknown
  Nanoseconds since = kNever;  ///< when it began to, on the engine's clock (to some milliseconds)
  /// task #3 (app.lua:7) waits for a value in channel "jobs" at app.lua:9, for 1.2 s
  std::string text(Nanoseconds now) const;
};

class Census final : public Shared {
 public:
  /// Of all tasks of `engine`. `finished`, if given, is called on the worker that answers last. Any
  /// thread.
  static Ref<Census> of_all(Engine& engine, std::function<void(Census&)> finished = nullptr);
  /// Of `task` alone.
  static Ref<Census> of_one(Task& task);

  /// Stands in line for its completion: false if it is complete. Any thread.
  bool join(Waiter& waiter);
  bool complete();
  /// What has come in so far, parents before children, otherwise in the order of ids.
  std::vector<TaskReport> reports();
  /// One line for each task, children indented under their parents.
  std::string tree(Nanoseconds now);

 private:
  Census() = default;
  void visit(Task& task, Status status, std::uint32_t parent, bool children);
  void send(Task& task, std::uint32_t parent, bool children);
  void add(TaskReport report);
  void answered();

  SpinLock lock_;
  std::uint32_t open_ TM_GUARDED_BY(lock_) = 1;  // messages under way, and the one who begins
  WaitQueue joiners_ TM_GUARDED_BY(lock_);
  std::function<void(Census&)> finished_;
  std::mutex reports_lock_;
  std::vector<TaskReport> reports_;
};

}  // namespace tidemill
