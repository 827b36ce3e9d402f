// tm.latch and the methods of latches.
#include "bindings/common_waits.hpp"
#include "bindings/library.hpp"
#include "engine/sync/latch.hpp"

namespace tidemill::lua {

namespace {

struct LatchZero {
  using Object = Latch;
  static constexpr HandleKind kKind = HandleKind::latch;
  static bool given(Latch& latch) { return latch.count() == 0; }
  static bool wait(Latch& latch, Waiter& waiter) { return latch.wait(waiter); }
  static std::string describe(Latch&) { return "a latch"; }
};

Latch& check_latch(lua_State* L, int index) { return check<Latch>(L, index, HandleKind::latch); }

/// latch(n); the prelude has checked it.
int latch(lua_State* L) {
  const lua_Integer count = luaL_checkinteger(L, 1);
  push_new_handle(L, HandleKind::latch, nullptr);
  static_cast<Handle*>(lua_touserdata(L, -1))->object = new Latch(count);
  return 1;
}

lua_Integer check_step(lua_State* L) {
  const lua_Integer n = luaL_optinteger(L, 2, 1);
  luaL_argcheck(L, n >= 0, 2, "must not be negative");
  return n;
}

int add(lua_State* L) {
  Latch& latch = check_latch(L, 1);
  if (!latch.add(check_step(L))) return raise_text(L, "the count of the latch would be too large");
  return 0;
}

int done(lua_State* L) {
  Latch& latch = check_latch(L, 1);
  if (!latch.done(check_step(L))) {
    return raise_text(L, "the count of the latch would become negative");
  }
  return 0;
}

int count(lua_State* L) {
  lua_pushinteger(L, check_latch(L, 1).count());
  return 1;
}

int latch_tostring(lua_State* L) {
  Latch& latch = check_latch(L, 1);
  lua_pushfstring(L, "latch %I to go, %d waiting", static_cast<LUAI_UACINT>(latch.count()),
                  static_cast<int>(latch.waiting()));
  return 1;
}

}  // namespace

void open_latch(lua_State* L) {
  static const luaL_Reg methods[] = {{"add", guarded<add>},
                                     {"done", guarded<done>},
                                     {"wait", guarded<wait_for_signal<LatchZero>>},
                                     {"count", guarded<count>},
                                     {nullptr, nullptr}};
  static const luaL_Reg metamethods[] = {{"__tostring", guarded<latch_tostring>},
                                         {nullptr, nullptr}};
  define_handle(L, HandleKind::latch, "latch", methods, metamethods);
  lua_pop(L, 1);
  lua_pushcfunction(L, guarded<latch>);
  lua_setfield(L, -2, "latch");
}

}  // namespace tidemill::lua
