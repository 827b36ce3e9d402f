#include "bindings/handle.hpp"

#include <cstring>
#include <utility>

#include "bindings/buffer.hpp"
#include "bindings/state.hpp"

namespace tidemill::lua {

namespace {

/// Whether kHandles has the handle at index 1, although the collector, which clears weak tables
/// first, came to it: a finaliser has sent it meanwhile, and it is what its object will be again.
bool is_registered_again(lua_State* L, Shared* object) {
  if (object->parcel_tag() == 0 || State::of(L).closing) return false;
  lua_rawgeti(L, LUA_REGISTRYINDEX, State::kHandles);
  lua_rawgetp(L, -1, object);
  const bool again = lua_rawequal(L, -1, 1) != 0;
  lua_pop(L, 2);
  return again;
}

int collect(lua_State* L) {
  luaL_argexpected(L, handle_kind(L, 1) != HandleKind::count, 1, "engine object");
  auto* handle = static_cast<Handle*>(lua_touserdata(L, 1));
  if (handle->object == nullptr || !called_by_the_collector(L)) return 0;
  if (is_registered_again(L, handle->object)) {
    lua_getmetatable(L, 1);
    lua_setmetatable(L, 1);  // to be finalised once more
    return 0;
  }
  std::exchange(handle->object, nullptr)->release();
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

bool called_by_the_collector(lua_State* L) {
  lua_Debug call;
  if (lua_getstack(L, 0, &call) == 0 || lua_getinfo(L, "n", &call) == 0) return false;
  // Lua names what runs within a hook written in C, as ours of an interruption, after the hook. It
  // calls nothing there that has a handle as its argument but finalisers.
  if (std::strcmp(call.namewhat, "hook") == 0) return true;
  return call.name != nullptr && std::strcmp(call.name, "__gc") == 0 &&
         std::strcmp(call.namewhat, "metamethod") == 0;
}

void define_handle(lua_State* L, HandleKind kind, const char* type_name, const luaL_Reg* methods,
                   const luaL_Reg* metamethods, lua_CFunction fields) {
  lua_newtable(L);
  lua_pushstring(L, type_name);
  lua_setfield(L, -2, "__name");
  lua_pushcfunction(L, guarded<collect>);
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
  // Handles have finalisers, which no collection runs that Lua does because memory was refused.
  State& state = State::of(L);
  if (state.memory != nullptr) {
    state.collect_if_due(L);
    ++state.handles_made;
  }
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
  if (kind == HandleKind::buffer) note_received(L, *static_cast<Buffer*>(object));
}

HandleKind handle_kind(lua_State* L, int index) {
  if (lua_type(L, index) != LUA_TUSERDATA) return HandleKind::count;
  if (lua_rawlen(L, index) == sizeof(TaggedHandle)) {
    const void* tag = static_cast<const TaggedHandle*>(lua_touserdata(L, index))->tag;
    for (int i = 0; i < static_cast<int>(HandleKind::count); ++i) {
      if (tag == &tags[i]) return static_cast<HandleKind>(i);
    }
  }
  // The metatable alone proves nothing: the debug library can give it to any userdata.
  if (lua_rawlen(L, index) != sizeof(Handle) || !lua_getmetatable(L, index)) {
    return HandleKind::count;
  }
  const void* metatable = lua_topointer(L, -1);
  lua_pop(L, 1);
  const bool task = metatable == State::of(L).metatables[static_cast<int>(HandleKind::task)];
  return task ? HandleKind::task : HandleKind::count;
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
    if (metatable == State::of(L).metatables[static_cast<int>(kind)] &&
        lua_rawlen(L, index) == sizeof(Handle)) {
      Shared* object = static_cast<Handle*>(lua_touserdata(L, index))->object;
      if (object != nullptr) return object;
    }
  }
  lua_rawgeti(L, LUA_REGISTRYINDEX, metatable_slot(kind));
  lua_getfield(L, -1, "__name");
  const char* expected = lua_tostring(L, -1);  // stays in the metatable
  lua_pop(L, 2);                               // or it would pass for an argument that is missing
  if (handle_kind(L, index) == kind) luaL_argerror(L, index, "it has been collected");
  luaL_typeerror(L, index, expected);
  return nullptr;
}

}  // namespace tidemill::lua
