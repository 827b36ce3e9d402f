#include "engine/sync/once.hpp"

#include "fixture.hpp"

using namespace tidemill;
using namespace tidemill::test;

TEST_CASE("once: the first runs it, the others get its result") {
  auto once = make_ref<Once>();
  CHECK(once->enter(1, nullptr) == Turn::run);
  CHECK(once->enter(1, nullptr) == Turn::own);
  CHECK(once->enter(2, nullptr) == Turn::refused);
  ThreadWait second, third;
  CHECK(once->enter(2, &second.waiter) == Turn::waiting);
  CHECK(once->enter(3, &third.waiter) == Turn::waiting);
  CHECK(second.wait(0) == Outcome::timeout);
  once->finish({number(7), false, {}});
  CHECK(third.wait() == Outcome::value);
  CHECK_FALSE(once->runs(3));
  CHECK(number(once->result().values) == 7);
  CHECK(once->enter(4, nullptr) == Turn::done);
}

TEST_CASE("once: abandoned, it goes to the next who still waits, or to the next who comes") {
  auto once = make_ref<Once>();
  CHECK(once->enter(1, nullptr) == Turn::run);
  ThreadWait second, third;
  once->enter(2, &second.waiter);
  once->enter(3, &third.waiter);
  CHECK(second.wait(0) == Outcome::timeout);
  once->abandon(2);  // not the one that runs it
  CHECK(third.outcome() == Outcome::pending);
  once->abandon(1);
  CHECK(third.wait() == Outcome::value);
  CHECK(once->runs(3));
  once->abandon(3);
  CHECK(once->enter(4, nullptr) == Turn::run);
  once->finish({number(1), true, {}});
  CHECK(once->result().failed);
  CHECK(once->done());
}

TEST_CASE("once: many threads, some abandon; it is done exactly once and all see it") {
  for (int round = 0; round < 300 / kSlow; ++round) {
    auto once = make_ref<Once>();
    std::atomic<int> finished{0}, wrong{0};
    std::vector<std::thread> hosts;
    for (int t = 0; t < 4; ++t) {
      hosts.emplace_back([&, t] {
        OwnerId me = new_thread_owner();
        ThreadWait wait;
        Turn turn = once->enter(me, &wait.waiter);
        if (turn == Turn::waiting) {
          wait.wait();
          turn = once->runs(me) ? Turn::run : Turn::done;
        }
        if (turn == Turn::run) {
          if (t < 2) return once->abandon(me);
          ++finished;
          once->finish({number(t), false, {}});
        }
        if (number(once->result().values) < 2) ++wrong;
      });
    }
    for (auto& host : hosts) host.join();
    CHECK(finished == 1);
    CHECK(wrong == 0);
    CHECK(once->waiting() == 0);
  }
}
