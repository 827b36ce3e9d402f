// Ctrl-C and SIGTERM: the first cancels the script's root task and lets cleanup run, the second
// ends the process at once. Signals are per process, so this is the one part with state of that
// scope.
#pragma once

#include "bindings/state.hpp"

namespace tidemill {
class Engine;
class Task;
}  // namespace tidemill

namespace tidemill::cli {

/// Installs the handlers for the time of its life. On the thread that runs `engine`.
class InterruptScope {
 public:
  InterruptScope(Engine& engine, lua::State& state);
  ~InterruptScope();
  InterruptScope(const InterruptScope&) = delete;
  InterruptScope& operator=(const InterruptScope&) = delete;
  /// The signal that came, or 0.
  int signal() const;
};

}  // namespace tidemill::cli
