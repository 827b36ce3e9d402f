// What to do where C++ may run out of memory: std::bad_alloc must not meet Lua, and an error of Lua
// must not meet an object of C++.
#pragma once

#include <new>
#include <utility>

#include "bindings/handle.hpp"
#include "bindings/state.hpp"

namespace tidemill::lua {

/// Runs `work`, which calls nothing of Lua that may raise: false if there was not enough memory for
/// it.
template <class Work>
bool within_memory(Work&& work) {
  try {
    work();
    return true;
  } catch (const std::bad_alloc&) {
    return false;
  }
}

inline int raise_no_memory(lua_State* L) { return luaL_error(L, "not enough memory"); }

/// Pushes a handle of a new T. Its arguments have no destructors. The collector is told of `bytes`,
/// if that is so much more than the userdata that dropped ones would pile up.
template <class T, class... Args>
int push_new_object(lua_State* L, HandleKind kind, std::size_t bytes, Args... args) {
  if (bytes > 0) State::of(L).note_held(L, bytes);
  push_new_handle(L, kind, nullptr);
  auto* handle = static_cast<Handle*>(lua_touserdata(L, -1));
  if (!within_memory([&] { handle->object = new T(args...); })) return raise_no_memory(L);
  return 1;
}

}  // namespace tidemill::lua
