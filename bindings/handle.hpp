// Engine objects as Lua values: a userdata that holds one reference.
//
// One value per object and state, so that handles compare with == and work as table keys: a weak
// table maps objects to their userdata. An object enters it when it first crosses into or out of
// the state; before that nobody else can bring it back, so creating one costs no table entry.
#pragma once

#include <cstdint>

#include "bindings/lua.hpp"
#include "engine/base/ref.hpp"

namespace tidemill::lua {

/// The kinds of handle; also their tag in the wire format, so the order is fixed.
enum class HandleKind : std::uint8_t {
  task,
  channel,
  mutex,
  pool,
  function,
  semaphore,
  event,
  latch,
  condition,
  rwlock,
  barrier,
  limiter,
  once,
  atomic,
  dict,
  buffer,
  queue,
  pipe,
  chunk,
  link,
  progress,
  // These stay in their state.
  block,
  reason,
  watch,
  port,
  count
};
inline bool can_travel(HandleKind kind) { return kind < HandleKind::block; }
/// Shared::parcel_tag of its objects.
inline std::uint8_t handle_tag(HandleKind kind) {
  return static_cast<std::uint8_t>(static_cast<int>(kind) + 1);
}

/// The payload of every handle userdata.
struct Handle {
  Shared* object;
};

/// Of all kinds but tasks (of which there may be a million): says what it is without a look at the
/// metatable. The tag is an address in this program, so no other library's userdata has it.
struct TaggedHandle : Handle {
  const void* tag;
};

/// Creates the metatable of `kind` with `methods`, and `metamethods` beside __gc, __name and
/// __index; both lists end with a null name. A kind that has fields gives `fields`, which becomes
/// __index with the methods as its upvalue. Leaves the table of methods on the stack.
void define_handle(lua_State* L, HandleKind kind, const char* type_name, const luaL_Reg* methods,
                   const luaL_Reg* metamethods, lua_CFunction fields = nullptr);
/// Pushes a new userdata of `kind` and gives it one count of `object`.
void push_new_handle(lua_State* L, HandleKind kind, Shared* object, int user_values = 0);
/// Pushes the state's value for `object`, making it if needed. Takes over one count.
void push_handle(lua_State* L, HandleKind kind, Shared* object);
/// The handle's kind, or `count` if the value at `index` is no handle of ours.
HandleKind handle_kind(lua_State* L, int index);
/// Whether the C function that runs is a finaliser called by the collector. Scripts can get at
/// finalisers through the debug library; but while a call uses an object its handle keeps it.
bool called_by_the_collector(lua_State* L);
/// Makes sure that the value at `index` is what push_handle finds for its object.
void register_handle(lua_State* L, int index);

/// The object of the handle at `index`, or an argument error that names the expected type.
Shared* check_handle(lua_State* L, int index, HandleKind kind);
template <class T>
T& check(lua_State* L, int index, HandleKind kind) {
  return *static_cast<T*>(check_handle(L, index, kind));
}

}  // namespace tidemill::lua
