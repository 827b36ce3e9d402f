#include "engine/sched/deque.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <thread>
#include <vector>

using tidemill::Deque;

TEST_CASE("deque: the oldest comes first, also while it grows") {
  Deque<int> deque;
  CHECK(deque.empty());
  CHECK(deque.take() == nullptr);
  std::vector<int> items(1000);
  std::size_t pushed = 0, taken = 0;
  while (taken < items.size()) {
    for (int i = 0; i < 3 && pushed < items.size(); ++i) deque.push(&items[pushed++]);
    REQUIRE(deque.take() == &items[taken++]);
  }
  CHECK(deque.empty());
  CHECK(deque.take() == nullptr);
}

TEST_CASE("deque: thieves and the owner take each item once while it grows") {
  constexpr std::size_t kItems = 50'000;
  constexpr int kThieves = 3;
  for (bool owner_takes : {false, true}) {
    Deque<std::atomic<int>> deque;
    std::vector<std::atomic<int>> taken(kItems);
    std::atomic<bool> all_pushed{false};
    std::atomic<int> disorder{0};
    std::vector<std::thread> thieves;
    for (int t = 0; t < kThieves; ++t) {
      thieves.emplace_back([&] {
        const std::atomic<int>* last = nullptr;
        for (;;) {
          const bool final_look = all_pushed.load();
          if (std::atomic<int>* item = deque.take()) {
            ++*item;
            if (last != nullptr && item <= last) ++disorder;
            last = item;
          } else if (final_look && deque.empty()) {
            return;
          }
        }
      });
    }
    for (std::size_t i = 0; i < kItems; ++i) {
      deque.push(&taken[i]);
      if (!owner_takes || i % 3 != 0) continue;
      if (std::atomic<int>* item = deque.take()) ++*item;
    }
    all_pushed = true;
    for (auto& thief : thieves) thief.join();
    std::size_t once = 0;
    for (auto& count : taken) once += count == 1;
    CHECK(once == kItems);
    CHECK(disorder == 0);
  }
}
