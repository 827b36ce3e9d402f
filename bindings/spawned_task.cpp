#include "bindings/spawned_task.hpp"

#include "bindings/errors.hpp"
#include "bindings/memory.hpp"
#include "bindings/state.hpp"

namespace tidemill::lua {

// A userdata has at most 65535 user values; a call with this many or more is packed into a table.
constexpr int kMostUserValues = 250;

/// Replaces the `count` values from `first` on by a table of them with their number at 0.
static int pack_call(lua_State* L, int first, int count) {
  lua_createtable(L, count, 1);
  lua_insert(L, first);
  for (int i = count; i > 0; --i) lua_rawseti(L, first, i);
  lua_pushinteger(L, count);
  lua_rawseti(L, first, 0);
  return 1;
}

SpawnedTask* SpawnedTask::create(lua_State* L, int first, Scope* scope) {
  State& state = State::of(L);
  int count = lua_gettop(L) - first + 1;
  if (count > kMostUserValues) count = pack_call(L, first, count);
  push_new_handle(L, HandleKind::task, nullptr, count);
  const Site* site = scope == nullptr ? nullptr : state.sites.here(L, 1);
  // The scope waits for a task from the moment it is made, so what may fail comes before.
  lua_pushvalue(L, -1);
  const std::uint32_t slot = state.anchor(L);
  const int locals = push_locals_copy(L) ? static_cast<int>(state.anchor(L)) : 0;
  SpawnedTask* task = nullptr;
  const bool made = within_memory([&] {
    if (locals == 0) {
      task = new SpawnedTask(scope);
      return;
    }
    std::unordered_map<const Task*, std::uint32_t> entry{
        {nullptr, static_cast<std::uint32_t>(locals)}};
    auto node = entry.extract(entry.begin());
    state.first_locals.reserve(state.first_locals.size() + 1);
    node.key() = task = new SpawnedTask(scope);
    state.first_locals.insert(std::move(node));  // needs no memory
  });
  if (!made) {
    state.release_anchor(slot);
    if (locals != 0) state.release_anchor(static_cast<std::uint32_t>(locals));
    raise_no_memory(L);
  }
  task->slot_ = slot;
  task->site_ = site;
  task->pin(state.worker);
  task->retain();  // the handle's
  static_cast<Handle*>(lua_touserdata(L, -1))->object = task;
  lua_insert(L, first);
  for (int i = count; i > 0; --i) lua_setiuservalue(L, first, i);
  return task;
}

int SpawnedTask::push_body(lua_State* L, State& state) {
  if (!state.first_locals.empty()) {
    auto found = state.first_locals.find(this);
    if (found != state.first_locals.end()) {
      state.fiber->locals = found->second;
      state.first_locals.erase(found);
    }
  }
  // From here on the coroutine keeps the handle alive.
  state.push_anchored(L, slot_);
  lua_replace(L, kOwnHandle);
  state.release_anchor(std::exchange(slot_, 0));
  int count = 0;
  luaL_checkstack(L, 4, "too many arguments");
  while (lua_getiuservalue(L, kOwnHandle, count + 1) != LUA_TNONE) {
    ++count;
    luaL_checkstack(L, 4, "too many arguments");
  }
  lua_pop(L, 1);
  for (int i = 1; i <= count; ++i) {
    lua_pushnil(L);  // what was passed belongs to the body from now on
    lua_setiuservalue(L, kOwnHandle, i);
  }
  if (count != 1 || !lua_istable(L, -1)) return count - 1;
  const int packed = lua_gettop(L);
  lua_rawgeti(L, packed, 0);
  count = static_cast<int>(lua_tointeger(L, -1));
  lua_pop(L, 1);
  luaL_checkstack(L, count, "too many arguments");
  for (int i = 1; i <= count; ++i) lua_rawgeti(L, packed, i);
  lua_remove(L, packed);
  return count - 1;
}

void SpawnedTask::keep(lua_State* L, State& state, bool failed) {
  if (failed) return keep_error(L, state);
  int count = lua_gettop(L) - kFirstResult + 1;
  auto* fiber = static_cast<Fiber*>(execution());
  fiber->results = count;
  keep_results(L, kOwnHandle, kFirstResult, count);
  if (known_elsewhere()) {
    fiber->aftermath = std::make_unique<LuaAftermath>();
    encode_results(L, kOwnHandle, count, *fiber->aftermath);
  }
}

void SpawnedTask::share(lua_State* L, int handle) {
  State& state = State::of(L);
  if (home() != &state.worker || known_elsewhere()) return;
  set_known_elsewhere();
  if (!body_has_ended()) return;  // keep will do it
  handle = lua_absindex(L, handle);
  if (settled()) {
    if (status() != Status::done || aftermath() != nullptr) return;
    // Not with a handle that came back after the task's own was collected, or its state renewed.
    const bool keeps_results = lua_getiuservalue(L, handle, 1) != LUA_TNONE;
    lua_pop(L, 1);
    if (!keeps_results) return;
    auto after = std::make_unique<LuaAftermath>();
    encode_results(L, handle, static_cast<int>(slot_), *after);
    set_aftermath(after.release());
  } else {
    auto* fiber = static_cast<Fiber*>(execution());
    if (fiber->aftermath != nullptr) return;
    fiber->aftermath = std::make_unique<LuaAftermath>();
    encode_results(L, handle, fiber->results, *fiber->aftermath);
  }
}

int SpawnedTask::push_results(lua_State* L, int handle) {
  State& state = State::of(L);
  if (home() == &state.worker) {
    // Not if this handle came back after the task's own had been collected: it has no results then.
    bool own = slot_ == 0 || lua_getiuservalue(L, handle, 1) != LUA_TNONE;
    if (slot_ != 0) lua_pop(L, 1);
    if (own) return push_kept_results(L, handle, static_cast<int>(slot_));
  }
  const LuaAftermath* after = this->after();
  if (after == nullptr) {
    if (slot_ == 0) return 0;
    return raise(L, "transfer", "the results of task #%d stayed in the state where it ran",
                 static_cast<int>(id()));
  }
  if (!after->refusal.empty()) {
    return raise(L, "transfer", "%s", after->refusal.c_str());
  }
  return state.decoder.decode(L, after->values, Decoder::Environment::receiver, this);
}

void SpawnedTask::push_own_handle(lua_State* L) {
  // It is the first value of task_base, at the bottom of the coroutine.
  auto* fiber = static_cast<Fiber*>(execution());
  fiber->handle_known = true;
  lua_State* thread = fiber->thread;
  lua_Debug base;
  // A look at a level takes as long as it is deep: doubling, then halving, few are needed.
  int level = 0, beyond = 1;
  while (lua_getstack(thread, beyond, &base)) level = std::exchange(beyond, beyond * 2);
  while (beyond - level > 1) {
    const int middle = level + (beyond - level) / 2;
    (lua_getstack(thread, middle, &base) ? level : beyond) = middle;
  }
  lua_getstack(thread, level, &base);
  lua_getlocal(thread, &base, kOwnHandle);
  lua_xmove(thread, L, 1);
}

void SpawnedTask::discard(Worker& worker) { abandon(State::of(worker)); }

void SpawnedTask::abandon(State& state) {
  state.release_anchor(std::exchange(slot_, 0));
  if (auto found = state.first_locals.find(this); found != state.first_locals.end()) {
    state.release_anchor(found->second);
    state.first_locals.erase(found);
  }
}

Aftermath* SpawnedTask::about_to_settle(Status& end) {
  slot_ = static_cast<std::uint32_t>(static_cast<Fiber*>(execution())->results);
  return LuaTask::about_to_settle(end);
}

}  // namespace tidemill::lua
