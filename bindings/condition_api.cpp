// tm.condition and the methods of conditions. `wait_for` and those of its mutex are in the prelude.
#include "bindings/common_waits.hpp"
#include "bindings/library.hpp"
#include "engine/sync/condition.hpp"

namespace tidemill::lua {

namespace {

Condition& check_condition(lua_State* L, int index) {
  return check<Condition>(L, index, HandleKind::condition);
}

/// condition([mutex])
int condition(lua_State* L) {
  if (lua_isnoneornil(L, 1)) {
    push_new_handle(L, HandleKind::condition, nullptr);
    static_cast<Handle*>(lua_touserdata(L, -1))->object = new Condition(make_ref<Mutex>());
    return 1;
  }
  if (handle_kind(L, 1) != HandleKind::mutex) return raise_argument(L, 1, "mutex");
  register_handle(L, 1);  // the condition will ask for it
  auto& mutex = check<Mutex>(L, 1, HandleKind::mutex);
  push_new_handle(L, HandleKind::condition, nullptr);
  static_cast<Handle*>(lua_touserdata(L, -1))->object = new Condition(Ref<Mutex>(&mutex));
  return 1;
}

/// condition_mutex(condition) → its mutex
int condition_mutex(lua_State* L) {
  if (handle_kind(L, 1) != HandleKind::condition) return raise_argument(L, 1, "condition");
  Mutex& mutex = check_condition(L, 1).mutex();
  mutex.retain();
  push_handle(L, HandleKind::mutex, &mutex);
  return 1;
}

/// A method of the mutex, with the condition in its place as first argument.
int forwarded(lua_State* L) {
  Mutex& mutex = check_condition(L, 1).mutex();
  mutex.retain();
  push_handle(L, HandleKind::mutex, &mutex);
  lua_replace(L, 1);
  // The debug library lets scripts set the upvalue.
  const lua_CFunction method = lua_tocfunction(L, lua_upvalueindex(1));
  return method == nullptr ? raise_text(L, "no method of a mutex") : method(L);
}

/// condition_forward(method) → the same for conditions; nil if the method is not a C function.
int condition_forward(lua_State* L) {
  if (!lua_iscfunction(L, 1)) return 0;
  lua_pushcclosure(L, guarded<forwarded>, 1);
  return 1;
}

/// Both halves of a wait: for the notification, then for the mutex.
struct ConditionOp final : Op {
  struct Relock final : TaskWait {
    using TaskWait::TaskWait;
    Waiter waiter{*this};
  };

  ConditionOp(Task& self, Condition& on) : Op(self), condition(&on), relock(self) {}
  ~ConditionOp() override {
    if (finished) return;
    if (outcome() == Outcome::value) condition->pass_on();
    if (relock.outcome() == Outcome::value) condition->mutex().unlock(task().id());
  }
  void detach() override { tidemill::detach(waiter); }
  std::string describe() const override {
    return outcome() == Outcome::pending ? "a condition" : "the mutex of a condition";
  }
  /// With the mutex held again, unless it is broken.
  int finish(lua_State* L) override {
    finished = true;
    if (broken || relock.outcome() == Outcome::broken) {
      if (outcome() == Outcome::value) condition->pass_on();
      return raise(L, "broken", "the mutex of the condition is broken: its owner has ended");
    }
    State::of(L).hold(condition->mutex());
    if (depth > 1) condition->mutex().set_depth(depth);
    switch (outcome()) {
      case Outcome::value:
        if (cancel_pending(State::of(L))) {
          condition->pass_on();  // it cannot act on it
          return raise_cancelled(L, task());
        }
        lua_pushboolean(L, 1);
        return 1;
      case Outcome::timeout:
        lua_pushboolean(L, 0);
        return 1;
      default:
        return raise_cancelled(L, task());
    }
  }
  Waiter waiter{*this};
  Ref<Condition> condition;
  std::uint32_t depth = 0;  // how often the task had locked the mutex
  bool finished = false;
  bool broken = false;  // the mutex, before the task stood in line for it
  Relock relock;        // made beforehand: nothing may fail once the mutex is released
};

int after_relock(lua_State* L, int, lua_KContext) {
  State& state = State::of(L);
  Op* op = state.fiber->op;
  int results = op->finish(L);
  drop_op(state, op);
  return results;
}

int after_notification(lua_State* L, int, lua_KContext) {
  State& state = State::of(L);
  auto* op = static_cast<ConditionOp*>(state.fiber->op);
  state.worker.timers().remove(*op);
  const Holder holder{state.running, state.sites.here(L, 1)};
  switch (op->condition->mutex().lock(caller(L), &op->relock.waiter, holder)) {
    case Locking::waiting:
      return park_regardless(L, guarded_continuation<after_relock>);
    case Locking::broken:
      op->broken = true;
      break;
    default:
      break;
  }
  return after_relock(L, LUA_OK, 0);
}

int raise_not_held(lua_State* L, const char* what) {
  return raise_text(L, "cannot %s: this task does not hold the mutex of the condition", what);
}

/// wait([timeout]) → boolean
int wait(lua_State* L) {
  Condition& condition = check_condition(L, 1);
  Timeout timeout = check_timeout(L, 2);
  State& state = State::of(L);
  if (timeout.poll()) {
    check_cancelled(L);
    if (condition.mutex().owner() != caller(L)) return raise_not_held(L, "wait");
    lua_pushboolean(L, 0);
    return 1;
  }
  check_may_wait(L);
  auto* op = new_op<ConditionOp>(L, condition);
  op->depth = condition.wait(caller(L), op->waiter);
  if (op->depth == 0) {
    drop_op(state, op);
    return raise_not_held(L, "wait");
  }
  state.let_go(condition.mutex());
  if (!timeout.forever()) state.worker.timers().add(*op, state.worker.now() + timeout.length);
  return park_then(L, op, guarded_continuation<after_notification>);
}

int notify(lua_State* L) {
  Condition& condition = check_condition(L, 1);
  const lua_Integer n = luaL_optinteger(L, 2, 1);
  luaL_argcheck(L, n >= 0, 2, "must not be negative");
  if (!condition.notify(caller(L), static_cast<std::size_t>(n))) return raise_not_held(L, "notify");
  return 0;
}

int notify_all(lua_State* L) {
  if (!check_condition(L, 1).notify(caller(L), SIZE_MAX)) return raise_not_held(L, "notify");
  return 0;
}

/// `local _ <close> = c:lock()`: unlocks if the task still holds the mutex.
int close(lua_State* L) {
  Mutex& mutex = check_condition(L, 1).mutex();
  if (mutex.unlock(caller(L)) == Unlocking::released) State::of(L).let_go(mutex);
  return 0;
}

int condition_tostring(lua_State* L) {
  Condition& condition = check_condition(L, 1);
  lua_pushfstring(L, "condition %d waiting", static_cast<int>(condition.waiting()));
  return 1;
}

}  // namespace

void open_condition(lua_State* L) {
  static const luaL_Reg methods[] = {{"wait", guarded<wait>},
                                     {"notify", guarded<notify>},
                                     {"notify_all", guarded<notify_all>},
                                     {nullptr, nullptr}};
  static const luaL_Reg metamethods[] = {
      {"__close", guarded<close>}, {"__tostring", guarded<condition_tostring>}, {nullptr, nullptr}};
  define_handle(L, HandleKind::condition, "condition", methods, metamethods);
  lua_setfield(L, -2, "condition_methods");
  lua_pushcfunction(L, guarded<condition>);
  lua_setfield(L, -2, "condition");
  lua_pushcfunction(L, guarded<condition_mutex>);
  lua_setfield(L, -2, "condition_mutex");
  lua_pushcfunction(L, guarded<condition_forward>);
  lua_setfield(L, -2, "condition_forward");
}

}  // namespace tidemill::lua
