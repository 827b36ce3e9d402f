// A one-byte lock for critical sections of a few dozen instructions: the fields of a primitive
// and its wait queue. Nothing that can block, allocate much or call out runs under one.
//
// It is unfair on purpose: whoever holds the line tends to take it again, which batches the work of
// a stream between two cores. Order among *tasks* comes from the FIFO wait queues, never from here.
#pragma once

#include <atomic>
#include <cstdint>
#include <thread>

#include "engine/base/thread_annotations.hpp"

namespace tidemill {

/// Tells the core that this is a spin loop; no effect on memory.
inline void cpu_pause() {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

class TM_CAPABILITY("lock") SpinLock {
 public:
  void lock() TM_ACQUIRE() {
    // acquire: pairs with the release in unlock, so the fields written there are seen here
    if (!held_.exchange(true, std::memory_order_acquire)) return;
    lock_slow();
  }
  void unlock() TM_RELEASE() { held_.store(false, std::memory_order_release); }

 private:
  void lock_slow() TM_NO_ANALYSIS {
    // Test before exchange keeps the line shared while waiting. With more threads than cores the
    // holder may be off its core: give ours away after about a microsecond.
    for (unsigned spins = 0;; ++spins) {
      unsigned pauses = spins < 5 ? 1u << spins : 32;
      for (unsigned i = 0; i < pauses; ++i) cpu_pause();
      if (!held_.load(std::memory_order_relaxed) &&
          !held_.exchange(true, std::memory_order_acquire)) {
        return;
      }
      if (spins > 40) std::this_thread::yield();
    }
  }

  std::atomic<bool> held_{false};
};

class TM_SCOPED_CAPABILITY SpinGuard {
 public:
  explicit SpinGuard(SpinLock& lock) TM_ACQUIRE(lock) : lock_(lock) { lock_.lock(); }
  ~SpinGuard() TM_RELEASE() { lock_.unlock(); }
  SpinGuard(const SpinGuard&) = delete;
  SpinGuard& operator=(const SpinGuard&) = delete;

 private:
  SpinLock& lock_;
};

}  // namespace tidemill
