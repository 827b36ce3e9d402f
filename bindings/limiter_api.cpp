// tm.limiter and the methods of limiters.
#include "bindings/common_waits.hpp"
#include "bindings/library.hpp"
#include "engine/sync/limiter.hpp"

namespace tidemill::lua {

namespace {

struct Token {
  using Object = Limiter;
  static constexpr HandleKind kKind = HandleKind::limiter;
  static constexpr bool kOneOwner = false;
  static Access take(Limiter& limiter, OwnerId owner, Waiter* waiter, const Holder& holder) {
    return limiter.acquire(owner, waiter, holder);
  }
  static void give_back(Limiter& limiter, OwnerId owner) { limiter.release_token(owner); }
  static void withdraw(Limiter&, Waiter& waiter) { tidemill::detach(waiter); }
  static void push_name(lua_State* L, Limiter&) { lua_pushliteral(L, "limiter"); }
  static std::string describe(Limiter&) { return "a token of a limiter"; }
  static const char* own() { return "a token of the limiter"; }
};

Limiter& check_limiter(lua_State* L, int index) {
  return check<Limiter>(L, index, HandleKind::limiter);
}

/// limiter(total); the prelude has checked it.
int limiter(lua_State* L) {
  const auto total = static_cast<std::size_t>(luaL_checkinteger(L, 1));
  push_new_handle(L, HandleKind::limiter, nullptr);
  static_cast<Handle*>(lua_touserdata(L, -1))->object = new Limiter(total);
  return 1;
}

bool give_back(lua_State* L) {
  Limiter& limiter = check_limiter(L, 1);
  if (!limiter.release_token(caller(L))) return false;
  State::of(L).let_go(limiter);
  return true;
}

int release(lua_State* L) {
  if (give_back(L)) return 0;
  return raise_text(L, "cannot release: this task holds no token of the limiter");
}

/// `local _ <close> = l:acquire()`: gives the token back if the task still holds it.
int close(lua_State* L) {
  give_back(L);
  return 0;
}

int resize(lua_State* L) {
  Limiter& limiter = check_limiter(L, 1);
  const lua_Integer total = luaL_checkinteger(L, 2);
  luaL_argcheck(L, total >= 0, 2, "must not be negative");
  limiter.resize(static_cast<std::size_t>(total));
  return 0;
}

int borrowed(lua_State* L) {
  lua_pushinteger(L, static_cast<lua_Integer>(check_limiter(L, 1).borrowed()));
  return 1;
}

int total(lua_State* L) {
  lua_pushinteger(L, static_cast<lua_Integer>(check_limiter(L, 1).total()));
  return 1;
}

int limiter_tostring(lua_State* L) {
  Limiter& limiter = check_limiter(L, 1);
  lua_pushfstring(L, "limiter %d of %I borrowed, %d waiting", static_cast<int>(limiter.borrowed()),
                  static_cast<LUAI_UACINT>(limiter.total()), static_cast<int>(limiter.waiting()));
  return 1;
}

}  // namespace

void open_limiter(lua_State* L) {
  static const luaL_Reg methods[] = {{"acquire", guarded<take_or_raise<Token>>},
                                     {"try_acquire", guarded<try_take<Token>>},
                                     {"release", guarded<release>},
                                     {"resize", guarded<resize>},
                                     {"borrowed", guarded<borrowed>},
                                     {"total", guarded<total>},
                                     {nullptr, nullptr}};
  static const luaL_Reg metamethods[] = {
      {"__close", guarded<close>}, {"__tostring", guarded<limiter_tostring>}, {nullptr, nullptr}};
  define_handle(L, HandleKind::limiter, "limiter", methods, metamethods);
  lua_pop(L, 1);
  lua_pushcfunction(L, guarded<limiter>);
  lua_setfield(L, -2, "limiter");
}

}  // namespace tidemill::lua
