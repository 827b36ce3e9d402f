#include "bindings/pool_setup.hpp"

#include "bindings/errors.hpp"
#include "bindings/state.hpp"
#include "engine/pool/pool.hpp"

namespace tidemill::lua {

PoolSetup* setup_of(const Pool& pool) { return static_cast<PoolSetup*>(pool.companion()); }

void PoolSetup::break_with(std::string message, std::string trace, Payload cause) {
  SpinGuard guard(lock_);
  if (broken_.load(std::memory_order_relaxed)) return;  // written under lock_
  message_ = std::move(message);
  trace_ = std::move(trace);
  cause_ = std::move(cause);
  broken_.store(true, std::memory_order_release);
}

int PoolSetup::raise_broken(lua_State* L) const {
  push_error(L, 1, "broken", "pool \"%s\" is broken, because its init has failed: %s",
             pool_name.c_str(), message_.c_str());
  // What cannot be rebuilt here must not take the place of the error.
  lua_pushcfunction(L, guarded_lambda([](lua_State* L2) {
                      const auto* cause = static_cast<const Payload*>(lua_touserdata(L2, 1));
                      return State::of(L2).decoder.decode(L2, *cause);
                    }));
  lua_pushlightuserdata(L, const_cast<Payload*>(&cause_));
  if (lua_pcall(L, 1, 1, 0) == LUA_OK) {
    lua_setfield(L, -2, "cause");
  } else {
    lua_pop(L, 1);
  }
  State& state = State::of(L);
  const Job* job = state.running->as_job();
  if (job != nullptr && job->setup() == this) {
    state.last_raised_trace = "in the init of pool \"" + pool_name + "\":\n" + trace_;
    state.trace_is_whole = true;
  }
  return lua_error(L);
}

Room& State::room(PoolSetup& setup) {
  auto found = rooms_.find(&setup);
  if (found != rooms_.end()) return found->second;
  // Rooms of pools that are gone.
  for (auto at = rooms_.begin(); at != rooms_.end();) {
    if (at->second.setup->unshared() && at->second.init != Room::Init::running) {
      if (at->second.globals != 0) release_anchor(at->second.globals);
      at = rooms_.erase(at);
    } else {
      ++at;
    }
  }
  Room& room = rooms_[&setup];
  room.setup = Ref<PoolSetup>(&setup);
  if (!setup.init.empty()) room.init = Room::Init::pending;
  return room;
}

void State::push_job_globals(lua_State* to) {
  Job* job = running == nullptr ? nullptr : running->as_job();
  PoolSetup* setup = job == nullptr ? nullptr : job->setup();
  if (setup == nullptr || !setup->shares_state) {
    lua_rawgeti(to, LUA_REGISTRYINDEX, LUA_RIDX_GLOBALS);
    return;
  }
  Room& its = room(*setup);
  if (its.globals == 0) {
    lua_rawgeti(to, LUA_REGISTRYINDEX, kPristine);
    push_globals_over(to);
    its.globals = anchor(to);
  }
  push_anchored(to, its.globals);
}

}  // namespace tidemill::lua
