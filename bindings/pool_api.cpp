// tm.pool and the methods of pools. `map` is in the prelude, over jobs that run a chunk of it.
#include <atomic>
#include <cstring>
#include <string>

#include "bindings/errors.hpp"
#include "bindings/job.hpp"
#include "bindings/library.hpp"
#include "bindings/park.hpp"
#include "bindings/state.hpp"
#include "engine/observe/log.hpp"
#include "engine/pool/pool.hpp"
#include "tidemill/engine.hpp"

namespace tidemill::lua {

namespace {

Pool& check_pool(lua_State* L, int index) { return check<Pool>(L, index, HandleKind::pool); }

/// What the jobs of a pool have in common, if anything: made with the function at `init`, if there
/// is one.
Ref<PoolSetup> new_setup(lua_State* L, const char* name, int init, bool inside) {
  if (lua_isnoneornil(L, init) && !inside) return nullptr;
  Payload parcel;
  State& state = State::of(L);
  if (!lua_isnoneornil(L, init)) parcel = std::move(state.parcel);
  auto setup = make_ref<PoolSetup>(name, inside);
  setup->init = std::move(parcel);
  return setup;
}

/// new_pool(workers, name, queue, order, most jobs per worker, init, memory_limit, inline), each
/// perhaps nil; the prelude has checked the values.
int new_pool(lua_State* L) {
  State& state = State::of(L);
  Engine& engine = state.worker.engine();
  lua_settop(L, 8);
  const bool visiting = lua_toboolean(L, 8) != 0;
  const auto workers = static_cast<std::uint32_t>(luaL_optinteger(L, 1, Engine::usable_cpus()));
  const char* name = luaL_optstring(L, 2, "pool");
  const lua_Integer queue = luaL_optinteger(L, 3, 0);
  const bool by_priority = std::strcmp(luaL_optstring(L, 4, "fifo"), "priority") == 0;
  const lua_Integer most_jobs = luaL_optinteger(L, 5, 0);
  if (engine.stopping()) return raise(L, "closed", "the engine is shutting down");
  lua_getglobal(L, "package");
  lua_getfield(L, -1, "path");
  const char* path = luaL_optstring(L, -1, "");
  lua_getfield(L, -2, "cpath");
  const char* cpath = luaL_optstring(L, -1, "");
  push_new_handle(L, HandleKind::pool, nullptr);
  if (!lua_isnoneornil(L, 6) && !state.encoder.encode(L, 6, 1, {"init", 0}, state.parcel)) {
    return raise(L, "transfer", "%s", state.encoder.failure().c_str());
  }
  PoolOptions options;
  options.companion = new_setup(L, name, 6, visiting);
  options.workers = workers;
  options.name = name;
  if (queue > 0) options.queue = static_cast<std::size_t>(queue);
  options.visiting = visiting;
  if (by_priority) options.order = JobOrder::priority;
  if (most_jobs > 0) options.max_jobs_per_worker = static_cast<std::uint64_t>(most_jobs);
  Settings settings = state.settings();
  settings.package_path = path;
  settings.package_cpath = cpath;
  settings.pool_name = name;
  settings.memory_limit = static_cast<std::size_t>(luaL_optinteger(L, 7, 0));
  options.make_local = [settings](Worker& worker) {
    return std::make_unique<State>(worker, settings, false);
  };
  static_cast<Handle*>(lua_touserdata(L, -1))->object = engine.make_pool(std::move(options)).leak();
  return 1;
}

// --- submit ---

int raise_closed(lua_State* L, Pool& pool) {
  return raise(L, "closed", "cannot submit: pool \"%s\" is closed", pool.name().c_str());
}

struct SubmitOp final : Op {
  SubmitOp(Task& self, Pool& to, Block* in) : Op(self), pool(to), block(in) {}
  void detach() override { tidemill::detach(waiter); }
  std::string describe() const override {
    return "a place in the queue of pool \"" + pool.name() + "\"";
  }
  int finish(lua_State* L) override {
    switch (outcome()) {
      case Outcome::value:
        return start(L);
      case Outcome::closed:
        Job::discard(State::of(L), blank);
        return raise_closed(L, pool);
      case Outcome::timeout:
        Job::discard(State::of(L), blank);
        lua_pushnil(L);
        lua_pushliteral(L, "timeout");
        return 2;
      default:
        Job::discard(State::of(L), blank);
        return raise_cancelled(L, task());
    }
  }
  /// A place is granted: makes the job, whose handle is at the top.
  int start(lua_State* L) {
    // The block may have ended while this task waited for its place.
    const bool too_late = block && block->left();
    Scope& scope = block && !too_late ? *block : *task().execution()->innermost;
    Job* job = Job::create(L, blank, scope, pool, std::move(call), std::move(extras));
    PoolSetup* setup = job->setup();
    const bool broken = setup != nullptr && setup->broken();
    if (too_late) job->cancel();
    if (broken) job->observe();  // it only fills its place; the error is raised here
    // It may have been cancelled while it waited for its place.
    if (Scope* cancelled = job->scope()->interrupter()) job->cancel(cancelled->reason());
    pool.enqueue(*job, priority);
    if (too_late) return raise_text(L, "submit: the scope has ended");
    return broken ? setup->raise_broken(L) : 1;
  }
  Waiter waiter{*this};
  Pool& pool;        // its handle is an argument of the call
  Ref<Pool> kept;    // the same while it waits, because scripts can take the argument away
  Ref<Block> block;  // the job is to be a child of; null: of the scope the task is in
  Payload call;
  std::unique_ptr<JobExtras> extras;
  Job::Blank blank;
  lua_Number priority = 0;
};

enum class Style : std::uint8_t { submit, try_submit, job };

/// job's options are at 2 to 5.
void read_options(lua_State* L, SubmitOp& op) {
  op.priority = luaL_optnumber(L, 2, 0);
  if (lua_isnoneornil(L, 3) && lua_isnoneornil(L, 4) && lua_isnoneornil(L, 5)) return;
  op.extras = std::make_unique<JobExtras>();
  if (!lua_isnoneornil(L, 3)) op.extras->timeout = lua_tonumber(L, 3);
  op.extras->retries = lua_tointeger(L, 4);
  if (const char* name = lua_tostring(L, 5)) op.extras->name = name;
}

/// The function to run is at `first`.
int submit_call(lua_State* L, Style style, int first = 2, Block* block = nullptr,
                Timeout timeout = {kNever}) {
  Pool& pool = check_pool(L, 1);
  luaL_checktype(L, first, LUA_TFUNCTION);
  if (style != Style::try_submit) {
    check_may_wait(L);
  } else {
    check_cancelled(L);
  }
  State& state = State::of(L);
  PoolSetup* setup = setup_of(pool);
  if (setup != nullptr && setup->broken()) return setup->raise_broken(L);
  auto* op = new_op<SubmitOp>(L, pool, block);
  if (style == Style::job) read_options(L, *op);
  if (!state.encoder.encode(L, first, lua_gettop(L) - first + 1, {"argument", 0}, op->call)) {
    drop_op(state, op);
    return raise(L, "transfer", "%s", state.encoder.failure().c_str());
  }
  // Before a place is taken: whatever may raise.
  if (std::unique_ptr<Payload> locals = encode_locals(L)) {
    if (op->extras == nullptr) op->extras = std::make_unique<JobExtras>();
    op->extras->locals = std::move(*locals);
  }
  op->blank = Job::prepare(L);
  switch (pool.admit(style != Style::try_submit ? &op->waiter : nullptr)) {
    case Admission::waiting:
      op->kept = Ref<Pool>(&pool);
      return park(L, op, timeout);
    case Admission::closed:
      Job::discard(state, op->blank);
      drop_op(state, op);
      return raise_closed(L, pool);
    case Admission::full:
      Job::discard(state, op->blank);
      drop_op(state, op);
      lua_pushnil(L);
      lua_pushliteral(L, "full");
      return 2;
    case Admission::unable:
      Job::discard(state, op->blank);
      drop_op(state, op);
      return raise_text(L,
                        "cannot submit: pool \"%s\" cannot start a worker (no memory, threads or "
                        "file descriptors are left)",
                        pool.name().c_str());
    case Admission::granted:
      break;
  }
  op->start(L);
  drop_op(state, op);
  return 1;
}

int submit(lua_State* L) { return submit_call(L, Style::submit); }
/// submit_in(pool, block, fn, ...)
int submit_in(lua_State* L) {
  return submit_call(L, Style::submit, 3, &check<Block>(L, 2, HandleKind::block));
}
int try_submit(lua_State* L) { return submit_call(L, Style::try_submit); }
/// submit_job(pool, priority, timeout, retries, name, fn, ...), each option perhaps nil
int submit_job(lua_State* L) { return submit_call(L, Style::job, 6); }

/// is_prioritised(pool): whether its jobs have a priority.
int is_prioritised(lua_State* L) {
  lua_pushboolean(L, check_pool(L, 1).order() == JobOrder::priority);
  return 1;
}
/// submit_within(pool, seconds | nil, fn, ...) → task | nil, "timeout"
int submit_within(lua_State* L) {
  return submit_call(L, Style::submit, 3, nullptr, check_timeout(L, 2));
}

// --- the end ---

struct JoinPoolOp final : Op {
  JoinPoolOp(Task& self, Pool& closing, bool may_fail)
      : Op(self), pool(&closing), raises(!may_fail) {}
  void detach() override { tidemill::detach(waiter); }
  std::string describe() const override { return "the end of pool \"" + pool->name() + "\""; }
  int finish(lua_State* L) override {
    switch (outcome()) {
      case Outcome::value:
        lua_pushboolean(L, 1);
        return 1;
      case Outcome::timeout:
        if (!raises) return 0;
        push_error(L, 1, "timeout", "pool \"%s\" still has jobs running", pool->name().c_str());
        return kRaise;
      default:
        return raise_cancelled(L, task());
    }
  }
  Waiter waiter{*this};
  const Ref<Pool> pool;
  const bool raises;
};

/// Whether `task` is a job of the pool, or of a family that one has begun.
bool is_inside(const LuaTask* task, const Pool& pool) {
  for (; task != nullptr; task = static_cast<const LuaTask*>(task->parent())) {
    const Job* job = task->as_job();
    if (job != nullptr && &job->pool() == &pool) return true;
  }
  return false;
}

Pool& check_closable_pool(lua_State* L) {
  Pool& pool = check_pool(L, 1);
  if (is_inside(State::of(L).running, pool)) {
    raise(L, "deadlock", "a job of pool \"%s\" waits for its own pool to end", pool.name().c_str());
  }
  return pool;
}

/// join(pool [, timeout [, may_fail]]): ends admission, then waits for the queue to be worked off
/// and the workers to end. → true; when the time is up nothing if it may fail, or else an error.
int join(lua_State* L) {
  Pool& pool = check_closable_pool(L);
  Timeout timeout = check_timeout(L, 2);
  pool.close();
  check_may_wait(L);
  auto* op = new_op<JoinPoolOp>(L, pool, lua_toboolean(L, 3) != 0);
  if (pool.join(op->waiter)) return park(L, op, timeout);
  drop_op(State::of(L), op);
  lua_pushboolean(L, 1);
  return 1;
}

/// `local pool <close> = tm.pool()`: Lua passes the error under way as second argument.
int close_scope(lua_State* L) {
  lua_settop(L, 1);
  return join(L);
}

/// cancel_jobs(pool): closes it, and cancels all its jobs.
int cancel_jobs(lua_State* L) {
  Pool& pool = check_closable_pool(L);
  lua_pushfstring(L, "pool \"%s\" was closed", pool.name().c_str());
  pool.cancel_jobs(Ref<Reason>(check_reason(L, lua_gettop(L))));
  return 0;
}

int kill_jobs(lua_State* L) {
  check_pool(L, 1).kill_jobs();
  return 0;
}

/// resize(pool, workers); the prelude has checked the number.
int resize(lua_State* L) {
  check_pool(L, 1).resize(static_cast<std::uint32_t>(luaL_checkinteger(L, 2)));
  return 0;
}

void set_seconds(lua_State* L, const char* field, Nanoseconds length) {
  lua_pushnumber(L, static_cast<lua_Number>(length) / 1e9);
  lua_setfield(L, -2, field);
}

void set_durations(lua_State* L, const char* field, const Durations& of) {
  lua_createtable(L, 0, 5);
  lua_pushinteger(L, static_cast<lua_Integer>(of.count));
  lua_setfield(L, -2, "count");
  set_seconds(L, "mean", of.mean);
  set_seconds(L, "p50", of.p50);
  set_seconds(L, "p99", of.p99);
  set_seconds(L, "max", of.max);
  lua_setfield(L, -2, field);
}

/// Whether its jobs run where they are submitted.
bool is_inline(Pool& pool) {
  const PoolSetup* setup = setup_of(pool);
  return setup != nullptr && setup->shares_state;
}

bool is_broken(const Pool& pool) {
  const PoolSetup* setup = setup_of(pool);
  return setup != nullptr && setup->broken();
}

int stats(lua_State* L) {
  Pool& pool = check_pool(L, 1);
  const Pool::Usage usage = pool.usage();
  const std::pair<const char*, std::uint64_t> counts[] = {
      {"workers", usage.target}, {"started", usage.workers},     {"queued", usage.queued},
      {"open", usage.open},      {"completed", usage.completed}, {"cancelled", usage.cancelled},
      {"failed", usage.failed}};
  lua_createtable(L, 0, 12);
  for (const auto& [name, count] : counts) {
    lua_pushinteger(L, static_cast<lua_Integer>(count));
    lua_setfield(L, -2, name);
  }
  lua_createtable(L, static_cast<int>(usage.ever_started), 0);
  for (std::uint32_t i = 0; i < usage.ever_started; ++i) {
    lua_pushnumber(L, static_cast<lua_Number>(pool.busy_time(i)) / 1e9);
    lua_rawseti(L, -2, static_cast<lua_Integer>(i) + 1);
  }
  lua_setfield(L, -2, "busy");
  set_durations(L, "queue_time", usage.queue_time);
  set_durations(L, "service_time", usage.service_time);
  if (!is_inline(pool)) {
    lua_pushnumber(L, usage.utilisation);
    lua_setfield(L, -2, "utilisation");
  }
  lua_pushnumber(L, usage.arrival_rate);
  lua_setfield(L, -2, "arrival_rate");
  lua_pushboolean(L, is_broken(pool));
  lua_setfield(L, -2, "broken");
  return 1;
}

int pool_tostring(lua_State* L) {
  Pool& pool = check_pool(L, 1);
  if (is_inline(pool)) {
    lua_pushfstring(L, "pool \"%s\" inline %s", pool.name().c_str(),
                    is_broken(pool) ? "broken"
                    : pool.closed() ? "closed"
                                    : "open");
    return 1;
  }
  lua_pushfstring(L, "pool \"%s\" %d worker%s %s", pool.name().c_str(),
                  static_cast<int>(pool.size()), pool.size() == 1 ? "" : "s",
                  is_broken(pool) ? "broken"
                  : pool.closed() ? "closed"
                                  : "open");
  return 1;
}

// --- functions packed once for many jobs ---

/// A function as it was when a map began, for all its jobs. Each state unpacks it once and keeps it
/// as the user value of its handle.
struct PackedFunction final : Shared {
  Payload parcel;
  std::string remark;  // for the log when a copy is to run; empty: none
  std::atomic<bool> told{false};
};

/// pack(fn, may_stay) → handle. `may_stay`: it may be that no copy of it ever runs.
int pack(lua_State* L) {
  luaL_checktype(L, 1, LUA_TFUNCTION);
  lua_settop(L, 2);
  State& state = State::of(L);
  push_new_handle(L, HandleKind::function, nullptr, 1);
  auto* packed = new PackedFunction;
  static_cast<Handle*>(lua_touserdata(L, -1))->object = packed;
  std::string* remark = lua_toboolean(L, 2) != 0 ? &packed->remark : nullptr;
  if (!state.encoder.encode(L, 1, 1, {"argument", 0, remark}, packed->parcel)) {
    return raise(L, "transfer", "%s", state.encoder.failure().c_str());
  }
  return 1;
}

}  // namespace

/// unpack(handle): the function, the same one each time.
int unpack_function(lua_State* L) {
  auto& packed = check<PackedFunction>(L, 1, HandleKind::function);
  if (lua_getiuservalue(L, 1, 1) == LUA_TFUNCTION) return 1;
  State& state = State::of(L);
  // relaxed: only so that one state tells
  if (!packed.remark.empty() && !packed.told.exchange(true, std::memory_order_relaxed)) {
    log_warning(packed.remark);
  }
  state.check_in(state.lent);  // of a parcel that could not be unpacked
  state.decoder.decode(L, packed.parcel, Decoder::Environment::own);
  state.keep_lent(state.lent);
  lua_pushvalue(L, -1);
  lua_setiuservalue(L, 1, 1);
  return 1;
}

void open_pool(lua_State* L) {
  static const luaL_Reg none[] = {{nullptr, nullptr}};
  define_handle(L, HandleKind::function, "packed function", none, none);
  lua_pop(L, 1);
  static const luaL_Reg methods[] = {{"submit", guarded<submit>},
                                     {"try_submit", guarded<try_submit>},
                                     {"stats", guarded<stats>},
                                     {nullptr, nullptr}};
  static const luaL_Reg metamethods[] = {{"__close", guarded<close_scope>},
                                         {"__tostring", guarded<pool_tostring>},
                                         {nullptr, nullptr}};
  define_handle(L, HandleKind::pool, "pool", methods, metamethods);
  lua_setfield(L, -2, "pool_methods");
  static const luaL_Reg functions[] = {{"new_pool", guarded<new_pool>},
                                       {"pack", guarded<pack>},
                                       {"join_pool", guarded<join>},
                                       {"cancel_jobs", guarded<cancel_jobs>},
                                       {"kill_jobs", guarded<kill_jobs>},
                                       {"resize_pool", guarded<resize>},
                                       {"submit_in", guarded<submit_in>},
                                       {"submit_job", guarded<submit_job>},
                                       {"is_prioritised", guarded<is_prioritised>},
                                       {"unpack", guarded<unpack_function>},
                                       {"submit_within", guarded<submit_within>},
                                       {nullptr, nullptr}};
  luaL_setfuncs(L, functions, 0);
}

}  // namespace tidemill::lua
