// What prelude/jobs.lua.hpp runs jobs with: their calls, and the init of their pool.
#include "bindings/errors.hpp"
#include "bindings/job.hpp"
#include "bindings/library.hpp"
#include "bindings/state.hpp"
#include "engine/observe/log.hpp"

namespace tidemill::lua {

namespace {

/// The running job. The debug library gives scripts these functions.
Job& check_job(lua_State* L) {
  LuaTask* running = State::of(L).running;
  Job* job = running == nullptr ? nullptr : running->as_job();
  if (job == nullptr) raise_text(L, "this can only be called from a job");
  return *job;
}

int returned(lua_State* L, int, lua_KContext) { return lua_gettop(L); }

/// call_job(): the function of the running job with its arguments, made anew → its results
int call_job(lua_State* L) {
  Job& job = check_job(L);
  lua_settop(L, 0);
  const int count = job.push_call(L, State::of(L));
  if (count == 0) return raise_text(L, "this job has made its call");
  lua_callk(L, count - 1, LUA_MULTRET, 0, guarded_continuation<returned>);
  return lua_gettop(L);
}

// --- init ---

Room& check_room(lua_State* L) {
  PoolSetup* setup = check_job(L).setup();
  if (setup == nullptr) raise_text(L, "this pool has no init");
  return State::of(L).room(*setup);
}

/// init_state() → "pending", "running" or "done", and what stands for the pool; raises `broken`.
int init_state(lua_State* L) {
  const Room& room = check_room(L);
  if (room.setup->broken()) return room.setup->raise_broken(L);
  static const char* const names[] = {"pending", "running", "done"};
  lua_pushstring(L, names[static_cast<int>(room.init)]);
  lua_pushlightuserdata(L, room.setup.get());
  return 2;
}

/// run_init(): calls it. What it sets as tm.locals is not the job's.
int run_init(lua_State* L) {
  State& state = State::of(L);
  Room& room = check_room(L);
  lua_settop(L, 0);
  const int count = state.decoder.decode(L, room.setup->init, Decoder::Environment::common);
  if (count == 0) return 0;
  lua_callk(L, count - 1, 0, 0, guarded_continuation<returned>);
  return 0;
}

/// begin_init() → the job's tm.locals, which are put aside for `end_init`
int begin_init(lua_State* L) {
  check_room(L).init = Room::Init::running;
  lua_pushinteger(L, std::exchange(State::of(L).fiber->locals, 0));
  return 1;
}

/// end_init(locals, "done" | "pending" | "failed" [, err, text, trace])
int end_init(lua_State* L) {
  State& state = State::of(L);
  Room& room = check_room(L);
  const auto locals = static_cast<std::uint32_t>(luaL_checkinteger(L, 1));
  if (std::uint32_t mine = std::exchange(state.fiber->locals, locals); mine != 0) {
    state.release_anchor(mine);
  }
  const char* how = luaL_checkstring(L, 2);
  room.init = how[0] == 'd' ? Room::Init::done : Room::Init::pending;
  if (how[0] != 'f') return 0;
  lua_settop(L, 5);
  Payload& cause = state.parcel;
  if (!state.encoder.encode_safely(L, 3, 1, {"the error", -1}, cause)) {
    lua_pushvalue(L, 4);
    state.encoder.encode_safely(L, 6, 1, {"the error", -1}, cause);
  }
  room.setup->break_with(luaL_optstring(L, 4, "?"), luaL_optstring(L, 5, ""), std::move(cause));
  cause.reset();
  return 0;
}

// --- attempts ---

/// job_title(): how messages call the running job.
int job_title(lua_State* L) {
  const Job& job = check_job(L);
  State& state = State::of(L);
  state.scratch = job.title();
  lua_pushlstring(L, state.scratch.data(), state.scratch.size());
  return 1;
}

/// interrupted(): whether the running task is to end.
int interrupted(lua_State* L) {
  lua_pushboolean(L, State::of(L).fiber->interrupted);
  return 1;
}

/// end_attempt(text): an attempt has failed, and another follows. What it left locked is broken, as
/// at the end of a task: the next must not find the locks its own.
int end_attempt(lua_State* L) {
  std::size_t length = 0;
  const char* text = luaL_checklstring(L, 1, &length);
  log_message(LogLevel::info, {text, length});
  State::of(L).give_up_locks();
  return 0;
}

/// raise_whole(value, trace): raises `value` as it is; `trace` is all there is to say about where
/// it came from.
int raise_whole(lua_State* L) {
  State& state = State::of(L);
  lua_settop(L, 2);
  std::size_t length = 0;
  const char* trace = luaL_checklstring(L, 2, &length);
  state.last_raised_trace.assign(trace, length);
  state.trace_is_whole = true;
  lua_settop(L, 1);
  return lua_error(L);
}

/// set_run_job(fn)
int set_run_job(lua_State* L) {
  lua_settop(L, 1);
  lua_rawseti(L, LUA_REGISTRYINDEX, State::kRunJob);
  return 0;
}

}  // namespace

void open_job(lua_State* L) {
  static const luaL_Reg functions[] = {{"call_job", guarded<call_job>},
                                       {"init_state", guarded<init_state>},
                                       {"run_init", guarded<run_init>},
                                       {"begin_init", guarded<begin_init>},
                                       {"end_init", guarded<end_init>},
                                       {"job_title", guarded<job_title>},
                                       {"interrupted", guarded<interrupted>},
                                       {"end_attempt", guarded<end_attempt>},
                                       {"raise_whole", guarded<raise_whole>},
                                       {"set_run_job", guarded<set_run_job>},
                                       {nullptr, nullptr}};
  luaL_setfuncs(L, functions, 0);
}

}  // namespace tidemill::lua
