// The script's own coroutines, with blocking calls that pass through them.
//
// A blocking call deep inside a coroutine suspends the whole task: the coroutine yields to its
// `resume`, which sees that the yield is the engine's (State::parking) and yields in turn, down to
// the task's base. The engine resumes the base, and each `resume` on the way continues the
// coroutine it stands for. So a coroutine never notices; `coroutine.yield` itself is Lua's.
//
// While it is suspended that way a coroutine is marked: to the rest of the script it is running.
#include "bindings/errors.hpp"
#include "bindings/library.hpp"
#include "bindings/park.hpp"
#include "bindings/state.hpp"

namespace tidemill::lua {

namespace {

lua_State* check_coroutine(lua_State* L) {
  lua_State* co = lua_tothread(L, 1);
  luaL_argexpected(L, co != nullptr, 1, "coroutine");
  return co;
}

/// Resumes `co` with the `arguments` on top of L. The number of results moved to L, or -1 with the
/// error on top, or kForward: the coroutine waits in a blocking call.
constexpr int kForward = -2;

int continue_coroutine(lua_State* L, lua_State* co, int arguments) {
  State& state = State::of(L);
  if (State::is_parked(co)) State::mark_parked(co, false);
  // What suspends in there suspends every coroutine down to the base.
  const bool outer = state.chain_yieldable;
  state.chain_yieldable = outer && lua_isyieldable(L);
  int results = 0;
  state.innermost = co;
  int status = lua_resume(co, L, arguments, &results);
  state.innermost = L;
  state.chain_yieldable = outer;
  if (status == LUA_YIELD && state.parking) {
    State::mark_parked(co, true);
    return kForward;
  }
  if (status == LUA_OK || status == LUA_YIELD) {
    if (!lua_checkstack(L, results + 1)) {
      lua_pop(co, results);
      lua_pushliteral(L, "too many results to resume");
      return -1;
    }
    lua_xmove(co, L, results);
    return results;
  }
  lua_xmove(co, L, 1);
  state.tell_limit(L, status);
  return -1;
}

int start_coroutine(lua_State* L, lua_State* co, int arguments) {
  if (State::is_parked(co) || State::is_base(co)) {
    lua_pushliteral(L, "cannot resume non-suspended coroutine");
    return -1;
  }
  if (!lua_checkstack(co, arguments)) {
    lua_pushliteral(L, "too many arguments to resume");
    return -1;
  }
  if (lua_status(co) == LUA_OK && lua_gettop(co) == 0) {
    lua_pushliteral(L, "cannot resume dead coroutine");
    return -1;
  }
  if (lua_status(co) != LUA_OK && lua_status(co) != LUA_YIELD) {
    lua_pushliteral(L, "cannot resume dead coroutine");
    return -1;
  }
  lua_xmove(L, co, arguments);
  return continue_coroutine(L, co, arguments);
}

// --- resume ---

int resume_results(lua_State* L, int results, lua_KContext kills);

int resume_again(lua_State* L, int, lua_KContext kills) {
  return resume_results(L, continue_coroutine(L, check_coroutine(L), 0), kills);
}

int resume_results(lua_State* L, int results, lua_KContext kills) {
  if (results == kForward) return lua_yieldk(L, 0, kills, guarded_continuation<resume_again>);
  if (results == -1) {
    State::of(L).raised_by_hook = false;
    pass_kill_on(L, kills);
  }
  lua_pushboolean(L, results >= 0);
  if (results < 0) {
    lua_insert(L, -2);
    return 2;
  }
  lua_insert(L, -(results + 1));
  return results + 1;
}

int coroutine_resume(lua_State* L) {
  lua_State* co = check_coroutine(L);
  const lua_KContext kills = kills_seen(L);
  return resume_results(L, start_coroutine(L, co, lua_gettop(L) - 1), kills);
}

// --- wrap ---

int wrap_results(lua_State* L, int results);

/// Upvalue 1, which the debug library lets scripts set.
lua_State* wrapped(lua_State* L) {
  lua_State* co = lua_tothread(L, lua_upvalueindex(1));
  if (co == nullptr) luaL_error(L, "no coroutine to resume");
  return co;
}

int wrap_again(lua_State* L, int, lua_KContext) {
  return wrap_results(L, continue_coroutine(L, wrapped(L), 0));
}

int wrap_results(lua_State* L, int results) {
  if (results == kForward) return lua_yieldk(L, 0, 0, guarded_continuation<wrap_again>);
  if (results >= 0) return results;
  lua_State* co = wrapped(L);
  int status = lua_status(co);
  if (status != LUA_OK && status != LUA_YIELD) {  // an error in the coroutine: close its variables
    if (lua_resetthread(co) != LUA_OK) lua_xmove(co, L, 1);
  }
  if (status != LUA_ERRMEM && lua_type(L, -1) == LUA_TSTRING) {
    luaL_where(L, 1);
    lua_insert(L, -2);
    lua_concat(L, 2);
  }
  return lua_error(L);
}

int call_wrapped(lua_State* L) {
  return wrap_results(L, start_coroutine(L, wrapped(L), lua_gettop(L)));
}

int coroutine_create(lua_State* L) {
  luaL_checktype(L, 1, LUA_TFUNCTION);
  lua_State* co = lua_newthread(L);
  lua_pushvalue(L, 1);
  lua_xmove(L, co, 1);
  return 1;
}

int coroutine_wrap(lua_State* L) {
  coroutine_create(L);
  lua_pushcclosure(L, guarded<call_wrapped>, 1);
  return 1;
}

// --- the rest: as in Lua, where a task's base stands for the main thread ---

int coroutine_yield(lua_State* L) {
  if (State::is_base(L)) return luaL_error(L, "attempt to yield from outside a coroutine");
  return lua_yield(L, lua_gettop(L));
}

const char* status_of(lua_State* L, lua_State* co) {
  if (L == co) return "running";
  if (State::is_base(co)) return "normal";
  if (State::is_parked(co)) return "running";
  switch (lua_status(co)) {
    case LUA_YIELD:
      return "suspended";
    case LUA_OK: {
      lua_Debug info;
      if (lua_getstack(co, 0, &info)) return "normal";
      return lua_gettop(co) == 0 ? "dead" : "suspended";
    }
    default:
      return "dead";
  }
}

int coroutine_status(lua_State* L) {
  lua_pushstring(L, status_of(L, check_coroutine(L)));
  return 1;
}

int coroutine_running(lua_State* L) {
  lua_pushthread(L);
  lua_pushboolean(L, State::is_base(L));
  return 2;
}

int coroutine_isyieldable(lua_State* L) {
  lua_State* co = lua_isnone(L, 1) ? L : check_coroutine(L);
  lua_pushboolean(L, !State::is_base(co) && lua_isyieldable(co));
  return 1;
}

int coroutine_close(lua_State* L) {
  lua_State* co = check_coroutine(L);
  const char* status = status_of(L, co);
  if (status[0] != 's' && status[0] != 'd') {
    return luaL_error(L, "cannot close a %s coroutine", status);
  }
  State& state = State::of(L);
  const bool outer = state.chain_yieldable;
  state.chain_yieldable = false;  // lua_resetthread cannot be yielded across
  int closed = lua_resetthread(co);
  state.chain_yieldable = outer;
  if (closed == LUA_OK) {
    lua_pushboolean(L, 1);
    return 1;
  }
  lua_pushboolean(L, 0);
  lua_xmove(co, L, 1);
  if (is_kill(L, -1)) return lua_error(L);
  return 2;
}

}  // namespace

void open_coroutine(lua_State* L) {
  static const luaL_Reg functions[] = {{"create", guarded<coroutine_create>},
                                       {"wrap", guarded<coroutine_wrap>},
                                       {"resume", guarded<coroutine_resume>},
                                       {"yield", guarded<coroutine_yield>},
                                       {"status", guarded<coroutine_status>},
                                       {"running", guarded<coroutine_running>},
                                       {"close", guarded<coroutine_close>},
                                       {"isyieldable", guarded<coroutine_isyieldable>},
                                       {nullptr, nullptr}};
  lua_getglobal(L, "coroutine");
  luaL_setfuncs(L, functions, 0);
  lua_pop(L, 1);
}

}  // namespace tidemill::lua
