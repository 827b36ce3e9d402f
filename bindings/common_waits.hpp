// Blocking calls that several kinds of objects have in common: to take something (a permit, a
// token, a lock), and to wait for a signal.
#pragma once

#include <string>
#include <type_traits>

#include "bindings/errors.hpp"
#include "bindings/park.hpp"
#include "bindings/state.hpp"
#include "engine/base/ref.hpp"
#include "engine/sync/access.hpp"
#include "engine/sync/ownable.hpp"

namespace tidemill::lua {

/// The running task as the owner of what it takes.
inline OwnerId caller(lua_State* L) {
  const LuaTask* task = State::of(L).running;
  if (task == nullptr) raise_text(L, "this can only be called from a task");
  return task->id();
}

// --- taking ---
// `Taking` says what is taken: Object and kKind; take(object, owner, waiter, holder) → Access;
// give_back(object, owner); withdraw(object, waiter) for a call that has ended without it;
// push_name(L, object), "semaphore"; describe(object) for who waits; own(), what the task has
// already if Access::own can happen; kOneOwner, whether it can be had by one task alone, so that
// only that one can end the wait for it.

/// Pushes what a call that takes something returns: the object itself, or true.
inline int push_taken(lua_State* L, bool raises) {
  if (raises) {
    lua_pushvalue(L, 1);
  } else {
    lua_pushboolean(L, 1);
  }
  return 1;
}

template <class Taking>
int not_in_time(lua_State* L, typename Taking::Object& object, bool raises) {
  if (!raises) {
    lua_pushboolean(L, 0);
    return 1;
  }
  Taking::push_name(L, object);
  return raise(L, "timeout", "the %s was not free in time", lua_tostring(L, -1));
}

/// What is missed if the task ends with it.
template <class Object>
inline constexpr bool kOwnable = std::is_base_of_v<Ownable, Object>;

/// Raises that the owner of `lock` has ended without unlocking it.
template <class Lock>
int raise_broken(lua_State* L, Lock& lock) {
  {
    const Breakage breakage = lock.breakage();
    std::string text = lock.title() + " is broken: task #" + std::to_string(breakage.owner) +
                       " ended without unlocking it";
    if (breakage.site != nullptr) text += ", which it had locked at " + breakage.site->text();
    lua_pushlstring(L, text.data(), text.size());
  }
  return raise(L, "broken", "%s", lua_tostring(L, -1));
}

template <class Taking>
struct TakeOp final : std::conditional_t<Taking::kOneOwner, EdgeOp, Op> {
  using Object = typename Taking::Object;
  using Base = std::conditional_t<Taking::kOneOwner, EdgeOp, Op>;
  using Base::outcome;
  using Base::task;
  TakeOp(Task& self, Object& wanted, bool raising) : Base(self), object(&wanted), raises(raising) {}
  ~TakeOp() override {
    // The task has ended before it could learn that it was served.
    if (!finished && outcome() == Outcome::value) Taking::give_back(*object, task().id());
  }
  void detach() override { Taking::withdraw(*object, waiter); }
  std::string describe() const override { return Taking::describe(*object); }
  int finish(lua_State* L) override {
    finished = true;
    switch (outcome()) {
      case Outcome::value:
        if constexpr (kOwnable<Object>) State::of(L).hold(*object);
        return push_taken(L, raises);
      case Outcome::timeout:
        return not_in_time<Taking>(L, *object, raises);
      case Outcome::broken:
        if constexpr (Taking::kOneOwner) return raise_broken(L, *object);
        [[fallthrough]];
      default:
        return raise_cancelled(L, task());
    }
  }
  Waiter waiter{*this};
  Ref<Object> object;  // its own count, for the destructor
  bool raises, finished = false;
};

template <class Taking>
int take(lua_State* L, Timeout timeout, bool raises);

template <class Taking>
int take_after_giving_way(lua_State* L, int, lua_KContext raises) {
  return take<Taking>(L, raises != 0 || !lua_isnoneornil(L, 2) ? check_timeout(L, 2) : Timeout{0},
                      raises != 0);
}

template <class Taking>
int take(lua_State* L, Timeout timeout, bool raises) {
  using Object = typename Taking::Object;
  auto& object = check<Object>(L, 1, Taking::kKind);
  State& state = State::of(L);
  if (timeout.poll() && !raises) {
    check_cancelled(L);
  } else {
    check_may_wait(L);
    // Before it has it, not after: others would wait for a task that only gives way.
    if (--state.budget == 0)
      return give_way_then(L, guarded_continuation<take_after_giving_way<Taking>>, raises);
  }
  Holder holder;
  if constexpr (kOwnable<Object>) holder = {state.running, state.sites.here(L, 1)};
  Access result = Taking::take(object, caller(L), nullptr, holder);
  if (result == Access::refused) {
    if (timeout.poll()) return not_in_time<Taking>(L, object, raises);
    auto* op = new_op<TakeOp<Taking>>(L, object, raises);
    result = Taking::take(object, caller(L), &op->waiter, holder);
    if (result == Access::waiting) {
      if constexpr (Taking::kOneOwner) {
        if (timeout.forever() && closes_circle(L, op, &object, nullptr)) {
          drop_op(state, op);
          return raise(L, "deadlock", "%s", lua_tostring(L, -1));
        }
      }
      return park(L, op, timeout);
    }
    drop_op(state, op);
  }
  if constexpr (Taking::kOneOwner) {
    if (result == Access::broken) return raise_broken(L, object);
  }
  if constexpr (kOwnable<Object>) {
    if (result == Access::taken) state.hold(object);
  }
  if (result == Access::own) {
    if (raises) return raise(L, "deadlock", "this task holds %s already", Taking::own());
    lua_pushboolean(L, 0);
    return 1;
  }
  return push_taken(L, raises);
}

/// acquire([timeout]), read([timeout]), ... → the object itself; raises when time is up.
template <class Taking>
int take_or_raise(lua_State* L) {
  return take<Taking>(L, check_timeout(L, 2), true);
}

/// try_acquire([timeout]), ... → boolean; without a timeout it does not wait.
template <class Taking>
int try_take(lua_State* L) {
  Timeout timeout = lua_isnoneornil(L, 2) ? Timeout{0} : check_timeout(L, 2);
  return take<Taking>(L, timeout, false);
}

// --- signals ---
// `Signal` says what is waited for: Object, and kKind if it is what the script has a handle of;
// given(object); wait(object, waiter), false if it is given; describe(object).

template <class Signal>
struct SignalOp final : Op {
  SignalOp(Task& self, typename Signal::Object& of) : Op(self), object(&of) {}
  void detach() override { tidemill::detach(waiter); }
  std::string describe() const override { return Signal::describe(*object); }
  int finish(lua_State* L) override {
    switch (outcome()) {
      case Outcome::value:
      case Outcome::timeout:
        lua_pushboolean(L, outcome() == Outcome::value);
        return 1;
      default:
        return raise_cancelled(L, task());
    }
  }
  Waiter waiter{*this};
  // The handle is an argument of the call that waits, but the debug library lets scripts take that
  // away.
  const Ref<typename Signal::Object> object;
};

/// → whether it was given in time. A handle that keeps `object` is an argument of the call.
template <class Signal>
int await_signal(lua_State* L, typename Signal::Object& object, Timeout timeout) {
  if (timeout.poll()) {
    check_cancelled(L);
  } else {
    check_may_wait(L);
  }
  const bool given = Signal::given(object);
  if (!given && !timeout.poll()) {
    auto* op = new_op<SignalOp<Signal>>(L, object);
    if (Signal::wait(object, op->waiter)) return park(L, op, timeout);
    drop_op(State::of(L), op);
  }
  lua_pushboolean(L, given || !timeout.poll());
  return timeout.poll() ? 1 : ready(L, 1);
}

/// wait([timeout]) → boolean
template <class Signal>
int wait_for_signal(lua_State* L) {
  auto& object = check<typename Signal::Object>(L, 1, Signal::kKind);
  return await_signal<Signal>(L, object, check_timeout(L, 2));
}

}  // namespace tidemill::lua
