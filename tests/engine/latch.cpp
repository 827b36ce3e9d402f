#include "engine/sync/latch.hpp"

#include "fixture.hpp"

using namespace tidemill;
using namespace tidemill::test;

TEST_CASE("latch: it counts, and refuses what does not fit") {
  auto latch = make_ref<Latch>(1);
  CHECK_FALSE(latch->done(2));
  CHECK(latch->done(1));
  CHECK_FALSE(latch->done(1));
  CHECK(latch->add(INT64_MAX));
  CHECK_FALSE(latch->add(1));
  CHECK(latch->count() == INT64_MAX);
}

TEST_CASE("latch: all are released at zero, those who gave up aside; then it counts again") {
  auto latch = make_ref<Latch>(2);
  for (int round = 0; round < 2; ++round) {
    ThreadWait first, second, third;
    CHECK(latch->wait(first.waiter));
    CHECK(latch->wait(second.waiter));
    CHECK(latch->wait(third.waiter));
    CHECK(latch->done(1));
    CHECK(second.wait(0) == Outcome::timeout);
    CHECK(latch->waiting() == 2);
    CHECK(first.outcome() == Outcome::pending);
    CHECK(latch->done(1));
    CHECK(first.wait() == Outcome::value);
    CHECK(third.wait() == Outcome::value);
    ThreadWait none;
    CHECK_FALSE(latch->wait(none.waiter));
    CHECK(latch->add(2));
  }
}

TEST_CASE("latch: counted down by several threads while others wait") {
  auto latch = make_ref<Latch>();
  for (int round = 0; round < 200 / kSlow; ++round) {
    CHECK(latch->add(4));
    std::atomic<int> done{0};
    std::vector<std::thread> hosts;
    for (int t = 0; t < 4; ++t) {
      hosts.emplace_back([&] {
        ++done;
        latch->done(1);
      });
    }
    ThreadWait wait;
    if (latch->wait(wait.waiter)) CHECK(wait.wait() == Outcome::value);
    CHECK(done == 4);
    for (auto& host : hosts) host.join();
  }
}
