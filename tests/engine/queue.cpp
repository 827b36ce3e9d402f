#include "engine/sync/queue.hpp"

#include <algorithm>
#include <random>

#include "fixture.hpp"

using namespace tidemill;
using namespace tidemill::test;

namespace {

using Order = Queue::Order;

bool put_now(Queue& queue, std::int64_t value, Priority priority = {}) {
  Payload parcel = number(value);
  return queue.put(parcel, priority, nullptr) == Passage::done;
}

/// The next item, or INT64_MIN.
std::int64_t get_now(Queue& queue) {
  Payload parcel;
  queue.get(parcel, nullptr);
  return number(parcel);
}

}  // namespace

TEST_CASE("queue: many items in and out of each order") {
  constexpr std::int64_t kMany = 100'000 / kSlow;
  for (Order order : {Order::fifo, Order::lifo, Order::priority}) {
    auto queue = make_ref<Queue>(Queue::kUnbounded, order);
    for (int round = 0; round < 3; ++round) {  // from different places in a chunk
      for (std::int64_t i = 0; i < kMany; ++i) {
        REQUIRE(put_now(*queue, i, Priority(i * 7919 % kMany)));
      }
      CHECK(queue->length() == kMany);
      for (std::int64_t i = 0; i < kMany; ++i) {
        const std::int64_t value = get_now(*queue);
        if (order == Order::fifo) REQUIRE(value == i);
        if (order == Order::lifo) REQUIRE(value == kMany - 1 - i);
        if (order == Order::priority) REQUIRE(value * 7919 % kMany == i);
      }
      REQUIRE(put_now(*queue, 1));
      REQUIRE(get_now(*queue) == 1);
    }
  }
}

TEST_CASE("queue: priorities are compared exactly, equal ones by arrival") {
  auto queue = make_ref<Queue>(Queue::kUnbounded, Order::priority);
  const double infinity = std::numeric_limits<double>::infinity();
  const Priority in_order[] = {
      Priority(-infinity),
      Priority(-0x1p63),
      Priority(INT64_MIN),  // equal to the one before
      Priority(INT64_MIN + 1),
      Priority(-1.5),
      Priority(std::int64_t{-1}),
      Priority(-0.0),
      Priority(),
      Priority(0.0),
      Priority(std::int64_t{0}),
      Priority(5e-324),
      Priority((std::int64_t{1} << 53)),
      Priority((std::int64_t{1} << 53) + 1),  // the same double as the one before
      Priority(INT64_MAX - 1025),
      Priority(INT64_MAX - 1),
      Priority(INT64_MAX),
      Priority(0x1p63),
      Priority(infinity),
  };
  constexpr int kCount = std::size(in_order);
  // Equal ones keep their order as long as they are put in it: so move the rest around.
  std::mt19937 random(7);
  for (int round = 0; round < 100; ++round) {
    std::vector<int> places(kCount);
    for (int i = 0; i < kCount; ++i) places[i] = i;
    std::shuffle(places.begin(), places.end(), random);
    for (auto [first, last] : {std::pair(1, 2), std::pair(6, 9)}) {
      std::vector<std::size_t> at;
      for (std::size_t i = 0; i < places.size(); ++i) {
        if (places[i] >= first && places[i] <= last) at.push_back(i);
      }
      for (std::size_t i = 0; i < at.size(); ++i) places[at[i]] = first + static_cast<int>(i);
    }
    for (int place : places) put_now(*queue, place, in_order[place]);
    for (int i = 0; i < kCount; ++i) REQUIRE(get_now(*queue) == i);
  }
}

TEST_CASE("queue: it lets go of what it gives out or drops, and at its own end") {
  Probe::alive = 0;
  auto put_probe = [](Queue& queue) {
    Shared* probe = new Probe;
    Payload parcel({}, {&probe, 1});
    CHECK(queue.put(parcel, {}, nullptr) == Passage::done);
  };
  for (Order order : {Order::fifo, Order::lifo, Order::priority}) {
    auto queue = make_ref<Queue>(Queue::kUnbounded, order);
    for (int i = 0; i < 100; ++i) put_probe(*queue);
    for (int i = 0; i < 40; ++i) {
      Payload parcel;
      CHECK(queue->get(parcel, nullptr) == Passage::done);
      parcel.reset();
      CHECK(Probe::alive == 99 - i);
    }
    queue->shut_down(false);
    CHECK(Probe::alive == 60);
    queue->shut_down(true);
    CHECK(Probe::alive == 0);
    queue = make_ref<Queue>(Queue::kUnbounded, order);
    for (int i = 0; i < 100; ++i) put_probe(*queue);
    CHECK(Probe::alive == 100);
  }
  CHECK(Probe::alive == 0);
}

TEST_CASE("queue: as a case of a select it is taken from, or found shut") {
  auto queue = make_ref<Queue>(2, Order::lifo);
  struct Call final : Wait {
    explicit Call(Queue& queue) : one(*this, queue, parcel), two(*this, queue, parcel) {
      two.waiter.key = 1;
    }
    void wake() override {}
    Selection run(bool may_wait) {
      SelectCase* cases[] = {&one, &two};
      SelectCase* by_lock[2];
      return select(cases, by_lock, chooser, may_wait);
    }
    void detach() override {
      tidemill::detach(one.waiter);
      tidemill::detach(two.waiter);
    }
    ScriptedChooser chooser;
    Payload parcel;
    GetCase one, two;
  };
  {
    Call call(*queue);
    CHECK(call.run(false).outcome == Outcome::pending);
    put_now(*queue, 1);
    put_now(*queue, 2);
    CHECK(call.run(false).outcome == Outcome::value);
    CHECK(number(call.parcel) == 2);
    CHECK(get_now(*queue) == 1);
  }
  Call waiting(*queue), late(*queue);
  CHECK(waiting.run(true).outcome == Outcome::pending);
  CHECK(late.run(true).outcome == Outcome::pending);
  CHECK(queue->stats().getters_waiting == 4);
  put_now(*queue, 3);
  CHECK(waiting.outcome() == Outcome::value);
  CHECK(number(waiting.parcel) == 3);
  CHECK(queue->stats().getters_waiting == 2);
  waiting.detach();
  queue->shut_down(false);
  CHECK(late.outcome() == Outcome::closed);
  late.detach();
  Call after(*queue);
  CHECK(after.run(true).outcome == Outcome::closed);
  CHECK(queue->unfinished() == 3);
}

namespace {

/// Blocking calls of tasks.
struct put_in : Call {
  put_in(Self self, Queue& to, std::int64_t value, Priority with = {}, Nanoseconds timeout = kNever)
      : Call(self, timeout), queue(to), parcel(number(value)), priority(with) {
    putter.parcel = &parcel;
  }
  void detach() override { tidemill::detach(putter); }
  bool await_ready() {
    self_.check_cancelled();
    return passed(queue.put(parcel, priority, &putter));
  }
  Outcome await_resume() { return finish(); }
  Queue& queue;
  Payload parcel;
  Priority priority;
  Putter putter{*this};
};

struct taken : Call {
  taken(Self self, Queue& from, Nanoseconds timeout = kNever) : Call(self, timeout), queue(from) {
    waiter.parcel = &parcel;
  }
  bool await_ready() {
    self_.check_cancelled();
    return passed(queue.get(parcel, &waiter));
  }
  Received await_resume() {
    const Outcome outcome = finish();
    return {outcome, number(parcel)};
  }
  Queue& queue;
  Payload parcel;
};

struct all_done : Call {
  all_done(Self self, Queue& of) : Call(self, kNever), queue(of) {}
  bool await_ready() {
    self_.check_cancelled();
    return !queue.join(waiter) && at_once(Outcome::value);
  }
  Outcome await_resume() { return finish(); }
  Queue& queue;
};

struct watched : Call {
  watched(Self self, Queue& of) : Call(self, kNever), queue(of) {}
  bool await_ready() {
    self_.check_cancelled();
    return !queue.watch(waiter) && at_once(Outcome::value);
  }
  Outcome await_resume() { return finish(); }
  Queue& queue;
};

}  // namespace

TEST_CASE("queue: cancelled and timed out putters insert nothing and strand nobody") {
  World world(0);
  auto queue = make_ref<Queue>(1, Order::priority);
  std::vector<std::int64_t> got;
  std::vector<Outcome> outcomes(4, Outcome::pending);
  world.run([&](Self self) -> Body {
    co_await put_in(self, *queue, 9);
    std::vector<Ref<TestTask>> putters;
    for (int i = 0; i < 4; ++i) {
      putters.push_back(spawn(self, [&, i](Self task) -> Body {
        outcomes[i] = co_await put_in(task, *queue, i, Priority(std::int64_t{-i}),
                                      i == 2 ? 1'000'000 : kNever);
      }));
    }
    co_await slept(self, 2'000'000);
    putters[0]->cancel();
    CHECK(queue->stats().putters_waiting == 2);
    for (int i = 0; i < 3; ++i) got.push_back((co_await taken(self, *queue)).value);
    CHECK((co_await taken(self, *queue, 0)).outcome == Outcome::timeout);
  });
  CHECK(got == std::vector<std::int64_t>{9, 1, 3});
  CHECK(outcomes ==
        std::vector{Outcome::pending, Outcome::value, Outcome::timeout, Outcome::value});
}

TEST_CASE("queue: tasks and host threads together lose nothing, join sees all done") {
  for (Order order : {Order::fifo, Order::lifo, Order::priority}) {
    for (std::size_t capacity : {std::size_t{1}, std::size_t{3}}) {
      in_every_world([&](World& world) {
        if (!world.threads()) return;
        constexpr int kProducers = 4, kEach = 1000 / kSlow;
        auto queue = make_ref<Queue>(capacity, order);
        std::atomic<int> count{0}, open{kProducers};
        std::atomic<std::int64_t> sum{0};
        auto use = [&](std::int64_t value) {
          sum += value;
          ++count;
          CHECK(queue->task_done());
        };
        auto produced = [&] {
          if (--open == 0) queue->shut_down(false);
        };
        auto host_producer = [&](int who) {
          for (int i = 0; i < kEach; ++i) {
            ThreadWait wait;
            Payload parcel = number(who * kEach + i);
            Putter putter(wait);
            putter.parcel = &parcel;
            if (queue->put(parcel, Priority(i * 0.5), &putter) == Passage::waiting) {
              CHECK(wait.wait() == Outcome::value);
            }
          }
          produced();
        };
        auto host_consumer = [&] {
          for (;;) {
            ThreadWait wait;
            Payload parcel;
            wait.waiter.parcel = &parcel;
            Passage passage = queue->get(parcel, &wait.waiter);
            if (passage == Passage::closed) return;
            if (passage == Passage::waiting && wait.wait() == Outcome::closed) return;
            use(number(parcel));
          }
        };
        std::thread hosts[] = {std::thread(host_producer, 0), std::thread(host_producer, 1),
                               std::thread(host_consumer)};
        std::atomic<int> watches{0};
        world.run([&](Self self) -> Body {
          for (int who = 2; who < kProducers; ++who) {
            submit(&self, world.pool(), [&, who](Self task) -> Body {
              for (int i = 0; i < kEach; ++i) {
                CHECK(co_await put_in(task, *queue, who * kEach + i, Priority(i * 0.5)) ==
                      Outcome::value);
              }
              produced();
            });
            submit(&self, world.pool(), [&](Self task) -> Body {
              for (;;) {
                // Looks first, takes what others have left over.
                CHECK(co_await watched(task, *queue) == Outcome::value);
                ++watches;
                Received next = co_await taken(task, *queue, 50'000);
                if (next.outcome == Outcome::closed) break;
                if (next.ok()) use(next.value);
              }
            });
          }
          co_return;
        });
        for (auto& host : hosts) host.join();
        world.run([&](Self self) -> Body { co_await all_done(self, *queue); });
        CHECK(count == kProducers * kEach);
        CHECK(sum == std::int64_t{kProducers * kEach} * (kProducers * kEach - 1) / 2);
        CHECK(watches > 0);
        const Queue::Stats stats = queue->stats();
        CHECK(stats.unfinished == 0);
        CHECK(stats.getters_waiting + stats.putters_waiting + stats.joiners_waiting == 0);
        CHECK(stats.peak <= capacity);
      });
    }
  }
}

TEST_CASE("queue: shutting down at once races with putters, getters and joiners") {
  in_every_world([&](World& world) {
    for (int round = 0; round < 100 / kSlow; ++round) {
      auto queue = make_ref<Queue>(2, Order::fifo);
      std::atomic<int> put{0}, got{0}, joined{0};
      world.run([&](Self self) -> Body {
        for (int i = 0; i < 3; ++i) {
          submit(&self, world.pool(), [&](Self task) -> Body {
            for (;;) {
              if (co_await put_in(task, *queue, 1) != Outcome::value) break;
              ++put;
            }
          });
          submit(&self, world.pool(), [&](Self task) -> Body {
            for (;;) {
              if (!(co_await taken(task, *queue)).ok()) break;
              ++got;
              CHECK(queue->task_done());
            }
          });
        }
        submit(&self, world.pool(), [&](Self task) -> Body {
          for (int i = 0; i < 20; ++i) co_await yielded{task};
          queue->shut_down(round % 2 == 0);
          queue->shut_down(true);
          co_await all_done(task, *queue);
          ++joined;
        });
        co_return;
      });
      const Queue::Stats stats = queue->stats();
      CHECK(stats.put == static_cast<std::uint64_t>(put.load()));
      CHECK(stats.got == static_cast<std::uint64_t>(got.load()));
      CHECK(stats.put == stats.got + stats.dropped);
      CHECK(joined == 1);
      CHECK(stats.unfinished == 0);
    }
  });
}
