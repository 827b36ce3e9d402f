// tm.barrier and the methods of barriers. `wait` ends in the prelude: it runs the action.
#include "bindings/common_waits.hpp"
#include "bindings/library.hpp"
#include "engine/sync/barrier.hpp"

namespace tidemill::lua {

namespace {

Barrier& check_barrier(lua_State* L, int index) {
  return check<Barrier>(L, index, HandleKind::barrier);
}

/// barrier(parties, action, packed action, timeout); the prelude has checked them. Its own state
/// keeps the action itself, as the handle's user value.
int barrier(lua_State* L) {
  const auto parties = static_cast<std::uint32_t>(luaL_checkinteger(L, 1));
  Shared* packed = lua_isnil(L, 3) ? nullptr : check_handle(L, 3, HandleKind::function);
  Timeout patience = check_timeout(L, 4);
  push_new_handle(L, HandleKind::barrier, nullptr, 1);
  static_cast<Handle*>(lua_touserdata(L, -1))->object =
      new Barrier(parties, Ref<Shared>(packed), patience.length);
  lua_pushvalue(L, 2);
  lua_setiuservalue(L, -2, 1);
  return 1;
}

/// barrier_action(barrier): the action, or where it has not been unpacked yet its packed function.
int barrier_action(lua_State* L) {
  Barrier& barrier = check_barrier(L, 1);
  if (lua_getiuservalue(L, 1, 1) != LUA_TNIL) return 1;
  Ref<Shared> packed = barrier.action();
  push_handle(L, HandleKind::function, packed.leak());
  lua_pushvalue(L, -1);
  lua_setiuservalue(L, 1, 1);
  return 1;
}

struct BarrierOp final : Op {
  /// Waits for the end of the action, if the call ended while that ran.
  struct Conclusion final : TaskWait {
    using TaskWait::TaskWait;
  };

  BarrierOp(Task& self, Barrier& at) : Op(self), barrier(&at), again(self) {}
  ~BarrierOp() override {
    if (finished) return;
    tidemill::detach(party);
    if (outcome() == Outcome::value && barrier->fate(party, again) == Barrier::Fate::acting) {
      barrier->acted(false);
    }
  }
  void detach() override { barrier->leave(party, outcome() == Outcome::timeout); }
  std::string describe() const override {
    return outcome() == Outcome::pending ? "the other parties of a barrier"
                                         : "the action of a barrier";
  }
  /// Pushes the index, and true if the task is to run the action.
  int finish(lua_State* L) override {
    finished = true;
    switch (barrier->fate(party, again)) {
      case Barrier::Fate::released:
        lua_pushinteger(L, Barrier::index(party));
        return 1;
      case Barrier::Fate::acting:
        lua_pushinteger(L, Barrier::index(party));
        lua_pushboolean(L, 1);
        return 2;
      case Barrier::Fate::left:
        if (outcome() != Outcome::timeout) return raise_cancelled(L, task());
        return raise(L, "timeout", "the other parties did not reach the barrier in time");
      default:
        if (outcome() == Outcome::cancelled || outcome() == Outcome::deadlock) {
          return raise_cancelled(L, task());
        }
        return raise(L, "broken", "the barrier is broken");
    }
  }
  Barrier::Party party{*this};
  Ref<Barrier> barrier;
  bool finished = false;
  Conclusion again;
};

int after_action(lua_State* L, int, lua_KContext) {
  State& state = State::of(L);
  Op* op = state.fiber->op;
  int results = op->finish(L);
  drop_op(state, op);
  return results;
}

int after_arrival(lua_State* L, int, lua_KContext) {
  State& state = State::of(L);
  auto* op = static_cast<BarrierOp*>(state.fiber->op);
  state.worker.timers().remove(*op);
  if (op->barrier->fate(op->party, op->again) == Barrier::Fate::committed) {
    return park_regardless(L, guarded_continuation<after_action>);
  }
  return after_action(L, LUA_OK, 0);
}

int arrive(lua_State* L);

int arrive_after_giving_way(lua_State* L, int, lua_KContext) { return arrive(L); }

/// arrive(barrier, timeout) → index, and true if the task is to run the action
int arrive(lua_State* L) {
  if (handle_kind(L, 1) != HandleKind::barrier) return raise_argument(L, 1, "barrier");
  Barrier& barrier = check_barrier(L, 1);
  Timeout timeout = lua_isnoneornil(L, 2) ? Timeout{barrier.patience()} : check_timeout(L, 2);
  check_may_wait(L);
  State& state = State::of(L);
  // Before it has arrived: afterwards, being cancelled must not take the place away.
  if (--state.budget == 0)
    return give_way_then(L, guarded_continuation<arrive_after_giving_way>, 0);
  auto* op = new_op<BarrierOp>(L, barrier);
  if (barrier.arrive(op->party) != Barrier::Fate::filling) return after_action(L, LUA_OK, 0);
  if (timeout.poll()) {
    if (op->claim(Outcome::timeout)) {
      op->detach();
      return after_arrival(L, LUA_OK, 0);
    }
  } else if (!timeout.forever()) {
    state.worker.timers().add(*op, state.worker.now() + timeout.length);
  }
  return park_then(L, op, guarded_continuation<after_arrival>);
}

/// barrier_acted(barrier, well): the action has ended.
int barrier_acted(lua_State* L) {
  if (!check_barrier(L, 1).acted(lua_toboolean(L, 2) != 0) && lua_toboolean(L, 2)) {
    return raise(L, "broken", "the barrier is broken");
  }
  return 0;
}

int abort(lua_State* L) {
  check_barrier(L, 1).abort();
  return 0;
}

int reset(lua_State* L) {
  check_barrier(L, 1).reset();
  return 0;
}

int parties(lua_State* L) {
  lua_pushinteger(L, check_barrier(L, 1).parties());
  return 1;
}

int waiting(lua_State* L) {
  lua_pushinteger(L, static_cast<lua_Integer>(check_barrier(L, 1).stats().waiting));
  return 1;
}

int barrier_tostring(lua_State* L) {
  Barrier& barrier = check_barrier(L, 1);
  Barrier::Stats stats = barrier.stats();
  if (stats.broken) {
    lua_pushliteral(L, "barrier broken");
  } else {
    lua_pushfstring(L, "barrier %d/%d waiting%s", static_cast<int>(stats.waiting),
                    static_cast<int>(barrier.parties()), stats.acting ? ", action running" : "");
  }
  return 1;
}

}  // namespace

void open_barrier(lua_State* L) {
  static const luaL_Reg methods[] = {{"wait", guarded<arrive>},     {"abort", guarded<abort>},
                                     {"reset", guarded<reset>},     {"parties", guarded<parties>},
                                     {"waiting", guarded<waiting>}, {nullptr, nullptr}};
  static const luaL_Reg metamethods[] = {{"__tostring", guarded<barrier_tostring>},
                                         {nullptr, nullptr}};
  define_handle(L, HandleKind::barrier, "barrier", methods, metamethods);
  lua_setfield(L, -2, "barrier_methods");
  static const luaL_Reg functions[] = {{"barrier", guarded<barrier>},
                                       {"barrier_action", guarded<barrier_action>},
                                       {"barrier_acted", guarded<barrier_acted>},
                                       {nullptr, nullptr}};
  luaL_setfuncs(L, functions, 0);
}

}  // namespace tidemill::lua
