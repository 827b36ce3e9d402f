#include "bindings/traceback.hpp"

#include <cstring>

namespace tidemill::lua {

namespace {

/// Of a deeper stack this many levels at each end are looked at.
constexpr int kEnd = 12;

bool is_ours(const lua_Debug& frame) { return std::strcmp(frame.source, "=[tidemill]") == 0; }

/// The number of the last level.
int last_level(lua_State* L) {
  lua_Debug frame;
  int there = 0, gone = 1;
  while (lua_getstack(L, gone, &frame) != 0) {
    there = gone;
    gone *= 2;
  }
  while (gone - there > 1) {
    const int middle = there + (gone - there) / 2;
    (lua_getstack(L, middle, &frame) != 0 ? there : gone) = middle;
  }
  return there;
}

/// Replaces the function at the top by its name as the field of a module; by nil if it has none.
void name_as_field(lua_State* L) {
  const int function = lua_gettop(L);
  luaL_getsubtable(L, LUA_REGISTRYINDEX, LUA_LOADED_TABLE);
  for (lua_pushnil(L); lua_next(L, function + 1) != 0; lua_pop(L, 1)) {
    if (lua_type(L, -2) != LUA_TSTRING || !lua_istable(L, -1)) continue;
    const int fields = lua_gettop(L);
    for (lua_pushnil(L); lua_next(L, fields) != 0; lua_pop(L, 1)) {
      if (lua_type(L, -2) != LUA_TSTRING || lua_rawequal(L, -1, function) == 0) continue;
      const char* module = lua_tostring(L, fields - 1);
      const char* field = lua_tostring(L, -2);
      if (std::strcmp(module, LUA_GNAME) == 0) {
        lua_pushstring(L, field);
      } else {
        lua_pushfstring(L, "%s.%s", module, field);
      }
      lua_replace(L, function);
      lua_settop(L, function);
      return;
    }
  }
  lua_pushnil(L);
  lua_replace(L, function);
  lua_settop(L, function);
}

/// Pushes what the function of `frame` is called. `by_us`: the name it has there is one of ours.
void push_title(lua_State* L, lua_Debug& frame, bool by_us) {
  lua_getinfo(L, "f", &frame);
  name_as_field(L);
  if (lua_isstring(L, -1)) {
    lua_pushfstring(L, "function '%s'", lua_tostring(L, -1));
  } else if (!by_us && frame.namewhat[0] != 0) {
    lua_pushfstring(L, "%s '%s'", frame.namewhat, frame.name);
  } else if (frame.what[0] == 'm') {
    lua_pushliteral(L, "main chunk");
  } else if (frame.what[0] != 'C' && !is_ours(frame)) {
    lua_pushfstring(L, "function <%s:%d>", frame.short_src, frame.linedefined);
  } else {
    lua_pushliteral(L, "?");
  }
  lua_remove(L, -2);
}

/// Appends the string at the top to the one below.
void append(lua_State* L) { lua_concat(L, 2); }

}  // namespace

/// With the few places that every C function has: the stack may be what has overflowed.
void push_traceback(lua_State* L, int level) {
  const int last = last_level(L);
  bool says_something = false;
  lua_Debug frame, caller;
  lua_pushliteral(L, "stack traceback:");
  for (; lua_getstack(L, level, &frame) != 0; ++level) {
    if (level >= kEnd && last - level > 2 * kEnd) {
      lua_pushfstring(L, "\n\t...\t(skipping %d levels)", last - kEnd - level);
      append(L);
      level = last - kEnd;
      lua_getstack(L, level, &frame);
    }
    lua_getinfo(L, "Slnt", &frame);
    const bool ours = is_ours(frame), in_c = frame.what[0] == 'C';
    // A tail call has taken the place of the caller, so the next frame is not it.
    bool by_us = false, by_script = false;
    if (frame.istailcall == 0 && lua_getstack(L, level + 1, &caller) != 0) {
      lua_getinfo(L, "S", &caller);
      by_us = is_ours(caller);
      by_script = !by_us && caller.what[0] != 'C';
    }
    if (ours ? !by_script : in_c && by_us) continue;
    push_title(L, frame, by_us);
    // Nothing can be said of such a function, which is often one of the engine's.
    const bool unknown = std::strcmp(lua_tostring(L, -1), "?") == 0;
    if (unknown && level != last) {
      lua_pop(L, 1);
      continue;
    }
    if (!unknown) says_something = true;
    if (ours || frame.currentline <= 0) {
      lua_pushfstring(L, "\n\t[C]: in %s", lua_tostring(L, -1));
    } else {
      lua_pushfstring(L, "\n\t%s:%d: in %s", frame.short_src, frame.currentline,
                      lua_tostring(L, -1));
    }
    lua_remove(L, -2);
    append(L);
    if (frame.istailcall != 0) {
      lua_pushliteral(L, "\n\t(...tail calls...)");
      append(L);
    }
  }
  if (says_something) return;
  lua_pop(L, 1);
  lua_pushliteral(L, "");
}

}  // namespace tidemill::lua
