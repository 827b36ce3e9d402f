// tm.atomic and the methods of atomics. None waits, so none is a point of cancellation.
#include "bindings/arguments.hpp"
#include "bindings/handle.hpp"
#include "bindings/library.hpp"
#include "bindings/memory.hpp"
#include "bindings/number.hpp"
#include "engine/shared/atomic.hpp"

namespace tidemill::lua {

namespace {

Atomic& check_atomic(lua_State* L) { return check<Atomic>(L, 1, HandleKind::atomic); }

/// atomic([n = 0])
int atomic(lua_State* L) {
  const Number value = opt_number(L, 1, 0);
  check_at_most(L, "tm.atomic", 1);
  return push_new_object<Atomic>(L, HandleKind::atomic, 0, value);
}

int get(lua_State* L) { return push_number(L, check_atomic(L).get()); }

int set(lua_State* L) {
  Atomic& atomic = check_atomic(L);
  atomic.swap(check_number(L, 2));
  return 0;
}

int swap(lua_State* L) {
  Atomic& atomic = check_atomic(L);
  return push_number(L, atomic.swap(check_number(L, 2)));
}

int cas(lua_State* L) {
  Atomic& atomic = check_atomic(L);
  const Number expected = check_number(L, 2);
  lua_pushboolean(L, atomic.compare_and_set(expected, check_number(L, 3)));
  return 1;
}

int add(lua_State* L) {
  Atomic& atomic = check_atomic(L);
  return push_number(L, atomic.add(opt_number(L, 2, 1)));
}

int sub(lua_State* L) {
  Atomic& atomic = check_atomic(L);
  return push_number(L, atomic.subtract(opt_number(L, 2, 1)));
}

int max(lua_State* L) {
  Atomic& atomic = check_atomic(L);
  return push_number(L, atomic.raise_to(check_number(L, 2)));
}

int min(lua_State* L) {
  Atomic& atomic = check_atomic(L);
  return push_number(L, atomic.lower_to(check_number(L, 2)));
}

/// atomic 42
int atomic_tostring(lua_State* L) {
  lua_pushliteral(L, "atomic ");
  push_number(L, check_atomic(L).get());
  luaL_tolstring(L, -1, nullptr);
  lua_remove(L, -2);
  lua_concat(L, 2);
  return 1;
}

}  // namespace

void open_atomic(lua_State* L) {
  static const luaL_Reg methods[] = {
      {"get", guarded<get>}, {"set", guarded<set>}, {"swap", guarded<swap>},
      {"cas", guarded<cas>}, {"add", guarded<add>}, {"sub", guarded<sub>},
      {"max", guarded<max>}, {"min", guarded<min>}, {nullptr, nullptr}};
  static const luaL_Reg metamethods[] = {{"__tostring", guarded<atomic_tostring>},
                                         {nullptr, nullptr}};
  define_handle(L, HandleKind::atomic, "atomic", methods, metamethods);
  lua_pop(L, 1);
  lua_pushcfunction(L, guarded<atomic>);
  lua_setfield(L, -2, "atomic");
}

}  // namespace tidemill::lua
