#include "engine/sync/limiter.hpp"

#include "fixture.hpp"

using namespace tidemill;
using namespace tidemill::test;

TEST_CASE("limiter: one token for each owner, and only its own") {
  Lent<Limiter> limiter(make_ref<Limiter>(2));
  CHECK_FALSE(limiter->release_token(1));
  CHECK(limiter->acquire(1, nullptr) == Access::taken);
  CHECK(limiter->acquire(1, nullptr) == Access::own);
  CHECK(limiter->acquire(2, nullptr) == Access::taken);
  CHECK(limiter->acquire(3, nullptr) == Access::refused);
  CHECK(limiter->release_token(1));
  CHECK_FALSE(limiter->release_token(1));
  CHECK(limiter->borrowed() == 1);
}

TEST_CASE("limiter: a freed token is reserved; an owner that ended gives its back") {
  Lent<Limiter> limiter(make_ref<Limiter>(1));
  CHECK(limiter->acquire(1, nullptr) == Access::taken);
  ThreadWait second, third;
  CHECK(limiter->acquire(2, &second.waiter) == Access::waiting);
  CHECK(limiter->acquire(3, &third.waiter) == Access::waiting);
  CHECK(limiter->release_token(1));
  CHECK(limiter->acquire(4, nullptr) == Access::refused);
  CHECK(limiter->borrowed() == 1);
  CHECK(second.wait() == Outcome::value);
  limiter->owner_ended(2);
  limiter->owner_ended(7);
  CHECK(third.wait() == Outcome::value);
  CHECK(limiter->release_token(3));
  CHECK(limiter->borrowed() == 0);
}

TEST_CASE("limiter: the last task with a token deletes it if nobody else is left") {
  auto limiter = make_ref<Limiter>(2);
  limiter->acquire(1, nullptr);
  limiter->acquire(2, nullptr);
  Limiter* orphan = limiter.get();
  limiter = nullptr;
  CHECK(orphan->borrowed() == 2);
  orphan->owner_ended(1);
  CHECK(orphan->borrowed() == 1);
  orphan->owner_ended(2);
}

TEST_CASE("limiter: three waiters through every order of resize, release and giving up") {
  // Events: 0, 1, 2 resize to that; 3 the holder releases; 4 + i the call of i ends otherwise.
  for (int code = 0; code < 7 * 7 * 7; ++code) {
    Lent<Limiter> limiter(make_ref<Limiter>(1));
    limiter->acquire(9, nullptr);
    ThreadWait waits[3];
    for (OwnerId i = 0; i < 3; ++i) limiter->acquire(i + 1, &waits[i].waiter);
    bool held = true;
    for (int rest = code, i = 0; i < 3; ++i, rest /= 7) {
      const int event = rest % 7;
      if (event < 3) {
        limiter->resize(static_cast<std::size_t>(event));
      } else if (event == 3) {
        CHECK(limiter->release_token(9) == held);
        held = false;
      } else if (waits[event - 4].claim(Outcome::timeout)) {
        waits[event - 4].wake();
      }
    }
    std::size_t served = held ? 1 : 0, pending = 0;
    bool in_order = true;
    for (auto& wait : waits) {
      if (wait.outcome() == Outcome::value) {
        ++served;
        if (pending > 0) in_order = false;
      }
      if (wait.outcome() == Outcome::pending) ++pending;
    }
    CHECK(in_order);
    CHECK(limiter->borrowed() == served);
    if (pending > 0) CHECK(limiter->borrowed() >= limiter->total());
    for (auto& wait : waits) {
      if (wait.claim(Outcome::cancelled)) wait.wake();
      wait.wait();
    }
    CHECK(limiter->waiting() == 0);
  }
}

TEST_CASE("limiter: never more borrowed than there are, while it is not made smaller") {
  Lent<Limiter> limiter(make_ref<Limiter>(2));
  std::atomic<int> inside{0}, too_many{0};
  std::vector<std::thread> hosts;
  for (int t = 0; t < 4; ++t) {
    hosts.emplace_back([&, t] {
      OwnerId me = new_thread_owner();
      SteadyClock clock;
      for (int i = 0; i < 2000 / kSlow; ++i) {
        ThreadWait wait;
        Access result = limiter->acquire(me, &wait.waiter);
        Nanoseconds deadline = t == 0 ? clock.now() + i % 20'000 : kNever;
        if (result == Access::waiting && wait.wait(deadline) != Outcome::value) continue;
        if (++inside > 2) ++too_many;
        --inside;
        limiter->release_token(me);
      }
    });
  }
  for (auto& host : hosts) host.join();
  CHECK(too_many == 0);
  CHECK(limiter->borrowed() == 0);
}
