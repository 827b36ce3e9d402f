#include <algorithm>
#include <mutex>
#include <set>

#include "fixture.hpp"

using namespace tidemill;
using namespace tidemill::test;

namespace {

Body nothing(Self) { co_return; }

}  // namespace

TEST_CASE("pool: jobs from outside run once each and end before their parent") {
  in_every_world([](World& world) {
    std::atomic<int> ran{0};
    CHECK(world.run([&](Self self) -> Body {
      for (int i = 0; i < 1000; ++i) {
        submit(&self, world.pool(), [&](Self) -> Body {
          ++ran;
          co_return;
        });
      }
      co_return;
    }) == Status::done);
    CHECK(ran == 1000);
    Pool::Usage usage = world.pool().usage();
    CHECK(usage.completed == 1000);
    CHECK(usage.open == 0);
    CHECK(usage.queued == 0);
    CHECK(usage.ever_started == usage.workers);
    CHECK(usage.workers <= world.pool().size());
  });
}

TEST_CASE("pool: jobs submitted inside jobs are joined, also on one worker") {
  in_every_world([](World& world) {
    std::atomic<int> leaves{0};
    std::function<Body(Self, int)> tree = [&](Self self, int depth) -> Body {
      if (depth == 0) {
        ++leaves;
        co_return;
      }
      std::vector<Ref<TestTask>> jobs;
      for (int i = 0; i < 3; ++i) {
        jobs.push_back(submit(&self, world.pool(),
                              [&tree, depth](Self inner) { return tree(inner, depth - 1); }));
      }
      for (auto& job : jobs) {
        co_await ended(self, job);
        if (job->status() != Status::done) throw Failure{};
      }
    };
    CHECK(world.run([&](Self self) { return tree(self, 6); }) == Status::done);
    CHECK(leaves == 729);
  });
}

TEST_CASE("pool: jobs start in the order in which they were submitted") {
  World world(0);
  auto single = world.new_pool(1);
  std::vector<int> order;
  world.run([&](Self self) -> Body {
    for (int i = 0; i < 100; ++i) {
      submit(&self, *single, [&order, i](Self) -> Body {
        order.push_back(i);
        co_return;
      });
    }
    co_return;
  });
  CHECK(order.size() == 100);
  CHECK(std::is_sorted(order.begin(), order.end()));
}

TEST_CASE("pool: another worker steals from the deque of a busy one") {
  World world(0);
  std::uint32_t submitter = 99, runner = 99;
  world.run([&](Self self) -> Body {
    submit(&self, world.pool(), [&](Self outer) -> Body {
      submitter = outer.worker().index();
      submit(&outer, world.pool(), [&](Self inner) -> Body {
        runner = inner.worker().index();
        co_return;
      });
      while (runner == 99) co_await yielded{outer};  // its own worker prefers what is ready
    });
    co_return;
  });
  CHECK(submitter != runner);
  CHECK(world.chooser().asked > 0);
}

TEST_CASE("pool: workers start on demand, never more than its size") {
  World world(2);
  auto pool = world.new_pool(3);
  CHECK(pool->usage().workers == 0);
  host_join(*submit(nullptr, *pool, nothing));
  CHECK(pool->usage().workers == 1);
  std::vector<std::thread> hosts;
  for (int t = 0; t < 4; ++t) {
    hosts.emplace_back([&] {
      for (int i = 0; i < 2000 / kSlow; ++i) submit(nullptr, *pool, nothing);
    });
  }
  for (auto& host : hosts) host.join();
  pool->close();
  host_join(*pool);
  CHECK(pool->usage().workers <= 3);
  CHECK(pool->usage().completed == 4u * (2000 / kSlow) + 1);
}

// Two jobs that need each other on two threads. If the second one's wake-up goes to a worker that
// is busy with the first, or to one that has left the list of the idle without waking, they never
// meet.
TEST_CASE("pool: as many jobs run at once as there are workers") {
  World world(2);
  for (int round = 0; round < 4000 / kSlow; ++round) {
    std::atomic<int> arrived{0}, gave_up{0};
    auto meet = [&](Self) -> Body {
      ++arrived;
      if (!eventually([&] { return arrived == 2 || gave_up > 0; })) ++gave_up;
      co_return;
    };
    auto first = submit(nullptr, world.pool(), meet);
    auto second = submit(nullptr, world.pool(), meet);
    while (!first->settled() || !second->settled()) std::this_thread::yield();
    CAPTURE(round);
    REQUIRE(gave_up == 0);
    for (int i = 0; i < round % 700; ++i) cpu_pause();  // from searching to asleep
  }
}

TEST_CASE("pool: jobs from a job run beside each other too") {
  World world(4);
  std::atomic<int> gave_up{0};
  auto outer = submit(nullptr, world.pool(), [&](Self self) -> Body {
    for (int round = 0; round < 3000 / kSlow && gave_up == 0; ++round) {
      std::atomic<int> arrived{0};
      auto meet = [&](Self) -> Body {
        ++arrived;
        if (!eventually([&] { return arrived == 3 || gave_up > 0; })) ++gave_up;
        co_return;
      };
      auto first = submit(&self, world.pool(), meet);
      auto second = submit(&self, world.pool(), meet);
      ++arrived;  // the third is this job, which holds on to its own worker meanwhile
      if (!eventually([&] { return arrived == 3 || gave_up > 0; })) ++gave_up;
      co_await ended(self, first);
      co_await ended(self, second);
    }
  });
  host_join(*outer);
  CHECK(gave_up == 0);
}

TEST_CASE("pool: a bounded queue admits submitters first come first served") {
  World world(0);
  auto pool = world.new_pool(1, 2);
  std::vector<int> order;
  world.run([&](Self self) -> Body {
    for (int i = 0; i < 20; ++i) {
      spawn(self, [&, i](Self submitter) -> Body {
        CHECK(co_await admitted(submitter, *pool) == Outcome::value);
        enqueue(&submitter, *pool, [&order, i](Self) -> Body {
          order.push_back(i);
          co_return;
        });
        CHECK(pool->usage().queued <= 2);
      });
    }
    co_return;
  });
  CHECK(order.size() == 20);
  CHECK(std::is_sorted(order.begin(), order.end()));
}

TEST_CASE("pool: a full queue refuses who does not wait; closing tells who does") {
  World world(0);
  auto pool = world.new_pool(1, 1);
  std::vector<Outcome> outcomes;
  CHECK(world.run([&](Self self) -> Body {
    CHECK(pool->admit(nullptr) == Admission::granted);
    CHECK(pool->admit(nullptr) == Admission::full);
    auto waiting = [&](Self submitter) -> Body {
      outcomes.push_back(co_await admitted(submitter, *pool));
    };
    auto first = spawn(self, waiting), second = spawn(self, waiting);
    co_await yielded{self};
    first->cancel();
    pool->close();
    co_await ended(self, second);
    CHECK(first->status() == Status::cancelled);
    CHECK(pool->admit(nullptr) == Admission::closed);
    // what was granted before still runs
    co_await ended(self, enqueue(&self, *pool, nothing));
  }) == Status::done);
  CHECK(outcomes == std::vector{Outcome::closed});
  CHECK(pool->usage().completed == 1);
}

TEST_CASE("pool: a submitter that is cancelled does not swallow the place") {
  World world(0);
  auto pool = world.new_pool(1, 1);
  bool second_ran = false;
  world.run([&](Self self) -> Body {
    CHECK(pool->admit(nullptr) == Admission::granted);
    auto waiting = [&](Self submitter) -> Body {
      co_await admitted(submitter, *pool);
      enqueue(&submitter, *pool, [&](Self) -> Body {
        second_ran = true;
        co_return;
      });
    };
    auto first = spawn(self, waiting), second = spawn(self, waiting);
    co_await yielded{self};
    first->cancel();
    enqueue(&self, *pool, nothing);
    co_await ended(self, second);
  });
  CHECK(second_ran);
}

TEST_CASE("pool: closing races with submitting") {
  World world(2);
  std::atomic<int> ran{0};
  int granted_total = 0;
  for (int round = 0; round < 1000 / kSlow; ++round) {
    auto pool = world.new_pool(2, 3);
    std::atomic<int> granted{0};
    std::atomic<bool> go{false};
    auto host = [&] {
      while (!go) std::this_thread::yield();
      for (int i = 0; i < 20; ++i) {
        ThreadWait wait;
        Admission result = pool->admit(&wait.waiter);
        if (result == Admission::closed) return;
        if (result == Admission::waiting && wait.wait() != Outcome::value) return;
        ++granted;
        enqueue(nullptr, *pool, [&](Self) -> Body {
          ++ran;
          co_return;
        });
      }
    };
    std::thread first(host), second(host);
    go = true;
    for (int i = 0; i < round % 50; ++i) cpu_pause();
    pool->close();
    first.join();
    second.join();
    host_join(*pool);
    granted_total += granted;
    REQUIRE(ran == granted_total);
    REQUIRE(pool->usage().open == 0);
  }
}

// A submitter that is too late must not make whoever joins believe that a job is open.
TEST_CASE("pool: joining a closed pool while others try to submit") {
  World world(1);
  for (int round = 0; round < 2000 / kSlow; ++round) {
    auto pool = world.new_pool(1);
    std::atomic<bool> stop{false};
    if (round % 2 == 0) host_join(*submit(nullptr, *pool, nothing));
    std::thread late([&] {
      while (!stop) {
        if (pool->admit(nullptr) == Admission::granted) enqueue(nullptr, *pool, nothing);
      }
    });
    pool->close();
    Outcome outcome = Outcome::value;
    for (int i = 0; i < 50 && outcome == Outcome::value; ++i) {
      ThreadWait wait;
      Nanoseconds deadline = world.engine().clock().now() + 5'000'000'000;
      if (pool->join(wait.waiter)) outcome = wait.wait(deadline);
    }
    stop = true;
    late.join();
    CAPTURE(round);
    REQUIRE(outcome == Outcome::value);
  }
}

TEST_CASE("pool: closing and joining, by a task") {
  in_every_world([](World& world) {
    auto pool = world.new_pool(2);
    std::atomic<int> ran{0};
    bool joined = false;
    world.run([&](Self self) -> Body {
      for (int i = 0; i < 10; ++i) {
        submit(&self, *pool, [&](Self) -> Body {
          ++ran;
          co_return;
        });
      }
      pool->close();
      pool->close();
      joined = co_await ended(self, pool, 20'000'000'000) == Outcome::value;
      CHECK(ran == 10);
    });
    CHECK(joined);
  });
}

TEST_CASE("pool: closing a pool that never started completes its joiners") {
  World world(1);
  auto pool = world.new_pool(2);
  ThreadWait wait;
  REQUIRE(pool->join(wait.waiter));
  pool->close();
  CHECK(wait.wait() == Outcome::value);
  CHECK(pool->usage().workers == 0);
}

TEST_CASE("pool: a pool that nobody holds ends by itself and is reaped by the next one") {
  World world(1);
  Probe::alive = 0;
  struct Local final : WorkerLocal {
    Ref<Probe> probe = make_ref<Probe>();
  };
  for (int i = 0; i < 200 / kSlow; ++i) {
    auto pool = world.new_pool(2, SIZE_MAX, [](Worker&) { return std::make_unique<Local>(); });
    std::atomic<int> ran{0};
    auto job = submit(nullptr, *pool, [&](Self self) -> Body {
      co_await yielded{self};
      ++ran;
    });
    pool = nullptr;  // the job still runs
    host_join(*job);
    CHECK(ran == 1);
  }
  world.finish();
  CHECK(Probe::alive == 0);
}

TEST_CASE("pool: it does not retire while a job sleeps") {
  in_every_world([](World& world) {
    auto pool = world.new_pool(1);
    std::atomic<bool> woke{false};
    world.run([&](Self self) -> Body {
      auto job = submit(&self, *pool, [&](Self inner) -> Body {
        CHECK(co_await slept(inner, 3'000'000) == Outcome::timeout);
        woke = true;
      });
      pool->close();
      co_await ended(self, job);
    });
    CHECK(woke);
  });
}

TEST_CASE("pool: each worker has its own local part, made and destroyed on its thread") {
  World world(1);
  static std::atomic<int> wrong_thread, made, destroyed;
  wrong_thread = made = destroyed = 0;
  struct Local final : WorkerLocal {
    Local() { ++made; }
    std::thread::id made_on = std::this_thread::get_id();
    ~Local() override {
      ++destroyed;
      if (std::this_thread::get_id() != made_on) ++wrong_thread;
    }
  };
  auto pool = world.new_pool(3, SIZE_MAX, [](Worker&) { return std::make_unique<Local>(); });
  for (int i = 0; i < 100; ++i) submit(nullptr, *pool, nothing);
  pool->close();
  host_join(*pool);
  CHECK(made > 0);
  CHECK(made <= static_cast<int>(pool->usage().workers));  // the pool may have ended meanwhile
  CHECK(destroyed == made);
  CHECK(wrong_thread == 0);
}
