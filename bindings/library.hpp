// What a new state holds: Lua's libraries with the changes that tasks need, and the module
// `tidemill`. One function each; the files are named after what they add.
#pragma once

#include "bindings/lua.hpp"

namespace tidemill::lua {

// Changes to the standard library
void open_base(lua_State* L);       ///< print, require, load, os.exit
void open_coroutine(lua_State* L);  ///< resume, wrap, ... that let blocking calls through

// The module; each adds to the table at the top
void open_task(lua_State* L);
void open_scope(lua_State* L);
void open_locals(lua_State* L);
void open_observe(lua_State* L);
void open_channel(lua_State* L);
void open_select(lua_State* L);  ///< after open_channel
void open_queue(lua_State* L);
void open_pipe(lua_State* L);
void open_link(lua_State* L);
void open_time(lua_State* L);
void open_mutex(lua_State* L);
void open_semaphore(lua_State* L);
void open_event(lua_State* L);
void open_latch(lua_State* L);
void open_progress(lua_State* L);
void open_log(lua_State* L);
void open_buffer(lua_State* L);
void open_condition(lua_State* L);
void open_rwlock(lua_State* L);
void open_barrier(lua_State* L);
void open_limiter(lua_State* L);
void open_once(lua_State* L);
void open_atomic(lua_State* L);
void open_dict(lua_State* L);
void open_pool(lua_State* L);
void open_map(lua_State* L);
void open_job(lua_State* L);
void open_fs(lua_State* L);
void open_class(lua_State* L);
void open_frozen(lua_State* L);
void open_prelude(lua_State* L);

/// Records which globals and library values every state has, so that they travel by name and what a
/// script defines is told apart. After everything else is open.
void open_names(lua_State* L);
/// A module was loaded: its functions travel by name from now on.
void name_module(lua_State* L, const char* module);

}  // namespace tidemill::lua
