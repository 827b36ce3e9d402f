// tm.buffer, single elements, slices.
#include <cmath>
#include <cstring>

#include "bindings/buffer.hpp"
#include "bindings/errors.hpp"
#include "bindings/library.hpp"
#include "bindings/state.hpp"

namespace tidemill::lua {

namespace {

constexpr const char* kTypeNames[] = {"f64", "f32", "i64", "i32", "u8"};

const char* name_of(ElementType type) { return kTypeNames[static_cast<int>(type)]; }

ElementType check_type(lua_State* L, int index) {
  const char* name = luaL_checkstring(L, index);
  for (int i = 0; i < 5; ++i) {
    if (std::strcmp(name, kTypeNames[i]) == 0) return static_cast<ElementType>(i);
  }
  luaL_argerror(L, index,
                lua_pushfstring(L, "must be 'f64', 'f32', 'i64', 'i32' or 'u8', not '%s'", name));
  return ElementType::u8;
}

int not_an_index(lua_State* L) {
  return raise_text(L, "a buffer's index must be a whole number, not %s",
                    luaL_tolstring(L, 2, nullptr));
}

// --- elements ---

/// Whether a function in C is reading: ipairs is one, and ends at nil.
bool called_by_c(lua_State* L) {
  lua_Debug caller;
  return lua_getstack(L, 1, &caller) != 0 && lua_getinfo(L, "S", &caller) != 0 &&
         *caller.what == 'C';
}

int index_element(lua_State* L) {
  const Buffer& buffer = check_buffer(L, 1);
  int whole = 1;
  const lua_Integer i = lua_isinteger(L, 2)
                            ? lua_tointeger(L, 2)
                            : (lua_type(L, 2) == LUA_TNUMBER ? lua_tointegerx(L, 2, &whole) : 0);
  const auto at = static_cast<std::size_t>(i) - 1;
  if (at < buffer.size()) {
    push_number(L, buffer.get(at));
    return 1;
  }
  // The debug library lets scripts set the upvalue.
  if (lua_type(L, 2) == LUA_TSTRING && lua_istable(L, lua_upvalueindex(1))) {
    lua_settop(L, 2);
    lua_rawget(L, lua_upvalueindex(1));
    return 1;
  }
  if (lua_type(L, 2) != LUA_TNUMBER || !whole) return not_an_index(L);
  if (at == buffer.size() && called_by_c(L)) {
    lua_pushnil(L);
    return 1;
  }
  return raise_text(L, "%s", push_out_of_range(L, i, buffer.size()));
}

int set_element(lua_State* L) {
  Buffer& buffer = check_buffer(L, 1);
  int whole = 1;
  if (lua_type(L, 2) != LUA_TNUMBER) return not_an_index(L);
  const lua_Integer i = lua_tointegerx(L, 2, &whole);
  if (!whole) return not_an_index(L);
  const auto at = static_cast<std::size_t>(i) - 1;
  if (at >= buffer.size()) return raise_text(L, "%s", push_out_of_range(L, i, buffer.size()));
  Number value;
  Fit fit = Fit::fits;
  if (to_number(L, 3, value)) {
    fit = buffer.set(at, value);
    if (fit == Fit::fits) return 0;
  }
  return raise_text(L, "%s", push_misfit(L, 3, fit, buffer.type()));
}

int next_element(lua_State* L) {
  const Buffer& buffer = check_buffer(L, 1);
  const lua_Integer i = luaL_checkinteger(L, 2);
  if (static_cast<std::size_t>(i) >= buffer.size()) return 0;
  lua_pushinteger(L, i + 1);
  push_number(L, buffer.get(static_cast<std::size_t>(i)));
  return 2;
}

int pairs(lua_State* L) {
  check_buffer(L, 1);
  lua_pushcfunction(L, guarded<next_element>);
  lua_pushvalue(L, 1);
  lua_pushinteger(L, 0);
  return 3;
}

/// buffer:add(i, n) → the new value
int add(lua_State* L) {
  Buffer& buffer = check_buffer(L, 1);
  const lua_Integer i = luaL_checkinteger(L, 2);
  const auto at = static_cast<std::size_t>(i) - 1;
  luaL_argcheck(L, at < buffer.size(), 2, push_out_of_range(L, i, buffer.size()));
  Number value, sum;
  if (!to_number(L, 3, value)) luaL_argerror(L, 3, push_misfit(L, 3, Fit::fits, buffer.type()));
  const Fit fit = buffer.add(at, value, sum);
  push_number(L, sum);
  if (fit != Fit::fits) luaL_argerror(L, 3, push_misfit(L, -1, fit, buffer.type()));
  return 1;
}

// --- the buffer ---

std::size_t check_size(lua_State* L, int index) {
  int whole;
  const lua_Integer size = lua_tointegerx(L, index, &whole);
  if (whole && size >= 0) return static_cast<std::size_t>(size);
  const lua_Number number = lua_tonumber(L, index);
  if (number >= 0x1p63 && !std::isinf(number)) return SIZE_MAX;  // whole, but too large
  luaL_argerror(L, index,
                lua_pushfstring(L, "size must be a whole number of at least 0, not %s",
                                luaL_tolstring(L, index, nullptr)));
  return 0;
}

/// buffer(size | table | buffer | string, type)
int buffer(lua_State* L) {
  const ElementType type = check_type(L, 2);
  lua_settop(L, 1);
  if (lua_type(L, 1) != LUA_TNUMBER) return buffer_from(L, type);
  push_new_buffer(L, type, check_size(L, 1));
  return 1;
}

int slice(lua_State* L) {
  Buffer& buffer = check_buffer(L, 1);
  const Range range = check_range(L, 2, buffer.size());
  push_new_handle(L, HandleKind::buffer, nullptr);
  auto* handle = static_cast<Handle*>(lua_touserdata(L, -1));
  handle->object = buffer.slice(range.first, range.count).leak();
  if (handle->object == nullptr) return raise_text(L, "not enough memory");
  return 1;
}

int length(lua_State* L) {
  lua_pushinteger(L, static_cast<lua_Integer>(check_buffer(L, 1).size()));
  return 1;
}

int type(lua_State* L) {
  lua_pushstring(L, name_of(check_buffer(L, 1).type()));
  return 1;
}

int bytes(lua_State* L) {
  lua_pushinteger(L, static_cast<lua_Integer>(check_buffer(L, 1).bytes()));
  return 1;
}

int buffer_tostring(lua_State* L) {
  const Buffer& buffer = check_buffer(L, 1);
  lua_pushfstring(L, "buffer %s[%I]", name_of(buffer.type()),
                  static_cast<LUAI_UACINT>(buffer.size()));
  return 1;
}

}  // namespace

const char* push_misfit(lua_State* L, int index, Fit fit, ElementType type) {
  if (fit == Fit::fits) {
    return lua_pushfstring(L, "number expected, got %s", luaL_typename(L, index));
  }
  const char* value = luaL_tolstring(L, index, nullptr);
  if (fit == Fit::not_whole) {
    return lua_pushfstring(L, "%s is not a whole number, as %s holds", value, name_of(type));
  }
  const char* range = type == ElementType::u8    ? "0 to 255"
                      : type == ElementType::i32 ? "-2^31 to 2^31 - 1"
                                                 : "-2^63 to 2^63 - 1";
  return lua_pushfstring(L, "%s does not fit into %s (%s)", value, name_of(type), range);
}

const char* push_out_of_range(lua_State* L, lua_Integer index, std::size_t size) {
  return lua_pushfstring(L, "index %I out of range (buffer has %I element%s)",
                         static_cast<LUAI_UACINT>(index), static_cast<LUAI_UACINT>(size),
                         size == 1 ? "" : "s");
}

Range check_range(lua_State* L, int index, std::size_t size) {
  const auto n = static_cast<lua_Integer>(size);
  const lua_Integer given_i = luaL_optinteger(L, index, 1);
  const lua_Integer given_j = luaL_optinteger(L, index + 1, -1);
  const lua_Integer i = given_i < 0 ? n + 1 + given_i : given_i;
  const lua_Integer j = given_j < 0 ? n + 1 + given_j : given_j;
  // A range may be empty: i = n + 1 with nothing behind it, j = 0 with nothing before.
  luaL_argcheck(L, i >= 1 && i <= n + 1, index, push_out_of_range(L, given_i, size));
  luaL_argcheck(L, j >= 0 && j <= n, index + 1, push_out_of_range(L, given_j, size));
  return {static_cast<std::size_t>(i - 1), j < i ? 0 : static_cast<std::size_t>(j - i + 1)};
}

Buffer& push_new_buffer(lua_State* L, ElementType type, std::size_t size) {
  State& state = State::of(L);
  luaL_argcheck(L, size <= PTRDIFF_MAX / size_of(type), 1, "size is larger than any memory");
  const std::size_t bytes = size * size_of(type);
  state.note_held(L, bytes);  // before, so that what is collected makes room
  push_new_handle(L, HandleKind::buffer, nullptr);
  auto* handle = static_cast<Handle*>(lua_touserdata(L, -1));
  Buffer* buffer = Buffer::make(type, size).leak();
  if (buffer == nullptr) {  // as Lua does in an emergency
    lua_gc(L, LUA_GCCOLLECT);
    buffer = Buffer::make(type, size).leak();
  }
  if (buffer == nullptr) {
    raise_text(L, "not enough memory for a buffer of %I bytes", static_cast<LUAI_UACINT>(bytes));
  }
  handle->object = buffer;
  buffer->memory().holders.is_new(state.number);
  return *buffer;
}

void note_received(lua_State* L, Buffer& buffer) {
  State& state = State::of(L);
  // Once for each memory: a state that gets the same buffer with every job holds no more of it.
  if (buffer.memory().holders.is_new(state.number)) state.note_held(L, buffer.memory().bytes());
}

void open_buffer(lua_State* L) {
  static const luaL_Reg methods[] = {{"add", guarded<add>},
                                     {"slice", guarded<slice>},
                                     {"type", guarded<type>},
                                     {"bytes", guarded<bytes>},
                                     {nullptr, nullptr}};
  static const luaL_Reg metamethods[] = {{"__newindex", guarded<set_element>},
                                         {"__len", guarded<length>},
                                         {"__pairs", guarded<pairs>},
                                         {"__tostring", guarded<buffer_tostring>},
                                         {nullptr, nullptr}};
  define_handle(L, HandleKind::buffer, "buffer", methods, metamethods, guarded<index_element>);
  luaL_setfuncs(L, buffer_bulk_methods, 0);
  lua_pop(L, 1);
  lua_pushcfunction(L, guarded<buffer>);
  lua_setfield(L, -2, "buffer");
}

}  // namespace tidemill::lua
