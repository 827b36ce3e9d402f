// The bounded spin before a worker parks. Waking a sleeping thread costs about 8 µs and the waker a
// system call, a token between spinning threads 0.15 µs; so a wait that is shorter than a few
// wake-ups is cheaper spun through.
#pragma once

#include "engine/base/spin_lock.hpp"

namespace tidemill {

/// True as soon as `ready` is; false after about 20 µs.
template <class Ready>
bool spin_until(Ready ready) {
  // A pause takes about 40 ns on current x86 cores.
  for (int i = 0; i < 500; ++i) {
    if (ready()) return true;
    cpu_pause();
  }
  return false;
}

/// True as soon as `ready` is; false after about 1 µs, which is what it costs a task to be
/// suspended and resumed between two threads. The looks are apart, so that the other side gets on
/// meanwhile: a receiver that finds several items waits less often.
template <class Ready>
bool spin_briefly(Ready ready) {
  for (int i = 0; i < 8; ++i) {
    cpu_pause();
    cpu_pause();
    cpu_pause();
    if (ready()) return true;
  }
  return false;
}

}  // namespace tidemill
