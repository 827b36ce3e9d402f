// tm.semaphore and the methods of semaphores. `with` is in the prelude: it runs script code.
#include "bindings/common_waits.hpp"
#include "bindings/library.hpp"
#include "engine/sync/semaphore.hpp"

namespace tidemill::lua {

namespace {

struct Permit {
  using Object = Semaphore;
  static constexpr HandleKind kKind = HandleKind::semaphore;
  static constexpr bool kOneOwner = false;
  static Access take(Semaphore& semaphore, OwnerId, Waiter* waiter, const Holder&) {
    return semaphore.acquire(waiter);
  }
  static void give_back(Semaphore& semaphore, OwnerId) { semaphore.release_permits(1); }
  static void withdraw(Semaphore&, Waiter& waiter) { tidemill::detach(waiter); }
  static void push_name(lua_State* L, Semaphore& semaphore) {
    if (semaphore.name().empty()) {
      lua_pushliteral(L, "semaphore");
    } else {
      lua_pushfstring(L, "semaphore \"%s\"", semaphore.name().c_str());
    }
  }
  static std::string describe(Semaphore& semaphore) {
    return semaphore.name().empty() ? "a semaphore" : "semaphore \"" + semaphore.name() + "\"";
  }
  static const char* own() { return "a permit"; }
};

Semaphore& check_semaphore(lua_State* L, int index) {
  return check<Semaphore>(L, index, HandleKind::semaphore);
}

/// semaphore(value, bounded, name); the prelude has checked them.
int semaphore(lua_State* L) {
  const std::int64_t value = luaL_checkinteger(L, 1);
  const std::int64_t limit = lua_toboolean(L, 2) ? value : INT64_MAX;
  const char* name = luaL_optstring(L, 3, "");
  push_new_handle(L, HandleKind::semaphore, nullptr);
  static_cast<Handle*>(lua_touserdata(L, -1))->object = new Semaphore(value, limit, name);
  return 1;
}

int release(lua_State* L) {
  Semaphore& semaphore = check_semaphore(L, 1);
  const lua_Integer permits = luaL_optinteger(L, 2, 1);
  luaL_argcheck(L, permits >= 1, 2, "at least 1 permit");
  if (semaphore.release_permits(permits)) return 0;
  Permit::push_name(L, semaphore);
  return raise_text(L, "cannot release: the %s would have more permits than it may",
                    lua_tostring(L, -1));
}

/// `local _ <close> = s:acquire()`
int close(lua_State* L) {
  lua_settop(L, 1);
  return release(L);
}

int value(lua_State* L) {
  lua_pushinteger(L, check_semaphore(L, 1).value());
  return 1;
}

int semaphore_tostring(lua_State* L) {
  Semaphore& semaphore = check_semaphore(L, 1);
  Permit::push_name(L, semaphore);
  lua_pushfstring(L, " %I free, %d waiting", static_cast<LUAI_UACINT>(semaphore.value()),
                  static_cast<int>(semaphore.waiting()));
  lua_concat(L, 2);
  return 1;
}

}  // namespace

void open_semaphore(lua_State* L) {
  static const luaL_Reg methods[] = {{"acquire", guarded<take_or_raise<Permit>>},
                                     {"try_acquire", guarded<try_take<Permit>>},
                                     {"release", guarded<release>},
                                     {"value", guarded<value>},
                                     {nullptr, nullptr}};
  static const luaL_Reg metamethods[] = {
      {"__close", guarded<close>}, {"__tostring", guarded<semaphore_tostring>}, {nullptr, nullptr}};
  define_handle(L, HandleKind::semaphore, "semaphore", methods, metamethods);
  lua_setfield(L, -2, "semaphore_methods");
  lua_pushcfunction(L, guarded<semaphore>);
  lua_setfield(L, -2, "semaphore");
}

}  // namespace tidemill::lua
