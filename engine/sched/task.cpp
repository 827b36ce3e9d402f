#include "engine/sched/task.hpp"

#include <cassert>

#include "engine/sched/worker.hpp"

namespace tidemill {

namespace {
std::atomic<std::uint32_t> next_id{1};  // only distinct; relaxed is enough
}

const char* to_string(Status status) {
  switch (status) {
    case Status::queued:
      return "queued";
    case Status::running:
      return "running";
    case Status::waiting:
      return "waiting";
    case Status::finishing:
      return "finishing";
    case Status::done:
      return "done";
    case Status::failed:
      return "failed";
    case Status::cancelled:
      return "cancelled";
  }
  return "?";
}

Task::Task(Task* parent) : id_(next_id.fetch_add(1, std::memory_order_relaxed)), parent_(parent) {
  if (parent == nullptr) return;
  Execution& family = *parent->execution_;
  next_sibling_ = family.first_child;
  if (family.first_child != nullptr) family.first_child->previous_sibling_ = this;
  family.first_child = this;
  ++family.open_children;
}

Task::~Task() {
  if (settled()) delete aftermath_;
}

void Task::run(Worker& worker) {
  Status status = this->status();
  if (status != Status::queued && !is_settled(status)) {
    status_.store(Status::running, std::memory_order_release);
    next_step(worker);
    return;
  }
  if (status == Status::queued) {
    home_ = &worker;  // published by the exchange; nobody reads it of a task that never starts
    if (status_.compare_exchange_strong(status, Status::running, std::memory_order_acq_rel)) {
      execution_ = &prepare(worker);  // only this worker uses it
      release();                      // the run queue's
      first_step(worker);
      return;
    }
  }
  discard(worker);
  release();
}

bool Task::join(Waiter& waiter) {
  SpinGuard guard(lock_);
  if (settled()) {
    observe();
    return false;
  }
  joiners_.push_back(waiter, lock_);
  return true;
}

bool Task::cancel() {
  Ref<Task> self(this);
  if ((flags_.fetch_or(kCancel, std::memory_order_acq_rel) & kCancel) != 0) {
    return !settled();  // it and its children know; what it starts later is cancelled as it is made
  }
  Status status = Status::queued;
  if (status_.compare_exchange_strong(status, Status::cancelled, std::memory_order_acq_rel)) {
    settle(Status::cancelled, Place::in_queue);
    return true;
  }
  if (is_settled(status)) return false;
  if (home_ == Worker::current()) {
    home_->deliver_cancel(*this);
  } else {
    home_->post([self] { self->home_->deliver_cancel(*self); });
  }
  return true;
}

void Task::cancel_here() {
  if (settled()) return;
  if (TaskWait* wait = execution_->wait; wait != nullptr && wait->claim(Outcome::cancelled)) {
    home_->timers().remove(*wait);
    wait->detach();
    wait->wake();
  }
  if (body_has_ended() && end_ == Status::done) {
    end_ = Status::cancelled;
  }
  cancel_children();
}

void Task::cancel_children() {
  Ref<Task> self(this);  // the last child's end may settle this task
  Task* child = execution_->first_child;
  while (child != nullptr) {
    Task* next = child->next_sibling_;  // the child may be unlinked by its own cancellation
    child->cancel();
    child = next;
  }
}

void Task::body_ended(Status end) {
  flags_.fetch_or(kBodyEnded, std::memory_order_relaxed);  // read on this worker only
  end_ = end;
  if (execution_->open_children == 0) {
    fail_with_children();
    return;
  }
  status_.store(Status::finishing, std::memory_order_release);
  if (end != Status::done) cancel_children();
}

/// The body and all children have ended. A failure of a child that nobody asked about fails a task
/// that would otherwise have succeeded.
void Task::fail_with_children() {
  if (end_ == Status::done && execution_->failed_children != nullptr) {
    for (Ref<Task>& child : *execution_->failed_children) {
      if (child->observed()) continue;
      child->observe();
      child_failed(*child);
      end_ = Status::failed;
      break;
    }
  }
  Status end = end_;
  aftermath_ = about_to_settle(end);
  assert(status() == Status::running || status() == Status::finishing);
  settle(end, Place::at_home);
}

void Task::settle(Status end, Place place) {
  {
    WokenList woken;
    SpinGuard guard(lock_);
    status_.store(end, std::memory_order_release);
    woken.claim_all(joiners_, Outcome::value);
    if (!woken.empty()) observe();
  }
  if (parent_ == nullptr && end == Status::failed && !observed()) unobserved_failure();
  tell_parent(place);
  release();  // T3
}

void Task::tell_parent(Place place) {
  if (parent_ == nullptr) return;
  Worker* home = parent_->home();
  if (home == Worker::current()) {
    home->deliver_end(*this);
  } else if (place == Place::in_queue) {  // `next` is taken (T4), so this needs a message
    home->post([home, child = Ref<Task>(this)] { home->deliver_end(*child); });
  } else {
    retain();
    home->post_ended(*this);
  }
}

void Task::child_ended(Task& child) {
  child.parent_told();
  unlink_child(child);
  Execution& family = *execution_;
  if (child.status() == Status::failed && !child.observed()) {
    child.unobserved_failure();
    if (family.failed_children == nullptr) {
      family.failed_children = std::make_unique<std::vector<Ref<Task>>>();
    }
    family.failed_children->emplace_back(&child);
  }
  if (--family.open_children == 0 && body_has_ended()) fail_with_children();
}

void Task::unlink_child(Task& child) {
  if (child.previous_sibling_ != nullptr) {
    child.previous_sibling_->next_sibling_ = child.next_sibling_;
  } else {
    execution_->first_child = child.next_sibling_;
  }
  if (child.next_sibling_ != nullptr) {
    child.next_sibling_->previous_sibling_ = child.previous_sibling_;
  }
}

}  // namespace tidemill
