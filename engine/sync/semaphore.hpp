// A number of permits, shared by tasks of any worker and host threads. Nobody owns one: whoever
// likes may release. A permit that is released while somebody waits is the first one's at once, so
// nobody can slip in between.
//
// Invariant, under lock_: somebody waits ⇒ value_ = 0.
#pragma once

#include <cstdint>
#include <string>

#include "engine/base/ref.hpp"
#include "engine/base/thread_annotations.hpp"
#include "engine/sync/access.hpp"
#include "engine/sync/wait.hpp"

namespace tidemill {

class Semaphore final : public Shared {
 public:
  /// There are `value` permits now and never more than `limit`.
  Semaphore(std::int64_t value, std::int64_t limit, std::string name = {})
      : limit_(limit), name_(std::move(name)), value_(value) {}

  // All: any thread; none blocks.

  Access acquire(Waiter* waiter);
  /// Adds `permits` > 0, or none of them and false if there would be more than the limit.
  bool release_permits(std::int64_t permits);
  /// Permits nobody has taken.
  std::int64_t value();
  std::size_t waiting();
  const std::string& name() const { return name_; }

 private:
  ~Semaphore() override = default;

  const std::int64_t limit_;
  const std::string name_;
  SpinLock lock_;
  std::int64_t value_ TM_GUARDED_BY(lock_);
  WaitQueue waiters_ TM_GUARDED_BY(lock_);
};

}  // namespace tidemill
