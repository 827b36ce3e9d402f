// Templates and fast paths of park.hpp.
#pragma once

#include <new>
#include <utility>

#include "bindings/lua_task.hpp"
#include "bindings/state.hpp"

namespace tidemill::lua {

template <class T, class... Args>
T* new_op(lua_State* L, Args&&... args) {
  void* memory = op_memory(L, sizeof(T));
  State& state = State::of(L);
  auto* op = new (memory) T(*state.running, std::forward<Args>(args)...);
  op->set_bytes(sizeof(T));
  op->below = state.fiber->op;
  state.fiber->op = op;
  return op;
}

inline int ready(lua_State* L, int results) {
  if (--State::of(L).budget != 0) return results;
  return give_way(L, results);
}

}  // namespace tidemill::lua
