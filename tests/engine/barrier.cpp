#include "engine/sync/barrier.hpp"

#include "fixture.hpp"

using namespace tidemill;
using namespace tidemill::test;

namespace {

using Fate = Barrier::Fate;

/// A call of a host thread.
struct Visit {
  explicit Visit(Barrier& at) : barrier(at), arrival(at.arrive(party)) {}
  ~Visit() { detach(party); }

  /// What its side does when its time is up or it is cancelled: false if it was completed before.
  bool give_up(Outcome outcome) {
    if (!wait.claim(outcome)) return false;
    barrier.leave(party, outcome == Outcome::timeout);
    wait.wake();
    return true;
  }
  Fate fate() { return barrier.fate(party, again); }
  /// Waits as long as it takes, the action included.
  Fate settle(Nanoseconds deadline = kNever) {
    if (arrival != Fate::filling) return arrival;
    Outcome outcome = wait.wait(deadline);
    if (outcome == Outcome::timeout) barrier.leave(party, true);
    if (fate() == Fate::committed) again.wait();
    return fate();
  }

  Barrier& barrier;
  ThreadWait wait, again;
  Barrier::Party party{wait};
  Fate arrival;
};

struct Action final : Shared {};

Ref<Barrier> acting_barrier(std::uint32_t parties) {
  return make_ref<Barrier>(parties, Ref<Shared>(make_ref<Action>()));
}

}  // namespace

TEST_CASE("barrier: the last releases the others, each with its place") {
  auto barrier = make_ref<Barrier>(3);
  for (int round = 0; round < 2; ++round) {
    Visit first(*barrier), second(*barrier);
    CHECK(first.arrival == Fate::filling);
    CHECK(barrier->stats().waiting == 2);
    Visit last(*barrier);
    CHECK(last.arrival == Fate::released);
    CHECK(first.settle() == Fate::released);
    CHECK(second.settle() == Fate::released);
    CHECK(Barrier::index(first.party) == 0);
    CHECK(Barrier::index(second.party) == 1);
    CHECK(Barrier::index(last.party) == 2);
  }
  auto alone = make_ref<Barrier>(1);
  CHECK(Visit(*alone).arrival == Fate::released);
}

TEST_CASE("barrier: a cancelled party leaves, a timeout breaks it, reset mends it") {
  auto barrier = make_ref<Barrier>(3);
  {
    Visit first(*barrier), second(*barrier);
    CHECK(first.give_up(Outcome::cancelled));
    CHECK(first.fate() == Fate::left);
    CHECK(barrier->stats().waiting == 1);
    Visit third(*barrier);
    CHECK(third.arrival == Fate::filling);
    CHECK(second.give_up(Outcome::timeout));
    CHECK(second.fate() == Fate::left);
    CHECK(third.settle() == Fate::broken);
    CHECK(Visit(*barrier).arrival == Fate::broken);
    CHECK(barrier->stats().waiting == 0);
  }
  barrier->reset();
  Visit first(*barrier), second(*barrier);
  barrier->abort();
  CHECK(first.settle() == Fate::broken);
  CHECK(second.settle() == Fate::broken);
  CHECK(Visit(*barrier).arrival == Fate::broken);
  barrier->reset();
  Visit third(*barrier);
  barrier->reset();
  CHECK(third.settle() == Fate::broken);
  CHECK_FALSE(barrier->stats().broken);
}

TEST_CASE("barrier: a party whose call ended as the round became complete was there") {
  for (Outcome how : {Outcome::cancelled, Outcome::timeout}) {
    auto barrier = make_ref<Barrier>(2);
    Visit first(*barrier);
    CHECK(first.wait.claim(how));  // its side has not come to say so yet
    Visit last(*barrier);
    CHECK(last.arrival == Fate::released);
    barrier->leave(first.party, how == Outcome::timeout);
    first.wait.wake();
    CHECK(first.fate() == Fate::released);
    CHECK_FALSE(barrier->stats().broken);
  }
}

TEST_CASE("barrier: with an action nobody is released before it has ended") {
  for (bool well : {true, false}) {
    for (bool cancelled : {true, false}) {
      auto barrier = acting_barrier(2);
      Visit first(*barrier), last(*barrier);
      CHECK(last.arrival == Fate::acting);
      CHECK(first.wait.outcome() == Outcome::pending);
      if (cancelled) {
        CHECK(first.give_up(Outcome::cancelled));
        CHECK(first.fate() == Fate::committed);
        CHECK(first.again.outcome() == Outcome::pending);
      }
      CHECK(barrier->acted(well) == well);
      CHECK(first.settle() == (well ? Fate::released : Fate::broken));
      CHECK(barrier->stats().broken == !well);
    }
  }
}

TEST_CASE("barrier: who comes while the action runs belongs to the next rounds") {
  auto barrier = acting_barrier(2);
  Visit a(*barrier), b(*barrier), c(*barrier), d(*barrier), e(*barrier);
  CHECK(b.arrival == Fate::acting);
  CHECK(e.arrival == Fate::filling);
  CHECK(c.give_up(Outcome::cancelled));
  CHECK(barrier->acted(true));
  CHECK(a.settle() == Fate::released);
  CHECK(d.wait.outcome() == Outcome::pending);
  CHECK(e.settle() == Fate::acting);  // the last of the next round, and told to act
  CHECK(Barrier::index(e.party) == 1);
  CHECK(barrier->acted(true));
  CHECK(d.settle() == Fate::released);

  // the would-be last of a round is gone: its place is the next one's
  Visit f(*barrier), g(*barrier), h(*barrier), i(*barrier), j(*barrier);
  CHECK(g.arrival == Fate::acting);
  CHECK(i.wait.claim(Outcome::cancelled));
  CHECK(barrier->acted(true));
  CHECK(f.settle() == Fate::released);
  barrier->leave(i.party, false);
  i.wait.wake();
  CHECK(i.fate() == Fate::left);
  CHECK(j.settle() == Fate::acting);
  CHECK_FALSE(barrier->acted(false));
  CHECK(h.settle() == Fate::broken);
}

TEST_CASE("barrier: abort and reset while the action runs break its round") {
  for (bool reset : {true, false}) {
    auto barrier = acting_barrier(2);
    Visit first(*barrier), last(*barrier), next(*barrier);
    reset ? barrier->reset() : barrier->abort();
    CHECK(first.settle() == Fate::broken);
    CHECK(next.settle() == Fate::broken);
    CHECK_FALSE(barrier->acted(true));
    CHECK(barrier->stats().broken == !reset);
  }
}

TEST_CASE("barrier: host threads meet while others give up; every round is whole") {
  auto barrier = make_ref<Barrier>(3);
  std::atomic<int> released{0}, sum{0}, left{0};
  std::vector<std::thread> hosts;
  constexpr int kRounds = 500 / kSlow;
  for (int t = 0; t < 3; ++t) {
    hosts.emplace_back([&, t] {
      for (int i = 0; i < kRounds;) {
        Visit visit(*barrier);
        if (t == 0 && i % 2 == 0 && visit.arrival == Fate::filling &&
            visit.give_up(Outcome::cancelled)) {
          visit.wait.wait();
          if (visit.fate() == Fate::left) {
            ++left;
            continue;
          }
        }
        if (visit.settle() == Fate::released) {
          ++released;
          sum += static_cast<int>(Barrier::index(visit.party));
        }
        ++i;
      }
    });
  }
  for (auto& host : hosts) host.join();
  CHECK(released == 3 * kRounds);
  CHECK(sum == 3 * kRounds);  // 0 + 1 + 2 in each
  CHECK(barrier->stats().waiting == 0);
}
