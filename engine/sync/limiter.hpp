// A number of tokens that can be changed while they are in use, at most one for each owner (see
// mutex.hpp for owners). A token that comes back while somebody waits is the first one's at once.
//
// Invariant, under lock_: somebody waits ⇒ holders_.size() >= total_. More than total_ are out only
// after it was made smaller.
#pragma once

#include <cstdint>
#include <vector>

#include "engine/base/ref.hpp"
#include "engine/base/thread_annotations.hpp"
#include "engine/sync/access.hpp"
#include "engine/sync/mutex.hpp"
#include "engine/sync/wait.hpp"

namespace tidemill {

class Limiter final : public Shared {
 public:
  explicit Limiter(std::size_t total) : total_(total) {}

  // All: any thread; none blocks.

  /// `waiter->wait` must belong to `owner`.
  Access acquire(OwnerId owner, Waiter* waiter);
  /// False if `owner` has no token.
  bool release_token(OwnerId owner);
  /// Lets waiters in if there are more tokens now; takes nobody's away if there are fewer.
  void resize(std::size_t total);
  /// Takes back what an owner had that will never release it.
  void owner_ended(OwnerId owner) { release_token(owner); }
  std::size_t borrowed();
  std::size_t total();
  std::size_t waiting();

 private:
  ~Limiter() override = default;
  void admit(WokenList& woken) TM_REQUIRES(lock_);

  SpinLock lock_;
  std::size_t total_ TM_GUARDED_BY(lock_);
  // Searched from the back: few are out at a time, and the last to come is often the first to go.
  std::vector<OwnerId> holders_ TM_GUARDED_BY(lock_);
  WaitQueue waiters_ TM_GUARDED_BY(lock_);
};

}  // namespace tidemill
