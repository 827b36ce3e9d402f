// tm.mutex and the methods of mutexes. `with` is in the prelude: it runs script code.
#include "bindings/common_waits.hpp"
#include "bindings/library.hpp"
#include "engine/sync/mutex.hpp"

namespace tidemill::lua {

namespace {

Mutex& check_mutex(lua_State* L, int index) { return check<Mutex>(L, index, HandleKind::mutex); }

OwnerId self(lua_State* L) {
  const LuaTask* task = State::of(L).running;
  if (task == nullptr) raise_text(L, "a mutex can only be used from a task");
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

/// Pushes `mutex "name"`: a std::string would be lost when the caller raises.
const char* push_title(lua_State* L, Mutex& mutex) {
  std::string title = mutex.title();
  return lua_pushlstring(L, title.data(), title.size());
}

int raise_timeout(lua_State* L, Mutex& mutex) {
  return raise(L, "timeout", "%s was not free in time", push_title(L, mutex));
}

/// The end of a call that has taken the mutex.
int taken(lua_State* L, bool raises) {
  if (raises) {
    lua_pushvalue(L, 1);
  } else {
    lua_pushboolean(L, 1);
  }
  return 1;
}

int not_free(lua_State* L, Mutex& mutex, bool raises) {
  if (raises) return raise_timeout(L, mutex);
  lua_pushboolean(L, 0);
  return 1;
}

struct LockOp final : EdgeOp {
  LockOp(Task& self, Mutex& wanted, bool raising) : EdgeOp(self), mutex(wanted), raises(raising) {}
  ~LockOp() override {
    // Given to a task that did not live to see it.
    if (outcome() == Outcome::value && !finished) mutex.unlock(task().id());
  }
  void detach() override { tidemill::detach(waiter); }
  std::string describe() const override {
    std::string text = mutex.title();
    if (Ref<Task> owner = mutex.owner_task()) text += ", held by " + owner->title();
    if (const Site* site = mutex.taken_at()) text += " since " + site->text();
    return text;
  }
  int finish(lua_State* L) override {
    switch (outcome()) {
      case Outcome::value:
        finished = true;
        State::of(L).hold(mutex);
        return taken(L, raises);
      case Outcome::timeout:
        return not_free(L, mutex, raises);
      case Outcome::broken:
        return raise_broken(L, mutex);
      default:
        return raise_cancelled(L, task());
    }
  }
  Waiter waiter{*this};
  Mutex& mutex;  // its handle is an argument of the call that waits
  bool raises;
  bool finished = false;
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
    if (--state.budget == 0)
      return give_way_then(L, guarded_continuation<lock_after_giving_way>, raises);
  }
  const Holder holder{state.running, state.sites.here(L, 1)};
  Locking result = mutex.lock(self(L), nullptr, holder);
  if (result == Locking::refused) {
    if (timeout.poll()) return not_free(L, mutex, raises);
    auto* op = new_op<LockOp>(L, mutex, raises);
    op->site = holder.site;
    result = mutex.lock(self(L), &op->waiter, holder);
    if (result == Locking::waiting) {
      if (!timeout.forever() || !closes_circle(L, op, &mutex, nullptr)) return park(L, op, timeout);
      drop_op(state, op);
      return raise(L, "deadlock", "%s", lua_tostring(L, -1));
    }
    drop_op(state, op);
  }
  switch (result) {
    case Locking::taken:
      state.hold(mutex);
      return taken(L, raises);
    case Locking::own:
      if (raises) {
        return raise(L, "deadlock", "this task has locked %s already", push_title(L, mutex));
      }
      return not_free(L, mutex, raises);
    case Locking::broken:
      return raise_broken(L, mutex);
    default:
      return taken(L, raises);
  }
}

int lock(lua_State* L) { return lock_with(L, check_timeout(L, 2), true); }

int try_lock(lua_State* L) {
  Timeout timeout = lua_isnoneornil(L, 2) ? Timeout{0} : check_timeout(L, 2);
  return lock_with(L, timeout, false);
}

int unlock(lua_State* L) {
  Mutex& mutex = check_mutex(L, 1);
  State& state = State::of(L);
  switch (mutex.unlock(self(L))) {
    case Unlocking::released:
      state.let_go(mutex);
      return 0;
    case Unlocking::still_held:
      return 0;
    case Unlocking::not_owner:
      break;
  }
  OwnerId owner = mutex.owner();
  if (owner == kNobody) {
    return raise_text(L, "cannot unlock: %s is not locked", push_title(L, mutex));
  }
  return raise_text(L, "cannot unlock: %s is locked by task #%d, not by this one",
                    push_title(L, mutex), static_cast<int>(owner));
}

/// `local _ <close> = m:lock()`: unlocks if the task still holds it.
int close(lua_State* L) {
  Mutex& mutex = check_mutex(L, 1);
  if (mutex.unlock(self(L)) == Unlocking::released) State::of(L).let_go(mutex);
  return 0;
}

/// repair() → the mutex, sound again and owned by this task. Raises if it is not broken.
int repair(lua_State* L) {
  Mutex& mutex = check_mutex(L, 1);
  State& state = State::of(L);
  if (!mutex.repair(self(L), {state.running, state.sites.here(L, 1)})) {
    return raise_text(L, "cannot repair: %s is not broken", push_title(L, mutex));
  }
  state.hold(mutex);
  lua_settop(L, 1);
  return 1;
}

/// owner() → the task that has it; nil if none has
int owner(lua_State* L) {
  Ref<Task> task = check_mutex(L, 1).owner_task();
  if (!task) {
    lua_pushnil(L);
    return 1;
  }
  return push_task(L, static_cast<LuaTask*>(task.leak()));
}

int locked(lua_State* L) {
  lua_pushboolean(L, check_mutex(L, 1).owner() != kNobody);
  return 1;
}

/// mutex "name" held by task #3, 2 waiting
int mutex_tostring(lua_State* L) {
  Mutex& mutex = check_mutex(L, 1);
  if (mutex.name().empty()) {
    lua_pushliteral(L, "mutex");
  } else {
    lua_pushfstring(L, "mutex \"%s\"", mutex.name().c_str());
  }
  OwnerId owner = mutex.owner();
  if (owner != kNobody) {
    lua_pushfstring(L, " held by task #%d, %d waiting", static_cast<int>(owner),
                    static_cast<int>(mutex.waiting()));
  } else {
    lua_pushstring(L, mutex.breakage().owner == kNobody ? " free" : " broken");
  }
  lua_concat(L, 2);
  return 1;
}

}  // namespace

void open_mutex(lua_State* L) {
  static const luaL_Reg methods[] = {{"lock", guarded<lock>},     {"try_lock", guarded<try_lock>},
                                     {"unlock", guarded<unlock>}, {"locked", guarded<locked>},
                                     {"owner", guarded<owner>},   {"repair", guarded<repair>},
                                     {nullptr, nullptr}};
  static const luaL_Reg metamethods[] = {
      {"__close", guarded<close>}, {"__tostring", guarded<mutex_tostring>}, {nullptr, nullptr}};
  define_handle(L, HandleKind::mutex, "mutex", methods, metamethods);
  lua_setfield(L, -2, "mutex_methods");
  lua_pushcfunction(L, guarded<mutex>);
  lua_setfield(L, -2, "mutex");
}

}  // namespace tidemill::lua
