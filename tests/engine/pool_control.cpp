// What is done to a pool while it works: order, size, age of its workers, and a hard end.
#include <mutex>
#include <set>

#include "fixture.hpp"

using namespace tidemill;
using namespace tidemill::test;

namespace {

Body nothing(Self) { co_return; }

PoolOptions with_workers(std::uint32_t workers) {
  PoolOptions options;
  options.workers = workers;
  return options;
}

PoolOptions by_priority(std::uint32_t workers) {
  PoolOptions options = with_workers(workers);
  options.order = JobOrder::priority;
  return options;
}

PoolOptions renewed_after(std::uint32_t workers, std::uint64_t jobs) {
  PoolOptions options = with_workers(workers);
  options.max_jobs_per_worker = jobs;
  return options;
}

/// A local part that knows how many jobs began in it.
struct Counted final : WorkerLocal {
  inline static std::atomic<int> made, destroyed;
  inline static std::mutex lock;
  inline static std::multiset<int> ages;  // at their end
  int jobs = 0;
  Counted() { ++made; }
  ~Counted() override {
    ++destroyed;
    std::lock_guard guard(lock);
    ages.insert(jobs);
  }
  static void reset() {
    made = destroyed = 0;
    ages.clear();
  }
  static void begin_job(Self self) { ++static_cast<Counted*>(self.worker().local())->jobs; }
};

std::unique_ptr<WorkerLocal> counted(Worker&) { return std::make_unique<Counted>(); }

}  // namespace

TEST_CASE("pool by priority: lowest first, equal ones as they were submitted") {
  World world(0);
  auto pool = world.new_pool(by_priority(1));
  CHECK(pool->order() == JobOrder::priority);
  std::vector<int> order;
  world.run([&](Self self) -> Body {
    for (int i = 0; i < 300; ++i) {
      const double priority = i % 3 == 0 ? 5 : i % 3 == 1 ? -1.5 : 0;
      submit(
          &self, *pool,
          [&order, i](Self) -> Body {
            order.push_back(i);
            co_return;
          },
          priority);
    }
    co_return;
  });
  std::vector<int> expected;
  for (int rest : {1, 2, 0}) {
    for (int i = rest; i < 300; i += 3) expected.push_back(i);
  }
  CHECK(order == expected);
}

TEST_CASE("pool by priority: jobs submitted inside it stand in the same queue") {
  World world(0);
  auto pool = world.new_pool(by_priority(1));
  std::vector<int> order;
  auto note = [&](int i) {
    return [&order, i](Self) -> Body {
      order.push_back(i);
      co_return;
    };
  };
  world.run([&](Self self) -> Body {
    submit(
        &self, *pool,
        [&](Self inner) -> Body {
          submit(&inner, *pool, note(3), 3);
          submit(&inner, *pool, note(1), 1);
          co_return;
        },
        -1);
    submit(&self, *pool, note(2), 2);
    submit(&self, *pool, note(0), 0);
    co_return;
  });
  CHECK(order == std::vector{0, 1, 2, 3});
}

TEST_CASE("pool by priority: every job runs once, with submitters waiting for places") {
  in_every_world([](World& world) {
    PoolOptions options = by_priority(3);
    options.queue = 2;
    auto pool = world.new_pool(std::move(options));
    std::atomic<int> ran{0};
    world.run([&](Self self) -> Body {
      for (int i = 0; i < 200 / kSlow; ++i) {
        spawn(self, [&, i](Self submitter) -> Body {
          CHECK(co_await admitted(submitter, *pool) == Outcome::value);
          enqueue(
              &submitter, *pool,
              [&](Self) -> Body {
                ++ran;
                co_return;
              },
              i % 7);
        });
      }
      co_return;
    });
    CHECK(ran == 200 / kSlow);
  });
}

TEST_CASE("pool by priority: jobs that wait for their own are not stuck") {
  in_every_world([](World& world) {
    auto pool = world.new_pool(by_priority(2));
    std::atomic<int> leaves{0};
    std::function<Body(Self, int)> tree = [&](Self self, int depth) -> Body {
      if (depth == 0) {
        ++leaves;
        co_return;
      }
      std::vector<Ref<TestTask>> jobs;
      for (int i = 0; i < 3; ++i) {
        jobs.push_back(submit(
            &self, *pool, [&tree, depth](Self inner) { return tree(inner, depth - 1); }, depth));
      }
      for (auto& job : jobs) co_await ended(self, job);
    };
    world.run([&](Self self) { return tree(self, 5); });
    CHECK(leaves == 243);
  });
}

TEST_CASE("pool resize: every job runs once while the size changes") {
  in_every_world([](World& world) {
    for (bool priority : {false, true}) {
      auto pool = world.new_pool(priority ? by_priority(2) : with_workers(2));
      std::atomic<int> ran{0};
      const int n = 2000 / kSlow;
      world.run([&](Self self) -> Body {
        for (int i = 0; i < n; ++i) {
          submit(&self, *pool, [&, i](Self job) -> Body {
            if (i % 5 == 0) co_await yielded{job};
            if (i % 7 == 0) submit(&job, *pool, nothing);
            ++ran;
          });
          if (i % 10 == 0) pool->resize(1 + static_cast<std::uint32_t>(i / 10 % 4));
          if (i % 50 == 0) co_await yielded{self};
        }
        co_return;
      });
      CHECK(ran == n);
      CHECK(pool->usage().open == 0);
    }
  });
}

TEST_CASE("pool resize: after shrinking no more jobs than that begin at a time") {
  World world(2);
  auto pool = world.new_pool(4);
  for (int round = 0; round < 200 / kSlow; ++round) {
    pool->resize(4);
    std::vector<Ref<TestTask>> before;
    for (int i = 0; i < 12; ++i) before.push_back(submit(nullptr, *pool, nothing));
    pool->resize(1);
    for (auto& job : before) host_join(*job);
    std::atomic<int> running{0}, most{0};
    std::vector<Ref<TestTask>> jobs;
    for (int i = 0; i < 20; ++i) {
      jobs.push_back(submit(nullptr, *pool, [&](Self) -> Body {
        const int now = ++running;
        int before_us = most;
        while (now > before_us && !most.compare_exchange_weak(before_us, now)) {
        }
        for (int k = 0; k < 200; ++k) cpu_pause();
        --running;
        co_return;
      }));
    }
    for (auto& job : jobs) host_join(*job);
    REQUIRE(most == 1);
  }
}

TEST_CASE("pool resize: workers beyond give their local part up, and get another when needed") {
  Counted::reset();
  World world(2);
  PoolOptions options = with_workers(3);
  options.make_local = counted;
  auto pool = world.new_pool(std::move(options));
  auto fill = [&] {
    std::atomic<int> arrived{0};
    std::vector<Ref<TestTask>> jobs;
    for (int i = 0; i < 3; ++i) {
      jobs.push_back(submit(nullptr, *pool, [&](Self) -> Body {
        ++arrived;
        CHECK(eventually([&] { return arrived >= 3; }));
        co_return;
      }));
    }
    for (auto& job : jobs) host_join(*job);
  };
  for (int round = 0; round < 100 / kSlow; ++round) {
    pool->resize(3);
    fill();
    CHECK(pool->usage().workers == 3);
    pool->resize(1);
    REQUIRE(eventually([&] { return Counted::made - Counted::destroyed == 1; }));
    REQUIRE(eventually([&] { return pool->usage().workers == 1; }));
    CHECK(pool->usage().target == 1);
    host_join(*submit(nullptr, *pool, nothing));
  }
  pool->resize(3);
  fill();
}

TEST_CASE("pool resize: a job that waits on a worker beyond ends there, and its job elsewhere") {
  in_every_world([](World& world) {
    auto pool = world.new_pool(4);
    Channel& gate = world.channel(0);
    std::atomic<int> ended_jobs{0};
    world.run([&](Self self) -> Body {
      std::vector<Ref<TestTask>> jobs;
      for (int i = 0; i < 8; ++i) {
        jobs.push_back(submit(&self, *pool, [&](Self job) -> Body {
          co_await received(job, gate);
          auto inner = submit(&job, *pool, nothing);
          co_await ended(job, inner);
          ++ended_jobs;
        }));
      }
      co_await yielded{self};
      pool->resize(1);
      for (int i = 0; i < 8; ++i) co_await sent(self, gate, i);
      for (auto& job : jobs) co_await ended(self, job);
    });
    CHECK(ended_jobs == 8);
  });
}

TEST_CASE("pool with a job limit: a local part sees exactly that many jobs") {
  for (std::uint64_t limit : {1, 3}) {
    in_every_world([limit](World& world) {
      Counted::reset();
      PoolOptions options = renewed_after(2, limit);
      options.make_local = counted;
      auto pool = world.new_pool(std::move(options));
      world.run([&](Self self) -> Body {
        for (int i = 0; i < 60; ++i) {
          submit(&self, *pool, [&, i](Self job) -> Body {
            Counted::begin_job(job);
            WorkerLocal* local = job.worker().local();
            if (i % 2 == 0) co_await yielded{job};
            if (job.worker().local() != local) throw Failure{};
          });
        }
        pool->close();
        co_await ended(self, pool);
      });
      CHECK(pool->usage().completed == 60);
      CHECK(pool->usage().failed == 0);
      CHECK(Counted::made == Counted::destroyed);
      int jobs = 0, partly = 0;
      for (int age : Counted::ages) {
        CHECK(age <= static_cast<int>(limit));
        jobs += age;
        if (age < static_cast<int>(limit)) ++partly;
      }
      CHECK(jobs == 60);
      CHECK(partly <= 2);  // each worker's last
    });
  }
}

TEST_CASE("pool with a job limit: jobs wait for jobs of their own on any number of workers") {
  in_every_world([](World& world) {
    for (std::uint32_t workers : {1u, 2u}) {
      PoolOptions options = renewed_after(workers, 1);
      if (workers == 2) options.order = JobOrder::priority;
      auto pool = world.new_pool(std::move(options));
      std::atomic<int> leaves{0};
      std::function<Body(Self, int)> tree = [&](Self self, int depth) -> Body {
        if (depth == 0) {
          ++leaves;
          co_return;
        }
        std::vector<Ref<TestTask>> jobs;
        for (int i = 0; i < 3; ++i) {
          jobs.push_back(
              submit(&self, *pool, [&tree, depth](Self inner) { return tree(inner, depth - 1); }));
        }
        for (auto& job : jobs) co_await ended(self, job);
      };
      for (int round = 0; round < 20 / kSlow + 1; ++round) {
        leaves = 0;
        world.run([&](Self self) -> Body {
          auto first = submit(&self, *pool, [&](Self inner) { return tree(inner, 3); });
          auto second = submit(&self, *pool, [&](Self inner) { return tree(inner, 3); });
          if (round % 3 == 0) pool->resize(workers);
          co_await ended(self, first);
          co_await ended(self, second);
        });
        REQUIRE(leaves == 54);
      }
    }
  });
}

TEST_CASE("pool cancel: what is queued never starts, what waits is cancelled") {
  in_every_world([](World& world) {
    for (bool priority : {false, true}) {
      auto pool = world.new_pool(priority ? by_priority(1) : with_workers(1));
      Channel& gate = world.channel(0);
      std::vector<Ref<TestTask>> waiting, queued;
      std::atomic<int> arrived{0};
      world.run([&](Self self) -> Body {
        for (int i = 0; i < 3; ++i) {
          waiting.push_back(submit(&self, *pool, [&](Self job) -> Body {
            ++arrived;
            co_await received(job, gate);
          }));
        }
        while (arrived < 3) co_await yielded{self};
        // Holds on to the worker until the queue has been cancelled.
        auto busy = submit(&self, *pool, [&](Self job) -> Body {
          ++arrived;
          while (!pool->closed()) co_await yielded{job};
        });
        while (arrived < 4) co_await yielded{self};
        for (int i = 0; i < 20; ++i) queued.push_back(submit(&self, *pool, nothing, i % 3));
        pool->cancel_jobs(nullptr);
        CHECK(pool->admit(nullptr) == Admission::closed);
        co_await ended(self, pool);
      });
      for (auto& job : waiting) CHECK(job->status() == Status::cancelled);
      for (auto& job : queued) CHECK(job->settled());
      Pool::Usage usage = pool->usage();
      CHECK(usage.open == 0);
      CHECK(usage.completed == 24);
      CHECK(usage.cancelled >= 3);
      // Without threads none of those queued can have been in time.
      if (!world.threads()) {
        for (auto& job : queued) CHECK(job->started == 0);
      }
    }
  });
}

TEST_CASE("pool cancel: races with submitting and with the ends of jobs") {
  World world(2);
  for (int round = 0; round < 600 / kSlow; ++round) {
    PoolOptions options = round % 2 == 0 ? by_priority(2) : with_workers(2);
    options.queue = 3;
    if (round % 5 == 0) options.max_jobs_per_worker = 2;
    auto pool = world.new_pool(std::move(options));
    std::atomic<int> granted{0};
    auto host = [&] {
      for (;;) {
        ThreadWait wait;
        Admission result = pool->admit(&wait.waiter);
        if (result == Admission::closed) return;
        if (result == Admission::waiting && wait.wait() != Outcome::value) return;
        ++granted;
        enqueue(nullptr, *pool, [&](Self job) -> Body {
          submit(&job, *pool, nothing);
          co_await yielded{job};
        });
      }
    };
    std::thread first(host), second(host);
    for (int i = 0; i < round * 20; ++i) cpu_pause();
    if (round % 3 == 0) pool->resize(1);
    pool->cancel_jobs(nullptr);
    pool->kill_jobs();
    pool->cancel_jobs(nullptr);
    first.join();
    second.join();
    host_join(*pool);
    REQUIRE(pool->usage().open == 0);
    REQUIRE(pool->usage().completed >= static_cast<std::uint64_t>(granted));
  }
}

TEST_CASE("pool kill: it reaches a wait behind what ignores being cancelled") {
  in_every_world([](World& world) {
    auto pool = world.new_pool(1);
    Channel& gate = world.channel(0);
    std::atomic<bool> cancelled{false}, killed{false};
    world.run([&](Self self) -> Body {
      auto job = submit(&self, *pool, [&](Self inner) -> Body {
        auto block = Ref<Block>::adopt(new Block(inner, Scope::OnFailure::cancel, true));
        cancelled = true;
        try {
          co_await received(inner, gate);
        } catch (Cancelled) {
          killed = inner.execution()->killed;
        }
        block->leave();
      });
      while (!cancelled) co_await yielded{self};
      pool->cancel_jobs(nullptr);
      for (int i = 0; i < 10; ++i) co_await yielded{self};
      CHECK(!job->settled());
      pool->kill_jobs();
      co_await ended(self, pool);
    });
    CHECK(killed);
  });
}

TEST_CASE("pool usage: times of its jobs and how busy it was") {
  World world(0);
  auto pool = world.new_pool(2);
  CHECK(pool->usage().service_time.count == 0);
  CHECK(pool->usage().arrival_rate == 0);
  world.run([&](Self self) -> Body {
    for (int i = 0; i < 10; ++i) {
      submit(&self, *pool, [&](Self job) -> Body { co_await slept(job, 10'000'000); });
    }
    co_await slept(self, 100'000'000);
  });
  Pool::Usage usage = pool->usage();
  CHECK(usage.queue_time.count == 10);
  CHECK(usage.service_time.count == 10);
  CHECK(usage.service_time.p50 >= 9'000'000);
  CHECK(usage.service_time.max < 20'000'000);
  CHECK(usage.service_time.mean <= usage.service_time.max);
  CHECK(usage.queue_time.max < 10'000'000);
  CHECK(usage.arrival_rate > 10);
  CHECK(usage.arrival_rate <= 100);
}

TEST_CASE("pool usage: utilisation is never beyond one") {
  World world(2);
  auto pool = world.new_pool(2);
  for (int round = 0; round < 50; ++round) {
    host_join(*submit(nullptr, *pool, [](Self) -> Body {
      for (int i = 0; i < 1000; ++i) cpu_pause();
      co_return;
    }));
    const Pool::Usage usage = pool->usage();
    CHECK(usage.utilisation >= 0);
    CHECK(usage.utilisation <= 1);
    pool->resize(1 + static_cast<std::uint32_t>(round % 3));
  }
  CHECK(pool->usage().completed == 50);
}
