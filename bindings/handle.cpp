#include "bindings/handle.hpp"

#include "bindings/state.hpp"

namespace tidemill::lua {

namespace {

int collect(lua_State* L) {
  // The debug library gives scripts this function.
  luaL_argexpected(L, handle_kind(L, 1) != HandleKind::count, 1, "engine object");
  auto* handle = static_cast<Handle*>(lua_touserdata(L, 1));
  if (Shared* object = handle->object; object != nullptr) {
    handle->object = nullptr;  // a finaliser may run again after a resurrection
    object->release();
  }
  return 0;
}

const char tags[static_cast<int>(HandleKind::count)] = {};  // only their addresses count

const void* tag_of(HandleKind kind) { return &tags[static_cast<int>(kind)]; }

/// What a handle keeps in its state: a function as it runs there, the results of a once.
int user_values_of(HandleKind kind) {
  return kind == HandleKind::function || kind == HandleKind::barrier || kind == HandleKind::once
             ? 1
             : 0;
}

int metatable_slot(HandleKind kind) { return State::kMetatables + static_cast<int>(kind); }

}  // namespace

void define_handle(lua_State* L, HandleKind kind, const char* type_name, const luaL_Reg* methods,
                   const luaL_Reg* metamethods, lua_CFunction fields) {
  lua_newtable(L);
  lua_pushstring(L, type_name);
  lua_setfield(L, -2, "__name");
  lua_pushcfunction(L, collect);
  lua_setfield(L, -2, "__gc");
  lua_pushboolean(L, false);  // getmetatable gives nothing away
  lua_setfield(L, -2, "__metatable");
  luaL_setfuncs(L, metamethods, 0);
  lua_newtable(L);
  luaL_setfuncs(L, methods, 0);
  lua_pushvalue(L, -1);
  if (fields != nullptr) lua_pushcclosure(L, fields, 1);
  lua_setfield(L, -3, "__index");
  lua_pushvalue(L, -2);
  State::of(L).metatables[static_cast<int>(kind)] = lua_topointer(L, -1);
  lua_rawseti(L, LUA_REGISTRYINDEX, metatable_slot(kind));
  lua_remove(L, -2);  // leaves the methods
}

void push_new_handle(lua_State* L, HandleKind kind, Shared* object, int user_values) {
  if (kind == HandleKind::task) {
    *static_cast<Handle*>(lua_newuserdatauv(L, sizeof(Handle), user_values)) = {object};
  } else {
    auto* handle =
        static_cast<TaggedHandle*>(lua_newuserdatauv(L, sizeof(TaggedHandle), user_values));
    handle->object = object;
    handle->tag = tag_of(kind);
  }
  lua_rawgeti(L, LUA_REGISTRYINDEX, metatable_slot(kind));
  lua_setmetatable(L, -2);
}

void push_handle(lua_State* L, HandleKind kind, Shared* object) {
  lua_rawgeti(L, LUA_REGISTRYINDEX, State::kHandles);
  if (lua_rawgetp(L, -1, object) == LUA_TUSERDATA) {
    object->release();  // the value has one of its own
    lua_remove(L, -2);
    return;
  }
  lua_pop(L, 1);
  push_new_handle(L, kind, object, user_values_of(kind));
  lua_pushvalue(L, -1);
  lua_rawsetp(L, -3, object);
  lua_remove(L, -2);
}

HandleKind handle_kind(lua_State* L, int index) {
  if (lua_type(L, index) != LUA_TUSERDATA) return HandleKind::count;
  if (lua_rawlen(L, index) == sizeof(TaggedHandle)) {
    const void* tag = static_cast<const TaggedHandle*>(lua_touserdata(L, index))->tag;
    for (int i = 0; i < static_cast<int>(HandleKind::count); ++i) {
      if (tag == &tags[i]) return static_cast<HandleKind>(i);
    }
  }
  if (!lua_getmetatable(L, index)) return HandleKind::count;
  const void* metatable = lua_topointer(L, -1);
  lua_pop(L, 1);
  const State& state = State::of(L);
  for (int i = 0; i < static_cast<int>(HandleKind::count); ++i) {
    if (state.metatables[i] == metatable) return static_cast<HandleKind>(i);
  }
  return HandleKind::count;
}

void register_handle(lua_State* L, int index) {
  index = lua_absindex(L, index);
  lua_rawgeti(L, LUA_REGISTRYINDEX, State::kHandles);
  lua_pushvalue(L, index);
  lua_rawsetp(L, -2, static_cast<Handle*>(lua_touserdata(L, index))->object);
  lua_pop(L, 1);
}

Shared* check_handle(lua_State* L, int index, HandleKind kind) {
  if (kind != HandleKind::task) {
    auto* handle = static_cast<TaggedHandle*>(lua_touserdata(L, index));
    if (handle != nullptr && lua_rawlen(L, index) == sizeof(TaggedHandle) &&
        handle->tag == tag_of(kind) && handle->object != nullptr) {
      return handle->object;
    }
  } else if (lua_type(L, index) == LUA_TUSERDATA && lua_getmetatable(L, index)) {
    const void* metatable = lua_topointer(L, -1);
    lua_pop(L, 1);
    if (metatable == State::of(L).metatables[static_cast<int>(kind)]) {
      Shared* object = static_cast<Handle*>(lua_touserdata(L, index))->object;
      if (object != nullptr) return object;
    }
  }
  lua_rawgeti(L, LUA_REGISTRYINDEX, metatable_slot(kind));
  lua_getfield(L, -1, "__name");
  luaL_typeerror(L, index, lua_tostring(L, -1));
  return nullptr;
}

}  // namespace tidemill::lua
