#include "engine/sched/timers.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <memory>
#include <random>
#include <vector>

#include "engine/sched/task.hpp"

using namespace tidemill;

namespace {

alignas(Task) unsigned char no_task[sizeof(Task)];  // Timers never look at the task of a wait

struct Sleeper : TaskWait {
  Sleeper() : TaskWait(reinterpret_cast<Task&>(no_task)) {}
};

std::vector<int> order_of(Timers& timers, std::vector<Sleeper>& sleepers, Nanoseconds now) {
  std::vector<int> order;
  while (auto* wait = static_cast<TaskWait*>(timers.pop_due(now))) {
    order.push_back(static_cast<int>(static_cast<Sleeper*>(wait) - sleepers.data()));
  }
  return order;
}

}  // namespace

TEST_CASE("timers: due by deadline, then by arrival") {
  Timers timers;
  std::vector<Sleeper> sleepers(6);
  const Nanoseconds deadlines[] = {30, 10, 20, 10, 30, 10};
  for (std::size_t i = 0; i < 6; ++i) timers.add(sleepers[i], deadlines[i]);
  CHECK(timers.next_deadline() == 10);
  CHECK(timers.pop_due(9) == nullptr);
  CHECK(order_of(timers, sleepers, 20) == std::vector{1, 3, 5, 2});
  CHECK(timers.next_deadline() == 30);
  CHECK(order_of(timers, sleepers, kNever) == std::vector{0, 4});
  CHECK(timers.empty());
  CHECK(timers.next_deadline() == kNever);
}

TEST_CASE("timers: one can be cancelled from any place, once or twice") {
  for (std::size_t n : {1u, 2u, 5u, 21u, 86u}) {
    for (std::size_t gone = 0; gone < n; ++gone) {
      Timers timers;
      std::vector<Sleeper> sleepers(n);
      std::vector<int> expected;
      for (std::size_t i = 0; i < n; ++i) {
        timers.add(sleepers[i], static_cast<Nanoseconds>(i));
        if (i != gone) expected.push_back(static_cast<int>(i));
      }
      timers.remove(sleepers[gone]);
      timers.remove(sleepers[gone]);
      REQUIRE(sleepers[gone].timer_slot == Timed::kNoTimer);
      REQUIRE(order_of(timers, sleepers, kNever) == expected);
    }
  }
}

TEST_CASE("timers: random operations agree with a multimap") {
  std::random_device device;
  std::uint64_t seed = device();
  CAPTURE(seed);
  std::mt19937_64 random(seed);
  Timers timers;
  std::vector<std::unique_ptr<Sleeper>> sleepers(200);
  for (auto& sleeper : sleepers) sleeper = std::make_unique<Sleeper>();
  std::multimap<Nanoseconds, TaskWait*> model;  // equal keys stay in order of insertion
  Nanoseconds now = 0;
  int wrong = 0;
  for (int i = 0; i < 100'000; ++i) {
    Sleeper& one = *sleepers[random() % sleepers.size()];
    auto place =
        std::find_if(model.begin(), model.end(), [&](auto& e) { return e.second == &one; });
    switch (random() % 4) {
      case 0:
      case 1: {
        if (one.timer_slot != Timed::kNoTimer) break;
        Nanoseconds deadline = now + static_cast<Nanoseconds>(random() % 64);
        timers.add(one, deadline);
        model.emplace(deadline, &one);
        break;
      }
      case 2:
        timers.remove(one);
        if (place != model.end()) model.erase(place);
        break;
      default: {
        if (random() % 8 == 0) ++now;
        auto* due = static_cast<TaskWait*>(timers.pop_due(now));
        TaskWait* expected = nullptr;
        if (!model.empty() && model.begin()->first <= now) {
          expected = model.begin()->second;
          model.erase(model.begin());
        }
        if (due != expected) ++wrong;
      }
    }
    if (timers.next_deadline() != (model.empty() ? kNever : model.begin()->first)) ++wrong;
    REQUIRE(wrong == 0);
  }
  while (auto* wait = static_cast<TaskWait*>(timers.pop_due(kNever))) {
    if (wait != model.begin()->second) ++wrong;
    model.erase(model.begin());
  }
  CHECK(wrong == 0);
  CHECK(model.empty());
}
