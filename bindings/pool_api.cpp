// tm.pool and the methods of pools. `map` is in the prelude, over jobs that run a chunk of it.
#include "bindings/errors.hpp"
#include "bindings/job.hpp"
#include "bindings/library.hpp"
#include "bindings/park.hpp"
#include "bindings/state.hpp"
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

/// new_pool(workers | nil, name | nil, queue | nil, init | nil, memory_limit | nil); the prelude
/// has checked the values.
int new_pool(lua_State* L) {
  State& state = State::of(L);
  Engine& engine = state.worker.engine();
  lua_settop(L, 5);
  const auto workers = static_cast<std::uint32_t>(luaL_optinteger(L, 1, Engine::usable_cpus()));
  const char* name = luaL_optstring(L, 2, "pool");
  const lua_Integer queue = luaL_optinteger(L, 3, 0);
  if (engine.stopping()) return raise(L, "closed", "the engine is shutting down");
  lua_getglobal(L, "package");
  lua_getfield(L, -1, "path");
  const char* path = luaL_optstring(L, -1, "");
  lua_getfield(L, -2, "cpath");
  const char* cpath = luaL_optstring(L, -1, "");
  push_new_handle(L, HandleKind::pool, nullptr);
  if (!lua_isnoneornil(L, 4) && !state.encoder.encode(L, 4, 1, {"init", 0}, state.parcel)) {
    return raise(L, "transfer", "%s", state.encoder.failure().c_str());
  }
  PoolOptions options;
  options.companion = new_setup(L, name, 4, false);
  options.workers = workers;
  options.name = name;
  if (queue > 0) options.queue = static_cast<std::size_t>(queue);
  Settings settings{path,
                    cpath,
                    state.settings().name,
                    state.settings().sites,
                    state.settings().states,
                    name,
                    static_cast<std::size_t>(luaL_optinteger(L, 5, 0))};
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
    pool.enqueue(*job);
    if (too_late) return luaL_error(L, "submit: the scope has ended");
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
int submit_call(lua_State* L, Style style, int first = 2, Block* block = nullptr) {
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
      return park(L, op, {kNever});
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
  check_pool(L, 1);
  lua_pushboolean(L, false);
  return 1;
}

// --- the end ---

struct JoinPoolOp final : Op {
  JoinPoolOp(Task& self, Pool& closing) : Op(self), pool(&closing) {}
  void detach() override { tidemill::detach(waiter); }
  std::string describe() const override { return "the end of pool \"" + pool->name() + "\""; }
  int finish(lua_State* L) override {
    switch (outcome()) {
      case Outcome::value:
        return 0;
      case Outcome::timeout:
        push_error(L, 1, "timeout", "pool \"%s\" still has jobs running", pool->name().c_str());
        return kRaise;
      default:
        return raise_cancelled(L, task());
    }
  }
  Waiter waiter{*this};
  const Ref<Pool> pool;
};

/// Ends admission, then waits for the queue to be worked off and the workers to end.
int close(lua_State* L) {
  Pool& pool = check_pool(L, 1);
  Timeout timeout = check_timeout(L, 2);
  if (State::of(L).worker.pool() == &pool) {
    return raise(L, "deadlock", "a job of pool \"%s\" waits for its own pool to end",
                 pool.name().c_str());
  }
  pool.close();
  check_may_wait(L);
  auto* op = new_op<JoinPoolOp>(L, pool);
  if (pool.join(op->waiter)) return park(L, op, timeout);
  drop_op(State::of(L), op);
  return 0;
}

/// `local pool <close> = tm.pool()`: Lua passes the error under way as second argument.
int close_scope(lua_State* L) {
  lua_settop(L, 1);
  return close(L);
}

bool is_broken(const Pool& pool) {
  const PoolSetup* setup = setup_of(pool);
  return setup != nullptr && setup->broken();
}

int stats(lua_State* L) {
  Pool& pool = check_pool(L, 1);
  const std::uint32_t size = pool.size();
  lua_createtable(L, 0, 6);
  lua_createtable(L, static_cast<int>(size), 0);
  Pool::Usage* usage = new (lua_newuserdatauv(L, sizeof(Pool::Usage), 0)) Pool::Usage(pool.usage());
  for (std::size_t i = 0; i < usage->busy.size(); ++i) {
    lua_pushnumber(L, static_cast<lua_Number>(usage->busy[i]) / 1e9);
    lua_rawseti(L, -3, static_cast<lua_Integer>(i) + 1);
  }
  const std::size_t counts[] = {size, usage->workers, usage->queued, usage->open,
                                static_cast<std::size_t>(usage->completed)};
  usage->~Usage();
  lua_pop(L, 1);
  lua_setfield(L, -2, "busy");
  const char* names[] = {"workers", "started", "queued", "open", "completed"};
  for (int i = 0; i < 5; ++i) {
    lua_pushinteger(L, static_cast<lua_Integer>(counts[i]));
    lua_setfield(L, -2, names[i]);
  }
  lua_pushboolean(L, is_broken(pool));
  lua_setfield(L, -2, "broken");
  return 1;
}

int pool_tostring(lua_State* L) {
  Pool& pool = check_pool(L, 1);
  lua_pushfstring(L, "pool \"%s\" %d worker%s %s", pool.name().c_str(),
                  static_cast<int>(pool.size()), pool.size() == 1 ? "" : "s",
                  is_broken(pool) ? "broken" : pool.closed() ? "closed" : "open");
  return 1;
}

// --- functions packed once for many jobs ---

/// A function as it was when a map began, for all its jobs. Each state unpacks it once and keeps it
/// as the user value of its handle.
struct PackedFunction final : Shared {
  Payload parcel;
};

/// pack(fn) → handle
int pack(lua_State* L) {
  luaL_checktype(L, 1, LUA_TFUNCTION);
  State& state = State::of(L);
  push_new_handle(L, HandleKind::function, nullptr, 1);
  auto* packed = new PackedFunction;
  static_cast<Handle*>(lua_touserdata(L, -1))->object = packed;
  if (!state.encoder.encode(L, 1, 1, {"argument", 0}, packed->parcel)) {
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
  state.check_in(state.lent);  // of a parcel that could not be unpacked
  state.decoder.decode(L, packed.parcel, Decoder::Environment::own);
  state.keep_lent(state.lent);
  lua_pushvalue(L, -1);
  lua_setiuservalue(L, 1, 1);
  return 1;
}

/// first_refused(results, n, counts): the first of `n` results that cannot be sent, and the error
/// that says why; nothing if there is none. counts[i] is set where results[i] is a list of several.
int first_refused(lua_State* L) {
  State& state = State::of(L);
  const lua_Integer n = luaL_checkinteger(L, 2);
  for (lua_Integer i = 1; i <= n; ++i) {
    if (lua_rawgeti(L, 1, i) <= LUA_TSTRING && lua_type(L, -1) != LUA_TLIGHTUSERDATA) {
      lua_pop(L, 1);
      continue;
    }
    int count = 1;
    if (lua_istable(L, 3) && lua_rawgeti(L, 3, i) == LUA_TNUMBER) {
      count = static_cast<int>(lua_tointeger(L, -1));
      lua_pop(L, 1);
      luaL_checkstack(L, count, "too many results");
      for (int k = 1; k <= count; ++k) lua_rawgeti(L, 4, k);
    } else {
      lua_settop(L, 4);
    }
    const int first = lua_gettop(L) - count + 1;
    Payload& trial = state.parcel;
    bool sendable = state.encoder.encode(L, first, count, {"result", 1}, trial);
    trial.reset();
    if (!sendable) {
      lua_pushinteger(L, i);
      push_error(L, 1, "transfer", "%s", state.encoder.failure().c_str());
      return 2;
    }
    lua_settop(L, 3);
  }
  return 0;
}

void open_pool(lua_State* L) {
  static const luaL_Reg none[] = {{nullptr, nullptr}};
  define_handle(L, HandleKind::function, "packed function", none, none);
  lua_pop(L, 1);
  static const luaL_Reg methods[] = {{"submit", submit},
                                     {"try_submit", try_submit},
                                     {"close", close},
                                     {"stats", stats},
                                     {nullptr, nullptr}};
  static const luaL_Reg metamethods[] = {
      {"__close", close_scope}, {"__tostring", pool_tostring}, {nullptr, nullptr}};
  define_handle(L, HandleKind::pool, "pool", methods, metamethods);
  lua_setfield(L, -2, "pool_methods");
  static const luaL_Reg functions[] = {
      {"new_pool", new_pool},           {"pack", pack},
      {"submit_in", submit_in},         {"unpack", unpack_function},
      {"submit_job", submit_job},       {"is_prioritised", is_prioritised},
      {"first_refused", first_refused}, {nullptr, nullptr}};
  luaL_setfuncs(L, functions, 0);
}

}  // namespace tidemill::lua
