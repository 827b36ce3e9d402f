// tm.mutex and the methods of mutexes. `with` is in the prelude: it runs script code.
#include "bindings/errors.hpp"
#include "bindings/library.hpp"
#include "bindings/park.hpp"
#include "bindings/state.hpp"
#include "engine/sync/mutex.hpp"

namespace tidemill::lua {

namespace {

Mutex& check_mutex(lua_State* L, int index) { return check<Mutex>(L, index, HandleKind::mutex); }

OwnerId self(lua_State* L) {
  const LuaTask* task = State::of(L).running;
  if (task == nullptr) luaL_error(L, "a mutex can only be used from a task");
  return task->id();
}

/// tm.mutex([{recursive=, name=}]); the prelude has checked the names of the options.
int mutex(lua_State* L) {
  bool recursive = false;
  const char* name = "";
  if (!lua_isnoneornil(L, 1)) {
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_getfield(L, 1, "recursive");
    recursive = lua_toboolean(L, -1) != 0;
    lua_getfield(L, 1, "name");
    name = luaL_optstring(L, -1, "");
  }
  push_new_handle(L, HandleKind::mutex, nullptr);
  static_cast<Handle*>(lua_touserdata(L, -1))->object = new Mutex(recursive, name);
  return 1;
}

void push_name(lua_State* L, Mutex& mutex) {
  if (mutex.name().empty()) {
    lua_pushliteral(L, "mutex");
  } else {
    lua_pushfstring(L, "mutex \"%s\"", mutex.name().c_str());
  }
}

int not_free(lua_State* L, Mutex& mutex, bool raises) {
  if (!raises) {
    lua_pushboolean(L, 0);
    return 1;
  }
  push_name(L, mutex);
  return raise(L, "timeout", "the %s was not free in time", lua_tostring(L, -1));
}

struct LockOp final : Op {
  LockOp(Task& self, Mutex& wanted, bool raising) : Op(self), mutex(wanted), raises(raising) {}
  void detach() override { tidemill::detach(waiter); }
  std::string describe() const override {
    return mutex.name().empty() ? "a mutex" : "mutex \"" + mutex.name() + "\"";
  }
  int finish(lua_State* L) override {
    switch (outcome()) {
      case Outcome::value:
        if (raises) {
          lua_pushvalue(L, 1);
        } else {
          lua_pushboolean(L, 1);
        }
        return 1;
      case Outcome::timeout:
        return not_free(L, mutex, raises);
      default:
        return raise_cancelled(L, task());
    }
  }
  Waiter waiter{*this};
  Mutex& mutex;  // its handle is an argument of the call that waits
  bool raises;
};

int lock_with(lua_State* L, Timeout timeout, bool raises);

int lock_after_giving_way(lua_State* L, int, lua_KContext raises) {
  return lock_with(L, raises != 0 || !lua_isnoneornil(L, 2) ? check_timeout(L, 2) : Timeout{0},
                   raises != 0);
}

int lock_with(lua_State* L, Timeout timeout, bool raises) {
  Mutex& mutex = check_mutex(L, 1);
  State& state = State::of(L);
  if (timeout.poll() && !raises) {
    check_cancelled(L);
  } else {
    check_may_wait(L);
    // Before it has the lock, not after: others would wait for a task that only gives way.
    if (--state.budget == 0) return give_way_then(L, lock_after_giving_way, raises);
  }
  Locking result = mutex.lock(self(L), nullptr);
  if (result == Locking::refused) {
    if (timeout.poll()) return not_free(L, mutex, raises);
    auto* op = new_op<LockOp>(L, mutex, raises);
    result = mutex.lock(self(L), &op->waiter);
    if (result == Locking::waiting) return park(L, op, timeout);
    drop_op(state, op);
  }
  if (result == Locking::own) {
    if (raises) {
      push_name(L, mutex);
      return raise(L, "deadlock", "this task has locked the %s already", lua_tostring(L, -1));
    }
    lua_pushboolean(L, 0);
    return 1;
  }
  if (raises) {
    lua_pushvalue(L, 1);
  } else {
    lua_pushboolean(L, 1);
  }
  return 1;
}

int lock(lua_State* L) { return lock_with(L, check_timeout(L, 2), true); }

int try_lock(lua_State* L) {
  Timeout timeout = lua_isnoneornil(L, 2) ? Timeout{0} : check_timeout(L, 2);
  return lock_with(L, timeout, false);
}

int unlock(lua_State* L) {
  Mutex& mutex = check_mutex(L, 1);
  if (mutex.unlock(self(L))) return 0;
  push_name(L, mutex);
  OwnerId owner = mutex.owner();
  if (owner == kNobody)
    return luaL_error(L, "cannot unlock: the %s is not locked", lua_tostring(L, -1));
  return luaL_error(L, "cannot unlock: the %s is locked by task #%d, not by this one",
                    lua_tostring(L, -1), static_cast<int>(owner));
}

/// `local _ <close> = m:lock()`: unlocks if the task still holds it.
int close(lua_State* L) {
  check_mutex(L, 1).unlock(self(L));
  return 0;
}

int locked(lua_State* L) {
  lua_pushboolean(L, check_mutex(L, 1).owner() != kNobody);
  return 1;
}

int mutex_tostring(lua_State* L) {
  Mutex& mutex = check_mutex(L, 1);
  push_name(L, mutex);
  OwnerId owner = mutex.owner();
  if (owner == kNobody) {
    lua_pushliteral(L, " free");
  } else {
    lua_pushfstring(L, " held by task #%d, %d waiting", static_cast<int>(owner),
                    static_cast<int>(mutex.waiting()));
  }
  lua_concat(L, 2);
  return 1;
}

}  // namespace

void open_mutex(lua_State* L) {
  static const luaL_Reg methods[] = {{"lock", lock},
                                     {"try_lock", try_lock},
                                     {"unlock", unlock},
                                     {"locked", locked},
                                     {nullptr, nullptr}};
  static const luaL_Reg metamethods[] = {
      {"__close", close}, {"__tostring", mutex_tostring}, {nullptr, nullptr}};
  define_handle(L, HandleKind::mutex, "mutex", methods, metamethods);
  lua_setfield(L, -2, "mutex_methods");
  lua_pushcfunction(L, mutex);
  lua_setfield(L, -2, "mutex");
}

}  // namespace tidemill::lua
