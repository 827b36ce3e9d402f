#include "engine/sched/task.hpp"

#include <cassert>
#include <optional>
#include <thread>

#include "engine/sched/monitor.hpp"
#include "engine/sched/worker.hpp"
#include "engine/sync/wait_graph.hpp"
#include "tidemill/engine.hpp"

namespace tidemill {

namespace {
std::atomic<std::uint32_t> next_id{1};  // only distinct; relaxed is enough
}

const char* to_string(Status status) {
  switch (status) {
    case Status::queued:
    case Status::leaving:
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

void Execution::begin(Task& task) { whole.task_ = &task; }

void Execution::clear() {
  whole.trouble_.reset();
  whole.closing_ = whole.child_cancelled_ = whole.background_cancelled_ = false;
  wait = nullptr;
  interrupted = killed = false;
}

void Execution::update() { interrupted = killed || innermost->interrupter() != nullptr; }

Task::Task(Scope* scope) : id_(next_id.fetch_add(1, std::memory_order_relaxed)), scope_(scope) {
  if (scope != nullptr) scope->add(*this);
}

Task::~Task() {
  if (settled()) delete aftermath_;
}

void Task::run(Worker& worker) {
  Status status = this->status();
  if (has_started(status) && !is_settled(status)) {
    status_.store(Status::running, std::memory_order_release);
    // The worker may have looked at what presses since the cancellation, and what was not in its
    // turn then may run on without a call now.
    if (execution_->interrupted) worker.press_at(worker.now() + Monitor::kPeriod);
    next_step(worker);
    return;
  }
  if (status == Status::queued) {
    home_ = &worker;  // published by the exchange; nobody reads it of a task that never starts
    if (status_.compare_exchange_strong(status, Status::running, std::memory_order_acq_rel)) {
      execution_ = &prepare(worker);  // only this worker uses it
      execution_->begin(*this);
      release();  // the run queue's
      first_step(worker);
      return;
    }
  }
  // T5. The canceller has a few dozen instructions to go, but may be off its core.
  for (int spins = 0; !settled(); ++spins) {
    if (spins < 100) {
      cpu_pause();
    } else {
      std::this_thread::yield();
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

void Task::make_background() {
  flags_.fetch_or(kBackground, std::memory_order_relaxed);
  ++scope_->background_children_;
}

bool Task::post_home_made(const std::function<void()>& message, bool pressing) {
  // Until the lock is released it cannot settle, so its worker is there; the visit keeps that.
  std::optional<Worker::Visit> visit;
  {
    SpinGuard guard(lock_);
    if (settled()) return false;
    visit.emplace(*home_);
  }
  home_->post(message);
  if (pressing) home_->press();
  return true;
}

void Task::make_future(Worker& worker) {
  home_ = &worker;
  flags_.fetch_or(kFuture, std::memory_order_relaxed);  // published with the first handle
  status_.store(Status::waiting, std::memory_order_relaxed);
}

bool Task::end_future(Status end, Aftermath* aftermath) {
  WokenList woken;
  SpinGuard guard(lock_);
  if (settled()) return false;
  aftermath_ = aftermath;
  status_.store(end, std::memory_order_release);
  woken.claim_all(joiners_, Outcome::value);
  if (!woken.empty()) observe();
  return true;
}

bool Task::cancel(Ref<Reason> reason) {
  Ref<Task> self(this);
  if (is_future()) {
    Aftermath* after = cancelled_unstarted(reason);
    if (end_future(Status::cancelled, after)) return true;
    delete after;
    return false;
  }
  if ((flags_.fetch_or(kCancel, std::memory_order_acq_rel) & kCancel) != 0) {
    return !settled();  // it and its children know; what it starts later is cancelled as it is made
  }
  Status status = Status::queued;
  if (status_.compare_exchange_strong(status, Status::leaving, std::memory_order_acq_rel)) {
    aftermath_ = cancelled_unstarted(reason);
    const bool out = leave_queue();
    settle(Status::cancelled, Place::in_queue);
    if (out) {
      left_queue();
      release();  // the run queue's
    }
    return true;
  }
  if (is_settled(status)) return false;
  if (home_ == Worker::current()) {
    home_->deliver_cancel(*this, std::move(reason));
    return true;
  }
  Worker* home = home_;
  return post_home([self, reason, home] { home->deliver_cancel(*self, reason); }, true);
}

void Task::cancel_here(const Ref<Reason>& reason) {
  if (settled()) return;
  if (body_has_ended() && end_ == Status::done) end_ = Status::cancelled;
  execution_->whole.cancel(reason);
}

void Task::kill(Ref<Reason> reason) {
  cancel(std::move(reason));
  // One that is still queued is being cancelled by somebody else.
  if (is_future() || !has_started(status())) return;
  post_home([self = Ref<Task>(this)] { self->kill_here(); }, true);
}

void Task::kill_here() {
  if (settled() || std::exchange(execution_->killed, true)) return;
  execution_->update();
  TaskWait* wait = execution_->wait;
  if (wait != nullptr && !execution_->wait_shielded && wait->claim(Outcome::cancelled)) {
    home_->timers().remove(*wait);
    wait->detach();
    wait->wake();
  } else {
    home_->press_at(home_->now() + Monitor::kPeriod);
  }
  // Held, all of them: the end of one may end others, and this.
  std::vector<Ref<Task>> children;
  each_child([&](Task& child) { insist([&] { children.emplace_back(&child); }); });
  const Ref<Reason> reason = execution_->whole.reason();
  for (Ref<Task>& child : children) child->kill(reason);
}

void Task::body_ended(Status end) {
  flags_.fetch_or(kBodyEnded, std::memory_order_relaxed);  // read on this worker only
  end_ = end;
  Execution& execution = *execution_;
  for (Scope* scope = execution.innermost; !scope->is_whole();) {
    Scope* outer = scope->outer();
    if (!scope->abandoned_) static_cast<Block*>(scope)->leave_behind();
    scope = outer;
  }
  // Closing only afterwards: a child that ends while it is wound up must not settle this task.
  const bool empty = execution.whole.wind_up();
  execution.whole.closing_ = true;
  if (empty) {
    children_ended();
    return;
  }
  status_.store(Status::finishing, std::memory_order_release);
  if (end == Status::done) {
    WaitGraph* graph = home_->engine().wait_graph();
    if (graph == nullptr) return;
    std::string report = graph->add_closing(*this, execution.whole, nullptr);
    if (!report.empty()) fail_finishing(report);
  } else {
    Ref<Task> self(this);  // the last child's end settles it
    execution.whole.cancel_children(nullptr);
  }
}

void Task::fail_finishing(const std::string& report) {
  if (end_ != Status::done) return;
  Ref<Task> self(this);
  deadlocked(report);
  end_ = Status::failed;
  execution_->whole.cancel_children(nullptr);
}

void Task::break_deadlock(const std::string& report) {
  if (settled() || !has_started(status())) return;
  TaskWait* wait = execution_->wait;
  if (!body_has_ended() && wait != nullptr && wait->claim(Outcome::deadlock)) {
    home_->timers().remove(*wait);
    wait->detach();
    wait->wake();
  } else if (body_has_ended() && end_ == Status::done) {
    fail_finishing(report);
  } else {
    each_child([&](Task& child) {
      if (!has_started(child.status())) return;  // it has no home yet
      child.post_home([keep = Ref<Task>(&child), report] { keep->break_deadlock(report); });
    });
  }
}

/// The body and all children have ended. A failure of a child that nobody asked about fails a task
/// that would otherwise have succeeded.
void Task::children_ended() {
  if (status() == Status::finishing) {
    if (WaitGraph* graph = home_->engine().wait_graph()) graph->remove(*this);
  }
  if (end_ == Status::done) {
    for (Ref<Task>& child : execution_->whole.take_failures()) {
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
  if (scope_ == nullptr && end == Status::failed && !observed()) unobserved_failure();
  tell_parent(place);
  release();  // T3
}

void Task::tell_parent(Place place) {
  if (scope_ == nullptr) return;
  Worker* home = scope_->task().home();
  if (home == Worker::current()) {
    home->deliver_end(*this);
  } else if (place == Place::in_queue) {  // `next` is taken (T4), so this needs a message
    Worker::Visit visit(*home);
    home->post([home, child = Ref<Task>(this)] { home->deliver_end(*child); });
  } else {
    retain();
    home->post_ended(*this);
  }
}

void Task::tell_parent_here() {
  parent_told();
  scope_->child_ended(*this);
}

}  // namespace tidemill
