#include "engine/pool/job_queue.hpp"

#include <cmath>
#include <iterator>
#include <map>
#include <random>
#include <utility>

#include "fixture.hpp"

using namespace tidemill;
using namespace tidemill::test;

TEST_CASE(
    "job queue: the lowest priority first, equal ones as they were pushed, any can be removed") {
  std::mt19937 random(3);
  const double priorities[] = {-INFINITY, -2.5, -0.0, 0, 1e-300, 1, 1, 7, INFINITY};
  JobQueue queue, other;
  std::map<std::pair<double, std::uint64_t>, Ref<TestTask>> model;
  auto leave = [&](auto entry) {
    CHECK(!queue.remove(*entry->second));
    entry->second->cancel();  // one that is not settled would stay
    model.erase(entry);
  };
  std::uint64_t number = 0;
  for (int step = 0; step < 20000; ++step) {
    // Grows and shrinks, through empty.
    if (random() % 1000 < (step / 2000 % 2 == 0 ? 700u : 300u)) {
      const double priority = priorities[random() % std::size(priorities)];
      ++number;
      Ref<TestTask> job(new TestTask(nullptr, [](Self) -> Body { co_return; }));
      REQUIRE(!queue.remove(*job));
      queue.push(*job, priority, number);
      REQUIRE(!other.remove(*job));
      model.emplace(std::pair(priority, number), std::move(job));
    } else if (!model.empty() && random() % 2 == 0) {
      auto removed = std::next(model.begin(), static_cast<long>(random() % model.size()));
      REQUIRE(queue.remove(*removed->second));
      leave(removed);
    } else {
      Task* job = queue.pop();
      if (model.empty()) {
        REQUIRE(job == nullptr);
        continue;
      }
      REQUIRE(job == model.begin()->second.get());
      leave(model.begin());
    }
    REQUIRE(queue.empty() == model.empty());
  }
  while (!model.empty()) {
    REQUIRE(queue.pop() == model.begin()->second.get());
    leave(model.begin());
  }
  CHECK(TestTask::alive == 0);
}
