#include "bindings/cli/interrupt.hpp"
#include "bindings/interruption.hpp"

#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <cstring>

#include "tidemill/engine.hpp"

namespace tidemill::cli {

namespace {

Engine* engine = nullptr;
lua::State* state = nullptr;
pthread_t thread;
std::atomic<int> received{0};        // lock-free, so a handler may use it
std::atomic<bool> cancelled{false};  // the root has been told

/// Between two turns of the main worker.
void watch(Engine&, Task& root) {
  if (received.load(std::memory_order_relaxed) == 0 || cancelled.exchange(true)) return;
  root.cancel();
}

/// In the script, at the next instruction after the signal: a loop that never waits ends here.
void interrupt_script(lua_State* L, lua_Debug*) {
  lua_sethook(L, nullptr, 0, 0);
  if (lua::State::of(L).running == nullptr) return;
  for (Task* root = lua::State::of(L).running; root != nullptr; root = root->parent()) {
    if (root->parent() == nullptr && !cancelled.exchange(true)) root->cancel();
  }
  if (lua::State::of(L).running->interrupted()) {
    lua::raise_interrupted(L);
  }
}

/// As lua.c does: lua_sethook may be called from a handler on the thread that runs the script. A
/// hook that is set while Lua enters a function can be missed: so again every second until the root
/// knows.
void arm(int) {
  if (cancelled.load(std::memory_order_relaxed)) return;
  if (lua_State* L = state->innermost; L != nullptr) {
    lua_sethook(L, interrupt_script, LUA_MASKCALL | LUA_MASKRET | LUA_MASKLINE | LUA_MASKCOUNT, 1);
  }
  alarm(1);
}

void on_signal(int signal) {
  if (!pthread_equal(pthread_self(), thread)) {  // one of libuv's threads got it
    pthread_kill(thread, signal);
    return;
  }
  if (received.exchange(signal) != 0) {
    const char text[] = "tidemill: interrupted again, ending at once\n";
    [[maybe_unused]] auto written = write(2, text, sizeof text - 1);
    _exit(128 + signal);
  }
  arm(0);
  engine->nudge();
}

}  // namespace

InterruptScope::InterruptScope(Engine& of_engine, lua::State& of_state) {
  engine = &of_engine;
  state = &of_state;
  thread = pthread_self();
  of_engine.set_watch(watch);
  struct sigaction action;
  std::memset(&action, 0, sizeof action);
  action.sa_handler = on_signal;
  action.sa_flags = SA_RESTART;
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
  action.sa_handler = arm;
  sigaction(SIGALRM, &action, nullptr);
}

InterruptScope::~InterruptScope() {
  ::signal(SIGINT, SIG_DFL);
  ::signal(SIGTERM, SIG_DFL);
  ::signal(SIGALRM, SIG_IGN);
  engine->set_watch(nullptr);
}

int InterruptScope::signal() const { return received.load(); }

}  // namespace tidemill::cli
