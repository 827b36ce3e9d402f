// What the engine tests share beside their tasks (test_task.hpp): a Clock that the test moves, a
// Chooser that follows a script, and World, which runs a test with 0, 1 and several workers and
// asserts at its end that nothing is left alive.
//
// Zero workers means Options.threads = false: the test's thread steps the main worker and the two
// of the pool in turn, in virtual time, so that such a run is the same every time.
#pragma once

#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <thread>
#include <utility>
#include <vector>

#include "engine/pool/pool.hpp"
#include "engine/sync/channel.hpp"
#include "engine/sync/mutex.hpp"
#include "engine/sync/thread_wait.hpp"
#include "test_task.hpp"
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
