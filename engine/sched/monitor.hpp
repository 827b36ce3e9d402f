// Sees to it that a worker whose task runs on and on still hears what is pressing: a cancellation
// from another thread, a deadline of a block, a signal.
//
// A worker looks at its messages and timers between two steps of tasks. While something pressing is
// due there (Worker::press), the monitor looks at it every 10 ms: if it is still in the same task,
// without having begun an engine call, after 10 ms of its processor time, a signal is sent to its
// thread. The handler, on that thread, asks the language binding to interrupt what runs
// (WorkerLocal::interrupt). Processor time, so that a task that is merely not scheduled is not
// mistaken for one that loops; 10 ms, so that no short stretch between two calls is ever hit.
//
// The signal is SIGURG, as in Go's runtime: ignored by default, and not used by debuggers.
#pragma once

#include <semaphore.h>

#include <atomic>
#include <thread>

#include "engine/base/clock.hpp"

namespace tidemill {

class Engine;
class Worker;

class Monitor {
 public:
  static constexpr Nanoseconds kPeriod = 10'000'000;

  /// Starts its thread, and installs the signal handler in the process.
  explicit Monitor(Engine& engine);
  /// Stops it.
  ~Monitor();
  Monitor(const Monitor&) = delete;

  /// Something is to be looked at, now or at `moment` (real time). Any thread; does not block.
  /// Async-signal-safe.
  void look_at(Nanoseconds moment);
  /// One look at a worker: when to look again. With the list of workers locked.
  static Nanoseconds look(Worker& worker, Nanoseconds now);

 private:
  void run();

  Engine& engine_;
  SteadyClock clock_;  // threads are late in real time, whatever the engine's clock
  sem_t poked_;
  std::atomic<Nanoseconds> next_look_{kNever};
  std::atomic<bool> ending_{false};
  std::thread thread_;
};

}  // namespace tidemill
