#include "engine/sync/wait.hpp"

#include "engine/sched/task.hpp"
#include "engine/sched/worker.hpp"

namespace tidemill {

void detach(Waiter& waiter) TM_NO_ANALYSIS {
  if (waiter.lock == nullptr) return;
  SpinGuard guard(*waiter.lock);
  if (waiter.queue != nullptr) waiter.queue->remove(waiter);
}

std::size_t WaitQueue::count() const {
  if (first_ == nullptr) return 0;
  std::size_t n = 0;
  const Waiter* waiter = first_;
  do {
    n += waiter->wait->outcome() == Outcome::pending;
    waiter = waiter->next;
  } while (waiter != first_);
  return n;
}

bool WaitQueue::anyone_waits() {
  while (first_ != nullptr) {
    if (first_->wait->outcome() == Outcome::pending) return true;
    remove(*first_);
  }
  return false;
}

void WaitQueue::push_back(Waiter& waiter, SpinLock& lock) {
  waiter.queue = this;
  waiter.lock = &lock;
  if (first_ == nullptr) {
    first_ = waiter.next = waiter.previous = &waiter;
    return;
  }
  waiter.next = first_;
  waiter.previous = first_->previous;
  first_->previous->next = &waiter;
  first_->previous = &waiter;
}

void WaitQueue::remove(Waiter& waiter) {
  if (waiter.next == &waiter) {
    first_ = nullptr;
  } else {
    waiter.previous->next = waiter.next;
    waiter.next->previous = waiter.previous;
    if (first_ == &waiter) first_ = waiter.next;
  }
  waiter.queue = nullptr;
}

bool WaitQueue::claim(Waiter& waiter, Outcome outcome) {
  remove(waiter);
  if (!waiter.wait->claim(outcome)) return false;
  // Only the winner writes the key: a loser would overwrite the case that did happen.
  waiter.wait->key = waiter.key;
  return true;
}

Waiter* WaitQueue::claim_first_of_some(Outcome outcome) {
  while (Waiter* waiter = first_) {
    if (claim(*waiter, outcome)) return waiter;
  }
  return nullptr;
}

WokenList::~WokenList() {
  while (first_ != nullptr) {
    Wait* wait = first_;
    first_ = wait->next_woken;  // read first: after wake the memory is the woken side's
    wait->wake();
  }
}

void WokenList::add(Wait& wait) {
  wait.next_woken = nullptr;
  if (first_ == nullptr) {
    first_ = &wait;
  } else {
    last_->next_woken = &wait;
  }
  last_ = &wait;
}

void WokenList::claim_all(WaitQueue& queue, Outcome outcome) {
  while (Waiter* waiter = queue.claim_first(outcome)) add(*waiter->wait);
}

void TaskWait::wake() { task_->home()->wake(*task_); }

void TaskWait::expire(Worker& worker) {
  if (!claim(Outcome::timeout)) return;  // its value is already on the way
  detach();
  worker.start(*task_);
}

}  // namespace tidemill
