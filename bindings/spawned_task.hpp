// A task that runs in the state which made it and shares everything with it. Function and arguments
// wait as user values of its handle: function, arguments...; later the result, or a table of the
// results.
//
// slot_: the anchor of the handle until it starts, and the number of results once it is settled.
#pragma once

#include "bindings/lua_task.hpp"

namespace tidemill::lua {

class SpawnedTask final : public LuaTask {
 public:
  /// Makes a task of the function at `first` and the arguments above it, pushes its handle. Queued
  /// by `start`.
  static SpawnedTask* create(lua_State* L, int first, Scope* scope);
  /// Results must be readable elsewhere from now on.
  void share(lua_State* L, int handle) override;

  int push_results(lua_State* L, int handle) override;
  void push_own_handle(lua_State* L) override;

 private:
  explicit SpawnedTask(Scope* scope) : LuaTask(scope) {}
  int push_body(lua_State* L, State& state) override;
  void keep(lua_State* L, State& state, bool failed) override;
  void discard(Worker& worker) override;
  void abandon(State& state) override;
  Aftermath* about_to_settle(Status& end) override;
};

/// Queues a task that was just made, cancelled if it belongs to a scope that is.
void start_spawned(State& state, SpawnedTask& task);

}  // namespace tidemill::lua
