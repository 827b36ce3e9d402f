// Putting into and taking out of a Queue, for its two users: queues and the ends of pipes.
//
// `Line` says whose it is: put_side(L) and get_side(L) check the handle at 1 and give the Queue;
// room(queue) and item(queue) are what who waits, waits for; push_closed(L, queue) is the error of
// putting into one that is closed, with the handle at 1.
#pragma once

#include <cmath>
#include <string>

#include "bindings/errors.hpp"
#include "bindings/memory.hpp"
#include "bindings/park.hpp"
#include "bindings/state.hpp"
#include "engine/sched/spin.hpp"
#include "engine/sync/queue.hpp"

namespace tidemill::lua {

/// Holds its queue: the handle is an argument of the call that waits, but the debug library lets
/// scripts take that away.
struct QueueOp : Op {
  QueueOp(Task& self, Queue& over) : Op(self), queue(&over) {}
  static int push_reason(lua_State* L, const char* reason) {
    lua_pushnil(L);
    lua_pushstring(L, reason);
    return 2;
  }
  const Ref<Queue> queue;
  Payload parcel;
};

template <class Line>
struct PutOp final : QueueOp {
  PutOp(Task& self, Queue& into) : QueueOp(self, into) { putter.parcel = &parcel; }
  void detach() override { tidemill::detach(putter); }
  std::string describe() const override { return Line::room(*queue); }
  int finish(lua_State* L) override {
    switch (outcome()) {
      case Outcome::value:
        lua_pushboolean(L, 1);
        return 1;
      case Outcome::timeout:
        return push_reason(L, "timeout");
      case Outcome::closed:
        Line::push_closed(L, *queue);
        return kRaise;
      default:
        return raise_cancelled(L, task());
    }
  }
  Putter putter{*this};
};

template <class Line>
struct GetOp final : QueueOp {
  GetOp(Task& self, Queue& from, bool in_loop) : QueueOp(self, from), iterating(in_loop) {
    waiter.parcel = &parcel;
  }
  void detach() override { tidemill::detach(waiter); }
  std::string describe() const override { return Line::item(*queue); }
  int finish(lua_State* L) override {
    switch (outcome()) {
      case Outcome::value:
        return State::of(L).decoder.decode(L, parcel);
      case Outcome::timeout:
        return push_reason(L, "timeout");
      case Outcome::closed:
        if (!iterating) return push_reason(L, "closed");
        lua_pushnil(L);
        return 1;
      default:
        return raise_cancelled(L, task());
    }
  }
  Waiter waiter{*this};
  bool iterating;
};

/// Puts the `count` values from stack index `first` on, as one item; they count as arguments
/// first - 1 and so on. → true | nil, `refused` if it would have to wait and may not.
template <class Line>
int put_values(lua_State* L, int first, int count, Priority priority, Timeout timeout,
               bool may_wait, const char* refused) {
  Queue& queue = Line::put_side(L);
  if (may_wait) {
    check_may_wait(L);
  } else {
    check_cancelled(L);
  }
  State& state = State::of(L);
  Payload& parcel = state.parcel;
  if (!state.encoder.encode(L, first, count, {"argument", first - 1}, parcel)) {
    return raise(L, "transfer", "%s", state.encoder.failure().c_str());
  }
  Passage passage = queue.put(parcel, priority, nullptr);
  if (passage == Passage::refused && may_wait && state.worker.nothing_else_ready() &&
      spin_briefly([&] { return queue.length() < queue.capacity(); })) {
    passage = queue.put(parcel, priority, nullptr);
  }
  if (passage == Passage::refused && may_wait) {
    auto* op = new_op<PutOp<Line>>(L, queue);
    op->parcel = std::move(parcel);
    passage = queue.put(op->parcel, priority, &op->putter);
    if (passage == Passage::waiting) return park(L, op, timeout);
    drop_op(state, op);
  }
  if (passage == Passage::done) {
    lua_pushboolean(L, 1);
    return may_wait ? ready(L, 1) : 1;
  }
  parcel.reset();
  if (passage == Passage::no_memory) return raise_no_memory(L);
  if (passage == Passage::closed) {
    Line::push_closed(L, queue);
    return lua_error(L);
  }
  return QueueOp::push_reason(L, refused);
}

/// → the values of the next item | nil, `refused` or "closed"; without a reason if `iterating`.
template <class Line>
int get_values(lua_State* L, Timeout timeout, bool may_wait, const char* refused, bool iterating) {
  Queue& queue = Line::get_side(L);
  if (may_wait) {
    check_may_wait(L);
  } else {
    check_cancelled(L);
  }
  State& state = State::of(L);
  Payload& parcel = state.parcel;
  Passage passage = queue.get(parcel, nullptr);
  if (passage == Passage::refused && may_wait && state.worker.nothing_else_ready() &&
      spin_briefly([&] { return queue.length() > 0; })) {
    passage = queue.get(parcel, nullptr);
  }
  if (passage == Passage::refused && may_wait) {
    auto* op = new_op<GetOp<Line>>(L, queue, iterating);
    passage = queue.get(op->parcel, &op->waiter);
    if (passage == Passage::waiting) return park(L, op, timeout);
    parcel = std::move(op->parcel);
    drop_op(state, op);
  }
  if (passage == Passage::no_memory) return raise_no_memory(L);
  int results = 1;
  if (passage == Passage::done) {
    results = decode_held(L, parcel);
  } else if (iterating) {
    lua_pushnil(L);
  } else {
    results = QueueOp::push_reason(L, passage == Passage::closed ? "closed" : refused);
  }
  return may_wait ? ready(L, results) : results;
}

/// get([timeout]), recv([timeout])
template <class Line>
int get_in_time(lua_State* L) {
  const Timeout timeout = check_timeout(L, 2);
  return get_values<Line>(L, timeout, !timeout.poll(), "timeout", false);
}

/// `for v, ... in it do`: the generic for calls the object itself.
template <class Line>
int get_in_loop(lua_State* L) {
  return get_values<Line>(L, {kNever}, true, "", true);
}

/// A capacity that the prelude has checked, at `index`: a number of at least 1, or math.huge.
inline std::size_t to_capacity(lua_State* L, int index) {
  return lua_isinteger(L, index) ? static_cast<std::size_t>(lua_tointeger(L, index))
                                 : Queue::kUnbounded;
}
/// And back.
inline void push_capacity(lua_State* L, std::size_t capacity) {
  if (capacity == Queue::kUnbounded) {
    lua_pushnumber(L, HUGE_VAL);
  } else {
    lua_pushinteger(L, static_cast<lua_Integer>(capacity));
  }
}

/// Pushes " 3/16", " 3/unbounded".
inline void push_fill(lua_State* L, const Queue& queue) {
  lua_pushfstring(L, " %I/", static_cast<LUAI_UACINT>(queue.length()));
  if (queue.capacity() == Queue::kUnbounded) {
    lua_pushliteral(L, "unbounded");
  } else {
    lua_pushfstring(L, "%I", static_cast<LUAI_UACINT>(queue.capacity()));
  }
  lua_concat(L, 2);
}
/// Pushes ", 2 getters waiting", or "".
inline void push_waiting(lua_State* L, std::size_t count, const char* what) {
  if (count == 0) {
    lua_pushliteral(L, "");
  } else {
    lua_pushfstring(L, ", %I %s%s waiting", static_cast<LUAI_UACINT>(count), what,
                    count == 1 ? "" : "s");
  }
}

}  // namespace tidemill::lua
