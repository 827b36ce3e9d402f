#include "engine/sched/monitor.hpp"

#include <pthread.h>
#include <signal.h>
#include <time.h>

#include <algorithm>
#include <cerrno>
#include <mutex>

#include "engine/sched/worker.hpp"
#include "tidemill/engine.hpp"

namespace tidemill {

namespace {

constexpr int kSignal = SIGURG;

void on_signal(int) {
  const int error = errno;
  if (Worker* worker = Worker::current(); worker != nullptr && worker->local() != nullptr) {
    worker->local()->interrupt();
  }
  errno = error;
}

void install_handler() {
  static std::once_flag once;
  std::call_once(once, [] {
    struct sigaction action {};
    action.sa_handler = on_signal;
    action.sa_flags = SA_RESTART;
    sigaction(kSignal, &action, nullptr);
  });
}

}  // namespace

Monitor::Monitor(Engine& engine) : engine_(engine) {
  install_handler();
  sem_init(&poked_, 0, 0);
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  thread_ = std::thread([this] { run(); });
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

Monitor::~Monitor() {
  ending_.store(true, std::memory_order_release);
  sem_post(&poked_);
  thread_.join();
  sem_destroy(&poked_);
}

void Monitor::look_at(Nanoseconds moment) {
  // seq_cst: what is pressing was noted before; either we see that the monitor is to look in time,
  // and it sees the note then, or it is told.
  if (next_look_.load(std::memory_order_seq_cst) <= moment) return;
  sem_post(&poked_);
}

void Monitor::run() {
  pthread_setname_np(pthread_self(), "monitor");
  while (!ending_.load(std::memory_order_acquire)) {
    // Whoever notes something from now on, while we look, tells us.
    next_look_.store(kNever, std::memory_order_seq_cst);
    const Nanoseconds next = engine_.look_at_workers(clock_.now());
    next_look_.store(next, std::memory_order_seq_cst);
    if (next == kNever) {
      sem_wait(&poked_);
    } else {
      timespec until{next / 1'000'000'000, next % 1'000'000'000};
      sem_clockwait(&poked_, CLOCK_MONOTONIC, &until);
    }
  }
}

Nanoseconds Monitor::look(Worker& worker, Nanoseconds now) {
  const Nanoseconds at = worker.pressing_at();
  if (at > now) return at;
  if (!worker.in_task()) {
    // It looks itself when it begins its next step. One that is awake may have begun it already.
    worker.press_in_step(at);
    return worker.asleep() ? kNever : now + kPeriod;
  }
  worker.press_in_step(at);  // a task that makes engine calls hears of it there
  Worker::Watched& watched = worker.watched;
  const std::uint32_t activity = worker.activity();
  clockid_t clock{};
  timespec used{};
  if (pthread_getcpuclockid(worker.thread(), &clock) != 0 || clock_gettime(clock, &used) != 0) {
    return now + kPeriod;
  }
  const Nanoseconds spent = used.tv_sec * Nanoseconds{1'000'000'000} + used.tv_nsec;
  if (activity != watched.activity || watched.since == 0) {
    watched = {activity, spent};
  } else if (spent - watched.since >= kPeriod) {
    watched.since = spent;
    worker.signalled_at.store(activity, std::memory_order_relaxed);
    pthread_kill(worker.thread(), kSignal);
  }
  return now + kPeriod;
}

}  // namespace tidemill
