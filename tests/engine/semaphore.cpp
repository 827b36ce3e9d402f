#include "engine/sync/semaphore.hpp"

#include "fixture.hpp"

using namespace tidemill;
using namespace tidemill::test;

namespace {

struct acquired : Call {
  acquired(Self self, Semaphore& wanted, Nanoseconds timeout = kNever)
      : Call(self, timeout), semaphore(wanted) {}
  bool await_ready() {
    self_.check_cancelled();
    return semaphore.acquire(&waiter) == Access::taken && at_once(Outcome::value);
  }
  Outcome await_resume() { return finish(); }
  Semaphore& semaphore;
};

}  // namespace

TEST_CASE("semaphore: permits are counted and bounded") {
  auto semaphore = make_ref<Semaphore>(1, 2);
  CHECK(semaphore->acquire(nullptr) == Access::taken);
  CHECK(semaphore->acquire(nullptr) == Access::refused);
  CHECK(semaphore->release_permits(2));
  CHECK_FALSE(semaphore->release_permits(1));
  CHECK(semaphore->value() == 2);
  auto unbounded = make_ref<Semaphore>(INT64_MAX, INT64_MAX);
  CHECK_FALSE(unbounded->release_permits(1));
}

TEST_CASE("semaphore: three waiters through every order of release, timeout and cancel") {
  // Events: 0 release one, 1 release two, 2 + i the call of i ends otherwise. After them every call
  // that was served has a permit, and no permit is lost.
  for (int code = 0; code < 5 * 5 * 5 * 5; ++code) {
    auto semaphore = make_ref<Semaphore>(0, INT64_MAX);
    ThreadWait waits[3];
    for (auto& wait : waits) CHECK(semaphore->acquire(&wait.waiter) == Access::waiting);
    int released = 0;
    for (int rest = code, i = 0; i < 4; ++i, rest /= 5) {
      const int event = rest % 5;
      if (event < 2) {
        CHECK(semaphore->release_permits(event + 1));
        released += event + 1;
      } else if (waits[event - 2].claim(i % 2 == 0 ? Outcome::timeout : Outcome::cancelled)) {
        waits[event - 2].wake();
        if (code % 2 == 0) detach(waits[event - 2].waiter);
      }
    }
    int served = 0;
    bool order = true, passed_over = false;
    for (auto& wait : waits) {
      if (wait.outcome() == Outcome::value) ++served;
      if (wait.outcome() == Outcome::pending) passed_over = true;
      if (wait.outcome() == Outcome::value && passed_over) order = false;
    }
    CHECK(order);
    CHECK(served + semaphore->value() == released);
    if (passed_over) CHECK(semaphore->value() == 0);
    for (auto& wait : waits) {
      if (wait.claim(Outcome::cancelled)) wait.wake();
      wait.wait();
    }
    CHECK(semaphore->waiting() == 0);
  }
}

TEST_CASE("semaphore: tasks and host threads never hold more than there are") {
  in_every_world([](World& world) {
    constexpr int kEach = 500 / kSlow;
    auto semaphore = make_ref<Semaphore>(2, 2);
    std::atomic<int> inside{0}, too_many{0};
    auto enter = [&] {
      if (++inside > 2) ++too_many;
    };
    std::vector<std::thread> hosts;
    for (int t = 0; t < (world.threads() ? 2 : 0); ++t) {
      hosts.emplace_back([&, t] {
        SteadyClock clock;
        for (int i = 0; i < kEach; ++i) {
          ThreadWait wait;
          Access result = semaphore->acquire(&wait.waiter);
          Nanoseconds deadline = t == 0 ? clock.now() + i % 20'000 : kNever;
          if (result == Access::waiting && wait.wait(deadline) != Outcome::value) continue;
          enter();
          --inside;
          semaphore->release_permits(1);
        }
      });
    }
    world.run([&](Self self) -> Body {
      for (int j = 0; j < 4; ++j) {
        submit(&self, world.pool(), [&](Self task) -> Body {
          for (int i = 0; i < kEach; ++i) {
            co_await acquired(task, *semaphore);
            enter();
            if (i % 16 == 0) co_await yielded{task};
            --inside;
            semaphore->release_permits(1);
          }
        });
      }
      co_return;
    });
    for (auto& host : hosts) host.join();
    CHECK(too_many == 0);
    CHECK(semaphore->value() == 2);
    CHECK(semaphore->waiting() == 0);
  });
}
