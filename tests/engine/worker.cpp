#include <string>

#include "fixture.hpp"

using namespace tidemill;
using namespace tidemill::test;

TEST_CASE("worker: two tasks that talk take the LIFO slot at most three times in a row") {
  World world(0);
  std::string log;
  auto& ping = world.channel(0);
  auto& pong = world.channel(0);
  world.run([&](Self self) -> Body {
    spawn(self, [&](Self a) -> Body {
      for (int i = 0; i < 50; ++i) {
        log += 'a';
        co_await sent(a, ping, 1);
        co_await received(a, pong);
      }
      ping.close();
    });
    spawn(self, [&](Self b) -> Body {
      while ((co_await received(b, ping)).ok()) {
        log += 'b';
        co_await sent(b, pong, 1);
      }
    });
    spawn(self, [&](Self c) -> Body {
      while (!ping.closed()) {
        log += 'c';
        co_await yielded{c};
      }
    });
    co_return;
  });
  std::size_t streak = 0, longest = 0;
  for (char who : log) {
    streak = who == 'c' ? 0 : streak + 1;
    longest = std::max(longest, streak);
  }
  // three out of the LIFO slot, and both may have come out of the ready queue before
  CHECK(longest >= 4);
  CHECK(longest <= 5);
}

TEST_CASE("worker: tasks that are ready run first come first served") {
  World world(0);
  std::string log;
  world.run([&](Self self) -> Body {
    for (char name : {'a', 'b', 'c'}) {
      spawn(self, [&log, name](Self task) -> Body {
        for (int i = 0; i < 4; ++i) {
          log += name;
          co_await yielded{task};
        }
      });
    }
    co_return;
  });
  CHECK(log == "abcabcabcabc");
}

TEST_CASE("worker: a job from outside starts within 61 turns of a busy worker") {
  World world(0);
  auto pool = world.new_pool(1);
  bool started = false;
  int turns = 0;
  world.run([&](Self self) -> Body {
    auto busy = submit(&self, *pool, [&](Self job) -> Body {
      while (!started && turns < 10'000) {
        ++turns;
        co_await yielded{job};
      }
    });
    while (turns == 0) co_await yielded{self};
    submit(&self, *pool, [&](Self) -> Body {
      started = true;
      co_return;
    });
    co_await ended(self, busy);
  });
  CHECK(started);
  CHECK(turns <= 2 * 61);
}

TEST_CASE("worker: a job from its own job is not starved by tasks that give way") {
  World world(0);
  auto pool = world.new_pool(1);
  bool started = false;
  int turns = 0;
  world.run([&](Self self) -> Body {
    submit(&self, *pool, [&](Self job) -> Body {
      submit(&job, *pool, [&](Self) -> Body {
        started = true;
        co_return;
      });
      while (!started && turns < 10'000) {
        ++turns;
        co_await yielded{job};
      }
    });
    co_return;
  });
  CHECK(turns <= 2 * 61);
}

TEST_CASE("worker: messages run on the worker, in order, and wake it") {
  in_every_world([](World& world) {
    std::vector<int> seen;
    bool wrong_worker = false;
    auto& done = world.channel(1);
    Worker& main = world.engine().main_worker();
    world.run([&](Self self) -> Body {
      std::thread host([&] {
        for (int i = 0; i < 100; ++i) {
          main.post([&, i] {
            seen.push_back(i);
            if (Worker::current() != &main) wrong_worker = true;
            if (i == 99) {
              Payload end = number(1);
              done.send(end, nullptr);
            }
          });
        }
      });
      co_await received(self, done);
      host.join();
    });
    CHECK(seen.size() == 100);
    CHECK(std::is_sorted(seen.begin(), seen.end()));
    CHECK_FALSE(wrong_worker);
  });
}

TEST_CASE("worker: a token between two pools of one worker is never lost") {
  World world(1);
  auto other = world.new_pool(1);
  auto& there = world.channel(0);
  auto& back = world.channel(0);
  constexpr int kRounds = 30'000 / kSlow;
  std::int64_t last = -1;
  world.run([&](Self self) -> Body {
    submit(&self, *other, [&](Self echo) -> Body {
      for (;;) {
        Received token = co_await received(echo, there);
        if (!token.ok()) break;
        co_await sent(echo, back, token.value);
      }
    });
    submit(&self, world.pool(), [&](Self ping) -> Body {
      for (int i = 0; i < kRounds; ++i) {
        co_await sent(ping, there, i);
        last = (co_await received(ping, back)).value;
      }
      there.close();
    });
    co_return;
  });
  CHECK(last == kRounds - 1);
}

TEST_CASE("worker: a parked worker comes back for its deadline, not before") {
  Engine engine;
  Worker& main = engine.main_worker();
  for (int i = 0; i < 5; ++i) {
    CHECK(main.step() == Progress::idle);
    Nanoseconds deadline = engine.clock().now() + 2'000'000;
    main.park(deadline);
    CHECK(engine.clock().now() >= deadline);
  }
  CHECK(engine.shutdown());
}

TEST_CASE("worker: sleeping tasks wake in the order of their deadlines") {
  in_every_world([](World& world) {
    std::vector<int> order;
    world.run([&](Self self) -> Body {
      for (int i : {3, 1, 2, 0}) {
        spawn(self, [&order, i](Self task) -> Body {
          co_await slept(task, 1'000'000 + i * 4'000'000);
          order.push_back(i);
        });
      }
      co_return;
    });
    CHECK(order == std::vector{0, 1, 2, 3});
  });
}

TEST_CASE("worker: handling a message counts as progress") {
  Engine engine;
  engine.main_worker().post([] {});
  CHECK(engine.main_worker().step() == Progress::ran);
  CHECK(engine.main_worker().step() == Progress::idle);
  CHECK(engine.shutdown());
}
