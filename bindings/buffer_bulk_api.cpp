// Methods of buffers that work on many elements, and buffers made from tables and strings.
#include <climits>

#include "bindings/buffer.hpp"
#include "bindings/errors.hpp"

namespace tidemill::lua {

namespace {

/// The end of a call that has met a value that is no element: `from` says where it was.
int refuse_value(lua_State* L, int argument, lua_Integer at, int value, Fit fit, ElementType type) {
  const char* why = push_misfit(L, value, fit, type);
  return luaL_argerror(L, argument,
                       lua_pushfstring(L, "value %I: %s", static_cast<LUAI_UACINT>(at), why));
}

/// The length of the table at `index`; its metatable may say anything.
std::size_t check_length(lua_State* L, int index) {
  const lua_Integer length = luaL_len(L, index);
  luaL_argcheck(L, length >= 0 && length < LUA_MAXINTEGER, index, "its length is out of range");
  return static_cast<std::size_t>(length);
}

/// Copies elements i, i + 1, ... of the table at `table` to `count` elements from `at` on.
void copy_table(lua_State* L, Buffer& to, std::size_t at, int table, lua_Integer i,
                std::size_t count) {
  for (std::size_t k = 0; k < count; ++k) {
    const lua_Integer index = i + static_cast<lua_Integer>(k);
    lua_geti(L, table, index);
    Number value;
    const bool number = to_number(L, -1, value);
    const Fit fit = number ? to.set(at + k, value) : Fit::fits;
    if (!number || fit != Fit::fits) refuse_value(L, table, index, -1, fit, to.type());
    lua_pop(L, 1);
  }
}

void copy_buffer(lua_State* L, Buffer& to, std::size_t at, int source, Range range) {
  const Buffer& from = check_buffer(L, source);
  const Buffer::Copied copied = to.copy(at, from, range.first, range.count);
  if (copied.fit == Fit::fits) return;
  const std::size_t stopped = range.first + copied.count;
  push_number(L, from.get(stopped));
  refuse_value(L, source, static_cast<lua_Integer>(stopped) + 1, -1, copied.fit, to.type());
}

/// buffer:copy(source, [at, [i, [j]]]) → buffer
int copy(lua_State* L) {
  Buffer& to = check_buffer(L, 1);
  const bool table = lua_istable(L, 2);
  if (!table && handle_kind(L, 2) != HandleKind::buffer) {
    return luaL_typeerror(L, 2, "table or buffer");
  }
  const std::size_t size = table ? check_length(L, 2) : check_buffer(L, 2).size();
  const lua_Integer given = luaL_optinteger(L, 3, 1);
  const lua_Integer at = given < 0 ? static_cast<lua_Integer>(to.size()) + 1 + given : given;
  const Range range = check_range(L, 4, size);
  luaL_argcheck(L, at >= 1 && static_cast<std::size_t>(at) <= to.size() + 1, 3,
                push_out_of_range(L, given, to.size()));
  const std::size_t first = static_cast<std::size_t>(at) - 1;
  if (range.count > to.size() - first) {
    return raise_text(L, "%I elements do not fit into a buffer of %I from index %I on",
                      static_cast<LUAI_UACINT>(range.count), static_cast<LUAI_UACINT>(to.size()),
                      static_cast<LUAI_UACINT>(at));
  }
  if (table) {
    copy_table(L, to, first, 2, static_cast<lua_Integer>(range.first) + 1, range.count);
  } else {
    copy_buffer(L, to, first, 2, range);
  }
  lua_settop(L, 1);
  return 1;
}

/// buffer:fill(value, [i, [j]]) → buffer
int fill(lua_State* L) {
  Buffer& buffer = check_buffer(L, 1);
  Number value;
  if (!to_number(L, 2, value)) luaL_argerror(L, 2, push_misfit(L, 2, Fit::fits, buffer.type()));
  const Range range = check_range(L, 3, buffer.size());
  const Fit fit = buffer.fill(range.first, range.count, value);
  if (fit != Fit::fits) luaL_argerror(L, 2, push_misfit(L, 2, fit, buffer.type()));
  lua_settop(L, 1);
  return 1;
}

int sum(lua_State* L) {
  const Buffer& buffer = check_buffer(L, 1);
  const Range range = check_range(L, 2, buffer.size());
  push_number(L, buffer.sum(range.first, range.count));
  return 1;
}

template <Buffer::Extreme which>
int extreme(lua_State* L) {
  const Buffer& buffer = check_buffer(L, 1);
  const Range range = check_range(L, 2, buffer.size());
  if (range.count == 0) {
    lua_pushnil(L);
  } else {
    push_number(L, buffer.extreme(which, range.first, range.count));
  }
  return 1;
}

/// The bytes of the elements i to j.
int to_string(lua_State* L) {
  const Buffer& buffer = check_buffer(L, 1);
  const Range range = check_range(L, 2, buffer.size());
  const std::size_t bytes = range.count * size_of(buffer.type());
  luaL_Buffer string;
  char* space = luaL_buffinitsize(L, &string, bytes);
  buffer.read(range.first, range.count, space);
  luaL_pushresultsize(&string, bytes);
  return 1;
}

int to_table(lua_State* L) {
  const Buffer& buffer = check_buffer(L, 1);
  const Range range = check_range(L, 2, buffer.size());
  if (range.count > INT_MAX) return raise_text(L, "too many elements for a table");
  lua_createtable(L, static_cast<int>(range.count), 0);
  for (std::size_t i = 0; i < range.count; ++i) {
    push_number(L, buffer.get(range.first + i));
    lua_rawseti(L, -2, static_cast<lua_Integer>(i) + 1);
  }
  return 1;
}

}  // namespace

int buffer_from(lua_State* L, ElementType type) {
  if (lua_type(L, 1) == LUA_TSTRING) {
    std::size_t length;
    const char* bytes = lua_tolstring(L, 1, &length);
    if (length % size_of(type) != 0) {
      luaL_argerror(
          L, 1,
          lua_pushfstring(L, "%I bytes are no whole number of elements of %d bytes",
                          static_cast<LUAI_UACINT>(length), static_cast<int>(size_of(type))));
    }
    Buffer& made = push_new_buffer(L, type, length / size_of(type));
    made.write(0, made.size(), bytes);
  } else if (lua_istable(L, 1)) {
    const std::size_t count = check_length(L, 1);
    copy_table(L, push_new_buffer(L, type, count), 0, 1, 1, count);
  } else if (handle_kind(L, 1) == HandleKind::buffer) {
    const std::size_t count = check_buffer(L, 1).size();
    copy_buffer(L, push_new_buffer(L, type, count), 0, 1, {0, count});
  } else {
    return luaL_typeerror(L, 1, "number, table, string or buffer");
  }
  return 1;
}

const luaL_Reg buffer_bulk_methods[] = {{"copy", guarded<copy>},
                                        {"fill", guarded<fill>},
                                        {"sum", guarded<sum>},
                                        {"min", guarded<extreme<Buffer::Extreme::min>>},
                                        {"max", guarded<extreme<Buffer::Extreme::max>>},
                                        {"tostring", guarded<to_string>},
                                        {"totable", guarded<to_table>},
                                        {nullptr, nullptr}};

}  // namespace tidemill::lua
