// What the jobs of a pool have in common beside its queue: the pool's `init`, and the globals that
// it fills.
//
// PoolSetup is one for each pool that has anything to say here; any thread may read it. Room is
// what a state has for the jobs of one such pool. The state of a pool's worker has one Room, whose
// globals are the state's own. A pool of kind "inline" has one in each state that submits to it,
// with globals of its own over those of an untouched state.
//
// Init runs in each Room once, inside the first job that starts there; jobs that start meanwhile
// wait (prelude/jobs.lua.hpp). If that job is cancelled first, init is cancelled with it and begins
// anew in the next. If init fails the pool is broken: the first failure counts, and every job that
// has not begun raises `broken`.
#pragma once

#include <atomic>
#include <string>

#include "bindings/lua.hpp"
#include "engine/base/payload.hpp"
#include "engine/base/ref.hpp"
#include "engine/base/spin_lock.hpp"

namespace tidemill {
class Pool;
}

namespace tidemill::lua {

class PoolSetup final : public Shared {
 public:
  PoolSetup(std::string name, bool inside) : pool_name(std::move(name)), shares_state(inside) {}

  const std::string pool_name;
  const bool shares_state;  ///< its jobs run in the state of whoever submits them
  Payload init;             ///< the function; empty: none. Not changed once the pool is made.

  bool broken() const { return broken_.load(std::memory_order_acquire); }
  /// Init has failed with `cause`, which reads `message`, as `trace` says. The first time counts.
  void break_with(std::string message, std::string trace, Payload cause);
  /// Raises `broken`; in one of its jobs init's traceback is the error's. Never returns.
  int raise_broken(lua_State* L) const;

 private:
  std::atomic<bool> broken_{false};  // release, after what is below: pairs with broken()
  SpinLock lock_;
  std::string message_, trace_;
  Payload cause_;
};

/// Null if the pool has none.
PoolSetup* setup_of(const Pool& pool);

struct Room {
  enum class Init : std::uint8_t {
    pending,  ///< has not run, or was cancelled
    running,  ///< in one of the jobs
    done,     ///< or there is none
  };
  Ref<PoolSetup> setup;
  Init init = Init::done;
  std::uint32_t globals = 0;  ///< anchor of the table; 0: the state's
};

}  // namespace tidemill::lua
