// The way into a worker from other threads: tasks to resume, and tasks that have ended whose parent
// lives there. Many producers, one consumer, intrusive, so that a wake-up allocates nothing.
//
// A Treiber stack (R. K. Treiber, "Systems Programming: Coping with Parallelism", 1986) that is
// only ever emptied whole, hence free of the ABA problem; `take_all` turns it round into arrival
// order.
#pragma once

#include <atomic>

#include "engine/sched/task.hpp"

namespace tidemill {

class Inbox {
 public:
  /// True if it was empty: then, and only then, the caller has to see that the worker wakes up.
  bool push(Task& task) {
    Task* head = head_.load(std::memory_order_relaxed);
    do {
      task.next = head;
      // seq_cst: publishes the task (release), and comes before the caller's look at the worker's
      // sleep state in the total order; pairs with Worker::park (announce, then look here)
    } while (!head_.compare_exchange_weak(head, &task, std::memory_order_seq_cst,
                                          std::memory_order_relaxed));
    return head == nullptr;
  }
  bool empty() const { return head_.load(std::memory_order_seq_cst) == nullptr; }
  /// A cheap look that may miss what is just arriving.
  bool looks_empty() const { return head_.load(std::memory_order_relaxed) == nullptr; }

  /// Everything in it, oldest first, linked by `next`.
  Task* take_all() {
    Task* stack = head_.exchange(nullptr, std::memory_order_acquire);
    Task* queue = nullptr;
    while (stack != nullptr) {
      Task* next = stack->next;
      stack->next = queue;
      queue = stack;
      stack = next;
    }
    return queue;
  }

 private:
  std::atomic<Task*> head_{nullptr};
};

}  // namespace tidemill
