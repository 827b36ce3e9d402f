#include "engine/sync/rwlock.hpp"

#include "fixture.hpp"

using namespace tidemill;
using namespace tidemill::test;

namespace {

bool unlock(RwLock& lock, OwnerId owner) { return lock.unlock(owner) != Unlocking::not_owner; }

/// What the side of a waiting call does when its time is up.
bool give_up(RwLock& lock, ThreadWait& wait, Waiter& waiter) {
  if (!wait.claim(Outcome::timeout)) return false;
  lock.withdraw(waiter);
  wait.wake();
  return true;
}

/// Waits as a host thread; false if it did not get it.
bool host_take(RwLock& lock, OwnerId me, bool write, Nanoseconds deadline = kNever) {
  ThreadWait wait;
  Access result = write ? lock.write(me, &wait.waiter) : lock.read(me, &wait.waiter);
  if (result != Access::waiting) return result == Access::taken;
  if (wait.wait(deadline) == Outcome::value) return true;
  lock.withdraw(wait.waiter);
  return false;
}

}  // namespace

TEST_CASE("rwlock: readers overlap, a writer is alone, each unlocks its own") {
  Lent<RwLock> lock(make_ref<RwLock>());
  CHECK_FALSE(unlock(*lock, 1));
  CHECK(lock->read(1, nullptr) == Access::taken);
  CHECK(lock->read(2, nullptr) == Access::taken);
  CHECK(lock->write(3, nullptr) == Access::refused);
  CHECK(lock->write(1, nullptr) == Access::own);
  CHECK_FALSE(unlock(*lock, 3));
  CHECK(lock->read(1, nullptr) == Access::again);
  CHECK(unlock(*lock, 1));
  CHECK(unlock(*lock, 2));
  CHECK(lock->stats().readers == 1);
  CHECK(unlock(*lock, 1));
  CHECK(lock->write(3, nullptr) == Access::taken);
  CHECK(lock->read(3, nullptr) == Access::own);
  CHECK(lock->write(3, nullptr) == Access::own);
  CHECK(lock->read(1, nullptr) == Access::refused);
  CHECK(unlock(*lock, 3));
  CHECK_FALSE(unlock(*lock, 3));
}

TEST_CASE("rwlock: a waiting writer comes before later readers, these together after it") {
  Lent<RwLock> lock(make_ref<RwLock>());
  ThreadWait writer, second, third, last;
  CHECK(lock->read(1, nullptr) == Access::taken);
  CHECK(lock->write(2, &writer.waiter) == Access::waiting);
  CHECK(lock->read(3, nullptr) == Access::refused);
  CHECK(lock->read(3, &second.waiter) == Access::waiting);
  CHECK(lock->read(4, &third.waiter) == Access::waiting);
  CHECK(lock->write(5, &last.waiter) == Access::waiting);
  CHECK(lock->read(1, nullptr) == Access::again);  // the writer waits for it anyway
  CHECK(unlock(*lock, 1));
  CHECK(unlock(*lock, 1));
  CHECK(writer.outcome() == Outcome::value);
  CHECK(second.outcome() == Outcome::pending);
  CHECK(unlock(*lock, 2));
  CHECK(second.outcome() == Outcome::value);
  CHECK(third.outcome() == Outcome::value);
  CHECK(unlock(*lock, 3));
  CHECK(last.outcome() == Outcome::pending);
  CHECK(unlock(*lock, 4));
  CHECK(last.outcome() == Outcome::value);
  CHECK(unlock(*lock, 5));
}

TEST_CASE("rwlock: an owner that ends gives back reads; a writer breaks the lock") {
  Lent<RwLock> lock(make_ref<RwLock>());
  lock->read(1, nullptr);
  lock->read(1, nullptr);
  ThreadWait writer, reader;
  lock->write(2, &writer.waiter);
  lock->read(3, &reader.waiter);
  lock->owner_ended(7);
  CHECK(writer.outcome() == Outcome::pending);
  lock->owner_ended(1);
  CHECK(writer.outcome() == Outcome::value);
  lock->owner_ended(2);
  CHECK(reader.outcome() == Outcome::broken);
  CHECK(lock->read(4, nullptr) == Access::broken);
  CHECK(lock->write(4, nullptr) == Access::broken);
  CHECK(lock->stats().broken);
  CHECK(lock->breakage().owner == 2);
  CHECK(lock->repair(4));
  CHECK_FALSE(lock->repair(4));
  CHECK(lock->stats().writer == 4);
  CHECK(lock->breakage().owner == kNobody);
  CHECK(lock->unlock(4) == Unlocking::released);
  CHECK(lock->read(5, nullptr) == Access::taken);
  CHECK(lock->read(5, nullptr) == Access::again);
  CHECK(lock->unlock(5) == Unlocking::still_held);
}

TEST_CASE("rwlock: the last task that holds it deletes it if nobody else is left") {
  auto lock = make_ref<RwLock>();
  lock->read(1, nullptr);
  lock->read(2, nullptr);
  RwLock* orphan = lock.get();
  lock = nullptr;
  CHECK(orphan->stats().readers == 2);
  orphan->owner_ended(1);
  CHECK(orphan->stats().readers == 1);
  orphan->owner_ended(2);
  auto written = make_ref<RwLock>();
  written->write(3, nullptr);
  orphan = written.get();
  written = nullptr;
  CHECK(orphan->stats().writer == 3);
  orphan->owner_ended(3);
}

TEST_CASE("rwlock: three waiters of every kind through every order of unlock and giving up") {
  // Events: 0 whoever holds it unlocks, 1 + i the call of i gives up. After each, nobody waits whom
  // nothing keeps out, and readers and writers are never in together.
  for (int kinds = 0; kinds < 8; ++kinds) {
    for (int first = 0; first < 2; ++first) {
      for (int code = 0; code < 4 * 4 * 4 * 4; ++code) {
        Lent<RwLock> lock(make_ref<RwLock>());
        if (first == 0) {
          lock->read(9, nullptr);
        } else {
          lock->write(9, nullptr);
        }
        ThreadWait waits[3];
        bool writes[3], in[3] = {};
        bool outer = true;
        for (int i = 0; i < 3; ++i) {
          writes[i] = (kinds >> i & 1) != 0;
          const OwnerId owner = static_cast<OwnerId>(i) + 1;
          Access result = writes[i] ? lock->write(owner, &waits[i].waiter)
                                    : lock->read(owner, &waits[i].waiter);
          if (result == Access::taken) {
            in[i] = waits[i].claim(Outcome::value);
            waits[i].wake();
          }
        }
        bool good = true;
        for (int rest = code, step = 0; step < 4; ++step, rest /= 4) {
          if (rest % 4 > 0) {
            give_up(*lock, waits[rest % 4 - 1], waits[rest % 4 - 1].waiter);
          } else if (outer) {
            good &= unlock(*lock, 9);
            outer = false;
          } else {
            for (int i = 0; i < 3; ++i) {
              if (!in[i]) continue;
              good &= unlock(*lock, static_cast<OwnerId>(i) + 1);
              in[i] = false;
              waits[i].wait();
              writes[i] = false;
              break;
            }
          }
          RwLock::Stats stats = lock->stats();
          good &= stats.writer == kNobody || stats.readers == 0;
          std::size_t held = outer && first == 0 ? 1 : 0;
          OwnerId writer = outer && first == 1 ? 9 : kNobody;
          std::size_t pending = 0;
          int front = -1;
          for (int i = 0; i < 3; ++i) {
            if (waits[i].outcome() == Outcome::pending) {
              ++pending;
              if (front < 0) front = i;
            }
            // What was served now is in until it unlocks; `waits` that were used up stay served.
            if (waits[i].outcome() == Outcome::value && waits[i].waiter.candidate != 0) {
              in[i] = true;
              waits[i].waiter.candidate = 0;
            }
            if (in[i] && writes[i]) writer = static_cast<OwnerId>(i) + 1;
            if (in[i] && !writes[i]) ++held;
          }
          good &= stats.writer == writer && stats.readers == held && stats.waiting == pending;
          if (front >= 0) {
            good &= writes[front] ? writer != kNobody || held > 0 : writer != kNobody;
          }
        }
        for (auto& wait : waits) {
          give_up(*lock, wait, wait.waiter);
          wait.wait();
        }
        CAPTURE(kinds);
        CAPTURE(code);
        CHECK(good);
        CHECK(lock->stats().waiting == 0);
      }
    }
  }
}

TEST_CASE("rwlock: host threads with timeouts exclude each other as they should") {
  Lent<RwLock> lock(make_ref<RwLock>());
  std::atomic<int> readers{0}, writers{0}, wrong{0};
  std::vector<std::thread> hosts;
  for (int t = 0; t < 4; ++t) {
    hosts.emplace_back([&, t] {
      OwnerId me = new_thread_owner();
      SteadyClock clock;
      for (int i = 0; i < 2000 / kSlow; ++i) {
        const bool write = (i + t) % 3 == 0;
        Nanoseconds deadline = t % 2 == 0 ? clock.now() + i % 30'000 : kNever;
        if (!host_take(*lock, me, write, deadline)) continue;
        if (write) {
          if (++writers != 1 || readers != 0) ++wrong;
          --writers;
        } else {
          ++readers;
          if (writers != 0) ++wrong;
          --readers;
        }
        lock->unlock(me);
      }
    });
  }
  for (auto& host : hosts) host.join();
  CHECK(wrong == 0);
  RwLock::Stats stats = lock->stats();
  CHECK(stats.waiting == 0);
  CHECK(stats.readers == 0);
  CHECK(stats.writer == kNobody);
}
