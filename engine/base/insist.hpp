// For the little that the engine must do although it allocates: telling a task that it is
// cancelled, or a parent that a child has ended. Giving up there would leave somebody waiting for
// ever, and there is nobody to raise it in. A system that is out of memory is so for moments, while
// others of its threads and processes give some back; so it is tried again for a while.
#pragma once

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <new>
#include <thread>

namespace tidemill {

/// Calls `work`, which changes nothing if it throws std::bad_alloc, until it does not. Ends the
/// process if memory does not come back within about a second.
template <class Work>
decltype(auto) insist(Work&& work) {
  for (int attempt = 0;; ++attempt) {
    try {
      return work();
    } catch (const std::bad_alloc&) {
      if (attempt < 1000) {
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
        continue;
      }
    }
    std::fputs("tidemill: out of memory where the engine cannot do without\n", stderr);
    std::abort();
  }
}

}  // namespace tidemill
