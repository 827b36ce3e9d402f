#include "engine/pool/job_queue.hpp"

#include <algorithm>
#include <cmath>
#include <random>
#include <set>
#include <tuple>

#include "fixture.hpp"

using namespace tidemill;

TEST_CASE("job queue: the lowest priority comes first, equal ones as they were pushed") {
  std::mt19937 random(3);
  const double priorities[] = {-INFINITY, -2.5, -0.0, 0, 1e-300, 1, 1, 7, INFINITY};
  JobQueue queue;
  std::set<std::pair<double, std::uint64_t>> model;
  std::uint64_t number = 0;
  for (int step = 0; step < 20000; ++step) {
    // Grows and shrinks, through empty.
    if (random() % 1000 < (step / 2000 % 2 == 0 ? 700u : 300u)) {
      const double priority = priorities[random() % std::size(priorities)];
      ++number;
      queue.push(*reinterpret_cast<Task*>(number * 64), priority, number);
      model.emplace(priority, number);
    } else {
      Task* job = queue.pop();
      if (model.empty()) {
        REQUIRE(job == nullptr);
        continue;
      }
      REQUIRE(reinterpret_cast<std::uintptr_t>(job) == model.begin()->second * 64);
      model.erase(model.begin());
    }
    REQUIRE(queue.empty() == model.empty());
  }
}
