// What the prelude builds scope, timeout, shield, all, ... from: blocks, tasks made in them, and
// the ends of many tasks as one channel.
#include "bindings/errors.hpp"
#include "bindings/library.hpp"
#include "bindings/memory.hpp"
#include "bindings/park.hpp"
#include "bindings/spawned_task.hpp"
#include "bindings/state.hpp"
#include "engine/sync/channel.hpp"
#include "engine/sync/task_watch.hpp"

namespace tidemill::lua {

namespace {

Block& check_block(lua_State* L, int index) { return check<Block>(L, index, HandleKind::block); }

/// open(on_failure, shielded, deadline | nil) → block, now the task's innermost scope. `on_failure`
/// is "cancel" or "report"; `deadline` seconds from now.
int open_block(lua_State* L) {
  const bool report = luaL_checkstring(L, 1)[0] == 'r';
  const bool shielded = lua_toboolean(L, 2) != 0;
  Timeout timeout = check_timeout(L, 3);
  State& state = State::of(L);
  push_new_handle(L, HandleKind::block, nullptr);
  auto* block = new Block(*state.running,
                          report ? Scope::OnFailure::report : Scope::OnFailure::cancel, shielded);
  static_cast<Handle*>(lua_touserdata(L, -1))->object = block;
  if (!timeout.forever()) block->set_deadline(state.worker.now() + timeout.length);
  return 1;
}

struct CloseOp final : EdgeOp {
  CloseOp(Task& self, Block& closing) : EdgeOp(self), block(closing) {}
  std::string describe() const override { return "its children to end"; }
  int finish(lua_State*) override { return 0; }
  Block& block;  // its handle is an argument of the call that waits
};

int after_close(lua_State* L, int, lua_KContext);

/// Waits until `block` has no children: false, with nothing parked, if it has none.
bool wait_for_children(lua_State* L, Block& block, int& parked) {
  auto* op = new_op<CloseOp>(L, block);
  if (block.close(*op)) {
    drop_op(State::of(L), op);
    return false;
  }
  if (block.stuck()) {
    // Once is enough: now only what its children wait for can end this.
    parked = park_regardless(L, guarded_continuation<after_close>);
  } else if (!closes_circle(L, op, block)) {
    parked = park_shielded(L, op, guarded_continuation<after_close>);
  } else {
    block.reopen();
    drop_op(State::of(L), op);
    push_error(L, 1, "deadlock", "%s", lua_tostring(L, -1));
    parked = 1;
  }
  return true;
}

int after_close(lua_State* L, int, lua_KContext) {
  State& state = State::of(L);
  auto* op = static_cast<CloseOp*>(state.fiber->op);
  Block& block = op->block;  // its handle is an argument
  const bool stuck = op->outcome() == Outcome::deadlock;
  if (stuck) block.reopen();
  drop_op(state, op);
  if (stuck) {
    push_deadlock(L);
    return 1;
  }
  // Before this task ran again another may have made a child in the block.
  int parked = 0;
  if (!block.left() && wait_for_children(L, block, parked)) return parked;
  lua_pushboolean(L, 1);
  return 1;
}

/// close(block): the body has ended; waits for the children. That cannot be cancelled, but they
/// are. → false if there was nothing to wait for, true if there was; or a deadlock error: then they
/// are still there.
int close_block(lua_State* L) {
  int parked = 0;
  if (wait_for_children(L, check_block(L, 1), parked)) return parked;
  lua_pushboolean(L, 0);
  return 1;
}

int count_kills(lua_State* L) {
  lua_pushinteger(L, static_cast<lua_Integer>(kills_seen(L)));
  return 1;
}

/// leave(block, kills) → expired, cancelled, a child was cancelled with it, the scope around is
/// interrupted
int leave_block(lua_State* L) {
  Block& block = check_block(L, 1);
  block.leave();
  // A kill of what ran in the block ends here; if the task is to go on ending it gets another.
  State::of(L).fiber->kills = static_cast<std::uint32_t>(luaL_checkinteger(L, 2));
  lua_pushboolean(L, block.expired());
  lua_pushboolean(L, block.cancelled());
  lua_pushboolean(L, block.child_cancelled());
  lua_pushboolean(L, State::of(L).fiber->interrupted);
  return 4;
}

/// abandon(block): where its children cannot be waited for.
int abandon_block(lua_State* L) {
  Block& block = check_block(L, 1);
  if (!block.left()) block.leave_behind();
  return 0;
}

/// The handle was collected: its coroutine was dropped if the block is still open. Its children are
/// cancelled, but not from within a finaliser.
int collect_block(lua_State* L) {
  // The debug library gives scripts this function.
  luaL_argexpected(L, handle_kind(L, 1) == HandleKind::block, 1, "scope");
  auto* handle = static_cast<Handle*>(lua_touserdata(L, 1));
  if (handle->object == nullptr || !called_by_the_collector(L)) return 0;
  auto block = Ref<Block>::adopt(static_cast<Block*>(std::exchange(handle->object, nullptr)));
  if (!block->left()) State::of(L).worker.post([block] { block->leave_behind(); });
  return 0;
}

/// failures(block) → the tasks of it that failed since the last call and nobody waited for, as
/// error1, traceback1, error2, traceback2, ...
int take_failures(lua_State* L) {
  Block& block = check_block(L, 1);
  MemoryBudget::Lifted lifted(State::of(L).memory.get());  // or an error would lose what it takes
  lua_createtable(L, 0, 0);
  bool told = true;
  lua_Integer n = 0;
  {
    std::vector<Ref<Task>> failures = block.take_failures();
    lua_pushvalue(L, -1);
    told = protectedly(L, 1, [&](lua_State* L2) {
      for (Ref<Task>& task : failures) {
        auto& failed = static_cast<LuaTask&>(*task);
        failed.push_error_value(L2, 0);
        lua_rawseti(L2, 2, ++n);
        {
          const std::string trace = failed.title() + ":\n" + failed.after()->traceback;
          State::of(L2).scratch = trace;
        }
        lua_pushlstring(L2, State::of(L2).scratch.data(), State::of(L2).scratch.size());
        lua_rawseti(L2, 2, ++n);
      }
    });
  }
  if (!told) return raise_no_memory(L);
  lua_pushinteger(L, n);
  return 2;
}

/// block_cancel(block [, reason]) → true if it was not cancelled or left yet
int cancel_block(lua_State* L) {
  Block& block = check_block(L, 1);
  lua_settop(L, 2);
  const bool first = !block.cancelled() && !block.left();
  if (first) {
    Ref<Reason> reason;
    if (!lua_isnil(L, 2)) reason = Ref<Reason>(check_reason(L, 2));
    block.cancel(std::move(reason));
  }
  lua_pushboolean(L, first);
  return 1;
}

/// deadline(block, seconds from now | nil): sets it anew → false if it has passed.
int set_deadline(lua_State* L) {
  Block& block = check_block(L, 1);
  Timeout timeout = check_timeout(L, 2);
  State& state = State::of(L);
  lua_pushboolean(L, !block.expired());
  block.set_deadline(timeout.forever() ? kNever : state.worker.now() + timeout.length);
  return 1;
}

/// state(block) → "open", "cancelled" or "left"
int block_state(lua_State* L) {
  Block& block = check_block(L, 1);
  lua_pushstring(L, block.left() ? "left" : block.cancelled() ? "cancelled" : "open");
  return 1;
}

/// scope open, 2 children
int block_tostring(lua_State* L) {
  Block& block = check_block(L, 1);
  lua_pushfstring(L, "scope %s", block.left() ? "ended" : block.cancelled() ? "cancelled" : "open");
  if (block.left()) return 1;
  int children = 0;
  block.each_child([&](Task&) { ++children; });
  lua_pushfstring(L, "%s, %d %s", lua_tostring(L, -1), children,
                  children == 1 ? "child" : "children");
  return 1;
}

/// spawn_in(block, fn, ...) → task, a child of the block, whoever calls.
int spawn_in(lua_State* L) {
  Block& block = check_block(L, 1);
  luaL_checktype(L, 2, LUA_TFUNCTION);
  State& state = State::of(L);
  SpawnedTask* task = SpawnedTask::create(L, 2, &block);
  start_spawned(state, *task);
  return 1;
}

/// spawn_background(fn, ...) → task
int spawn_background(lua_State* L) {
  State& state = State::of(L);
  if (state.running == nullptr) {
    return raise_text(L, "tm.background can only be called from a task");
  }
  SpawnedTask* task = SpawnedTask::create(L, 1, state.fiber->innermost);
  task->make_background();
  start_spawned(state, *task);
  return 1;
}

int own_interruption(lua_State* L) {
  lua_pushboolean(L, is_own_interruption(L, 1));
  return 1;
}

int raise_own_interruption(lua_State* L) { return raise_interrupted(L); }

// --- the ends of many tasks ---

/// watch(tasks, n) → channel, guard. As each of the tasks ends, its index comes out of the channel.
/// Closing or collecting the guard ends it.
int watch(lua_State* L) {
  const lua_Integer n = luaL_checkinteger(L, 2);
  push_new_handle(L, HandleKind::channel, nullptr);
  auto* channel = new Channel(Channel::kUnbounded, "ends");
  static_cast<Handle*>(lua_touserdata(L, -1))->object = channel;
  push_new_handle(L, HandleKind::watch, nullptr);
  auto* watch = new TaskWatch(Ref<Channel>(channel));
  static_cast<Handle*>(lua_touserdata(L, -1))->object = watch;
  for (lua_Integer i = 1; i <= n; ++i) {
    lua_rawgeti(L, 1, i);
    lua_pushinteger(L, i);
    Payload& index = State::of(L).parcel;
    State::of(L).encoder.encode(L, lua_gettop(L), 1, {"index", 1}, index);
    watch->add(check<Task>(L, -2, HandleKind::task), std::move(index));
    lua_pop(L, 2);
  }
  return 2;
}

/// watch_into(channel, task, n) → guard. As `watch`, for one task and a channel of the caller's.
int watch_into(lua_State* L) {
  auto& ends = check<Channel>(L, 1, HandleKind::channel);
  Task& task = check<Task>(L, 2, HandleKind::task);
  push_new_handle(L, HandleKind::watch, nullptr);
  auto* watch = new TaskWatch(Ref<Channel>(&ends));
  static_cast<Handle*>(lua_touserdata(L, -1))->object = watch;
  Payload& index = State::of(L).parcel;
  State::of(L).encoder.encode(L, 3, 1, {"index", 1}, index);
  watch->add(task, std::move(index));
  return 1;
}

int end_watch(lua_State* L) {
  check<TaskWatch>(L, 1, HandleKind::watch).end();
  return 0;
}

}  // namespace

void open_scope(lua_State* L) {
  static const luaL_Reg none[] = {{nullptr, nullptr}};
  static const luaL_Reg watch_metamethods[] = {{"__close", guarded<end_watch>}, {nullptr, nullptr}};
  define_handle(L, HandleKind::watch, "watch", none, watch_metamethods);
  lua_pop(L, 1);
  static const luaL_Reg block_metamethods[] = {{"__close", guarded<abandon_block>},
                                               {"__gc", guarded<collect_block>},
                                               {"__tostring", guarded<block_tostring>},
                                               {nullptr, nullptr}};
  define_handle(L, HandleKind::block, "scope", none, block_metamethods);
  lua_setfield(L, -2, "scope_methods");
  static const luaL_Reg functions[] = {{"open_block", guarded<open_block>},
                                       {"close_block", guarded<close_block>},
                                       {"kills_seen", guarded<count_kills>},
                                       {"leave_block", guarded<leave_block>},
                                       {"take_failures", guarded<take_failures>},
                                       {"cancel_block", guarded<cancel_block>},
                                       {"set_deadline", guarded<set_deadline>},
                                       {"block_state", guarded<block_state>},
                                       {"spawn_in", guarded<spawn_in>},
                                       {"spawn_background", guarded<spawn_background>},
                                       {"own_interruption", guarded<own_interruption>},
                                       {"raise_interruption", guarded<raise_own_interruption>},
                                       {"protect", guarded<protect>},
                                       {"watch", guarded<watch>},
                                       {"watch_into", guarded<watch_into>},
                                       {nullptr, nullptr}};
  luaL_setfuncs(L, functions, 0);
}

}  // namespace tidemill::lua
