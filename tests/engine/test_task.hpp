// A Task whose body is a C++20 coroutine, and what such a body can wait for with co_await.
#pragma once

#include <atomic>
#include <coroutine>
#include <cstdint>
#include <functional>
#include <utility>

#include "engine/pool/pool.hpp"
#include "engine/sync/channel.hpp"
#include "engine/sync/mutex.hpp"
#include "tidemill/engine.hpp"

namespace tidemill::test {

inline Payload number(std::int64_t value) {
  Payload parcel;
  __builtin_memcpy(parcel.inline_space(sizeof value), &value, sizeof value);
  return parcel;
}
inline std::int64_t number(const Payload& parcel) {
  std::int64_t value = INT64_MIN;
  if (parcel.bytes().size() == sizeof value) __builtin_memcpy(&value, parcel.bytes().data(), 8);
  return value;
}

struct Cancelled {};
struct Failure {};

/// The coroutine of a TestTask.
struct Body {
  struct promise_type {
    Status end = Status::done;
    Body get_return_object() { return {std::coroutine_handle<promise_type>::from_promise(*this)}; }
    std::suspend_always initial_suspend() noexcept { return {}; }
    std::suspend_always final_suspend() noexcept { return {}; }
    void return_void() {}
    void unhandled_exception() {
      try {
        throw;
      } catch (Cancelled) {
        end = Status::cancelled;
      } catch (Failure) {
        end = Status::failed;
      }
    }
  };
  std::coroutine_handle<promise_type> handle;
};

class TestTask : public Task {
 public:
  using Function = std::function<Body(TestTask&)>;

  /// A job if there is a pool; its place must have been granted.
  TestTask(Task* parent, Function function, Pool* pool = nullptr)
      : Task(parent == nullptr ? nullptr : parent->execution()->innermost),
        function_(std::move(function)),
        pool_(pool) {
    ++alive;
    if (pool != nullptr) queued_at_ = pool->engine().clock().now();
  }
  ~TestTask() override { --alive; }

  using Task::aftermath;
  Worker& worker() const { return *home(); }
  void check_cancelled() const {
    if (interrupted()) throw Cancelled{};
  }
  void park(TaskWait& wait, Nanoseconds timeout) {
    if (timeout != kNever) worker().timers().add(wait, worker().now() + timeout);
    execution()->wait = &wait;
    execution()->wait_shielded = false;
    set_waiting();
  }
  void give_way() {
    worker().start(*this);
    set_waiting();
  }

  // How often each thing was done to it; read once it is settled.
  std::atomic<int> started = 0, discarded = 0, settled_count = 0, unobserved = 0;
  std::atomic<int> failed_children = 0, deadlocks = 0;
  inline static std::atomic<int> alive{0};

 private:
  Execution& prepare(Worker& worker) override {
    if (pool_ != nullptr) pool_->job_started(worker, execution_memory_, queued_at_);
    return execution_memory_;
  }
  void discard(Worker&) override {
    ++discarded;
    function_ = nullptr;
    if (pool_ != nullptr) pool_->job_discarded(*this);
  }
  bool leave_queue() override { return pool_ != nullptr && pool_->withdraw(*this); }
  void left_queue() override {
    ++discarded;
    function_ = nullptr;
    pool_->withdrawn(*this);
  }
  void first_step(Worker&) override {
    ++started;
    coroutine_ = function_(*this).handle;
    resume();
  }
  void next_step(Worker&) override {
    execution()->wait = nullptr;
    resume();
  }
  void resume() {
    coroutine_.resume();
    if (!coroutine_.done()) return;
    Status end = coroutine_.promise().end;
    coroutine_.destroy();
    function_ = nullptr;  // with what it holds
    body_ended(end);
  }
  Aftermath* about_to_settle(Status& end) override {
    ++settled_count;
    if (pool_ != nullptr) pool_->job_ended(worker(), execution_memory_, end);
    return nullptr;
  }
  void unobserved_failure() override { ++unobserved; }
  void child_failed(Task&) override { ++failed_children; }
  void deadlocked(const std::string&) override { ++deadlocks; }

  Function function_;
  Pool* pool_;
  Nanoseconds queued_at_ = 0;
  Execution execution_memory_;
  std::coroutine_handle<Body::promise_type> coroutine_;
};

using Self = TestTask&;

// --- what a body can do: co_await sent(self, channel, 1) ---

/// A blocking call; the kinds of it say in await_ready whether it has to wait.
class Call : public TaskWait {
 public:
  Call(Self self, Nanoseconds timeout) : TaskWait(self), self_(self), timeout_(timeout) {}
  void detach() override { tidemill::detach(waiter); }
  void await_suspend(std::coroutine_handle<>) { self_.park(*this, timeout_); }
  Waiter waiter{*this};

 protected:
  bool at_once(Outcome outcome) { return claim(outcome); }
  Outcome finish() {
    self_.worker().timers().remove(*this);
    if (outcome() == Outcome::cancelled) throw Cancelled{};
    return outcome();
  }
  bool passed(Passage passage) {
    if (passage == Passage::waiting) return false;
    return at_once(passage == Passage::done ? Outcome::value : Outcome::closed);
  }
  TestTask& self_;

 private:
  Nanoseconds timeout_;
};

struct sent : Call {
  sent(Self self, Channel& to, Payload value, Nanoseconds timeout = kNever)
      : Call(self, timeout), channel(to), parcel(std::move(value)) {
    waiter.parcel = &parcel;
  }
  sent(Self self, Channel& to, std::int64_t value, Nanoseconds timeout = kNever)
      : sent(self, to, number(value), timeout) {}
  bool await_ready() {
    self_.check_cancelled();
    return passed(channel.send(parcel, &waiter));
  }
  Outcome await_resume() { return finish(); }
  Channel& channel;
  Payload parcel;
};

struct Received {
  Outcome outcome;
  std::int64_t value;
  bool ok() const { return outcome == Outcome::value; }
};

struct received : Call {
  received(Self self, Channel& from, Nanoseconds timeout = kNever)
      : Call(self, timeout), channel(from) {
    waiter.parcel = &parcel;
  }
  bool await_ready() {
    self_.check_cancelled();
    return passed(channel.receive(parcel, &waiter));
  }
  Received await_resume() {
    Outcome outcome = finish();
    return {outcome, number(parcel)};
  }
  Channel& channel;
  Payload parcel;
};

struct locked : Call {
  locked(Self self, Mutex& wanted, Nanoseconds timeout = kNever)
      : Call(self, timeout), mutex(wanted) {}
  bool await_ready() {
    self_.check_cancelled();
    Locking result = mutex.lock(self_.id(), &waiter, {&self_, nullptr});
    return result != Locking::waiting && at_once(Outcome::value);
  }
  Outcome await_resume() { return finish(); }
  Mutex& mutex;
};

/// Waits for the end of a task or a pool.
template <class Target>
struct ended : Call {
  ended(Self self, const Ref<Target>& of, Nanoseconds timeout = kNever)
      : Call(self, timeout), target(of) {}
  bool await_ready() {
    self_.check_cancelled();
    return !target->join(waiter) && at_once(Outcome::value);
  }
  Outcome await_resume() { return finish(); }
  Ref<Target> target;
};

struct admitted : Call {
  admitted(Self self, Pool& to) : Call(self, kNever), pool(to) {}
  bool await_ready() {
    self_.check_cancelled();
    Admission result = pool.admit(&waiter);
    if (result == Admission::waiting) return false;
    return at_once(result == Admission::granted ? Outcome::value : Outcome::closed);
  }
  Outcome await_resume() { return finish(); }
  Pool& pool;
};

struct slept : Call {
  using Call::Call;
  bool await_ready() {
    self_.check_cancelled();
    return false;
  }
  Outcome await_resume() { return finish(); }
};

struct yielded {
  TestTask& self;
  bool await_ready() {
    self.check_cancelled();
    return false;
  }
  void await_suspend(std::coroutine_handle<>) { self.give_way(); }
  void await_resume() { self.check_cancelled(); }
};

// --- making tasks ---

/// A task of the worker that runs `parent`, behind those that are ready.
inline Ref<TestTask> spawn(Self parent, TestTask::Function function) {
  auto* task = new TestTask(&parent, std::move(function));
  Ref<TestTask> handle(task);
  task->retain();  // the run queue's
  parent.worker().start(*task);
  if (parent.interrupted()) task->cancel();
  return handle;
}

/// A job in a place that was granted.
inline Ref<TestTask> enqueue(Task* parent, Pool& pool, TestTask::Function function,
                             double priority = 0) {
  auto* job = new TestTask(parent, std::move(function), &pool);
  Ref<TestTask> handle(job);
  pool.enqueue(*job, priority);
  return handle;
}

/// A job of a pool whose queue is unbounded.
inline Ref<TestTask> submit(Task* parent, Pool& pool, TestTask::Function function,
                            double priority = 0) {
  if (pool.admit(nullptr) != Admission::granted) return nullptr;
  return enqueue(parent, pool, std::move(function), priority);
}

}  // namespace tidemill::test
