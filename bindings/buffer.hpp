// What the bindings of buffers share: checked arguments.
#pragma once

#include "bindings/handle.hpp"
#include "bindings/lua.hpp"
#include "engine/shared/buffer.hpp"

namespace tidemill::lua {

inline Buffer& check_buffer(lua_State* L, int index) {
  return check<Buffer>(L, index, HandleKind::buffer);
}

/// The number at `index`; false if that is none (strings are not converted).
inline bool to_number(lua_State* L, int index, Number& number) {
  if (lua_isinteger(L, index)) {
    number = Number::of(static_cast<std::int64_t>(lua_tointeger(L, index)));
    return true;
  }
  if (lua_type(L, index) != LUA_TNUMBER) return false;
  number = Number::of(static_cast<double>(lua_tonumber(L, index)));
  return true;
}
inline void push_number(lua_State* L, Number number) {
  if (number.is_integer) {
    lua_pushinteger(L, number.integer);
  } else {
    lua_pushnumber(L, number.real);
  }
}

/// Pushes why the value at `index` cannot be an element: it is no number, or `fit` says so.
const char* push_misfit(lua_State* L, int index, Fit fit, ElementType type);
/// Pushes "index 11 out of range (buffer has 10 elements)".
const char* push_out_of_range(lua_State* L, lua_Integer index, std::size_t size);

/// Elements from `first`, counted from 0.
struct Range {
  std::size_t first, count;
};
/// [i, [j]] at `index`: from i to j, negative ones from the end as in string.sub; default all.
/// Raises if they are outside of `size` elements.
Range check_range(lua_State* L, int index, std::size_t size);

/// A new buffer on the stack. Its elements are zero. May collect garbage to make room.
Buffer& push_new_buffer(lua_State* L, ElementType type, std::size_t size);
/// A buffer has come from another state: what it holds counts here, too.
void note_received(lua_State* L, Buffer& buffer);

// Of buffer_bulk_api.cpp
int buffer_from(lua_State* L, ElementType type);  ///< from the table, buffer or string at 1
extern const luaL_Reg buffer_bulk_methods[];

}  // namespace tidemill::lua
