// Futures: tasks without a body.
#include "bindings/arguments.hpp"
#include "bindings/errors.hpp"
#include "bindings/lua_task.hpp"
#include "bindings/state.hpp"
#include "bindings/traceback.hpp"

namespace tidemill::lua {

void Future::create(lua_State* L) {
  check_at_most(L, "tm.future", 0);
  push_new_handle(L, HandleKind::task, nullptr, 1);
  auto* future = new Future;
  future->make_future(State::of(L).worker);
  future->site_ = State::of(L).sites.here(L, 1);
  static_cast<Handle*>(lua_touserdata(L, -1))->object = future;
}

Future::~Future() {
  // Whoever failed it may have been first, so that only now nobody can ask any more.
  if (status() == Status::failed && !observed()) tell_failure();
}

/// False for a handle that came back after the one it was made with had been collected.
static bool keeps_values(lua_State* L, int handle) {
  const bool keeps = lua_getiuservalue(L, handle, 1) != LUA_TNONE;
  lua_pop(L, 1);
  return keeps;
}

bool Future::resolve(lua_State* L, int handle, int first) {
  State& state = State::of(L);
  const int count = lua_gettop(L) - first + 1;
  std::unique_ptr<LuaAftermath> after;
  if (home() != &state.worker || !keeps_values(L, handle)) {
    after = std::make_unique<LuaAftermath>();
    if (!state.encoder.encode_kept(L, first, count, {"argument", 1}, *this, after->values)) {
      after.reset();
      raise(L, "transfer", "%s", state.encoder.failure().c_str());
    }
    return end_future(Status::done, after.get()) && (after.release(), true);
  }
  if (settled()) return false;
  // Another worker may still be first; then these are with a handle that nobody asks for them.
  keep_results(L, handle, first, count);
  if (known_elsewhere()) {
    after = std::make_unique<LuaAftermath>();
    encode_results(L, handle, count, *after);
  }
  slot_ = static_cast<std::uint32_t>(count);
  own_results_ = true;
  if (end_future(Status::done, after.get())) return after.release(), true;
  own_results_ = false;
  return false;
}

bool Future::fail(lua_State* L) {
  push_traceback(L, 1);
  auto after = std::make_unique<LuaAftermath>();
  after->traceback = lua_tostring(L, -1);
  lua_pop(L, 1);
  lua_pushvalue(L, -1);
  if (!protectedly(L, 1, [&](lua_State* L2) { describe_error(L2, *after); })) {
    after.reset();
    luaL_error(L, "not enough memory");
  }
  return end_future(Status::failed, after.get()) && (after.release(), true);
}

void Future::share(lua_State* L, int handle) {
  if (home() != &State::of(L).worker || known_elsewhere()) return;
  set_known_elsewhere();
  if (status() != Status::done || !own_results_) return;
  auto after = std::make_unique<LuaAftermath>();
  encode_results(L, handle, static_cast<int>(slot_), *after);
  set_aftermath(after.release());
}

int Future::push_results(lua_State* L, int handle) {
  if (home() == &State::of(L).worker && own_results_ && keeps_values(L, handle)) {
    return push_kept_results(L, handle, static_cast<int>(slot_));
  }
  const LuaAftermath* after = this->after();
  if (after == nullptr) return 0;
  if (!after->refusal.empty()) return raise(L, "transfer", "%s", after->refusal.c_str());
  return State::of(L).decoder.decode(L, after->values, Decoder::Environment::receiver, this);
}

}  // namespace tidemill::lua
