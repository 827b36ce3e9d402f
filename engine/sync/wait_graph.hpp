// Which task waits for which, to find circles of them the moment they close.
//
// Only waits without a deadline that one other task alone can end are edges: for a lock (to the
// task that owns it), for the end of a task (to that task), and a task's or block's end for its
// children (to each of those). An edge is added when the task has begun to wait, then followed: if
// the way leads back, nothing the tasks on it do can end any of their waits, and the last to wait
// is told.
//
// Why what is found is a deadlock. An edge counts only while its Wait is pending. A task whose edge
// is in the graph was parked when the edge was added, and while the graph's lock is held none can
// be added; so all tasks on the way were parked before the look began, and none of them ends the
// wait of another during it. What may still come from outside is a cancellation. Why none is
// missed. A circle closes when its last task begins to wait. A lock that changes hands goes to a
// task that runs then; where an edge to a lock leads is looked up each time.
//
// Its lock is taken for waits that park only, never with the lock of an object held.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "engine/base/site.hpp"
#include "engine/sync/ownable.hpp"
#include "engine/sync/wait.hpp"

namespace tidemill {

class Scope;

/// A task in the graph, and where its edge leads.
struct WaitNode {
  Task* task;
  Wait* wait;     // null: for children
  Ownable* lock;  // exactly one of these three
  Task* target;
  Scope* closing;
  const Site* site;
  std::uint64_t seen = 0;             // the last walk that came here
  const WaitNode* from = nullptr;     // on that walk
  WaitNode* next_of_scope = nullptr;  // others whose task is a child of the same scope
  WaitNode* previous_of_scope = nullptr;
};

class WaitGraph {
 public:
  WaitGraph() { unused_.reserve(kKept); }  // so that to take a node out needs no memory
  /// `wait` of `task` is for `lock`, begun at `site` (may be null). If it closes a circle: not
  /// added, and the result tells of it. Otherwise empty, and `remove` must follow before `wait` is
  /// gone.
  std::string add_lock(Task& task, Wait& wait, Ownable& lock, const Site* site);
  /// The same for the end of `target`, which the caller keeps alive.
  std::string add_join(Task& task, Wait& wait, Task& target, const Site* site);
  /// `task` waits for the children of `scope`, one of its own.
  std::string add_closing(Task& task, Scope& scope, const Site* site);
  /// The edge of `task`, if there is one. On its worker, as the adding.
  void remove(Task& task);

 private:
  using Node = WaitNode;
  static constexpr std::size_t kKept = 64;

  std::string add(const Node& node);
  void take_out(const Task& task);
  /// Follows the ways from `start` until one ends at `goal`; that node's `from`s lead back then.
  const Node* find_way(Node& start, const Task& goal);
  std::string tell(const Node& last) const;
  Node* node_of(const Task& task);

  SpinLock lock_;
  // Nodes are kept for use again, so that waiting mostly allocates nothing.
  std::unordered_map<const Task*, Node> nodes_;
  std::vector<std::unordered_map<const Task*, Node>::node_type> unused_;
  std::vector<Node*> stack_;
  std::uint64_t walks_ = 0;
};

}  // namespace tidemill
