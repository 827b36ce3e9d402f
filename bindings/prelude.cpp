// The part of the API that is written in Lua: everything that calls script code, because a C
// function that does cannot be suspended.
#include <string_view>

#include "bindings/class.hpp"
#include "bindings/errors.hpp"
#include "bindings/library.hpp"
#include "bindings/memory.hpp"
#include "bindings/prelude_code.hpp"
#include "bindings/state.hpp"
#include "bindings/traceback.hpp"

namespace tidemill::lua {

namespace {

const char kBase[] =
#include "bindings/prelude/base.lua.hpp"
    ;
const char kScope[] =
#include "bindings/prelude/scope.lua.hpp"
    ;
const char kPool[] =
#include "bindings/prelude/pool.lua.hpp"
    ;
const char kJobs[] =
#include "bindings/prelude/jobs.lua.hpp"
    ;
const char kMapSource[] =
#include "bindings/prelude/map_source.lua.hpp"
    ;
const char kMapJob[] =
#include "bindings/prelude/map_job.lua.hpp"
    ;
const char kMap[] =
#include "bindings/prelude/map.lua.hpp"
    ;
const char kPipelineWork[] =
#include "bindings/prelude/pipeline_work.lua.hpp"
    ;
const char kPipelineReport[] =
#include "bindings/prelude/pipeline_report.lua.hpp"
    ;
const char kPipeline[] =
#include "bindings/prelude/pipeline.lua.hpp"
    ;
const char kLocks[] =
#include "bindings/prelude/locks.lua.hpp"
    ;
const char kQueue[] =
#include "bindings/prelude/queue.lua.hpp"
    ;
const char kProgress[] =
#include "bindings/prelude/progress.lua.hpp"
    ;
const char kStats[] =
#include "bindings/prelude/stats.lua.hpp"
    ;
const char kModel[] =
#include "bindings/prelude/model.lua.hpp"
    ;
const char kFs[] =
#include "bindings/prelude/fs.lua.hpp"
    ;

/// new_error(kind, message): an engine error at the script's position.
int new_error(lua_State* L) {
  const char* kind = luaL_checkstring(L, 1);
  push_error(L, 1, kind, "%s", luaL_checkstring(L, 2));
  return 1;
}

/// where(): the script's position as error() would put it before a message.
int where(lua_State* L) {
  push_position(L, 1);
  return 1;
}

/// traceback(): of the script's functions that are running.
int traceback(lua_State* L) {
  push_traceback(L, 1);
  return 1;
}

/// own_class(name, metatable): its objects travel between all states of the engine.
int own_class(lua_State* L) {
  const char* name = luaL_checkstring(L, 1);
  lua_settop(L, 2);
  register_own_class(L, name);
  return 0;
}

/// globals_of_caller(): the table of globals of the script function that called the prelude.
int globals_of_caller(lua_State* L) {
  push_globals_of_caller(L);
  return 1;
}

/// raise_from(value, origin [, traceback]): raises `value` as it is, and has the traceback shown if
/// nobody catches it.
int raise_from(lua_State* L) {
  State& state = State::of(L);
  const char* origin = luaL_checkstring(L, 2);
  const char* trace = luaL_optstring(L, 3, nullptr);
  state.last_raised_trace = std::string("\n") + origin;
  if (trace != nullptr && trace[0] != 0) {
    state.last_raised_trace += std::string(":\n") + trace;
  }
  lua_pushvalue(L, 1);
  lua_rawseti(L, LUA_REGISTRYINDEX, State::kLastRaised);
  state.last_raised_by = state.running == nullptr ? 0 : state.running->id();
  lua_settop(L, 1);
  return lua_error(L);
}

/// A lua_Writer.
int append(lua_State*, const void* bytes, std::size_t size, void* to) {
  const bool done = within_memory(
      [&] { static_cast<std::string*>(to)->append(static_cast<const char*>(bytes), size); });
  return done ? 0 : 1;
}

}  // namespace

void open_prelude(lua_State* L) {
  const int module = lua_gettop(L);
  // `core` holds what only the prelude uses: what the bindings put into the module for it.
  lua_newtable(L);
  const int core = lua_gettop(L);
  for (const char* name : {"mutex_methods",
                           "pool_methods",
                           "new_pool",
                           "join_pool",
                           "cancel_jobs",
                           "kill_jobs",
                           "resize_pool",
                           "pack",
                           "unpack",
                           "submit_within",
                           "chunks",
                           "default_pool",
                           "share_pool",
                           "is_starved",
                           "watch_into",
                           "mutex",
                           "walker",
                           "stat",
                           "read",
                           "write",
                           "open_lines",
                           "semaphore_methods",
                           "semaphore",
                           "latch",
                           "progress",
                           "progress_methods",
                           "queue",
                           "pipe",
                           "limiter",
                           "condition_methods",
                           "condition",
                           "condition_mutex",
                           "condition_forward",
                           "barrier_methods",
                           "barrier",
                           "barrier_action",
                           "barrier_acted",
                           "once_methods",
                           "once_enter",
                           "once_keep",
                           "once_fail",
                           "once_result",
                           "task_methods",
                           "is_task",
                           "join_told",
                           "check_may_wait",
                           "check_can_suspend",
                           "scope_methods",
                           "open_block",
                           "close_block",
                           "leave_block",
                           "take_failures",
                           "cancel_block",
                           "set_deadline",
                           "block_state",
                           "spawn_in",
                           "submit_in",
                           "submit_job",
                           "is_prioritised",
                           "call_job",
                           "init_state",
                           "run_init",
                           "begin_init",
                           "end_init",
                           "job_title",
                           "interrupted",
                           "end_attempt",
                           "raise_whole",
                           "set_run_job",
                           "spawn_background",
                           "own_interruption",
                           "raise_interruption",
                           "protect",
                           "watch",
                           "kills_seen",
                           "is_within",
                           "tasks",
                           "link",
                           "port",
                           "link_stats",
                           "link_cost",
                           "usable_cpus",
                           "refusal",
                           "engine_stats",
                           "pool_at"}) {
    lua_getfield(L, module, name);
    lua_setfield(L, core, name);
    lua_pushnil(L);
    lua_setfield(L, module, name);
  }
  lua_pushcfunction(L, guarded<new_error>);
  lua_setfield(L, core, "new_error");
  lua_pushcfunction(L, guarded<where>);
  lua_setfield(L, core, "where");
  lua_pushcfunction(L, guarded<traceback>);
  lua_setfield(L, core, "traceback");
  lua_pushcfunction(L, guarded<globals_of_caller>);
  lua_setfield(L, core, "globals_of_caller");
  lua_pushcfunction(L, guarded<own_class>);
  lua_setfield(L, core, "own_class");
  lua_pushcfunction(L, guarded<raise_from>);
  lua_setfield(L, core, "raise_from");
  const char* const sources[] = {
      kBase, kLocks,    kQueue, kScope, kPool, kJobs,         kMapSource,      kMapJob,
      kMap,  kProgress, kStats, kModel, kFs,   kPipelineWork, kPipelineReport, kPipeline};
  static_assert(std::size(sources) == PreludeCode::kParts);
  PreludeCode& code = *State::of(L).settings().prelude;
  const bool ready = code.ready();
  // Not in the main state: most programs that have no pool would do it in vain.
  bool filling = !ready && !State::of(L).is_main && code.begin();
  for (std::size_t i = 0; i < PreludeCode::kParts; ++i) {
    // The name marks the prelude in tracebacks; push_position skips it.
    const std::string_view text = ready ? std::string_view(code.part(i)) : sources[i];
    if (luaL_loadbufferx(L, text.data(), text.size(), "=[tidemill]", ready ? "b" : "t") != LUA_OK) {
      lua_error(L);
    }
    if (filling && lua_dump(L, append, &code.part_to_fill(i), 0) != 0) filling = false;
    lua_pushvalue(L, module);
    lua_pushvalue(L, core);
    lua_call(L, 2, 0);
  }
  if (filling) code.complete();
  lua_settop(L, module);
}

}  // namespace tidemill::lua
