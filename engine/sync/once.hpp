// Something that is to be done once, by whoever asks first; the others wait for its result. If the
// one that does it is cancelled, the next who waits does it instead.
//
// Invariants, under lock_: somebody waits ⇒ owner_ is set (see mutex.hpp for owners);
// done_ ⇒ owner_ is not set, and result_ never changes again.
#pragma once

#include <string>

#include "engine/base/payload.hpp"
#include "engine/base/ref.hpp"
#include "engine/base/thread_annotations.hpp"
#include "engine/sync/mutex.hpp"
#include "engine/sync/wait.hpp"

namespace tidemill {

/// What the caller is to do.
enum class Turn : std::uint8_t {
  run,      ///< it, and then call `finish` or `abandon`
  waiting,  ///< the waiter stands in line; completed with value: ask `runs` or take the result
  refused,  ///< it is being done and no waiter was given
  own,      ///< the caller itself is at it
  done,     ///< there is a result
};

class Once final : public Shared {
 public:
  struct Result {
    Payload values;  ///< the results, or the error
    bool failed = false;
    std::string refusal;  ///< why `values` could not be packed
  };

  // All: any thread; none blocks.

  /// `waiter->wait` must belong to `owner`.
  Turn enter(OwnerId owner, Waiter* waiter);
  /// True if `owner` is to do it.
  bool runs(OwnerId owner);
  /// Only who runs it.
  void finish(Result result);
  /// Nothing if `owner` does not run it. Otherwise the next who waits is to run it.
  void abandon(OwnerId owner);
  /// Once it is done.
  const Result& result() const TM_NO_ANALYSIS { return result_; }
  bool done();
  std::size_t waiting();

 private:
  ~Once() override = default;

  SpinLock lock_;
  bool done_ TM_GUARDED_BY(lock_) = false;
  OwnerId owner_ TM_GUARDED_BY(lock_) = kNobody;
  WaitQueue waiters_ TM_GUARDED_BY(lock_);
  Result result_ TM_GUARDED_BY(lock_);
};

}  // namespace tidemill
