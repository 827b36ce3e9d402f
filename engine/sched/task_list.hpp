// The intrusive FIFO of tasks that a run queue is. Not synchronised: its owner sees to that.
#pragma once

#include "engine/sched/task.hpp"

namespace tidemill {

class TaskList {
 public:
  bool empty() const { return first_ == nullptr; }
  void push_back(Task& task) {
    task.next = nullptr;
    if (first_ == nullptr) {
      first_ = &task;
    } else {
      last_->next = &task;
    }
    last_ = &task;
  }
  Task* pop_front() {
    Task* task = first_;
    if (task != nullptr) first_ = task->next;
    return task;
  }

 private:
  Task* first_ = nullptr;
  Task* last_ = nullptr;
};

}  // namespace tidemill
