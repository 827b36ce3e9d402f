// The engine's own errors in Lua: tables with `kind` and `message`, printed as the message.
#pragma once

#include "bindings/lua.hpp"

namespace tidemill::lua {

/// Registers the class of engine errors in a new state.
void open_errors(lua_State* L);
/// Pushes the script position that an error raised at `level` should name, or "".
void push_position(lua_State* L, int level);
/// Pushes {kind=, message=}; the message starts with the script line of the caller at `level`, as
/// error() would. `format` as lua_pushfstring.
void push_error(lua_State* L, int level, const char* kind, const char* format, ...);
/// Pushes it and raises. Never returns; `return raise(...)` documents that.
int raise(lua_State* L, const char* kind, const char* format, ...);
/// Raises a plain text, as luaL_error does, but at the script's position, also where the prelude
/// calls on behalf of a script. Never returns.
int raise_text(lua_State* L, const char* format, ...);
/// Raises a plain argument error at the script's position, for functions that the prelude calls on
/// behalf of a script. Never returns.
int raise_argument(lua_State* L, int argument, const char* expected);
/// True if the value at `index` is an engine error of this kind; of any, if `kind` is null.
bool is_error(lua_State* L, int index, const char* kind);
/// True if it is one of this kind, or a group that has one, as err:find(kind). Does not raise.
bool has_error(lua_State* L, int index, const char* kind);

}  // namespace tidemill::lua
