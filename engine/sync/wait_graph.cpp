#include "engine/sync/wait_graph.hpp"

#include "engine/sched/task.hpp"

namespace tidemill {

std::string WaitGraph::add_lock(Task& task, Wait& wait, Ownable& lock, const Site* site) {
  return add({&task, &wait, &lock, nullptr, nullptr, site});
}

std::string WaitGraph::add_join(Task& task, Wait& wait, Task& target, const Site* site) {
  return add({&task, &wait, nullptr, &target, nullptr, site});
}

std::string WaitGraph::add_closing(Task& task, Scope& scope, const Site* site) {
  return add({&task, nullptr, nullptr, nullptr, &scope, site});
}

/// Without the memory to look for it a circle is not found; its task stands in line already.
std::string WaitGraph::add(const Node& node) try {
  SpinGuard guard(lock_);
  if (unused_.empty()) {
    nodes_.emplace(node.task, node);
  } else {
    auto handle = std::move(unused_.back());
    unused_.pop_back();
    handle.key() = node.task;
    handle.mapped() = node;
    nodes_.insert(std::move(handle));
  }
  Node& added = *node_of(*node.task);
  if (Scope* scope = node.task->scope(); scope != nullptr) {
    added.next_of_scope = scope->waiting_children;
    if (added.next_of_scope != nullptr) added.next_of_scope->previous_of_scope = &added;
    scope->waiting_children = &added;
  }
  const Node* last = find_way(added, *node.task);
  if (last == nullptr) return {};
  std::string report = tell(*last);
  take_out(*node.task);
  return report;
} catch (const std::bad_alloc&) {
  return {};
}

void WaitGraph::remove(Task& task) {
  SpinGuard guard(lock_);
  take_out(task);
}

void WaitGraph::take_out(const Task& task) {
  auto found = nodes_.find(&task);
  if (found == nodes_.end()) return;
  Node& node = found->second;
  if (node.next_of_scope != nullptr) {
    node.next_of_scope->previous_of_scope = node.previous_of_scope;
  }
  if (node.previous_of_scope != nullptr) {
    node.previous_of_scope->next_of_scope = node.next_of_scope;
  } else if (Scope* scope = task.scope(); scope != nullptr) {
    scope->waiting_children = node.next_of_scope;
  }
  if (unused_.size() < kKept) {
    unused_.push_back(nodes_.extract(found));
  } else {
    nodes_.erase(found);
  }
}

WaitGraph::Node* WaitGraph::node_of(const Task& task) {
  auto found = nodes_.find(&task);
  return found == nodes_.end() ? nullptr : &found->second;
}

const WaitGraph::Node* WaitGraph::find_way(Node& start, const Task& goal) {
  ++walks_;
  start.seen = walks_;
  start.from = nullptr;
  stack_.assign(1, &start);
  auto go_on = [&](const Node& from, Node* to) {
    if (to == nullptr || to->seen == walks_) return;
    to->seen = walks_;
    to->from = &from;
    stack_.push_back(to);
  };
  while (!stack_.empty()) {
    Node& node = *stack_.back();
    stack_.pop_back();
    if (node.wait != nullptr && node.wait->outcome() != Outcome::pending) continue;
    if (node.closing != nullptr) {
      for (Node* child = node.closing->waiting_children; child != nullptr;
           child = child->next_of_scope) {
        if (child->task->is_background()) continue;  // it is cancelled when the others have ended
        if (child == &start) return &node;
        go_on(node, child);
      }
      continue;
    }
    Ref<Task> target = node.lock != nullptr ? node.lock->owner_task() : Ref<Task>(node.target);
    if (!target) continue;
    if (target.get() == &goal) return &node;
    go_on(node, node_of(*target));
  }
  return nullptr;
}

/// One line for each task of the circle.
std::string WaitGraph::tell(const Node& last) const {
  std::vector<const Node*> circle;
  for (const Node* node = &last; node != nullptr; node = node->from) {
    circle.push_back(node);
  }
  std::string text = "deadlock: each of these waits for the next";
  for (std::size_t i = circle.size(); i-- > 0;) {
    const Node& node = *circle[i];
    text += "\n  " + node.task->title() + " waits";
    if (node.site != nullptr) text += " at " + node.site->text();
    if (node.closing != nullptr) {
      text += " for its children to end";
    } else if (node.target != nullptr) {
      text += " for the end of " + node.target->title();
    } else {
      text += " for " + node.lock->title();
      if (Ref<Task> owner = node.lock->owner_task()) text += ", held by " + owner->title();
      if (const Site* taken = node.lock->taken_at()) text += " since " + taken->text();
    }
  }
  return text;
}

}  // namespace tidemill
