// tm.once. `call` is in the prelude, on top of what is here: it runs script code.
//
// The results cross to other states as a parcel. In a state that has them they are the user value
// of the handle: a table of the values with their number at 0, or -1 and the error at 1. So every
// caller of one state gets the same values, and where they were made the very ones.
#include "bindings/common_waits.hpp"
#include "bindings/library.hpp"
#include "engine/sync/once.hpp"

namespace tidemill::lua {

namespace {

constexpr lua_Integer kFailed = -1;

Once& check_once(lua_State* L, int index) { return check<Once>(L, index, HandleKind::once); }

int once(lua_State* L) {
  check_at_most(L, "tm.once", 0);
  push_new_handle(L, HandleKind::once, nullptr, 1);
  static_cast<Handle*>(lua_touserdata(L, -1))->object = new Once;
  return 1;
}

struct OnceOp final : Op {
  OnceOp(Task& self, Once& of) : Op(self), once(&of) {}
  ~OnceOp() override {
    // The task has ended before it could learn that it is its turn.
    if (!finished && outcome() == Outcome::value) once->abandon(task().id());
  }
  void detach() override { tidemill::detach(waiter); }
  std::string describe() const override { return "the result of a once"; }
  int finish(lua_State* L) override {
    finished = true;
    if (outcome() != Outcome::value) return raise_cancelled(L, task());
    lua_pushboolean(L, once->runs(task().id()));
    return 1;
  }
  Waiter waiter{*this};
  Ref<Once> once;
  bool finished = false;
};

/// once_enter(once): true if the task is to do it, false if there is a result.
int enter(lua_State* L) {
  if (handle_kind(L, 1) != HandleKind::once) return raise_argument(L, 1, "once");
  Once& once = check_once(L, 1);
  check_may_wait(L);
  Turn turn = once.enter(caller(L), nullptr);
  if (turn == Turn::refused) {
    auto* op = new_op<OnceOp>(L, once);
    turn = once.enter(caller(L), &op->waiter);
    if (turn == Turn::waiting) return park(L, op, {kNever});
    drop_op(State::of(L), op);
  }
  if (turn == Turn::own) {
    return raise(L, "deadlock", "this task is in the call of the once that it waits for");
  }
  lua_pushboolean(L, turn == Turn::run);
  return turn == Turn::run ? 1 : ready(L, 1);  // to give way might raise, and it is its turn now
}

/// Keeps the `count` values from index 2 on as the user value of the handle at index 1.
void keep_here(lua_State* L, int count, lua_Integer tag) {
  lua_createtable(L, count, 1);
  for (int i = 1; i <= count; ++i) {
    lua_pushvalue(L, i + 1);
    lua_rawseti(L, -2, i);
  }
  lua_pushinteger(L, tag);
  lua_rawseti(L, -2, 0);
  lua_setiuservalue(L, 1, 1);
}

/// Publishes the `count` values from index 2 on.
void publish(lua_State* L, Once& once, int count, bool failed) {
  State& state = State::of(L);
  Root root = failed ? Root{"the error", -1} : Root{"result", 1};
  const bool packed = state.encoder.encode(L, 2, count, root, state.parcel);
  Once::Result result{std::move(state.parcel), failed, {}};
  if (!packed) result.refusal = state.encoder.failure();
  once.finish(std::move(result));
}

/// once_keep(once, ...): it is done, with these results.
int keep(lua_State* L) {
  const int count = lua_gettop(L) - 1;
  luaL_checkstack(L, 4, "too many results");
  keep_here(L, count, count);
  publish(L, check_once(L, 1), count, false);
  return 0;
}

/// once_fail(once, error): it has failed. If its task was cancelled somebody else is to do it.
int fail(lua_State* L) {
  Once& once = check_once(L, 1);
  lua_settop(L, 2);
  if (cancel_pending(State::of(L)) && is_error(L, 2, "cancelled")) {
    once.abandon(caller(L));
    return 0;
  }
  keep_here(L, 1, kFailed);
  publish(L, once, 1, true);
  return 0;
}

/// once_result(once): the results, or raises the error.
int result(lua_State* L) {
  Once& once = check_once(L, 1);
  lua_settop(L, 1);
  const Once::Result& result = once.result();
  if (lua_getiuservalue(L, 1, 1) != LUA_TTABLE) {
    lua_settop(L, 1);
    if (!result.refusal.empty()) return raise(L, "transfer", "%s", result.refusal.c_str());
    const int count = State::of(L).decoder.decode(L, result.values);
    luaL_checkstack(L, 4, "too many results");
    keep_here(L, count, result.failed ? kFailed : count);
    lua_settop(L, 1);
    lua_getiuservalue(L, 1, 1);
  }
  if (result.failed) {
    lua_rawgeti(L, 2, 1);
    return lua_error(L);
  }
  lua_rawgeti(L, 2, 0);
  const int count = static_cast<int>(lua_tointeger(L, -1));
  lua_settop(L, 2);
  luaL_checkstack(L, count, "too many results");
  for (int i = 1; i <= count; ++i) lua_rawgeti(L, 2, i);
  return count;
}

int once_tostring(lua_State* L) {
  Once& once = check_once(L, 1);
  if (once.done()) {
    lua_pushliteral(L, "once done");
  } else {
    lua_pushfstring(L, "once not done, %d waiting", static_cast<int>(once.waiting()));
  }
  return 1;
}

}  // namespace

void open_once(lua_State* L) {
  static const luaL_Reg methods[] = {{nullptr, nullptr}};
  static const luaL_Reg metamethods[] = {{"__tostring", guarded<once_tostring>},
                                         {nullptr, nullptr}};
  define_handle(L, HandleKind::once, "once", methods, metamethods);
  lua_setfield(L, -2, "once_methods");
  static const luaL_Reg functions[] = {
      {"once", guarded<once>},      {"once_enter", guarded<enter>},   {"once_keep", guarded<keep>},
      {"once_fail", guarded<fail>}, {"once_result", guarded<result>}, {nullptr, nullptr}};
  luaL_setfuncs(L, functions, 0);
}

}  // namespace tidemill::lua
