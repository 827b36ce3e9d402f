#include <deque>
#include <random>

#include "fixture.hpp"

using namespace tidemill;
using namespace tidemill::test;

namespace {

/// A pending call that nobody runs: the test looks at it.
struct Pending final : Wait {
  explicit Pending(Payload value = {}) : parcel(std::move(value)) { waiter.parcel = &parcel; }
  void wake() override { ++woken; }
  Waiter waiter{*this};
  Payload parcel;
  int woken = 0;
};

/// The semantics of channel.hpp in the simplest possible way.
struct Model {
  std::size_t capacity;
  bool closed = false;
  std::deque<std::int64_t> buffer;
  std::deque<std::pair<Pending*, std::int64_t>> senders;
  std::deque<Pending*> receivers;
};

struct Expectation {
  Outcome outcome = Outcome::pending;
  std::int64_t value = INT64_MIN;
};

/// One random walk; an explanation if channel and model differ.
const char* walk(std::uint64_t seed, std::size_t capacity, int operations) {
  std::mt19937_64 random(seed);
  auto channel = make_ref<Channel>(capacity);
  Model model{capacity, false, {}, {}, {}};
  std::vector<std::unique_ptr<Pending>> calls;
  std::vector<Expectation> expected;
  auto number_of = [&](Pending* call) {
    for (std::size_t i = 0;; ++i) {
      if (calls[i].get() == call) return i;
    }
  };
  std::int64_t next = 0;
  for (int i = 0; i < operations; ++i) {
    const auto dice = random() % 1000;
    const bool may_wait = random() % 2 == 0;
    if (dice < 450) {
      std::int64_t value = next++;
      auto call = std::make_unique<Pending>(number(value));
      Passage got = channel->send(call->parcel, may_wait ? &call->waiter : nullptr);
      Passage want = Passage::done;
      if (model.closed) {
        want = Passage::closed;
      } else if (!model.receivers.empty()) {
        expected[number_of(model.receivers.front())] = {Outcome::value, value};
        model.receivers.pop_front();
      } else if (model.buffer.size() < capacity) {
        model.buffer.push_back(value);
      } else {
        want = may_wait ? Passage::waiting : Passage::refused;
      }
      if (got != want) return "send";
      if (got != Passage::done && number(call->parcel) != value) return "value lost by a send";
      if (got == Passage::waiting) {
        model.senders.emplace_back(call.get(), value);
        calls.push_back(std::move(call));
        expected.push_back({Outcome::pending, value});
      }
    } else if (dice < 900) {
      auto call = std::make_unique<Pending>();
      Passage got = channel->receive(call->parcel, may_wait ? &call->waiter : nullptr);
      Passage want = Passage::done;
      std::int64_t value = INT64_MIN;
      if (!model.buffer.empty() || !model.senders.empty()) {
        if (!model.buffer.empty()) {
          value = model.buffer.front();
          model.buffer.pop_front();
        }
        if (!model.senders.empty()) {
          auto [sender, its] = model.senders.front();
          model.senders.pop_front();
          if (capacity == 0)
            value = its;
          else
            model.buffer.push_back(its);
          expected[number_of(sender)] = {Outcome::value, INT64_MIN};
        }
      } else if (model.closed) {
        want = Passage::closed;
      } else {
        want = may_wait ? Passage::waiting : Passage::refused;
      }
      if (got != want) return "receive";
      if (number(call->parcel) != value) return "value received";
      if (got == Passage::waiting) {
        model.receivers.push_back(call.get());
        calls.push_back(std::move(call));
        expected.push_back({});
      }
    } else if (dice < 998 && !calls.empty()) {  // a call times out, unlinked now or never
      std::size_t which = random() % calls.size();
      Pending* call = calls[which].get();
      bool won = call->claim(Outcome::timeout);
      if (won != (expected[which].outcome == Outcome::pending)) return "timeout";
      if (won) {
        call->wake();
        if (random() % 2 == 0) detach(call->waiter);
        expected[which].outcome = Outcome::timeout;
        std::erase(model.receivers, call);
        std::erase_if(model.senders, [&](auto& sender) { return sender.first == call; });
      }
    } else if (dice == 999 && random() % 8 == 0) {
      if (channel->close() == model.closed) return "close";
      model.closed = true;
      for (auto& [sender, value] : model.senders)
        expected[number_of(sender)].outcome = Outcome::closed;
      for (Pending* call : model.receivers) expected[number_of(call)].outcome = Outcome::closed;
      model.senders.clear();
      model.receivers.clear();
    }
    if (channel->length() != model.buffer.size()) return "length";
    if (channel->closed() != model.closed) return "closed";
    // C1, C2, C3
    if (!model.receivers.empty() && (!model.buffer.empty() || !model.senders.empty())) return "C1";
    if (!model.senders.empty() && model.buffer.size() != capacity) return "C2";
    if (model.closed && !(model.senders.empty() && model.receivers.empty())) return "C3";
    if (calls.size() < 64 && !model.closed) continue;
    for (std::size_t k = 0; k < calls.size(); ++k) {  // settle up and begin anew
      if (calls[k]->outcome() != expected[k].outcome) return "outcome";
      if (calls[k]->woken != (expected[k].outcome == Outcome::pending ? 0 : 1)) return "woken";
      if (number(calls[k]->parcel) != expected[k].value) return "parcel";
      calls[k]->claim(Outcome::cancelled);
      detach(calls[k]->waiter);
    }
    calls.clear();
    expected.clear();
    model.senders.clear();
    model.receivers.clear();
    if (model.closed && model.buffer.empty()) {
      channel = make_ref<Channel>(capacity);
      model.closed = false;
    }
  }
  for (auto& call : calls) detach(call->waiter);
  Channel::Stats stats = channel->stats();
  if (stats.senders_waiting + stats.receivers_waiting != 0) return "left in a queue";
  if (stats.sent - stats.received != stats.length) return "conservation";
  return nullptr;
}

}  // namespace

TEST_CASE("channel: random operations agree with a simple model") {
  std::random_device device;
  for (std::size_t capacity :
       {std::size_t{0}, std::size_t{1}, std::size_t{2}, std::size_t{1024}, Channel::kUnbounded}) {
    for (int run = 0; run < 10; ++run) {
      std::uint64_t seed = run == 0 ? 1 : device();
      CAPTURE(capacity);
      CAPTURE(seed);
      const char* difference = walk(seed, capacity, 20'000 / kSlow);
      REQUIRE(std::string(difference == nullptr ? "" : difference) == "");
    }
  }
}

TEST_CASE("channel: closing keeps what is buffered and gives senders their value back") {
  in_every_world([](World& world) {
    auto& channel = world.channel(2);
    std::vector<std::int64_t> got;
    std::vector<Outcome> outcomes;
    std::int64_t kept = 0;
    world.run([&](Self self) -> Body {
      co_await sent(self, channel, 1);
      co_await sent(self, channel, 2);
      spawn(self, [&](Self sender) -> Body {
        sent call(sender, channel, 3);
        outcomes.push_back(co_await call);
        kept = number(call.parcel);
      });
      co_await yielded{self};
      CHECK(channel.stats().senders_waiting == 1);
      CHECK(channel.close());
      CHECK_FALSE(channel.close());
      for (;;) {
        Received next = co_await received(self, channel);
        if (!next.ok()) break;
        got.push_back(next.value);
      }
      outcomes.push_back(co_await sent(self, channel, 4));
    });
    CHECK(got == std::vector<std::int64_t>{1, 2});
    CHECK(kept == 3);
    CHECK(outcomes == std::vector{Outcome::closed, Outcome::closed});
    CHECK(channel.stats().peak == 2);
  });
}

TEST_CASE("channel: a receiver that is cancelled or timed out takes nothing with it") {
  World world(0);
  auto& channel = world.channel(0);
  std::vector<int> got;
  world.run([&](Self self) -> Body {
    std::vector<Ref<TestTask>> receivers;
    for (int i = 0; i < 4; ++i) {
      receivers.push_back(spawn(self, [&, i](Self task) -> Body {
        Received next = co_await received(task, channel, i == 2 ? 1'000'000 : kNever);
        if (next.ok()) got.push_back(i);
        if (next.outcome == Outcome::timeout) got.push_back(-i);
      }));
    }
    co_await slept(self, 2'000'000);
    receivers[0]->cancel();
    CHECK(channel.stats().receivers_waiting == 2);
    co_await sent(self, channel, 1);
    co_await sent(self, channel, 2);
  });
  CHECK(got == std::vector{-2, 1, 3});
}

TEST_CASE("channel: parcels let go of what they mention, received or not") {
  Probe::alive = 0;
  {
    auto channel = make_ref<Channel>(Channel::kUnbounded);
    for (int i = 0; i < 100; ++i) {
      Shared* probe = new Probe;
      Payload parcel({}, {&probe, 1});
      CHECK(channel->send(parcel, nullptr) == Passage::done);
    }
    CHECK(Probe::alive == 100);
    Payload first;
    CHECK(channel->receive(first, nullptr) == Passage::done);
    CHECK(channel->receive(first, nullptr) == Passage::done);
    CHECK(Probe::alive == 99);
  }
  CHECK(Probe::alive == 0);
}

TEST_CASE("channel: tasks and host threads together lose nothing and keep each producer's order") {
  for (std::size_t capacity : {std::size_t{0}, std::size_t{1}, std::size_t{16}}) {
    in_every_world([&](World& world) {
      if (!world.threads()) return;
      constexpr int kProducers = 4, kEach = 2000 / kSlow;
      auto& channel = world.channel(capacity);
      std::atomic<int> open{kProducers}, count{0}, disorder{0};
      std::atomic<std::int64_t> sum{0};
      auto done = [&] {
        if (--open == 0) channel.close();
      };
      struct Seen {
        std::int64_t last[kProducers] = {-1, -1, -1, -1};
      };
      auto note = [&](Seen& seen, std::int64_t value) {
        auto& last = seen.last[value / 1'000'000];
        if (value <= last) ++disorder;
        last = value;
        sum += value;
        ++count;
      };
      auto host_producer = [&](int who) {
        for (int i = 0; i < kEach; ++i) host_send(channel, who * 1'000'000 + i);
        done();
      };
      auto host_consumer = [&] {
        Seen seen;
        for (Received next; (next = host_receive(channel)).ok();) note(seen, next.value);
      };
      std::thread hosts[] = {std::thread(host_producer, 0), std::thread(host_producer, 1),
                             std::thread(host_consumer), std::thread(host_consumer)};
      world.run([&](Self self) -> Body {
        for (int who = 2; who < kProducers; ++who) {
          submit(&self, world.pool(), [&, who](Self task) -> Body {
            for (int i = 0; i < kEach; ++i) co_await sent(task, channel, who * 1'000'000 + i);
            done();
          });
          submit(&self, world.pool(), [&](Self task) -> Body {
            Seen seen;
            for (;;) {
              Received next = co_await received(task, channel);
              if (!next.ok()) break;
              note(seen, next.value);
            }
          });
        }
        co_return;
      });
      for (auto& host : hosts) host.join();
      std::int64_t expected = 0;
      for (std::int64_t who = 0; who < kProducers; ++who) {
        expected += who * 1'000'000 * kEach + std::int64_t{kEach} * (kEach - 1) / 2;
      }
      CHECK(count == kProducers * kEach);
      CHECK(sum == expected);
      CHECK(disorder == 0);
    });
  }
}
