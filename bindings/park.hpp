// How a binding waits.
//
// A blocking binding has two phases. First it checks and converts its arguments, which may raise.
// Then it tries the operation without waiting; if that does not do, it has made an Op beforehand,
// leaves it in the object's queue, and ends with `return park(L, op)`. The task is resumed exactly
// once, when the Op's call is complete; the continuation `finish_wait` turns the outcome into
// results or an error. Nothing with a destructor is alive when park, raise or any lua_ call that
// may raise is called: the Op is owned by the task's fiber, which also frees it if a later call
// raises.
#pragma once

#include <string>

#include "bindings/arguments.hpp"
#include "bindings/interruption.hpp"
#include "bindings/lua.hpp"
#include "engine/sync/wait.hpp"

namespace tidemill::lua {

class State;

/// A blocking call in progress. Made by `new_op`, freed by the binding layer.
class Op : public TaskWait {
 public:
  using TaskWait::TaskWait;
  virtual ~Op() = default;
  /// Turns the outcome into Lua values: the number of results pushed, or kRaise with the error on
  /// top. On the worker, in the task, with L as it was when the binding parked.
  virtual int finish(lua_State* L) = 0;
  /// What the task waits for, in words that follow "waits for". On the task's worker.
  virtual std::string describe() const = 0;

  static constexpr int kRaise = -1;

  lua_State* parked_in = nullptr;  ///< the coroutine that called
  void set_bytes(std::uint32_t bytes) { bytes_ = bytes; }
  std::uint32_t bytes() const { return bytes_; }
  /// The fiber's op before this one. There is one if a finaliser calls the API while another call
  /// of the task is at work; it cannot wait, so the ops form a stack.
  Op* below = nullptr;
};

/// A call that waits for what one task alone can give: an edge of the engine's WaitGraph.
struct EdgeOp : Op {
  using Op::Op;
  ~EdgeOp() override;
  const Site* site = nullptr;  ///< where it was begun, if whoever made it knows
  bool in_graph = false;
};
/// Before an EdgeOp without a deadline is parked: adds it to the graph. If that closes a circle the
/// op is complete instead, and the report on top of the stack: raise it. The op stands in the queue
/// of `lock`, or waits for the end of `target`; the other is null.
bool closes_circle(lua_State* L, EdgeOp* op, Ownable* lock, Task* target);
/// The same for an op that waits for the children of `block`.
bool closes_circle(lua_State* L, EdgeOp* op, Block& block);

/// Raises if the calling task is to end (`cancelled`), or if Lua cannot suspend here. Every
/// blocking call starts with it, before it touches anything, so that a refused call changes
/// nothing.
void check_may_wait(lua_State* L);
/// Only the second half.
void check_can_suspend(lua_State* L);
/// Only the first half: for calls that are points of cancellation but need not suspend this time.
void check_cancelled(lua_State* L);
/// True if the running task is to end: its next blocking call will raise `cancelled`.
bool cancel_pending(const State& state);

/// The running task's new Op. Throws std::bad_alloc, and then has not moved from `args`.
template <class T, class... Args>
T* new_op(lua_State* L, Args&&... args);
/// As that, with room for `extra` bytes behind it.
template <class T, class... Args>
T* new_op_with(lua_State* L, std::size_t extra, Args&&... args);
/// Frees an Op of the running task that was not parked after all or is finished, and what errors
/// left above it.
void drop_op(State& state, Op* op);
/// Frees all there are.
void drop_ops(State& state);
/// Unpacks `parcel` onto L: the number of values. The parcel is kept aside meanwhile, because
/// unpacking may run finalisers and those may receive too.
int decode_held(lua_State* L, Payload& parcel);

/// Suspends the running task until `op` is complete or `timeout` has passed. Last statement.
int park(lua_State* L, Op* op, Timeout timeout);
/// As park without a timeout, for a binding that goes on after the wait: `continuation` calls the
/// op's `finish` and `drop_op` itself.
int park_then(lua_State* L, Op* op, lua_KFunction continuation);
/// As park_then, but a cancellation does not end the wait.
int park_shielded(lua_State* L, Op* op, lua_KFunction continuation);
/// Suspends the running task until something wakes it; being cancelled does not. For the second
/// half of an op, which stays the task's.
int park_regardless(lua_State* L, lua_KFunction continuation);
/// The end of a blocking call that did not have to wait: returns `results`, the values on top.
/// A task that makes 128 calls without waiting gives way once.
int ready(lua_State* L, int results);

/// Suspends the task once, behind the others that are ready; then goes on in `continuation`.
int give_way_then(lua_State* L, lua_KFunction continuation, lua_KContext context);
/// As that, and returns the `results` on top; raises if the task was cancelled meanwhile.
int give_way(lua_State* L, int results);
/// As that, but does not raise.
int give_way_ready(lua_State* L, int results);

}  // namespace tidemill::lua

#include "bindings/park_inline.hpp"
