#include "engine/shared/atomic.hpp"

#include "fixture.hpp"

using namespace tidemill;
using namespace tidemill::test;

namespace {
Number whole(std::int64_t value) { return Number::of(value); }
}  // namespace

TEST_CASE("atomic: each operation gives what it says") {
  auto atomic = make_ref<Atomic>(whole(1));
  CHECK(atomic->add(whole(2)) == whole(3));
  CHECK(atomic->subtract(whole(5)) == whole(-2));
  CHECK(atomic->swap(whole(10)) == whole(-2));
  CHECK(atomic->raise_to(whole(4)) == whole(10));
  CHECK(atomic->raise_to(whole(11)) == whole(11));
  CHECK(atomic->lower_to(whole(12)) == whole(11));
  CHECK(atomic->lower_to(Number::of(2.5)) == Number::of(2.5));
  CHECK_FALSE(atomic->compare_and_set(whole(2), whole(0)));
  CHECK(atomic->compare_and_set(Number::of(2.5), whole(7)));
  CHECK(atomic->get() == whole(7));
}

TEST_CASE("atomic: nothing is lost between threads") {
  constexpr int kThreads = 4, kTimes = 20000 / kSlow;
  auto sum = make_ref<Atomic>(whole(0));
  auto swapped = make_ref<Atomic>(whole(0));
  auto largest = make_ref<Atomic>(whole(0));
  std::vector<std::thread> hosts;
  for (int t = 0; t < kThreads; ++t) {
    hosts.emplace_back([&, t] {
      for (int i = 0; i < kTimes; ++i) {
        sum->add(whole(t % 2 == 0 ? 3 : -1));
        for (;;) {
          const Number seen = swapped->get();
          if (swapped->compare_and_set(seen, seen + whole(1))) break;
        }
        largest->raise_to(whole(i * kThreads + t));
      }
    });
  }
  for (auto& host : hosts) host.join();
  CHECK(sum->get() == whole(kTimes * kThreads));
  CHECK(swapped->get() == whole(kTimes * kThreads));
  CHECK(largest->get() == whole(kTimes * kThreads - 1));
}
