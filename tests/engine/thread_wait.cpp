#include "fixture.hpp"

using namespace tidemill;
using namespace tidemill::test;

TEST_CASE("thread wait: completed before it waits") {
  ThreadWait wait;
  CHECK(wait.claim(Outcome::value));
  wait.wake();
  CHECK(wait.wait() == Outcome::value);
}

TEST_CASE("thread wait: a deadline that has passed unlinks the waiter") {
  auto channel = make_ref<Channel>(0);
  for (Nanoseconds deadline : {Nanoseconds{0}, Nanoseconds{1}, SteadyClock().now() + 1'000'000}) {
    CHECK(host_receive(*channel, deadline).outcome == Outcome::timeout);
    CHECK(channel->stats().receivers_waiting == 0);
    CHECK(host_send(*channel, 1, deadline) == Outcome::timeout);
    CHECK(channel->stats().senders_waiting == 0);
  }
  CHECK(channel->stats().sent == 0);
}

TEST_CASE("thread wait: it is woken from another thread and may be gone at once") {
  // Lives on the stack of the waiting thread: a waker that touches it too late writes into the
  // next.
  for (int i = 0; i < 5000 / kSlow; ++i) {
    std::atomic<ThreadWait*> there{nullptr};
    std::thread waker([&] {
      while (there == nullptr) cpu_pause();
      ThreadWait* wait = there;
      if (wait->claim(Outcome::closed)) wait->wake();
    });
    auto wait = std::make_unique<ThreadWait>();
    there = wait.get();
    Outcome outcome = wait->wait();
    wait = nullptr;
    REQUIRE(outcome == Outcome::closed);
    waker.join();
  }
}

TEST_CASE("thread wait: a value races with the deadline; it arrives or stays with the sender") {
  auto channel = make_ref<Channel>(0);
  constexpr int kRounds = 5000 / kSlow;
  std::int64_t arrived = 0;
  std::thread receiver([&] {
    SteadyClock clock;
    for (int i = 0; i < kRounds; ++i) {
      if (host_receive(*channel, clock.now() + i % 5000).ok()) ++arrived;
    }
    channel->close();
  });
  std::int64_t sent = 0;
  SteadyClock clock;
  for (int i = 0;; ++i) {
    Outcome outcome = host_send(*channel, i, clock.now() + i % 3000);
    if (outcome == Outcome::closed) break;
    if (outcome == Outcome::value) ++sent;
  }
  receiver.join();
  CHECK(sent == arrived);
  CHECK(channel->stats().senders_waiting == 0);
  CHECK(channel->stats().receivers_waiting == 0);
}

TEST_CASE("thread wait: a host thread waits for a task, which may have ended") {
  World world(2);
  for (int i = 0; i < 2000 / kSlow; ++i) {
    auto job = submit(nullptr, world.pool(), [](Self) -> Body { co_return; });
    host_join(*job);
    REQUIRE(job->status() == Status::done);
    host_join(*job);
  }
}
