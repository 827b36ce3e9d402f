#include "engine/sched/inbox.hpp"

#include "fixture.hpp"

using namespace tidemill;
using namespace tidemill::test;

namespace {

/// A task that is only moved about.
struct Item {
  Item() : task(new TestTask(nullptr, nullptr)) {}
  Item(Item&& other) noexcept : task(std::exchange(other.task, nullptr)) {}
  ~Item() {
    if (task != nullptr) task->release();
  }
  TestTask* task;
};

}  // namespace

TEST_CASE("inbox: taken in the order of arrival; only the first push reports an empty one") {
  {
    std::vector<Item> items(5);
    Inbox inbox;
    CHECK(inbox.empty());
    CHECK(inbox.take_all() == nullptr);
    for (std::size_t i = 0; i < items.size(); ++i) CHECK(inbox.push(*items[i].task) == (i == 0));
    CHECK_FALSE(inbox.empty());
    Task* task = inbox.take_all();
    for (Item& item : items) {
      REQUIRE(task == item.task);
      task = task->next;
    }
    CHECK(task == nullptr);
    CHECK(inbox.empty());
    CHECK(inbox.push(*items[0].task));
    CHECK(inbox.take_all() == items[0].task);
  }
  CHECK(TestTask::alive == 0);
}

TEST_CASE("inbox: many producers, FIFO for each, and one report for every time it was empty") {
  constexpr std::size_t kProducers = 4, kEach = 20'000 / kSlow;
  {
    std::vector<Item> items(kProducers * kEach);
    const std::uint32_t first_id = items[0].task->id();
    Inbox inbox;
    std::atomic<std::size_t> reports{0};
    std::vector<std::thread> producers;
    for (std::size_t p = 0; p < kProducers; ++p) {
      producers.emplace_back([&, p] {
        for (std::size_t i = 0; i < kEach; ++i) {
          if (inbox.push(*items[p * kEach + i].task)) ++reports;
        }
      });
    }
    std::size_t count = 0, disorder = 0, batches = 0;
    std::int64_t last[kProducers] = {-1, -1, -1, -1};
    while (count < items.size()) {
      Task* task = inbox.take_all();
      if (task != nullptr) ++batches;
      for (; task != nullptr; task = task->next) {
        std::int64_t id = task->id() - first_id;
        auto& before = last[static_cast<std::size_t>(id) / kEach];
        if (id <= before) ++disorder;
        before = id;
        ++count;
      }
    }
    for (auto& producer : producers) producer.join();
    CHECK(disorder == 0);
    CHECK(reports == batches);
  }
  CHECK(TestTask::alive == 0);
}
