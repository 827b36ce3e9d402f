// tm.locals: a table that every task sees its own of. A new task begins with a copy of its maker's.
//
// The value of tm.locals is an empty table whose metamethods go to the running task's. A task has
// none until it sets a field, and what a task has that was not given any costs nothing.
#include "bindings/errors.hpp"
#include "bindings/library.hpp"
#include "bindings/state.hpp"

namespace tidemill::lua {

namespace {

/// Pushes the running task's table; nil if it has none.
void push_table(lua_State* L) {
  State& state = State::of(L);
  if (state.fiber == nullptr) raise_text(L, "tm.locals can only be used from a task");
  if (state.fiber->locals == 0) {
    lua_pushnil(L);
  } else {
    state.push_anchored(L, state.fiber->locals);
  }
}

int get(lua_State* L) {
  push_table(L);
  if (lua_isnil(L, -1)) return 1;
  lua_pushvalue(L, 2);
  lua_rawget(L, -2);
  return 1;
}

int set(lua_State* L) {
  lua_settop(L, 3);
  luaL_argcheck(L, !lua_isnil(L, 2), 2, "the index is nil");
  luaL_argcheck(L, lua_tonumber(L, 2) == lua_tonumber(L, 2), 2, "the index is NaN");
  push_table(L);
  if (lua_isnil(L, -1)) {
    lua_newtable(L);
    lua_pushvalue(L, -1);
    State& state = State::of(L);
    state.fiber->locals = state.anchor(L);
  }
  lua_insert(L, 2);
  lua_settop(L, 4);
  lua_rawset(L, 2);
  return 0;
}

int next(lua_State* L) {
  lua_settop(L, 2);
  if (lua_next(L, 1) != 0) return 2;
  lua_pushnil(L);
  return 1;
}

int pairs(lua_State* L) {
  lua_pushcfunction(L, guarded<next>);
  push_table(L);
  if (lua_isnil(L, -1)) lua_newtable(L);
  lua_pushnil(L);
  return 3;
}

}  // namespace

bool push_locals_copy(lua_State* L) {
  State& state = State::of(L);
  if (state.fiber == nullptr || state.fiber->locals == 0) return false;
  lua_newtable(L);
  state.push_anchored(L, state.fiber->locals);
  for (lua_pushnil(L); lua_next(L, -2) != 0;) {
    lua_pushvalue(L, -2);
    lua_insert(L, -2);
    lua_rawset(L, -5);
  }
  lua_pop(L, 1);
  return true;
}

std::unique_ptr<Payload> encode_locals(lua_State* L) {
  if (!push_locals_copy(L)) return nullptr;
  State& state = State::of(L);
  const int table = lua_gettop(L);
  Payload& trial = state.parcel;
  for (lua_pushnil(L); lua_next(L, table) != 0;) {
    if (!state.encoder.encode_safely(L, table + 1, 2, {"tm.locals", -1}, trial)) {
      lua_pushvalue(L, -2);
      lua_pushnil(L);
      lua_rawset(L, table);
    }
    trial.reset();
    lua_pop(L, 1);
  }
  auto parcel = std::make_unique<Payload>();
  state.encoder.encode_safely(L, table, 1, {"tm.locals", -1}, *parcel);
  lua_settop(L, table - 1);
  return parcel;
}

void open_locals(lua_State* L) {
  static const luaL_Reg metamethods[] = {{"__index", guarded<get>},
                                         {"__newindex", guarded<set>},
                                         {"__pairs", guarded<pairs>},
                                         {nullptr, nullptr}};
  lua_newtable(L);
  lua_createtable(L, 0, 4);
  luaL_setfuncs(L, metamethods, 0);
  lua_pushboolean(L, 0);
  lua_setfield(L, -2, "__metatable");
  lua_setmetatable(L, -2);
  lua_setfield(L, -2, "locals");
}

}  // namespace tidemill::lua
