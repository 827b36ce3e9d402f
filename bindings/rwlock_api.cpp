// tm.rwlock and the methods of read-write locks.
#include "bindings/common_waits.hpp"
#include "bindings/library.hpp"
#include "engine/sync/rwlock.hpp"

namespace tidemill::lua {

namespace {

/// Who writes, and since where; nothing more if it is read.
std::string describe_with_owner(RwLock& lock, const char* how) {
  std::string text = lock.title() + how;
  if (Ref<Task> owner = lock.owner_task()) {
    text += ", written by " + owner->title();
    if (const Site* site = lock.taken_at()) text += " since " + site->text();
  }
  return text;
}

struct LockTaking {
  using Object = RwLock;
  static constexpr HandleKind kKind = HandleKind::rwlock;
  static constexpr bool kOneOwner = true;  // while it is written
  static void give_back(RwLock& lock, OwnerId owner) { lock.unlock(owner); }
  static void withdraw(RwLock& lock, Waiter& waiter) { lock.withdraw(waiter); }
  static void push_name(lua_State* L, RwLock&) { lua_pushliteral(L, "rwlock"); }
};

struct Reading : LockTaking {
  static Access take(RwLock& lock, OwnerId owner, Waiter* waiter, const Holder& holder) {
    return lock.read(owner, waiter, holder);
  }
  static std::string describe(RwLock& lock) { return describe_with_owner(lock, ", to read"); }
  static const char* own() { return "the rwlock for writing"; }
};

struct Writing : LockTaking {
  static Access take(RwLock& lock, OwnerId owner, Waiter* waiter, const Holder& holder) {
    return lock.write(owner, waiter, holder);
  }
  static std::string describe(RwLock& lock) { return describe_with_owner(lock, ", to write"); }
  static const char* own() { return "the rwlock"; }
};

RwLock& check_rwlock(lua_State* L, int index) {
  return check<RwLock>(L, index, HandleKind::rwlock);
}

int rwlock(lua_State* L) {
  check_at_most(L, "tm.rwlock", 0);
  push_new_handle(L, HandleKind::rwlock, nullptr);
  static_cast<Handle*>(lua_touserdata(L, -1))->object = new RwLock;
  return 1;
}

bool give_back(lua_State* L) {
  RwLock& lock = check_rwlock(L, 1);
  const Unlocking result = lock.unlock(caller(L));
  if (result == Unlocking::released) State::of(L).let_go(lock);
  return result != Unlocking::not_owner;
}

int unlock(lua_State* L) {
  if (give_back(L)) return 0;
  return raise_text(L, "cannot unlock: this task neither reads nor writes under the rwlock");
}

/// `local _ <close> = rw:read()`: unlocks if the task still holds something.
int close(lua_State* L) {
  give_back(L);
  return 0;
}

/// repair() → the rwlock, sound again and taken by this task for writing. Raises if it is not
/// broken.
int repair(lua_State* L) {
  RwLock& lock = check_rwlock(L, 1);
  State& state = State::of(L);
  if (!lock.repair(caller(L), {state.running, state.sites.here(L, 1)})) {
    return raise_text(L, "cannot repair: the rwlock is not broken");
  }
  state.hold(lock);
  lua_settop(L, 1);
  return 1;
}

int rwlock_tostring(lua_State* L) {
  RwLock::Stats stats = check_rwlock(L, 1).stats();
  if (stats.broken) {
    lua_pushliteral(L, "rwlock broken");
  } else if (stats.writer != kNobody) {
    lua_pushfstring(L, "rwlock written by task #%d, %d waiting", static_cast<int>(stats.writer),
                    static_cast<int>(stats.waiting));
  } else if (stats.readers > 0) {
    lua_pushfstring(L, "rwlock read by %d task%s, %d waiting", static_cast<int>(stats.readers),
                    stats.readers == 1 ? "" : "s", static_cast<int>(stats.waiting));
  } else {
    lua_pushliteral(L, "rwlock free");
  }
  return 1;
}

}  // namespace

void open_rwlock(lua_State* L) {
  static const luaL_Reg methods[] = {{"read", guarded<take_or_raise<Reading>>},
                                     {"write", guarded<take_or_raise<Writing>>},
                                     {"try_read", guarded<try_take<Reading>>},
                                     {"try_write", guarded<try_take<Writing>>},
                                     {"unlock", guarded<unlock>},
                                     {"repair", guarded<repair>},
                                     {nullptr, nullptr}};
  static const luaL_Reg metamethods[] = {
      {"__close", guarded<close>}, {"__tostring", guarded<rwlock_tostring>}, {nullptr, nullptr}};
  define_handle(L, HandleKind::rwlock, "rwlock", methods, metamethods);
  lua_pop(L, 1);
  lua_pushcfunction(L, guarded<rwlock>);
  lua_setfield(L, -2, "rwlock");
}

}  // namespace tidemill::lua
