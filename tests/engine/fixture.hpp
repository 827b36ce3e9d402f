// What the engine tests share: a Task whose body is a C++20 coroutine, a Clock that the test moves,
// a Chooser that follows a script, and World, which runs a test with 0, 1 and several workers and
// asserts at its end that nothing is left alive.
//
// Zero workers means Options.threads = false: the test's thread steps the main worker and the two
// of the pool in turn, in virtual time, so that such a run is the same every time.
#pragma once

#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <coroutine>
#include <functional>
#include <memory>
#include <thread>
#include <utility>
#include <vector>

#include "engine/pool/pool.hpp"
#include "engine/sync/channel.hpp"
#include "engine/sync/mutex.hpp"
#include "engine/sync/thread_wait.hpp"
#include "tidemill/engine.hpp"

namespace tidemill::test {

#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
inline constexpr int kSlow = 10;  // loops are shorter by this factor under a sanitizer
#else
inline constexpr int kSlow = 1;
#endif

class ManualClock final : public Clock {
 public:
  Nanoseconds now() override { return now_ += step_; }
  void advance(Nanoseconds by) { now_ += by; }
  void advance_to(Nanoseconds moment) {
    if (moment > now_) now_ = moment;
  }
  /// Time passes by itself from now on, at every look: so that a grace period ends.
  void set_free() { step_ = 100'000; }

 private:
  std::atomic<Nanoseconds> now_{1'000'000'000}, step_{0};
};

/// Gives the numbers of its script in turn, then zeros.
class ScriptedChooser final : public Chooser {
 public:
  std::uint32_t decide(Choice, std::uint32_t candidates) override {
    std::size_t at = asked++;
    return at < script.size() ? script[at] % candidates : 0;
  }
  std::vector<std::uint32_t> script;
  std::atomic<std::size_t> asked{0};
};

/// Gives up a wait that a bug would make endless. Never part of an assertion that can hold.
class Watchdog {
 public:
  bool expired() const { return std::chrono::steady_clock::now() > end_; }

 private:
  std::chrono::steady_clock::time_point end_ =
      std::chrono::steady_clock::now() + std::chrono::seconds(120);
};

/// Waits for what another thread is about to do; false if it does not happen.
template <class Condition>
bool eventually(Condition condition) {
  Watchdog watchdog;
  while (!condition()) {
    if (watchdog.expired()) return false;
    std::this_thread::yield();
  }
  return true;
}

/// A lock whose owners, the numbers up to 99, have all ended when the test has: one that a task
/// owns is not deleted before.
template <class Lock>
class Lent {
 public:
  explicit Lent(Ref<Lock> lock) : lock_(std::move(lock)) {}
  Lent(const Lent&) = delete;
  ~Lent() {
    for (OwnerId owner = 1; owner < 100; ++owner) lock_->owner_ended(owner);
  }
  Lock* operator->() const { return lock_.get(); }
  Lock& operator*() const { return *lock_; }
  Lock* get() const { return lock_.get(); }

 private:
  Ref<Lock> lock_;
};

/// Counts itself, to see what a parcel or a task still holds.
struct Probe final : Shared {
  Probe() { ++alive; }
  ~Probe() override { --alive; }
  inline static std::atomic<int> alive{0};
};

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

// --- host threads ---

inline Outcome host_send(Channel& channel, std::int64_t value, Nanoseconds deadline = kNever) {
  ThreadWait wait;
  Payload parcel = number(value);
  wait.waiter.parcel = &parcel;
  switch (channel.send(parcel, &wait.waiter)) {
    case Passage::waiting:
      return wait.wait(deadline);
    case Passage::done:
      return Outcome::value;
    default:
      return Outcome::closed;
  }
}

inline Received host_receive(Channel& channel, Nanoseconds deadline = kNever) {
  ThreadWait wait;
  Payload parcel;
  wait.waiter.parcel = &parcel;
  Outcome outcome = Outcome::closed;
  switch (channel.receive(parcel, &wait.waiter)) {
    case Passage::waiting:
      outcome = wait.wait(deadline);
      break;
    case Passage::done:
      outcome = Outcome::value;
      break;
    default:
      break;
  }
  return {outcome, number(parcel)};
}

inline Outcome host_lock(Mutex& mutex, OwnerId owner, Nanoseconds deadline = kNever) {
  ThreadWait wait;
  if (mutex.lock(owner, &wait.waiter) == Locking::waiting) return wait.wait(deadline);
  return Outcome::value;
}

template <class Target>
void host_join(Target& target) {
  ThreadWait wait;
  if (target.join(wait.waiter)) wait.wait();
}

// --- the world of a test ---

class World {
 public:
  explicit World(std::uint32_t workers) : workers_(workers), engine_(options()) {
    PoolOptions options;
    options.workers = workers == 0 ? 2 : workers;
    pool_ = engine_.make_pool(std::move(options));
  }
  ~World() { finish(); }

  bool threads() const { return workers_ > 0; }
  std::uint32_t workers() const { return workers_; }
  Engine& engine() { return engine_; }
  Pool& pool() { return *pool_; }
  const Ref<Pool>& pool_ref() { return pool_; }
  ManualClock& clock() { return clock_; }
  ScriptedChooser& chooser() { return chooser_; }

  Ref<Pool> new_pool(std::uint32_t workers, std::size_t queue = SIZE_MAX,
                     std::function<std::unique_ptr<WorkerLocal>(Worker&)> make_local = {}) {
    PoolOptions options;
    options.workers = workers;
    options.queue = queue;
    options.make_local = std::move(make_local);
    return new_pool(std::move(options));
  }
  Ref<Pool> new_pool(PoolOptions options) { return engine_.make_pool(std::move(options)); }

  /// Objects whose queues must be empty when the test ends.
  Channel& channel(std::size_t capacity) {
    channels_.push_back(make_ref<Channel>(capacity));
    return *channels_.back();
  }
  Mutex& mutex(bool recursive = false) {
    mutexes_.push_back(make_ref<Mutex>(recursive));
    return *mutexes_.back();
  }

  /// Runs a root task and everything under it.
  Status run(TestTask::Function function) {
    auto* root = new TestTask(nullptr, std::move(function));
    Ref<TestTask> keep(root);
    if (threads()) {
      engine_.run(*root);
    } else {
      root->retain();
      engine_.main_worker().start(*root);
      drive([&] { return root->settled(); });
    }
    return root->status();
  }

  /// Without threads: steps all workers until `until`; time passes when nothing else can.
  template <class Until>
  void drive(Until until) {
    Watchdog watchdog;
    while (!until()) {
      if (engine_.step()) continue;
      if (until()) return;
      clock_.advance(100'000);
      engine_.main_worker().poll_io();
      if (watchdog.expired()) FAIL("nothing runs any more: a wake-up was lost");
    }
  }

  /// Ends the engine; everything of the test must have ended by itself.
  void finish_engine() {
    if (std::exchange(engine_finished_, true)) return;
    pool_ = nullptr;
    clock_.set_free();
    CHECK(engine_.shutdown(60'000'000'000));
  }
  /// And asserts that nothing is alive in the process.
  void finish() {
    if (std::exchange(finished_, true)) return;
    finish_engine();
    for (auto& channel : channels_) {
      Channel::Stats stats = channel->stats();
      CHECK(stats.senders_waiting == 0);
      CHECK(stats.receivers_waiting == 0);
    }
    for (auto& mutex : mutexes_) {
      CHECK(mutex->waiting() == 0);
      CHECK(mutex->owner() == kNobody);
    }
    channels_.clear();
    CHECK(TestTask::alive == 0);
    CHECK(Probe::alive == 0);
  }

 private:
  Engine::Options options() {
    Engine::Options options;
    if (workers_ > 0) return options;
    options.clock = &clock_;
    options.chooser = &chooser_;
    options.threads = false;
    return options;
  }

  const std::uint32_t workers_;
  bool engine_finished_ = false, finished_ = false;
  ManualClock clock_;
  ScriptedChooser chooser_;
  std::vector<Ref<Channel>> channels_;
  std::vector<Ref<Mutex>> mutexes_;
  Engine engine_;
  Ref<Pool> pool_;
};

/// Runs `test` with 0, 1, 2 and 4 workers.
template <class Test>
void in_every_world(Test test) {
  for (std::uint32_t workers : {0u, 1u, 2u, 4u}) {
    CAPTURE(workers);
    World world(workers);
    test(world);
  }
}

}  // namespace tidemill::test
