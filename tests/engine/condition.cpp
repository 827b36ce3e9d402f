#include "engine/sync/condition.hpp"

#include "fixture.hpp"

using namespace tidemill;
using namespace tidemill::test;

namespace {

/// A whole wait of a host thread.
Outcome host_wait(Condition& condition, OwnerId me, Nanoseconds deadline = kNever) {
  ThreadWait wait;
  const std::uint32_t depth = condition.wait(me, wait.waiter);
  Outcome outcome = wait.wait(deadline);
  host_lock(condition.mutex(), me);
  condition.mutex().set_depth(depth);
  return outcome;
}

}  // namespace

TEST_CASE("condition: who does not hold the mutex can neither wait nor notify") {
  Lent<Mutex> lent(make_ref<Mutex>());
  auto condition = make_ref<Condition>(Ref<Mutex>(lent.get()));
  ThreadWait wait;
  CHECK(condition->wait(1, wait.waiter) == 0);
  CHECK_FALSE(condition->notify(1, 1));
  CHECK(condition->mutex().lock(2, nullptr) == Locking::taken);
  CHECK(condition->wait(1, wait.waiter) == 0);
  CHECK_FALSE(condition->notify(1, 1));
  CHECK(condition->waiting() == 0);
  CHECK(condition->notify(2, 1));
}

TEST_CASE("condition: waiting releases a mutex of any depth and hands it over") {
  Lent<Mutex> lent(make_ref<Mutex>(true));
  auto condition = make_ref<Condition>(Ref<Mutex>(lent.get()));
  Mutex& mutex = condition->mutex();
  for (int i = 0; i < 3; ++i) mutex.lock(1, nullptr);
  ThreadWait other, wait;
  CHECK(mutex.lock(2, &other.waiter) == Locking::waiting);
  CHECK(condition->wait(1, wait.waiter) == 3);
  CHECK(mutex.owner() == 2);
  CHECK(other.wait() == Outcome::value);
  CHECK(condition->notify(2, 5));
  CHECK(wait.wait() == Outcome::value);
  CHECK(mutex.unlock(2) == Unlocking::released);
  CHECK(mutex.lock(1, nullptr) == Locking::taken);
  mutex.set_depth(3);
  for (int i = 0; i < 3; ++i) {
    CHECK(mutex.owner() == 1);
    CHECK(mutex.unlock(1) != Unlocking::not_owner);
  }
  CHECK(mutex.owner() == kNobody);
}

TEST_CASE("condition: three waiters through every order of notify, pass_on and giving up") {
  // Events: 0 notify one, 1 notify two, 2 pass on, 3 + i the call of i ends otherwise.
  for (int code = 0; code < 6 * 6 * 6; ++code) {
    Lent<Mutex> lent(make_ref<Mutex>());
    auto condition = make_ref<Condition>(Ref<Mutex>(lent.get()));
    ThreadWait waits[3];
    Outcome expected[3] = {Outcome::pending, Outcome::pending, Outcome::pending};
    for (OwnerId i = 0; i < 3; ++i) {
      condition->mutex().lock(i + 1, nullptr);
      CHECK(condition->wait(i + 1, waits[i].waiter) == 1);
    }
    condition->mutex().lock(9, nullptr);
    for (int rest = code, i = 0; i < 3; ++i, rest /= 6) {
      const int event = rest % 6;
      if (event >= 3) {
        ThreadWait& wait = waits[event - 3];
        if (wait.claim(Outcome::cancelled)) {
          wait.wake();
          expected[event - 3] = Outcome::cancelled;
        }
        continue;
      }
      if (event == 2) {
        condition->pass_on();
      } else {
        CHECK(condition->notify(9, static_cast<std::size_t>(event) + 1));
      }
      for (int n = event == 1 ? 2 : 1; auto& outcome : expected) {
        if (n > 0 && outcome == Outcome::pending) {
          outcome = Outcome::value;
          --n;
        }
      }
    }
    for (int i = 0; i < 3; ++i) {
      CHECK(waits[i].outcome() == expected[i]);
      if (waits[i].claim(Outcome::timeout)) waits[i].wake();
      waits[i].wait();
    }
    CHECK(condition->waiting() == 0);
  }
}

TEST_CASE("condition: producers and consumers on host threads lose nothing") {
  auto mutex = make_ref<Mutex>();
  auto not_empty = make_ref<Condition>(mutex), not_full = make_ref<Condition>(mutex);
  constexpr int kEach = 2000 / kSlow;
  int stored = 0, taken = 0;  // guarded by the mutex
  std::vector<std::thread> hosts;
  for (int t = 0; t < 4; ++t) {
    hosts.emplace_back([&, t] {
      OwnerId me = new_thread_owner();
      SteadyClock clock;
      for (int i = 0; i < kEach; ++i) {
        host_lock(*mutex, me);
        if (t < 2) {
          while (stored == 3) host_wait(*not_full, me);
          ++stored;
          not_empty->notify(me, 1);
        } else {
          // A timeout that comes with the notification must not swallow it.
          while (stored == 0)
            host_wait(*not_empty, me, clock.now() + (t == 3 ? i % 50'000 : 1'000'000'000));
          --stored;
          ++taken;
          not_full->notify(me, 1);
        }
        mutex->unlock(me);
      }
    });
  }
  for (auto& host : hosts) host.join();
  CHECK(stored == 0);
  CHECK(taken == 2 * kEach);
  CHECK(not_empty->waiting() + not_full->waiting() == 0);
  CHECK(mutex->owner() == kNobody);
}
