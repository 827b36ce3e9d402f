#include "engine/sched/scope.hpp"

#include <algorithm>
#include <cassert>

#include "engine/sched/monitor.hpp"
#include "engine/sched/task.hpp"
#include "engine/sched/worker.hpp"

namespace tidemill {

Scope::Trouble& Scope::trouble() {
  // A cancellation or a failure that was lost here would leave somebody waiting for ever.
  if (trouble_ == nullptr) trouble_ = insist([] { return std::make_unique<Trouble>(); });
  return *trouble_;
}

template <class Visit>
void Scope::each_interrupter(Visit visit) {
  for (Scope* scope = this; scope != nullptr; scope = scope->outer_) {
    if (scope->abandoned_) continue;
    if (scope->cancelled()) visit(*scope);
    if (scope->shielded_) break;
  }
}

Scope* Scope::interrupter() {
  Scope* found = nullptr;
  each_interrupter([&](Scope& scope) { found = &scope; });
  return found;
}

Nanoseconds Scope::tell(Nanoseconds now) {
  Nanoseconds first = now;
  each_interrupter([&](Scope& scope) {
    Nanoseconds& told_at = scope.trouble_->told_at;
    if (told_at == kNever) told_at = now;
    first = std::min(first, told_at);
  });
  return first;
}

std::vector<Ref<Task>> Scope::take_failures() {
  return trouble_ == nullptr ? std::vector<Ref<Task>>() : std::exchange(trouble_->failures, {});
}

void Scope::tell_failures() {
  for (Ref<Task>& failed : take_failures()) failed->unobserved_failure();
}

void Scope::add(Task& child) {
  child.next_sibling_ = first_child_;
  if (first_child_ != nullptr) first_child_->previous_sibling_ = &child;
  first_child_ = &child;
  ++open_children_;
}

void Scope::remove(Task& child) {
  if (child.previous_sibling_ != nullptr) {
    child.previous_sibling_->next_sibling_ = child.next_sibling_;
  } else {
    first_child_ = child.next_sibling_;
  }
  if (child.next_sibling_ != nullptr) {
    child.next_sibling_->previous_sibling_ = child.previous_sibling_;
  }
  --open_children_;
  if (child.is_background()) --background_children_;
}

void Scope::cancel(Ref<Reason> reason) {
  if (cancelled()) return;
  Execution& execution = *task_->execution();
  trouble().cancelled_at = task_->home()->now();
  trouble_->reason = std::move(reason);
  execution.update();
  if (execution.interrupted && execution.wait != nullptr && !execution.wait_shielded &&
      execution.wait->claim(Outcome::cancelled)) {
    task_->home()->timers().remove(*execution.wait);
    execution.wait->detach();
    execution.wait->wake();
  } else {
    // It runs right now, or will with what it waited for, and may run on without a call.
    task_->home()->press_at(trouble_->cancelled_at + Monitor::kPeriod);
  }
  // From here inwards, as far as the first shield.
  std::vector<Ref<Block>> reached;
  for (Scope* scope = execution.innermost; scope != this; scope = scope->outer_) {
    insist([&] { reached.emplace_back(static_cast<Block*>(scope)); });
    if (scope->shielded_ && !scope->abandoned_) reached.clear();
  }
  Ref<Task> keep(task_);  // the last child's end may settle it, and then the whole scope is gone
  reason = trouble_->reason;
  cancel_children(reason);
  while (!reached.empty()) {
    reached.back()->cancel_children(reason);
    reached.pop_back();
  }
}

void Scope::cancel_children(const Ref<Reason>& reason) {
  // Held, all of them: the end of one may end others.
  std::vector<Ref<Task>> children;
  each_child([&](Task& child) { insist([&] { children.emplace_back(&child); }); });
  for (Ref<Task>& child : children) child->cancel(reason);
}

void Scope::child_ended(Task& child) {
  remove(child);
  if (child.status() == Status::cancelled) {
    if (!child.is_background()) child_cancelled_ = true;  // that is how those end
  } else if (child.status() == Status::failed && !child.observed()) {
    if (on_failure_ != OnFailure::cancel) child.unobserved_failure();
    if (on_failure_ != OnFailure::report) {
      std::vector<Ref<Task>>& failures = trouble().failures;
      insist([&] { failures.emplace_back(&child); });
    }
    if (on_failure_ == OnFailure::cancel) {
      child.observe();  // the block has heard of it
      cancel(nullptr);
    }
  }
  look_whether_empty();
}

bool Scope::wind_up() {
  if (open_children_ > 0 && open_children_ == background_children_ && !background_cancelled_) {
    background_cancelled_ = true;
    cancel_children(nullptr);
  }
  return open_children_ == 0;
}

void Scope::look_whether_empty() {
  if (!closing_ || !wind_up()) return;
  if (is_whole()) {
    task_->children_ended();
    return;
  }
  auto& block = static_cast<Block&>(*this);
  if (abandoned_) {
    Scope& whole = task_->execution()->whole;
    --whole.open_children_;
    block.take_out();
    whole.look_whether_empty();
  } else if (TaskWait* closer = std::exchange(block.closer_, nullptr);
             closer != nullptr && closer->claim(Outcome::value)) {
    closer->wake();
  }
}

Block::Block(Task& task, OnFailure on_failure, bool shielded) {
  task_ = &task;
  on_failure_ = on_failure;
  shielded_ = shielded;
  retain();  // the chain's, until take_out
  Execution& execution = *task.execution();
  outer_ = execution.innermost;
  execution.innermost = this;
  execution.update();
}

void Block::set_deadline(Nanoseconds deadline) {
  if (expired_ || left_) return;
  Worker& home = *task_->home();
  home.timers().remove(*this);
  if (deadline == kNever) return;
  if (deadline <= home.now()) {
    expire(home);
  } else {
    home.timers().add(*this, deadline);
    home.press_at(deadline);
  }
}

void Block::expire(Worker&) {
  expired_ = !cancelled();
  Ref<Block> keep(this);
  cancel(nullptr);
}

bool Block::close(TaskWait& closer) {
  if (left_) return true;
  closing_ = true;
  if (wind_up()) return true;
  closer_ = &closer;
  return false;
}

void Block::leave() {
  if (left_) return;
  assert(!has_children());
  left_ = true;
  task_->home()->timers().remove(*this);
  take_out();
}

void Block::leave_behind() {
  if (left_) return;
  left_ = true;
  task_->home()->timers().remove(*this);
  // Nobody is left who would raise what fails in it.
  on_failure_ = OnFailure::report;
  tell_failures();
  abandoned_ = true;
  closing_ = false;  // until the end: it must not be taken out while its children are cancelled
  ++task_->execution()->whole.open_children_;
  task_->execution()->update();
  cancel(nullptr);
  cancel_children(nullptr);
  if (TaskWait* closer = std::exchange(closer_, nullptr);
      closer != nullptr && closer->claim(Outcome::value)) {
    closer->wake();
  }
  closing_ = true;
  look_whether_empty();
}

void Block::take_out() {
  Execution& execution = *task_->execution();
  if (execution.innermost == this) {
    execution.innermost = outer_;
  } else {
    Scope* inner = execution.innermost;
    while (inner->outer_ != this) inner = inner->outer_;
    inner->outer_ = outer_;
  }
  execution.update();
  // What was cancelled while a shield was around it may run on without a call from here, and what
  // pressed then was looked at in vain.
  if (execution.interrupted) {
    Worker& home = *task_->home();
    home.press_at(home.now() + Monitor::kPeriod);
  }
  release();
}

}  // namespace tidemill
