// A stretch of a task's life that can be cancelled by itself, with the children begun in it.
//
// Every task that has started has one scope around all of it (Execution::whole). Blocks open more
// inside, each within the one before it: together they are the task's chain of scopes, innermost
// first. A child belongs to the scope that was innermost when it was made.
//
// Cancelling is level-triggered: it marks the scope, completes the blocking call the task is in,
// cancels the children, and from then on every blocking call in the scope raises again. A shielded
// scope stops what comes from outside it: neither its own calls nor its children are reached.
//
// Invariants
//  S1  A scope is touched on its task's home worker only. `task` never changes, so a child on
//      another worker may read it until it has told the scope of its end.
//  S2  A scope outlives its children: a block is left after they have ended. One that cannot wait
//      for them (its coroutine was dropped) is abandoned: it stays in the chain until they have
//      ended, counts as a child of the task's whole scope, and no longer interrupts the body.
//  S3  Execution::interrupted says whether the innermost has an interrupter: it is brought up to
//  date whenever a scope
//      is entered, left or cancelled.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "engine/base/payload.hpp"
#include "engine/base/ref.hpp"
#include "engine/sync/wait.hpp"

namespace tidemill {

class Task;
struct Execution;
struct WaitNode;

/// Why something was cancelled, as whoever did it put it. Shared by all whom it reaches.
class Reason final : public Shared {
 public:
  Payload value;  ///< for the language binding; empty: none was given
};

class Scope {
 public:
  /// What the failure of a child means that nobody waits for.
  enum class OnFailure : std::uint8_t {
    tell,    ///< it is told at once, and fails the task at its end
    cancel,  ///< it cancels the block, which raises it
    report,  ///< it is told at once
  };

  Task& task() const { return *task_; }
  Scope* outer() const { return outer_; }
  bool is_whole() const { return outer_ == nullptr; }

  // All of the following: on the home worker of its task.

  /// Ends what goes on in it; the first reason counts. `reason` may be null.
  void cancel(Ref<Reason> reason);
  bool cancelled() const { return trouble_ != nullptr && trouble_->cancelled_at != kNever; }
  /// When it was cancelled, on the engine's clock; kNever if it was not.
  Nanoseconds cancelled_at() const { return trouble_ == nullptr ? kNever : trouble_->cancelled_at; }
  const Ref<Reason>& reason() const { return trouble_->reason; }

  /// The outermost of the cancelled scopes that reach here: this one and those around it, as far as
  /// the first shield. Null if there is none.
  Scope* interrupter();
  /// The body is about to be told of that: returns when it was first told of any of them. It may be
  /// long after they were cancelled, if the worker was busy.
  Nanoseconds tell(Nanoseconds now);

  /// Its children that are in the WaitGraph; under that one's lock.
  WaitNode* waiting_children = nullptr;

  bool has_children() const { return open_children_ > 0; }
  /// Calls `visit` with each child that has not ended.
  template <class Visit>
  void each_child(Visit visit) const;
  /// A child was cancelled along with the scope.
  bool child_cancelled() const { return child_cancelled_; }
  /// Failures of children that nobody has waited for, in the order in which they came.
  std::vector<Ref<Task>> take_failures();

 protected:
  Scope() = default;
  ~Scope() = default;
  Scope(const Scope&) = delete;

 private:
  friend class Task;
  friend class Block;
  friend struct Execution;

  struct Trouble {
    Nanoseconds cancelled_at = kNever;
    Nanoseconds told_at = kNever;
    Ref<Reason> reason;
    std::vector<Ref<Task>> failures;
  };

  template <class Visit>
  void each_interrupter(Visit visit);
  Trouble& trouble();
  void tell_failures();
  void add(Task& child);
  void remove(Task& child);
  void child_ended(Task& child);
  void cancel_children(const Ref<Reason>& reason);
  /// No child is left but background ones, which are cancelled now; true if there are none.
  bool wind_up();
  void look_whether_empty();

  Task* task_ = nullptr;
  Scope* outer_ = nullptr;
  Task* first_child_ = nullptr;
  std::uint32_t open_children_ = 0;  // the background ones included
  std::uint32_t background_children_ = 0;
  std::unique_ptr<Trouble> trouble_;  // most scopes have none
  OnFailure on_failure_ = OnFailure::tell;
  bool shielded_ = false;
  bool closing_ = false;  // the body has ended; what is left are children
  bool abandoned_ = false;
  bool child_cancelled_ = false;
  bool background_cancelled_ = false;
};

/// A scope that a task opens and leaves again. Shared, because a script may keep a handle of it.
class Block final : public Shared, public Scope, private Timed {
 public:
  /// Becomes the innermost scope of `task`, which is running. The chain keeps it alive.
  Block(Task& task, OnFailure on_failure, bool shielded);

  /// Cancels it at `deadline`; kNever: not any more. Replaces the one before. Nothing once it has
  /// expired.
  void set_deadline(Nanoseconds deadline);
  bool expired() const { return expired_; }
  bool left() const { return left_; }

  /// The body has ended: true if no children are left, so that it can be left at once. Otherwise
  /// `closer` is completed with value when the last has ended.
  bool close(TaskWait& closer);
  /// The closer of the close that was begun was completed otherwise: it may be called again.
  void reopen() {
    closer_ = nullptr;
    stuck_ = true;
  }
  /// That has happened: its children cannot be ended by cancelling them alone.
  bool stuck() const { return stuck_; }
  /// Takes it out of the chain; no child is left.
  void leave();
  /// Takes it out without waiting (S2).
  void leave_behind();

 private:
  friend class Scope;
  ~Block() override = default;
  void expire(Worker& worker) override;
  void take_out();

  TaskWait* closer_ = nullptr;
  bool expired_ = false;
  bool left_ = false;
  bool stuck_ = false;
};

}  // namespace tidemill
