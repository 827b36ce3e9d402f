// tm.pool and the methods of pools. `map` is in the prelude, over jobs that run a chunk of it.
#include "bindings/errors.hpp"
#include "bindings/library.hpp"
#include "bindings/park.hpp"
#include "bindings/state.hpp"
#include "engine/pool/pool.hpp"
#include "tidemill/engine.hpp"

namespace tidemill::lua {

namespace {

Pool& check_pool(lua_State* L, int index) { return check<Pool>(L, index, HandleKind::pool); }

/// new_pool(workers | nil, name | nil, queue | nil); the prelude has checked the values.
int new_pool(lua_State* L) {
  State& state = State::of(L);
  Engine& engine = state.worker.engine();
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
  PoolOptions options;
  options.workers = workers;
  options.name = name;
  if (queue > 0) options.queue = static_cast<std::size_t>(queue);
  Settings settings = state.settings();
  settings.package_path = path;
  settings.package_cpath = cpath;
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
        return raise_closed(L, pool);
      case Outcome::timeout:
        lua_pushnil(L);
        lua_pushliteral(L, "timeout");
        return 2;
      default:
        return raise_cancelled(L, task());
    }
  }
  /// A place is granted: makes the job and pushes its handle.
  int start(lua_State* L) {
    // The block may have ended while this task waited for its place.
    const bool too_late = block && block->left();
    Scope& scope = block && !too_late ? *block : *task().execution()->innermost;
    Job* job = Job::create(L, scope, pool, std::move(call), std::move(locals));
    if (too_late) job->cancel();
    // It may have been cancelled while it waited for its place.
    if (Scope* cancelled = job->scope()->interrupter()) job->cancel(cancelled->reason());
    pool.enqueue(*job);
    if (too_late) return luaL_error(L, "submit: the scope has ended");
    return 1;
  }
  Waiter waiter{*this};
  Pool& pool;        // its handle is an argument of the call
  Ref<Pool> kept;    // the same while it waits, because scripts can take the argument away
  Ref<Block> block;  // the job is to be a child of; null: of the scope the task is in
  Payload call;
  std::unique_ptr<Payload> locals;
};

/// The function to run is at `first`.
int submit_call(lua_State* L, bool may_wait, int first = 2, Block* block = nullptr,
                Timeout timeout = {kNever}) {
  Pool& pool = check_pool(L, 1);
  luaL_checktype(L, first, LUA_TFUNCTION);
  if (may_wait) {
    check_may_wait(L);
  } else {
    check_cancelled(L);
  }
  State& state = State::of(L);
  auto* op = new_op<SubmitOp>(L, pool, block);
  if (!state.encoder.encode(L, first, lua_gettop(L) - first + 1, {"argument", 0}, op->call)) {
    drop_op(state, op);
    return raise(L, "transfer", "%s", state.encoder.failure().c_str());
  }
  op->locals = encode_locals(L);  // before a place is taken, because it may raise
  switch (pool.admit(may_wait ? &op->waiter : nullptr)) {
    case Admission::waiting:
      op->kept = Ref<Pool>(&pool);
      return park(L, op, timeout);
    case Admission::closed:
      drop_op(state, op);
      return raise_closed(L, pool);
    case Admission::full:
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

int submit(lua_State* L) { return submit_call(L, true); }
/// submit_in(pool, block, fn, ...)
int submit_in(lua_State* L) {
  return submit_call(L, true, 3, &check<Block>(L, 2, HandleKind::block));
}
/// submit_within(pool, seconds | nil, fn, ...) → task | nil, "timeout"
int submit_within(lua_State* L) { return submit_call(L, true, 3, nullptr, check_timeout(L, 2)); }
int try_submit(lua_State* L) { return submit_call(L, false); }

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
  return 1;
}

int pool_tostring(lua_State* L) {
  Pool& pool = check_pool(L, 1);
  lua_pushfstring(L, "pool \"%s\" %d worker%s %s", pool.name().c_str(),
                  static_cast<int>(pool.size()), pool.size() == 1 ? "" : "s",
                  pool.closed() ? "closed" : "open");
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
      {"new_pool", new_pool},      {"pack", pack},
      {"submit_in", submit_in},    {"submit_within", submit_within},
      {"unpack", unpack_function}, {nullptr, nullptr}};
  luaL_setfuncs(L, functions, 0);
}

}  // namespace tidemill::lua
