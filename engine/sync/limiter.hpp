// A number of tokens that can be changed while they are in use, at most one for each owner. A token
// that comes back while somebody waits is the first one's at once. A task that ends with its token
// loses it.
//
// Invariant, under lock_: somebody waits ⇒ holders_.size() >= total_. More than total_ are out only
// after it was made smaller.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/base/thread_annotations.hpp"
#include "engine/sync/access.hpp"
#include "engine/sync/ownable.hpp"
#include "engine/sync/wait.hpp"

namespace tidemill {

class Limiter final : public Ownable {
 public:
  explicit Limiter(std::size_t total) : total_(total) {}

  // All: any thread; none blocks.

  /// `waiter->wait` must belong to `owner`.
  Access acquire(OwnerId owner, Waiter* waiter, const Holder& holder = {});
  /// False if `owner` has no token.
  bool release_token(OwnerId owner);
  /// Lets waiters in if there are more tokens now; takes nobody's away if there are fewer.
  void resize(std::size_t total);
  std::size_t borrowed();
  std::size_t total();
  std::size_t waiting();

  /// Nobody: whoever resizes it may let a waiter in, too.
  Ref<Task> owner_task() override { return nullptr; }
  const Site* taken_at() override { return nullptr; }
  void owner_ended(OwnerId owner) override;
  std::string title() const override { return "a limiter"; }

 private:
  ~Limiter() override = default;
  void destroy() override;
  struct Token {
    OwnerId owner;
    Holder holder;
  };
  std::vector<Token>::iterator find_token(OwnerId owner) TM_REQUIRES(lock_);
  void take_back(std::vector<Token>::iterator token, WokenList& woken) TM_REQUIRES(lock_);
  void admit(WokenList& woken) TM_REQUIRES(lock_);
  bool held_by_tasks() const TM_REQUIRES(lock_);

  SpinLock lock_;
  bool orphaned_ TM_GUARDED_BY(lock_) = false;  // no reference is left
  std::size_t total_ TM_GUARDED_BY(lock_);
  // Searched from the back: few are out at a time, and the last to come is often the first to go.
  std::vector<Token> holders_ TM_GUARDED_BY(lock_);
  WaitQueue waiters_ TM_GUARDED_BY(lock_);
};

}  // namespace tidemill
