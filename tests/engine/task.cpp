#include "fixture.hpp"

using namespace tidemill;
using namespace tidemill::test;

namespace {

Body nothing(Self) { co_return; }
Body fails(Self) {
  throw Failure{};
  co_return;
}

}  // namespace

TEST_CASE("task: a parent ends after its children, wherever they run") {
  in_every_world([](World& world) {
    std::atomic<int> ended_children{0};
    Ref<TestTask> parent;
    CHECK(world.run([&](Self self) -> Body {
      parent = spawn(self, [&](Self task) -> Body {
        for (int i = 0; i < 10; ++i) {
          auto child = [&](Self inner) -> Body {
            for (int k = 0; k < 5; ++k) co_await yielded{inner};
            ++ended_children;
          };
          spawn(task, child);
          submit(&task, world.pool(), child);
        }
        co_return;
      });
      while (parent->status() == Status::queued) co_await yielded{self};
      CHECK(parent->status() == Status::finishing);
      co_await ended(self, parent);
      CHECK(ended_children == 20);
    }) == Status::done);
    CHECK(parent->settled_count == 1);
  });
}

TEST_CASE("task: cancelled while queued it never starts") {
  in_every_world([](World& world) {
    world.run([&](Self self) -> Body {
      auto task = spawn(self, nothing);
      CHECK(task->status() == Status::queued);
      CHECK(task->cancel());
      CHECK(task->status() == Status::cancelled);
      CHECK_FALSE(task->cancel());
      co_await ended(self, task);
      co_await yielded{self};
      CHECK(task->started == 0);
      CHECK(task->discarded == 1);
    });
  });
}

TEST_CASE("task: cancelled while waiting, with its children, and told once") {
  in_every_world([](World& world) {
    auto& channel = world.channel(0);
    world.run([&](Self self) -> Body {
      Ref<TestTask> child, job;
      auto forever = [&](Self task) -> Body { co_await received(task, channel); };
      auto task = spawn(self, [&](Self parent) -> Body {
        child = spawn(parent, forever);
        job = submit(&parent, world.pool(), forever);
        co_await ended(parent, child);
      });
      while (channel.stats().receivers_waiting < 2) co_await yielded{self};
      CHECK(task->cancel());
      CHECK(task->cancel());  // it has not ended yet
      co_await ended(self, task);
      for (auto& one : {task, child, job}) {
        CHECK(one->status() == Status::cancelled);
        CHECK(one->settled_count == 1);
      }
      CHECK_FALSE(task->cancel());
    });
  });
}

TEST_CASE("task: cancelled while finishing, its children are and it is") {
  in_every_world([](World& world) {
    auto& channel = world.channel(0);
    world.run([&](Self self) -> Body {
      auto task = spawn(self, [&](Self parent) -> Body {
        spawn(parent, [&](Self child) -> Body { co_await received(child, channel); });
        co_return;
      });
      while (task->status() != Status::finishing) co_await yielded{self};
      CHECK(task->cancel());
      co_await ended(self, task);
      CHECK(task->status() == Status::cancelled);
    });
  });
}

TEST_CASE("task: a body that ends badly takes its children with it") {
  in_every_world([](World& world) {
    auto& channel = world.channel(0);
    Ref<TestTask> child;
    CHECK(world.run([&](Self self) -> Body {
      child = spawn(self, [&](Self task) -> Body { co_await received(task, channel); });
      co_await yielded{self};
      throw Failure{};
    }) == Status::failed);
    CHECK(child->status() == Status::cancelled);
  });
}

TEST_CASE("task: the failure of a child is its parent's, unless somebody asks") {
  in_every_world([](World& world) {
    for (bool pooled : {false, true}) {
      for (bool observed : {false, true}) {
        Ref<TestTask> parent, child;
        world.run([&](Self self) -> Body {
          parent = spawn(self, [&](Self task) -> Body {
            child = pooled ? submit(&task, world.pool(), fails) : spawn(task, fails);
            if (observed) co_await ended(task, child);
          });
          co_await ended(self, parent);
        });
        CHECK(child->status() == Status::failed);
        CHECK(parent->status() == (observed ? Status::done : Status::failed));
        CHECK(parent->failed_children == (observed ? 0 : 1));
      }
    }
  });
}

TEST_CASE("task: a failed child may be asked about after it has ended") {
  World world(0);
  CHECK(world.run([&](Self self) -> Body {
    auto child = spawn(self, fails);
    while (!child->settled()) co_await yielded{self};
    CHECK(child->unobserved == 1);
    CHECK_FALSE(child->observed());
    co_await ended(self, child);
  }) == Status::done);
}

TEST_CASE("task: a join that times out leaves the joined task alone") {
  in_every_world([](World& world) {
    auto& channel = world.channel(0);
    world.run([&](Self self) -> Body {
      auto task = spawn(self, [&](Self other) -> Body { co_await received(other, channel); });
      CHECK(co_await ended(self, task, 1'000'000) == Outcome::timeout);
      CHECK(task->status() == Status::waiting);
      co_await sent(self, channel, 1);
      CHECK(co_await ended(self, task) == Outcome::value);
    });
  });
}

TEST_CASE("task: cancelled from other threads while it starts, runs and ends") {
  World world(2);
  constexpr int kRounds = 20'000 / kSlow;
  std::atomic<TestTask*> target{nullptr};
  std::atomic<bool> stop{false};
  std::atomic<int> said_yes{0}, wrong{0};
  std::thread canceller([&] {
    while (!stop) {
      TestTask* task = target.exchange(nullptr);
      if (task == nullptr) continue;
      for (std::uint32_t i = 0; i < task->id() % 64; ++i) cpu_pause();
      if (task->cancel()) ++said_yes;
      host_join(*task);
      if (task->cancel()) ++wrong;
      task->release();
    }
  });
  int cancelled = 0;
  world.run([&](Self self) -> Body {
    for (int i = 0; i < kRounds; ++i) {
      auto job = submit(&self, world.pool(), [&](Self task) -> Body {
        auto child = spawn(task, [](Self inner) -> Body { co_await yielded{inner}; });
        co_await yielded{task};
        co_await ended(task, child);
      });
      job->retain();
      target = job.get();
      co_await ended(self, job);
      while (target != nullptr) co_await yielded{self};
      if (job->status() == Status::cancelled) ++cancelled;
      if (job->settled_count > 1 || job->started > 1) ++wrong;
    }
  });
  stop = true;
  canceller.join();
  CHECK(wrong == 0);
  CHECK(cancelled <= said_yes);  // a cancel that had its effect has said so
}

TEST_CASE("task: a whole tree is cancelled from another thread") {
  World world(2);
  for (int round = 0; round < 300 / kSlow; ++round) {
    auto& channel = world.channel(0);
    std::function<Body(Self, int)> tree = [&](Self self, int depth) -> Body {
      if (depth > 0) {
        auto child = [&, depth](Self task) { return tree(task, depth - 1); };
        spawn(self, child);
        submit(&self, world.pool(), child);
      }
      co_await received(self, channel);
    };
    auto root = submit(nullptr, world.pool(), [&](Self self) { return tree(self, 4); });
    for (int i = 0; i < round * 20; ++i) cpu_pause();
    root->cancel();
    host_join(*root);
    REQUIRE(root->status() == Status::cancelled);
  }
}

// What is kept after the end shares its place with what a running task has. A task that is
// cancelled between the look at its status and its start must not show the one as the other.
TEST_CASE("task: a job cancelled at its very start leaves nothing behind") {
  World world(1);
  int wrong = 0;
  for (int i = 0; i < 20'000 / kSlow; ++i) {
    auto job = submit(nullptr, world.pool(), nothing);
    for (int k = 0; k < i % 100; ++k) cpu_pause();
    if (!job->cancel() || !job->settled()) continue;
    for (int k = 0; k < 50; ++k) wrong += job->aftermath() != nullptr;
  }
  CHECK(wrong == 0);
}

// Each task starts the next one and ends: all of them finish when the last one does.
TEST_CASE("task: a long chain of parents ends without a deep stack") {
  World world(0);
  std::function<Body(Self, int)> link = [&](Self self, int left) -> Body {
    if (left > 0) spawn(self, [&, left](Self next) { return link(next, left - 1); });
    co_return;
  };
  CHECK(world.run([&](Self self) { return link(self, 200'000); }) == Status::done);
}

TEST_CASE("task: a long chain of children is cancelled without a deep stack") {
  World world(0);
  auto& channel = world.channel(0);
  int left = 200'000;
  std::function<Body(Self)> link = [&](Self self) -> Body {
    if (left-- > 0) spawn(self, link);
    co_await received(self, channel);
  };
  CHECK(world.run([&](Self self) -> Body {
    auto first = spawn(self, link);
    while (left > -1) co_await yielded{self};
    first->cancel();
  }) == Status::done);
}
