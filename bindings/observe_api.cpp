// tm.tasks and tm.why: what every task is doing; what tm.stats tells of the engine.
#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include "bindings/errors.hpp"
#include "bindings/library.hpp"
#include "bindings/memory.hpp"
#include "bindings/park.hpp"
#include "bindings/state.hpp"
#include "engine/observe/census.hpp"
#include "engine/pool/pool.hpp"
#include "tidemill/engine.hpp"

namespace tidemill::lua {

namespace {

/// A worker that is busy with one long call cannot answer: what is known without it is returned
/// then.
constexpr Nanoseconds kPatience = 500'000'000;

void set_text(lua_State* L, const char* name, const std::string& text) {
  if (text.empty()) return;
  lua_pushlstring(L, text.data(), text.size());
  lua_setfield(L, -2, name);
}

/// Pushes {id=, title=, status=, waits_for=, where=, seconds=, text=, children={}}.
void push_report(lua_State* L, const TaskReport& report, Nanoseconds now) {
  lua_createtable(L, 0, 8);
  lua_pushinteger(L, report.id);
  lua_setfield(L, -2, "id");
  set_text(L, "title", report.title);
  set_text(L, "status", to_string(report.status));
  set_text(L, "waits_for", report.waits_for);
  set_text(L, "where", report.where);
  set_text(L, "text", report.text(now));
  if (report.since != kNever) {
    lua_pushnumber(L, static_cast<lua_Number>(std::max<Nanoseconds>(now - report.since, 0)) / 1e9);
    lua_setfield(L, -2, "seconds");
  }
  lua_newtable(L);
  lua_setfield(L, -2, "children");
}

/// The roots, each with its children.
int push_tree(lua_State* L, Census& census, Nanoseconds now) {
  lua_newtable(L);
  const int roots = lua_gettop(L);
  lua_newtable(L);  // id → its table of children
  const int children = lua_gettop(L);
  for (const TaskReport& report : census.reports()) {
    if (report.parent == 0 || lua_rawgeti(L, children, report.parent) != LUA_TTABLE) {
      lua_settop(L, children);
      lua_pushvalue(L, roots);
    }
    push_report(L, report, now);
    lua_getfield(L, -1, "children");
    lua_rawseti(L, children, report.id);
    lua_rawseti(L, -2, static_cast<lua_Integer>(lua_rawlen(L, -2)) + 1);
    lua_settop(L, children);
  }
  lua_settop(L, roots);
  return 1;
}

struct CensusOp final : Op {
  CensusOp(Task& self, Ref<Census> taken, bool all)
      : Op(self), census(std::move(taken)), tree(all) {}
  void detach() override { tidemill::detach(waiter); }
  std::string describe() const override { return "other workers to say what they do"; }
  int finish(lua_State* L) override {
    if (outcome() == Outcome::value || outcome() == Outcome::timeout) return push(L);
    return raise_cancelled(L, task());
  }
  int push(lua_State* L) {
    const Nanoseconds now = State::of(L).worker.now();
    if (tree) return push_tree(L, *census, now);
    const std::string text = census->reports().at(0).text(now);
    lua_pushlstring(L, text.data(), text.size());
    return 1;
  }
  Waiter waiter{*this};
  Ref<Census> census;
  bool tree;
};

int wait_for(lua_State* L, CensusOp* op) {
  if (op->census->join(op->waiter)) return park(L, op, {kPatience});
  int results = op->push(L);
  drop_op(State::of(L), op);
  return results;
}

/// tasks() → list of the root tasks
int tasks(lua_State* L) {
  check_may_wait(L);
  return wait_for(L, new_op<CensusOp>(L, Census::of_all(State::of(L).worker.engine()), true));
}

/// tm.why(task) → what it does or waits for, in words
int why(lua_State* L) {
  Task& task = check<Task>(L, 1, HandleKind::task);
  check_may_wait(L);
  return wait_for(L, new_op<CensusOp>(L, Census::of_one(task), false));
}

/// Bytes of memory that the process has; 0 if the system does not say.
lua_Integer resident_bytes() {
  long long total = 0, resident = 0;
  std::FILE* file = std::fopen("/proc/self/statm", "re");
  if (file == nullptr) return 0;
  if (std::fscanf(file, "%lld %lld", &total, &resident) != 2) resident = 0;
  std::fclose(file);
  return resident * sysconf(_SC_PAGESIZE);
}

/// engine_stats() → {uptime=, cpus=, rss=}
int engine_stats(lua_State* L) {
  check_may_wait(L);  // as tm.stats does next: before anything else
  lua_createtable(L, 0, 8);
  lua_pushnumber(L, static_cast<lua_Number>(State::of(L).worker.engine().uptime()) / 1e9);
  lua_setfield(L, -2, "uptime");
  lua_pushinteger(L, Engine::usable_cpus());
  lua_setfield(L, -2, "cpus");
  lua_pushinteger(L, resident_bytes());
  lua_setfield(L, -2, "rss");
  return 1;
}

/// pool_at(i) → the i-th pool that somebody has, nil if there are not so many
int pool_at(lua_State* L) {
  const auto index = static_cast<std::size_t>(luaL_checkinteger(L, 1) - 1);
  Engine& engine = State::of(L).worker.engine();
  Pool* pool = nullptr;
  if (!within_memory([&] { pool = engine.pool_at(index).leak(); })) return raise_no_memory(L);
  if (pool == nullptr) return 0;
  push_handle(L, HandleKind::pool, pool);
  return 1;
}

}  // namespace

void open_observe(lua_State* L) {
  static const luaL_Reg functions[] = {{"tasks", guarded<tasks>},
                                       {"why", guarded<why>},
                                       {"engine_stats", guarded<engine_stats>},
                                       {"pool_at", guarded<pool_at>},
                                       {nullptr, nullptr}};
  luaL_setfuncs(L, functions, 0);
}

}  // namespace tidemill::lua
