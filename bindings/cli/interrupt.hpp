// Ctrl-C and SIGTERM: the first cancels the script's root task and lets cleanup run, the second
// ends the process at once. SIGQUIT (Ctrl-\) prints the tree of tasks and goes on. Signals are per
// process, so this is the one part with state of that scope.
#pragma once

namespace tidemill {
class Engine;
}  // namespace tidemill

namespace tidemill::cli {

/// Installs the handlers for the time of its life. On the thread that runs `engine`.
class InterruptScope {
 public:
  explicit InterruptScope(Engine& engine);
  ~InterruptScope();
  InterruptScope(const InterruptScope&) = delete;
  InterruptScope& operator=(const InterruptScope&) = delete;
  /// The signal that came, or 0.
  int signal() const;
};

}  // namespace tidemill::cli
