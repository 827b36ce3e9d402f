// Templates and fast paths of park.hpp.
#pragma once

#include <new>
#include <utility>

#include "bindings/lua_task.hpp"
#include "bindings/state.hpp"

namespace tidemill::lua {

template <class T, class... Args>
T* new_op_with(lua_State* L, std::size_t extra, Args&&... args) {
  const std::size_t bytes = sizeof(T) + extra;
  State& state = State::of(L);
  // Thrown, not raised: `args` may own something (guarded makes it an error of Lua).
  void* memory = state.slab.allocate(bytes);
  if (memory == nullptr) throw std::bad_alloc();
  T* op = nullptr;
  try {
    op = new (memory) T(*state.running, std::forward<Args>(args)...);
  } catch (...) {
    state.slab.release(memory, bytes);
    throw;
  }
  op->set_bytes(static_cast<std::uint32_t>(bytes));
  op->below = state.fiber->op;
  state.fiber->op = op;
  return op;
}

template <class T, class... Args>
T* new_op(lua_State* L, Args&&... args) {
  return new_op_with<T>(L, 0, std::forward<Args>(args)...);
}

inline int ready(lua_State* L, int results) {
  if (--State::of(L).budget != 0) return results;
  return give_way_ready(L, results);
}

}  // namespace tidemill::lua
