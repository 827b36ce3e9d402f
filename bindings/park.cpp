#include "bindings/park.hpp"

#include "bindings/errors.hpp"

namespace tidemill::lua {

void check_cancelled(lua_State* L) {
  State& state = State::of(L);
  if (state.running == nullptr) {
    luaL_error(L, "this can only be called from a task");
  }
  if (state.running->cancel_requested()) raise_cancelled(L, *state.running);
}

void check_may_wait(lua_State* L) {
  check_cancelled(L);
  if (!State::of(L).chain_yieldable || !lua_isyieldable(L)) {
    luaL_error(L, "cannot wait here: Lua cannot suspend inside a sort comparator, a gsub callback, "
                  "a metamethod called from C (__tostring, __gc), a message handler or require");
  }
}

void* op_memory(lua_State* L, std::size_t size) {
  State& state = State::of(L);
  drop_op(state);
  void* memory = state.slab.allocate(size);
  if (memory == nullptr) luaL_error(L, "not enough memory");
  return memory;
}

void drop_op(State& state) {
  Op* op = state.fiber->op;
  if (op == nullptr) return;
  state.fiber->op = nullptr;
  std::size_t bytes = op->bytes();
  op->~Op();
  state.slab.release(op, bytes);
}

static int finish_wait(lua_State* L, int, lua_KContext) {
  State& state = State::of(L);
  Op* op = state.fiber->op;
  state.worker.timers().remove(*op);
  int results = op->finish(L);
  drop_op(state);
  return results == Op::kRaise ? lua_error(L) : results;
}

int park(lua_State* L, Op* op, Timeout timeout) {
  if (!timeout.forever()) {
    Worker& worker = State::of(L).worker;
    worker.timers().add(*op, worker.now() + timeout.length);
  }
  return park_then(L, op, finish_wait);
}

int park_then(lua_State* L, Op* op, lua_KFunction continuation) {
  State& state = State::of(L);
  state.fiber->wait = op;
  state.running->suspended();
  state.parking = true;
  return lua_yieldk(L, 0, 0, continuation);
}

static int after_giving_way(lua_State* L, int, lua_KContext results) {
  check_cancelled(L);
  return static_cast<int>(results);
}

int give_way_then(lua_State* L, lua_KFunction continuation, lua_KContext context) {
  State& state = State::of(L);
  state.worker.start(*state.running);
  state.running->suspended();
  state.parking = true;
  return lua_yieldk(L, 0, context, continuation);
}

int give_way(lua_State* L, int results) { return give_way_then(L, after_giving_way, results); }

}  // namespace tidemill::lua
