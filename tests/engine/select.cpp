#include "engine/sync/select.hpp"

#include <algorithm>
#include <array>

#include "engine/sync/ticker.hpp"
#include "fixture.hpp"

using namespace tidemill;
using namespace tidemill::test;

namespace {

/// A select between receiving from several channels that nobody runs: the test looks at it.
struct PendingSelect final : Wait {
  template <class... Channels>
  explicit PendingSelect(Channels&... channels) {
    (add<ReceiveCase>(channels, received), ...);
  }
  template <class Case>
  void add(Channel& channel, Payload& parcel) {
    owned.push_back(std::make_unique<Case>(*this, channel, parcel));
    cases.push_back(owned.back().get());
    cases.back()->waiter.key = static_cast<std::uint32_t>(cases.size());
  }
  Selection run(bool may_wait = true) {
    std::vector<SelectCase*> by_lock(cases.size());
    return select(cases, by_lock, chooser, may_wait);
  }
  void detach() override {
    for (SelectCase* each : cases) tidemill::detach(each->waiter);
  }
  void wake() override { ++woken; }

  std::vector<std::unique_ptr<SelectCase>> owned;
  std::vector<SelectCase*> cases;
  ScriptedChooser chooser;
  Payload received;
  int woken = 0;
};

std::size_t waiting(Channel& channel) {
  Channel::Stats stats = channel.stats();
  return stats.senders_waiting + stats.receivers_waiting;
}

enum class Event { value_a, value_b, timeout, close_a };

}  // namespace

TEST_CASE("select: whatever comes first completes it, the rest finds it gone") {
  std::array events{Event::value_a, Event::value_b, Event::timeout, Event::close_a};
  do {
    auto a = make_ref<Channel>(0), b = make_ref<Channel>(0);
    PendingSelect call(*a, *b), behind(*b);
    CHECK(call.run().outcome == Outcome::pending);
    CHECK(behind.run().outcome == Outcome::pending);
    CHECK(waiting(*a) == 1);
    CHECK(waiting(*b) == 2);
    bool a_closed = false, decided = false;
    for (Event event : events) {
      Outcome outcome = Outcome::pending;
      std::uint32_t key = 0;
      Payload one = number(1), two = number(2);
      switch (event) {
        case Event::value_a:
          CHECK((a->send(one, nullptr) == Passage::done) == (!decided && !a_closed));
          outcome = Outcome::value;
          key = 1;
          break;
        case Event::value_b:  // goes to the first who still waits
          CHECK(b->send(two, nullptr) == Passage::done);
          CHECK(number(decided ? behind.received : call.received) == 2);
          outcome = Outcome::value;
          key = 2;
          break;
        case Event::timeout:
          if (call.claim(Outcome::timeout)) {
            call.detach();
            call.wake();
          }
          outcome = Outcome::timeout;
          break;
        case Event::close_a:
          CHECK(a->close());
          a_closed = true;
          outcome = Outcome::closed;
          key = 1;
          break;
      }
      if (!decided) {
        CHECK(call.outcome() == outcome);
        CHECK(call.key == key);
        decided = true;
      }
      CHECK(call.woken == 1);
    }
    call.detach();
    behind.detach();
    CHECK(waiting(*a) + waiting(*b) == 0);
  } while (std::next_permutation(events.begin(), events.end()));
}

TEST_CASE("select: two that wait for each other meet, and each happens once") {
  auto a = make_ref<Channel>(0), b = make_ref<Channel>(0);
  PendingSelect receiver(*a, *b), sender;
  Payload to_a = number(1), to_b = number(2);
  sender.add<SendCase>(*a, to_a);
  sender.add<SendCase>(*b, to_b);
  CHECK(receiver.run().outcome == Outcome::pending);
  sender.chooser.script = {1};
  Selection chosen = sender.run();
  CHECK(chosen.outcome == Outcome::value);
  CHECK(chosen.key == 2);
  CHECK(receiver.outcome() == Outcome::value);
  CHECK(receiver.key == 2);
  CHECK(receiver.woken == 1);
  CHECK(number(receiver.received) == 2);
  CHECK(number(to_a) == 1);
  CHECK(a->stats().sent + b->stats().sent == 1);
  receiver.detach();
  CHECK(waiting(*a) + waiting(*b) == 0);
}

TEST_CASE("select: the chooser picks among the ready, and is not asked about one") {
  auto a = make_ref<Channel>(1), b = make_ref<Channel>(1), c = make_ref<Channel>(1);
  for (std::uint32_t choice : {0u, 1u}) {
    Payload one = number(1), two = number(2);
    a->send(one, nullptr);
    c->send(two, nullptr);
    PendingSelect call(*a, *b, *c);
    call.chooser.script = {choice};
    CHECK(call.run(false).key == (choice == 0 ? 1 : 3));
    CHECK(call.chooser.asked == 1);
    PendingSelect rest(*a, *b, *c);
    CHECK(rest.run(false).key == (choice == 0 ? 3 : 1));
    CHECK(rest.run(false).outcome == Outcome::pending);
    CHECK(rest.chooser.asked == 0);
    CHECK(waiting(*a) + waiting(*b) + waiting(*c) == 0);
  }
}

TEST_CASE("select: one channel in several cases is locked once and served once") {
  auto channel = make_ref<Channel>(0);
  PendingSelect call(*channel, *channel);
  Payload parcel = number(5), other = number(6);
  call.add<SendCase>(*channel, parcel);
  CHECK(call.run(false).outcome == Outcome::pending);
  CHECK(call.run().outcome == Outcome::pending);
  CHECK(waiting(*channel) == 3);
  CHECK(channel->send(other, nullptr) == Passage::done);
  CHECK(call.key == 1);
  CHECK(waiting(*channel) == 0);  // those that are linked no longer wait
  CHECK(channel->receive(other, nullptr) == Passage::refused);
  CHECK(number(parcel) == 5);
  call.detach();
}

TEST_CASE("select: a waiter whose call has ended makes nothing ready") {
  auto a = make_ref<Channel>(0), b = make_ref<Channel>(0);
  PendingSelect gone(*a, *b), call;
  CHECK(gone.run().outcome == Outcome::pending);
  CHECK(gone.claim(Outcome::timeout));  // not detached yet
  Payload one = number(1);
  call.add<SendCase>(*a, one);
  call.add<SendCase>(*b, one);
  CHECK(call.run(false).outcome == Outcome::pending);
  gone.detach();
}

TEST_CASE("select: the end of a task is a case and observes it") {
  in_every_world([](World& world) {
    auto& never = world.channel(0);
    world.run([&](Self self) -> Body {
      Ref<TestTask> failing = spawn(self, [](Self) -> Body {
        throw Failure{};
        co_return;
      });
      PendingSelect call(never);
      call.owned.push_back(std::make_unique<EndCase>(call, *failing));
      call.cases.push_back(call.owned.back().get());
      call.cases.back()->waiter.key = 9;
      CHECK(call.run().outcome == Outcome::pending);
      while (!failing->settled()) co_await yielded{self};
      CHECK(call.outcome() == Outcome::value);
      CHECK(call.key == 9);
      CHECK(failing->observed());
      call.detach();
      CHECK(call.run(false).key == 9);
    });
  });
}

TEST_CASE("ticker: ticks at whole periods, drops what nobody takes, ends with its channel") {
  World world(0);
  static std::vector<Nanoseconds> moments;
  moments.clear();
  auto pack = [](Nanoseconds moment) {
    moments.push_back(moment);
    return number(moment);
  };
  constexpr Nanoseconds kPeriod = 1'000'000;
  auto channel = make_ref<Channel>(1);
  world.run([&](Self self) -> Body {
    const Nanoseconds start = self.worker().now();
    Ticker::start_every(self.worker(), channel, kPeriod, pack);
    for (int i = 1; i <= 3; ++i) {
      Received tick = co_await received(self, *channel);
      CHECK(tick.value - start >= i * kPeriod);
      CHECK(tick.value - start < (i + 1) * kPeriod);
    }
    co_await slept(self, 5 * kPeriod);
    CHECK(channel->stats().sent == 4);
    CHECK(channel->stats().length == 1);
    channel->close();
    co_await slept(self, 2 * kPeriod);
    CHECK(self.worker().timers().empty());
    for (bool once : {false, true}) {
      auto forgotten = make_ref<Channel>(1);
      if (once) {
        Ticker::start_once(self.worker(), forgotten, self.worker().now() + kPeriod, pack);
      } else {
        Ticker::start_every(self.worker(), forgotten, kPeriod, pack);
      }
      forgotten = nullptr;
      co_await slept(self, 2 * kPeriod);
      CHECK(self.worker().timers().empty());
    }
    Ticker::start_once(self.worker(), channel = make_ref<Channel>(1), start + 1000 * kPeriod, pack);
  });
  CHECK_FALSE(channel->closed());
  world.finish();
  CHECK(channel->closed());  // its worker has ended
}
