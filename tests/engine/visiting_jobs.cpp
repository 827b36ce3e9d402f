// Pools without workers: their jobs run on the worker that submits them.
#include <array>

#include "fixture.hpp"

using namespace tidemill;
using namespace tidemill::test;

namespace {

PoolOptions visiting(JobOrder order = JobOrder::fifo, std::size_t queue = SIZE_MAX) {
  PoolOptions options;
  options.visiting = true;
  options.order = order;
  options.queue = queue;
  return options;
}

}  // namespace

TEST_CASE("visiting jobs: they start when their submitter waits, lowest priority first") {
  in_every_world([](World& world) {
    for (JobOrder order : {JobOrder::fifo, JobOrder::priority}) {
      auto pool = world.new_pool(visiting(order));
      std::vector<int> ran;
      Worker* home = nullptr;
      bool elsewhere = false;
      CHECK(world.run([&](Self self) -> Body {
        home = &self.worker();
        for (int i = 0; i < 30; ++i) {
          const double priority = order == JobOrder::fifo ? 0 : -i / 10;
          submit(
              &self, *pool,
              [&, i](Self job) -> Body {
                ran.push_back(i);
                elsewhere |= &job.worker() != home;
                co_return;
              },
              priority);
        }
        CHECK(ran.empty());
        CHECK(pool->usage().queued == 30);
        co_return;
      }) == Status::done);
      std::vector<int> expected;
      for (int tens : order == JobOrder::fifo ? std::array{0, 10, 20} : std::array{20, 10, 0}) {
        for (int i = 0; i < 10; ++i) expected.push_back(tens + i);
      }
      CHECK(ran == expected);
      CHECK(!elsewhere);
      CHECK(pool->usage().completed == 30);
      CHECK(pool->usage().queued == 0);
      CHECK(pool->usage().ever_started == 0);
    }
  });
}

TEST_CASE("visiting jobs: submitted from many workers, each runs once where it was submitted") {
  in_every_world([](World& world) {
    auto pool = world.new_pool(visiting());
    std::atomic<int> ran{0}, elsewhere{0};
    CHECK(world.run([&](Self self) -> Body {
      for (int i = 0; i < 20; ++i) {
        submit(&self, world.pool(), [&](Self outer) -> Body {
          Worker* home = &outer.worker();
          for (int k = 0; k < 50; ++k) {
            submit(&outer, *pool, [&, home](Self job) -> Body {
              ++ran;
              if (&job.worker() != home) ++elsewhere;
              co_return;
            });
          }
          co_return;
        });
      }
      co_return;
    }) == Status::done);
    CHECK(ran == 1000);
    CHECK(elsewhere == 0);
    CHECK(pool->usage().completed == 1000);
    CHECK(pool->usage().open == 0);
  });
}

TEST_CASE("visiting jobs: closing waits for them, cancelling ends them, a place is given back") {
  in_every_world([](World& world) {
    auto pool = world.new_pool(visiting(JobOrder::fifo, 2));
    auto& never = world.channel(0);
    std::vector<Ref<TestTask>> jobs;
    CHECK(world.run([&](Self self) -> Body {
      for (int i = 0; i < 2; ++i) {
        jobs.push_back(
            submit(&self, *pool, [&](Self job) -> Body { co_await received(job, never); }));
      }
      CHECK(!submit(&self, *pool, [](Self) -> Body { co_return; }));  // full
      co_await slept(self, 1'000'000);
      jobs.push_back(submit(&self, *pool, [](Self) -> Body { co_return; }));
      CHECK(jobs.back()->cancel());
      jobs.push_back(submit(&self, *pool, [](Self) -> Body { co_return; }));
      pool->cancel_jobs(nullptr);
      CHECK(!submit(&self, *pool, [](Self) -> Body { co_return; }));  // closed
      co_await slept(self, 1'000'000);  // what was cancelled leaves the queue
      co_return;
    }) == Status::done);
    for (auto& job : jobs) CHECK(job->status() == Status::cancelled);
    CHECK(jobs[2]->started == 0);
    CHECK(jobs[3]->started == 0);
    ThreadWait wait;
    CHECK(!pool->join(wait.waiter));
    CHECK(pool->usage().cancelled == 4);
  });
}

TEST_CASE("visiting jobs: a pool that is dropped goes when its last job has ended") {
  in_every_world([](World& world) {
    for (int round = 0; round < 20; ++round) {
      CHECK(world.run([&](Self self) -> Body {
        auto pool = world.new_pool(visiting());
        for (int i = 0; i < 5; ++i) {
          submit(&self, *pool, [](Self job) -> Body { co_await slept(job, 1000); });
        }
        co_return;
      }) == Status::done);
    }
  });
}
