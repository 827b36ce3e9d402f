#include "bindings/cli/interrupt.hpp"

#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <cstring>

#include "engine/observe/census.hpp"
#include "engine/observe/console.hpp"
#include "engine/sched/worker.hpp"
#include "tidemill/engine.hpp"

namespace tidemill::cli {

namespace {

Engine* engine = nullptr;
pthread_t thread;
// Lock-free, so a handler may use them.
std::atomic<int> received{0};
std::atomic<bool> tree_wanted{false};
bool cancelled = false;  // the root has been told

/// On the main worker, between two turns or in the middle of a task that runs on and on.
void watch(Engine& of, Task& root) {
  if (tree_wanted.load(std::memory_order_relaxed) && tree_wanted.exchange(false)) {
    Census::of_all(
        of, [&of](Census& census) { Console::standard().log(census.tree(of.clock().now())); });
  }
  if (received.load(std::memory_order_relaxed) == 0 || cancelled) return;
  cancelled = true;
  root.cancel();
}

/// Only on the thread that runs the engine: another one's signal is handed on. True if it was.
bool hand_on(int signal) {
  if (pthread_equal(pthread_self(), thread)) return false;
  pthread_kill(thread, signal);
  return true;
}

void on_interrupt(int signal) {
  if (hand_on(signal)) return;
  if (received.exchange(signal) != 0) {
    const std::string_view text = "\ntidemill: interrupted again, ending at once\n";
    const bool in_line = Console::footer_on_screen();  // behind a progress bar
    [[maybe_unused]] auto written = write(2, text.data() + !in_line, text.size() - !in_line);
    _exit(128 + signal);
  }
  engine->main_worker().press();
  engine->nudge();
}

void on_quit(int signal) {
  if (hand_on(signal)) return;
  tree_wanted.store(true);
  engine->main_worker().press();
  engine->nudge();
}

}  // namespace

InterruptScope::InterruptScope(Engine& of_engine) {
  engine = &of_engine;
  thread = pthread_self();
  of_engine.set_watch(watch);
  struct sigaction action {};
  action.sa_handler = on_interrupt;
  action.sa_flags = SA_RESTART;
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
  action.sa_handler = on_quit;
  sigaction(SIGQUIT, &action, nullptr);
}

InterruptScope::~InterruptScope() {
  for (int signal : {SIGINT, SIGTERM, SIGQUIT}) ::signal(signal, SIG_DFL);
  engine->set_watch(nullptr);
}

int InterruptScope::signal() const { return received.load(); }

}  // namespace tidemill::cli
