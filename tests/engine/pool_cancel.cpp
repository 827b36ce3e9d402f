// Jobs that are cancelled in the queue: who frees the place, who discards, and that the pool lasts
// until both have.
#include <algorithm>
#include <mutex>

#include "fixture.hpp"

using namespace tidemill;
using namespace tidemill::test;

namespace {

Body nothing(Self) { co_return; }

/// The kinds of pool whose jobs are all in one queue.
std::vector<PoolOptions> central_kinds(std::uint32_t workers) {
  std::vector<PoolOptions> kinds(3);
  kinds[0].queue = kinds[1].queue = kinds[2].queue = 2;
  kinds[1].order = JobOrder::priority;
  kinds[2].max_jobs_per_worker = 3;
  for (PoolOptions& kind : kinds) {
    kind.workers = workers;
    kind.threads = false;
  }
  return kinds;
}

/// Keeps a worker of a pool with threads until `go`.
struct Busy {
  std::atomic<int> entered{0};
  std::atomic<bool> go{false};
  Body operator()(Self) {
    ++entered;
    eventually([&] { return go.load(); });
    co_return;
  }
};

}  // namespace

TEST_CASE("pool: a job cancelled in the queue gives its place to who waits, at once") {
  for (std::uint32_t workers : {0u, 1u, 4u}) {
    for (PoolOptions& kind : central_kinds(std::max(workers, 1u))) {
      CAPTURE(workers);
      World world(workers);
      kind.threads = workers > 0;
      kind.max_jobs_per_worker = std::max<std::uint64_t>(kind.max_jobs_per_worker, workers + 3);
      auto pool = world.new_pool(kind);
      Busy busy;
      for (std::uint32_t i = 0; i < workers; ++i) {
        ThreadWait wait;
        if (pool->admit(&wait.waiter) == Admission::waiting) wait.wait();
        enqueue(nullptr, *pool, [&](Self self) { return busy(self); });
      }
      CHECK(eventually([&] { return busy.entered == static_cast<int>(workers); }));
      std::vector<Ref<TestTask>> jobs;
      for (int i = 0; i < 2; ++i) {
        REQUIRE(pool->admit(nullptr) == Admission::granted);
        jobs.push_back(enqueue(nullptr, *pool, nothing, i));
      }
      ThreadWait first, second;
      CHECK(pool->admit(&first.waiter) == Admission::waiting);
      CHECK(pool->admit(&second.waiter) == Admission::waiting);
      CHECK(jobs[1]->cancel());
      CHECK(!jobs[1]->cancel());
      CHECK(jobs[1]->discarded == 1);
      CHECK(first.outcome() == Outcome::value);
      CHECK(second.outcome() == Outcome::pending);
      CHECK(pool->usage().queued == 1);
      CHECK(pool->usage().cancelled == 1);
      jobs.push_back(enqueue(nullptr, *pool, nothing));
      CHECK(jobs[0]->cancel());
      CHECK(second.outcome() == Outcome::value);
      jobs.push_back(enqueue(nullptr, *pool, nothing));
      CHECK(pool->admit(nullptr) == Admission::full);
      busy.go = true;
      pool->close();
      if (workers > 0) {
        host_join(*pool);
      } else {
        world.drive([&] { return pool->usage().open == 0; });
      }
      for (auto& job : jobs) CHECK(job->started + job->discarded == 1);
      CHECK(jobs[2]->started + jobs[3]->started == 2);
      CHECK(pool->usage().open == 0);
      CHECK(pool->usage().completed == workers + 4);
      CHECK(pool->usage().cancelled == 2);
    }
  }
}

TEST_CASE("pool: cancelled jobs do not gather in a bounded queue") {
  World world(1);
  auto pool = world.new_pool(1, 1);
  Busy busy;
  REQUIRE(pool->admit(nullptr) == Admission::granted);
  enqueue(nullptr, *pool, [&](Self self) { return busy(self); });
  CHECK(eventually([&] { return busy.entered == 1; }));
  for (int i = 0; i < 1000; ++i) {
    REQUIRE(pool->admit(nullptr) == Admission::granted);
    enqueue(nullptr, *pool, nothing)->cancel();
    REQUIRE(pool->usage().queued == 0);
    REQUIRE(TestTask::alive == 1);
  }
  busy.go = true;
}

// The last job is cancelled while its pool is closed or dropped, a worker takes it, and others wait
// for its place: the pool may end as soon as that job has been counted, under the canceller's
// hands.
TEST_CASE("pool: cancelling races with starting, closing, resizing and the end of the pool") {
  World world(2);
  for (int round = 0; round < 3000 / kSlow; ++round) {
    PoolOptions options = central_kinds(1 + static_cast<std::uint32_t>(round) %
                                                3)[static_cast<std::size_t>(round / 3) % 3];
    options.threads = true;
    options.queue = 1 + static_cast<std::size_t>(round) % 2;
    auto pool = world.new_pool(options);
    std::mutex lock;
    std::vector<Ref<TestTask>> jobs, unmet;
    std::atomic<int> granted{0};
    std::atomic<bool> go{false};
    auto submitter = [&, pool] {
      while (!go) std::this_thread::yield();
      for (int i = 0; i < 10; ++i) {
        ThreadWait wait;
        Admission result = pool->admit(&wait.waiter);
        if (result == Admission::closed) return;
        if (result == Admission::waiting && wait.wait() != Outcome::value) return;
        ++granted;
        auto job = enqueue(nullptr, *pool, nothing, i % 3);
        std::lock_guard guard(lock);
        jobs.push_back(job);
        unmet.push_back(std::move(job));
      }
    };
    std::atomic<int> submitting{2};
    std::vector<std::thread> hosts;
    for (int i = 0; i < 2; ++i) {
      hosts.emplace_back([&, submitter] {
        submitter();
        --submitting;
      });
    }
    hosts.emplace_back([&] {
      while (!go) std::this_thread::yield();
      for (;;) {
        Ref<TestTask> job;
        const bool last = submitting == 0;
        {
          std::lock_guard guard(lock);
          if (!unmet.empty()) {
            job = unmet.back();
            unmet.pop_back();
          }
        }
        if (job.get() != nullptr) {
          job->cancel();
        } else if (last) {
          return;
        }
      }
    });
    go = true;
    if (round % 4 == 1) {
      for (int i = 0; i < round % 500; ++i) cpu_pause();
      pool->resize(1 + static_cast<std::uint32_t>(round / 4) % 3);
    }
    if (round % 4 == 2) {
      for (int i = 0; i < round % 500; ++i) cpu_pause();
      pool->close();
    }
    if (round % 4 == 3) {
      for (int i = 0; i < round % 500; ++i) cpu_pause();
      pool->cancel_jobs(nullptr);
    }
    hosts[0].join();
    hosts[1].join();
    pool = nullptr;  // the canceller still cancels what is left
    hosts[2].join();
    CAPTURE(round);
    REQUIRE(static_cast<int>(jobs.size()) == granted);
    for (auto& job : jobs) {
      REQUIRE(eventually([&] { return job->settled(); }));
      REQUIRE(eventually([&] { return job->started + job->discarded == 1; }));
    }
  }
}

TEST_CASE("pool: whoever sees a cancelled job sees its end whole") {
  World world(1);
  for (int round = 0; round < 2000 / kSlow; ++round) {
    auto pool = world.new_pool(1, 1);
    REQUIRE(pool->admit(nullptr) == Admission::granted);
    auto job = enqueue(nullptr, *pool, nothing);
    pool->close();
    std::thread canceller([&] { job->cancel(); });
    host_join(*pool);
    REQUIRE(job->settled());
    REQUIRE(pool->usage().completed == 1);
    canceller.join();
  }
}
