#include "fixture.hpp"

using namespace tidemill;
using namespace tidemill::test;

TEST_CASE("mutex: only its owner unlocks it, and locks it once") {
  auto mutex = make_ref<Mutex>();
  CHECK(mutex->unlock(1) == Unlocking::not_owner);
  CHECK(mutex->lock(1, nullptr) == Locking::taken);
  CHECK(mutex->lock(1, nullptr) == Locking::own);
  CHECK(mutex->lock(2, nullptr) == Locking::refused);
  CHECK(mutex->unlock(2) == Unlocking::not_owner);
  CHECK(mutex->owner() == 1);
  CHECK(mutex->unlock(1) == Unlocking::released);
  CHECK(mutex->owner() == kNobody);
  CHECK(mutex->unlock(1) == Unlocking::not_owner);
}

TEST_CASE("mutex: a recursive one is free after as many unlocks") {
  auto mutex = make_ref<Mutex>(true);
  CHECK(mutex->lock(1, nullptr) == Locking::taken);
  for (int i = 0; i < 2; ++i) CHECK(mutex->lock(1, nullptr) == Locking::again);
  ThreadWait wait;
  CHECK(mutex->lock(2, &wait.waiter) == Locking::waiting);
  CHECK(mutex->unlock(1) == Unlocking::still_held);
  CHECK(mutex->unlock(1) == Unlocking::still_held);
  CHECK(mutex->owner() == 1);
  CHECK(mutex->unlock(1) == Unlocking::released);
  CHECK(mutex->owner() == 2);
  CHECK(wait.wait() == Outcome::value);
  CHECK(mutex->unlock(2) == Unlocking::released);  // handed over with depth 1
  CHECK(mutex->owner() == kNobody);
}

TEST_CASE("mutex: handed over first come first served, nobody slips in between") {
  in_every_world([](World& world) {
    auto& mutex = world.mutex();
    std::vector<int> order;
    world.run([&](Self self) -> Body {
      co_await locked(self, mutex);
      for (int i = 0; i < 10; ++i) {
        spawn(self, [&, i](Self task) -> Body {
          co_await locked(task, mutex);
          order.push_back(i);
          co_await yielded{task};
          CHECK(mutex.unlock(task.id()) == Unlocking::released);
          // whoever waits has it already
          if (i < 9) CHECK(mutex.lock(task.id(), nullptr) == Locking::refused);
        });
      }
      co_await yielded{self};
      CHECK(mutex.waiting() == 10);
      CHECK(mutex.unlock(self.id()) == Unlocking::released);
    });
    CHECK(order == std::vector{0, 1, 2, 3, 4, 5, 6, 7, 8, 9});
  });
}

TEST_CASE("mutex: waiters that time out or are cancelled are passed over") {
  in_every_world([](World& world) {
    auto& mutex = world.mutex();
    std::vector<int> order;
    world.run([&](Self self) -> Body {
      co_await locked(self, mutex);
      std::vector<Ref<TestTask>> tasks;
      for (int i = 0; i < 6; ++i) {
        tasks.push_back(spawn(self, [&, i](Self task) -> Body {
          Outcome outcome = co_await locked(task, mutex, i % 3 == 0 ? 1'000'000 : kNever);
          if (outcome == Outcome::timeout) co_return;
          order.push_back(i);
          CHECK(mutex.unlock(task.id()) == Unlocking::released);
        }));
      }
      co_await yielded{self};
      for (int i : {1, 4}) CHECK(tasks[static_cast<std::size_t>(i)]->cancel());
      for (int i : {0, 3}) co_await ended(self, tasks[static_cast<std::size_t>(i)]);
      CHECK(mutex.waiting() == 2);
      CHECK(mutex.unlock(self.id()) == Unlocking::released);
    });
    CHECK(order == std::vector{2, 5});
  });
}

TEST_CASE("mutex: hand-over races with timeout: the lock is never lost nor owned twice") {
  World world(2);
  auto& mutex = world.mutex();
  std::atomic<int> inside{0}, doubled{0}, taken{0}, missed{0};
  std::vector<std::thread> hosts;
  for (int t = 0; t < 4; ++t) {
    hosts.emplace_back([&, t] {
      OwnerId me = new_thread_owner();
      SteadyClock clock;
      for (int i = 0; i < 3000 / kSlow; ++i) {
        Nanoseconds deadline = t % 2 == 0 ? clock.now() + i % 20'000 : kNever;
        if (host_lock(mutex, me, deadline) != Outcome::value) {
          ++missed;
          continue;
        }
        ++taken;
        if (++inside != 1) ++doubled;
        --inside;
        if (mutex.unlock(me) != Unlocking::released) ++doubled;
      }
    });
  }
  for (auto& host : hosts) host.join();
  CHECK(doubled == 0);
  CHECK(taken + missed == 4 * (3000 / kSlow));
}

TEST_CASE("mutex: tasks on several workers and host threads exclude each other") {
  in_every_world([](World& world) {
    constexpr int kEach = 1000 / kSlow;
    auto& mutex = world.mutex();
    int counter = 0;  // guarded by the mutex: the thread sanitizer looks on
    std::vector<std::thread> hosts;
    for (int t = 0; t < (world.threads() ? 2 : 0); ++t) {
      hosts.emplace_back([&] {
        OwnerId me = new_thread_owner();
        for (int i = 0; i < kEach; ++i) {
          host_lock(mutex, me);
          ++counter;
          mutex.unlock(me);
        }
      });
    }
    world.run([&](Self self) -> Body {
      for (int j = 0; j < 4; ++j) {
        submit(&self, world.pool(), [&](Self task) -> Body {
          for (int i = 0; i < kEach; ++i) {
            co_await locked(task, mutex);
            ++counter;
            if (i % 16 == 0) co_await yielded{task};
            mutex.unlock(task.id());
          }
        });
      }
      co_return;
    });
    for (auto& host : hosts) host.join();
    CHECK(counter == (4 + static_cast<int>(hosts.size())) * kEach);
  });
}

TEST_CASE("mutex: owners of threads are distinct and no task's") {
  OwnerId first = new_thread_owner(), second = new_thread_owner();
  CHECK(first != second);
  CHECK(first > UINT32_MAX);
}

TEST_CASE("mutex: an owner that ends breaks it, until it is repaired") {
  auto mutex = make_ref<Mutex>();
  Site site{"here.lua", 3};
  CHECK(mutex->lock(1, nullptr, {nullptr, &site}) == Locking::taken);
  CHECK(mutex->taken_at() == &site);
  ThreadWait first, second;
  CHECK(mutex->lock(2, &first.waiter) == Locking::waiting);
  CHECK(mutex->lock(3, &second.waiter) == Locking::waiting);
  mutex->owner_ended(7);  // somebody else
  CHECK(mutex->owner() == 1);
  mutex->owner_ended(1);
  CHECK(first.wait() == Outcome::broken);
  CHECK(second.wait() == Outcome::broken);
  CHECK(mutex->owner() == kNobody);
  CHECK(mutex->breakage().owner == 1);
  CHECK(mutex->breakage().site == &site);
  CHECK(mutex->lock(4, nullptr) == Locking::broken);
  CHECK(mutex->unlock(1) == Unlocking::not_owner);
  CHECK(mutex->repair(5));
  CHECK(mutex->owner() == 5);
  CHECK_FALSE(mutex->repair(5));
  CHECK(mutex->unlock(5) == Unlocking::released);
  CHECK(mutex->lock(6, nullptr) == Locking::taken);
  CHECK(mutex->unlock(6) == Unlocking::released);
}

TEST_CASE("mutex: one that a task owns outlives its last reference until that task ends") {
  auto* mutex = new Mutex;
  CHECK(mutex->lock(1, nullptr) == Locking::taken);
  mutex->release();
  CHECK(mutex->owner() == 1);  // still there, or the address sanitizer says so
  mutex->owner_ended(1);
}
