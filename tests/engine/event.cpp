#include "engine/sync/event.hpp"

#include "fixture.hpp"

using namespace tidemill;
using namespace tidemill::test;

TEST_CASE("event: everybody who waits is released although it is cleared at once") {
  auto event = make_ref<Event>();
  ThreadWait first, second, late;
  CHECK(event->wait(first.waiter));
  CHECK(event->wait(second.waiter));
  event->set();
  event->clear();
  CHECK(event->wait(late.waiter));
  CHECK(first.wait() == Outcome::value);
  CHECK(second.wait() == Outcome::value);
  CHECK(late.outcome() == Outcome::pending);
  event->set();
  CHECK(late.wait() == Outcome::value);
  ThreadWait none;
  CHECK_FALSE(event->wait(none.waiter));
  CHECK(event->waiting() == 0);
}

TEST_CASE("event: two waiters through every order of set, clear and giving up") {
  // Events: 0 set, 1 clear, 2 and 3 the call of one ends otherwise.
  for (int code = 0; code < 4 * 4 * 4; ++code) {
    auto event = make_ref<Event>();
    ThreadWait waits[2];
    for (auto& wait : waits) CHECK(event->wait(wait.waiter));
    Outcome expected[2] = {Outcome::pending, Outcome::pending};
    bool is_set = false;
    for (int rest = code, i = 0; i < 3; ++i, rest /= 4) {
      const int what = rest % 4;
      if (what == 0) {
        event->set();
        is_set = true;
        for (auto& outcome : expected) {
          if (outcome == Outcome::pending) outcome = Outcome::value;
        }
      } else if (what == 1) {
        event->clear();
        is_set = false;
      } else {
        ThreadWait& wait = waits[what - 2];
        const bool won = wait.claim(Outcome::timeout);
        CHECK(won == (expected[what - 2] == Outcome::pending));
        if (won) {
          wait.wake();
          expected[what - 2] = Outcome::timeout;
        }
      }
    }
    CHECK(event->is_set() == is_set);
    for (int i = 0; i < 2; ++i) {
      CHECK(waits[i].outcome() == expected[i]);
      if (waits[i].claim(Outcome::cancelled)) waits[i].wake();
      waits[i].wait();
    }
    CHECK(event->waiting() == 0);
  }
}

TEST_CASE("event: set races with timeouts of host threads") {
  auto event = make_ref<Event>();
  std::atomic<int> waiting{0}, ended{0};
  std::vector<std::thread> hosts;
  for (int t = 0; t < 2; ++t) {
    hosts.emplace_back([&] {
      SteadyClock clock;
      for (int i = 0; i < 2000 / kSlow; ++i) {
        ThreadWait wait;
        if (!event->wait(wait.waiter)) continue;
        ++waiting;
        wait.wait(clock.now() + i % 30'000);
        ++ended;
      }
    });
  }
  for (int i = 0; i < 2000 / kSlow; ++i) {
    event->set();
    event->clear();
    std::this_thread::yield();
  }
  for (auto& host : hosts) host.join();
  CHECK(waiting == ended);
  CHECK(event->waiting() == 0);
}
