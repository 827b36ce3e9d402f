#include "fixture.hpp"

using namespace tidemill;
using namespace tidemill::test;

namespace {

Body nothing(Self) { co_return; }

}  // namespace

TEST_CASE("engine: made and destroyed with nothing done") {
  { Engine engine; }
  Engine engine;
  CHECK(engine.shutdown());
  CHECK(engine.shutdown());
  CHECK(Engine::usable_cpus() >= 1);
}

TEST_CASE("engine: several live in one process and talk to each other") {
  World first(1), second(2);
  auto& channel = first.channel(4);
  std::int64_t sum = 0;
  std::thread other([&] {
    first.run([&](Self self) -> Body {
      for (;;) {
        Received next = co_await received(self, channel);
        if (!next.ok()) break;
        sum += next.value;
      }
    });
  });
  second.run([&](Self self) -> Body {
    submit(&self, second.pool(), [&](Self task) -> Body {
      for (int i = 1; i <= 1000; ++i) co_await sent(task, channel, i);
      channel.close();
    });
    co_return;
  });
  other.join();
  CHECK(sum == 500'500);
  second.finish_engine();
  first.finish_engine();
}

TEST_CASE("engine: without threads a run is the same every time") {
  auto record = [] {
    std::vector<std::uint32_t> who;
    World world(0);
    world.chooser().script = {1, 0, 1, 1, 0};
    world.run([&](Self self) -> Body {
      for (int i = 0; i < 40; ++i) {
        submit(&self, world.pool(), [&](Self job) -> Body {
          for (int k = 0; k < 3; ++k) {
            who.push_back(job.worker().index());
            co_await slept(job, 1'000'000 * k);
          }
        });
      }
      co_return;
    });
    return who;
  };
  auto first = record();
  CHECK(first.size() == 120);
  CHECK(first == record());
}

TEST_CASE("engine: run again after run; roots have no parent") {
  in_every_world([](World& world) {
    for (int i = 0; i < 3; ++i) {
      CHECK(world.run([&](Self self) -> Body {
        CHECK(self.parent() == nullptr);
        CHECK(Worker::current() == &world.engine().main_worker());
        co_return;
      }) == Status::done);
    }
  });
}

TEST_CASE("engine: nudge brings run to its watch, which may cancel the root") {
  World world(1);
  auto& channel = world.channel(0);
  static std::atomic<bool> interrupted;
  interrupted = false;
  world.engine().set_watch([](Engine&, Task& root) {
    if (interrupted.exchange(false)) root.cancel();
  });
  std::thread host([&] {
    eventually([&] { return channel.stats().receivers_waiting == 1; });
    interrupted = true;
    world.engine().nudge();
  });
  CHECK(world.run([&](Self self) -> Body { co_await received(self, channel); }) ==
        Status::cancelled);
  host.join();
}

TEST_CASE("engine: shutdown runs the jobs that were admitted") {
  std::atomic<int> ran{0};
  {
    World world(2);
    for (int i = 0; i < 100; ++i) {
      submit(nullptr, world.pool(), [&](Self self) -> Body {
        co_await yielded{self};
        ++ran;
      });
    }
  }
  CHECK(ran == 100);
}

TEST_CASE("engine: shutdown gives up after its grace, and can be tried again") {
  World world(1);
  std::atomic<bool> begun{false}, release{false};
  submit(nullptr, world.pool(), [&](Self) -> Body {
    begun = true;
    while (!release) std::this_thread::yield();
    co_return;
  });
  while (!begun) std::this_thread::yield();  // one that has not begun would be cancelled
  CHECK_FALSE(world.engine().shutdown(1'000'000));
  CHECK(world.engine().stopping());
  release = true;
}

// engine.hpp, shutdown: "1. no new pools". One that is made after the engine has looked which pools
// there are would never be closed, and its threads would outlive the engine.
TEST_CASE("engine: a pool that is made while the engine stops takes no jobs") {
  World world(1);
  std::atomic<int> admitted_late{-1};
  std::atomic<bool> begun{false};
  Pool* pool = &world.pool();
  Ref<Pool> late;
  submit(nullptr, *pool, [&, pool](Self) -> Body {
    begun = true;
    while (!pool->closed()) std::this_thread::yield();
    late = world.new_pool(1);
    admitted_late = late && late->admit(nullptr) != Admission::closed;
    co_return;
  });
  while (!begun) std::this_thread::yield();  // one that has not begun would be cancelled
  world.finish_engine();
  CHECK(admitted_late == 0);
}

// The sender's thread may still be on its way out of `send` (Worker::notify) when the receiver, its
// pool and the whole engine are gone: the thread sanitizer and the address sanitizer look on.
TEST_CASE("engine: who wakes a task does not touch a worker that is gone") {
  for (int round = 0; round < 300 / kSlow; ++round) {
    auto channel = make_ref<Channel>(0);
    World world(1);
    std::atomic<bool> got{false};
    submit(nullptr, world.pool(), [&](Self self) -> Body {
      co_await received(self, *channel);
      got = true;
    });
    submit(nullptr, world.pool(), [&](Self self) -> Body {  // so that the worker is awake
      while (!got) co_await yielded{self};
    });
    std::thread host([&] {
      Payload value = number(1);
      while (channel->send(value, nullptr) != Passage::done) cpu_pause();
    });
    world.finish();
    host.join();
  }
}

TEST_CASE("engine: pools are made, dropped and reaped while others work") {
  World world(2);
  std::atomic<int> ran{0};
  world.run([&](Self self) -> Body {
    std::vector<Ref<TestTask>> jobs;
    for (int i = 0; i < 4; ++i) {
      jobs.push_back(submit(&self, world.pool(), [&](Self job) -> Body {
        for (int k = 0; k < 50 / kSlow; ++k) {
          auto pool = world.new_pool(1);
          auto inner = submit(&job, *pool, [&](Self) -> Body {
            ++ran;
            co_return;
          });
          pool = nullptr;
          co_await ended(job, inner);
        }
      }));
    }
    for (auto& job : jobs) co_await ended(self, job);
    submit(&self, world.pool(), nothing);
  });
  CHECK(ran == 4 * (50 / kSlow));
}
