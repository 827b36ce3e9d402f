// The links between the stages of a pipeline, and the ports through which stages use them. For the
// prelude alone: scripts get neither.
#include "bindings/errors.hpp"
#include "bindings/library.hpp"
#include "bindings/memory.hpp"
#include "bindings/park.hpp"
#include "bindings/port.hpp"
#include "bindings/state.hpp"
#include "engine/sched/spin.hpp"
#include "engine/sync/link.hpp"
#include "tidemill/engine.hpp"

namespace tidemill::lua {

namespace {

Link& check_link(lua_State* L, int index) { return check<Link>(L, index, HandleKind::link); }
Port& check_port(lua_State* L, int index) { return check<Port>(L, index, HandleKind::port); }
Nanoseconds now(lua_State* L) { return State::of(L).worker.now(); }

/// Whether the task has done nothing but compute since `port` was used last.
bool only_computed(lua_State* L, const Port& port) {
  return State::of(L).worker.activity() == port.activity();
}
void begin_work(lua_State* L, Port& port) { port.begin_work(State::of(L).worker.activity()); }

/// link(capacity, producers, ordered, name); the prelude has checked them.
int link(lua_State* L) {
  const lua_Integer capacity = luaL_checkinteger(L, 1), producers = luaL_checkinteger(L, 2);
  const bool ordered = lua_toboolean(L, 3);
  const char* name = luaL_checkstring(L, 4);
  push_new_handle(L, HandleKind::link, nullptr);
  auto* handle = static_cast<Handle*>(lua_touserdata(L, -1));
  const bool made = within_memory([&] {
    handle->object = new Link({.capacity = static_cast<std::size_t>(capacity),
                               .producers = static_cast<std::uint32_t>(producers),
                               .ordered = ordered,
                               .name = name});
  });
  return made ? 1 : raise_no_memory(L);
}

/// port(in | nil, out | nil, batch): for one worker, of which the first two may be handles.
int port(lua_State* L) {
  Link* in = lua_isnil(L, 1) ? nullptr : &check_link(L, 1);
  Link* out = lua_isnil(L, 2) ? nullptr : &check_link(L, 2);
  luaL_argcheck(L, in != nullptr || out != nullptr, 2, "link expected");
  const auto batch = static_cast<std::uint32_t>(luaL_checkinteger(L, 3));
  const Nanoseconds begun = now(L);
  push_new_handle(L, HandleKind::port, nullptr);
  auto* handle = static_cast<Handle*>(lua_touserdata(L, -1));
  const bool made = within_memory(
      [&] { handle->object = new Port(Ref<Link>(in), Ref<Link>(out), batch, begun); });
  return made ? 1 : raise_no_memory(L);
}

// --- taking and putting ---

int after_giving_way(lua_State* L, int, lua_KContext results) {
  const Nanoseconds end = now(L);
  Port& port = check_port(L, 1);
  port.note_wait(&Link::Account::ready, end, end);
  begin_work(L, port);
  return static_cast<int>(results);
}

/// As `ready`, and the time that others get is not this worker's.
int port_ready(lua_State* L, Port& port, int results) {
  begin_work(L, port);
  if (--State::of(L).budget != 0) return results;
  port.note_busy(now(L), true);
  return give_way_then(L, guarded_continuation<after_giving_way>, results);
}

int push_taken(lua_State* L, Port& port, std::unique_ptr<Chunk> chunk) {
  begin_work(L, port);
  port.begin(std::move(chunk));
  lua_pushinteger(L, port.items());
  return 1;
}

int push_end(lua_State* L, Port& port) {
  port.begin(nullptr);
  port.settle_account();
  lua_pushnil(L);
  return 1;
}

struct TakeOp final : Op {
  TakeOp(Task& self, Port& by) : Op(self), port(&by) {}
  void detach() override { tidemill::detach(taker); }
  std::string describe() const override { return "input of " + port->in()->name(); }
  int finish(lua_State* L) override {
    const Nanoseconds end = now(L);
    switch (outcome()) {
      case Outcome::value:
        port->note_wait(&Link::Account::starved, taker.served, end);
        return push_taken(L, *port, std::move(taker.chunk));
      case Outcome::closed:
        port->note_wait(&Link::Account::starved, end, end);
        return push_end(L, *port);
      default:
        return raise_cancelled(L, task());
    }
  }
  Link::Taker taker{*this};
  const Ref<Port> port;
};

Passage try_take(Port& port, Nanoseconds at, Link::Taker* taker) {
  std::unique_ptr<Chunk> chunk = port.take_read();
  const Passage passage = port.in()->take(chunk, at, taker);
  if (passage != Passage::waiting) port.begin(std::move(chunk));
  return passage;
}

/// take(port) → the number of items in the next chunk; nil at the end
int take(lua_State* L) {
  Port& port = check_port(L, 1);
  luaL_argcheck(L, port.in() != nullptr, 1, "port without input");
  const bool computed = only_computed(L, port);
  check_may_wait(L);
  State& state = State::of(L);
  Link& in = *port.in();
  Nanoseconds at = now(L);
  port.note_busy(at, computed);
  port.settle_account();
  Passage passage = try_take(port, at, nullptr);
  if (passage == Passage::refused) {
    if (state.worker.nothing_else_ready()) spin_briefly([&] { return in.has_news_hint(); });
    auto* op = new_op<TakeOp>(L, port);
    passage = try_take(port, at, &op->taker);
    if (passage == Passage::waiting) return park(L, op, {kNever});
    drop_op(state, op);
    at = now(L);
    port.note_wait(&Link::Account::starved, at, at);
  }
  if (passage == Passage::closed) return push_end(L, port);
  lua_pushinteger(L, port.items());
  return port_ready(L, port, 1);
}

struct PieceOp final : Op {
  PieceOp(Task& self, Port& by, bool is_helper) : Op(self), port(&by), helper(is_helper) {}
  void detach() override { tidemill::detach(putter); }
  std::string describe() const override { return "room before " + port->out()->name(); }
  int finish(lua_State* L) override {
    if (outcome() != Outcome::value) {
      // A block that ran out of time in `emit`: what was added before is still to go.
      if (!port->give_back(std::move(putter.chunk))) return raise_no_memory(L);
      return raise_cancelled(L, task());
    }
    if (helper) return 0;
    port->note_wait(&Link::Account::blocked, putter.served, now(L));
    begin_work(L, *port);
    return 0;
  }
  Link::Putter putter{*this};
  const Ref<Port> port;
  const bool helper;
};

/// Puts what was filled, if it must go. Refused: it has been given back.
Passage try_put(Port& port, bool last, Nanoseconds at, Link::Putter* putter) {
  std::unique_ptr<Chunk> chunk = port.take_built(last);
  if (chunk == nullptr) return port.must_go(last) ? Passage::no_memory : Passage::done;
  const Passage passage = port.out()->put(chunk, at, putter);
  port.reuse(std::move(chunk));
  return passage;
}

/// put(port, last [, helper]): sends off what was filled.
int put(lua_State* L) {
  Port& port = check_port(L, 1);
  luaL_argcheck(L, port.out() != nullptr, 1, "port without output");
  const bool last = lua_toboolean(L, 2), helper = lua_toboolean(L, 3);
  const bool computed = only_computed(L, port);
  check_may_wait(L);
  if (helper) port.disarm();
  if (!port.must_go(last)) {
    if (computed) begin_work(L, port);
    return 0;
  }
  State& state = State::of(L);
  Nanoseconds at = now(L);
  if (!helper) {
    port.note_busy(at, computed);
    if (port.is_source()) port.settle_account();
  }
  Passage passage = try_put(port, last, at, nullptr);
  if (passage == Passage::refused) {
    auto* op = new_op<PieceOp>(L, port, helper);
    passage = try_put(port, last, at, &op->putter);
    if (passage == Passage::waiting) return park(L, op, {kNever});
    drop_op(state, op);
  }
  if (passage == Passage::no_memory) return raise_no_memory(L);
  return helper ? ready(L, 0) : port_ready(L, port, 0);
}

// --- items ---

/// unpack(port, items) → nil, or what could not be unpacked: position → error
int unpack(lua_State* L) {
  Port& port = check_port(L, 1);
  luaL_checktype(L, 2, LUA_TTABLE);
  if (port.items() == 0) return 0;
  return port.unpack(L, 2) ? 0 : 1;
}

int raise_not_added(lua_State* L, Added added) {
  if (added == Added::no_memory) return raise_no_memory(L);
  return raise(L, "transfer", "%s", State::of(L).encoder.failure().c_str());
}

/// add(value): the item at work gives `value`; nothing, if it is nil. → true if the chunk should
/// go, false if from now on there is one that could.
template <bool advances>
int add_item(lua_State* L) {
  Port& port =
      *static_cast<Port*>(static_cast<Handle*>(lua_touserdata(L, lua_upvalueindex(1)))->object);
  if (!lua_isnoneornil(L, 1)) {
    const Added added = port.add(L, 1, port.is_source() ? "item" : "result");
    if (added != Added::yes) return raise_not_added(L, added);
  }
  if (advances) port.advance();
  const bool full = port.full();
  if (!full && !port.arm()) return 0;
  lua_pushboolean(L, full);
  return 1;
}

/// adder(port, all) → add, a function that the prelude keeps to itself; `all`: the item gives no
/// more than one value, and is done then.
int adder(lua_State* L) {
  check_port(L, 1);
  const bool all = lua_toboolean(L, 2);
  lua_settop(L, 1);
  lua_pushcclosure(L, all ? guarded<add_item<true>> : guarded<add_item<false>>, 1);
  return 1;
}

/// advance(port [, n]): the item at work, or so many, are done.
int advance(lua_State* L) {
  check_port(L, 1).advance(static_cast<std::uint64_t>(luaL_optinteger(L, 2, 1)));
  return 0;
}

/// done(port) → how many items of the chunk are done
int done(lua_State* L) {
  lua_pushinteger(L, static_cast<lua_Integer>(check_port(L, 1).done()));
  return 1;
}

/// origin(port [, i]) → the number in the source of item i of the chunk, or of the one at work; 0
/// if there is none
int origin(lua_State* L) {
  const Port& port = check_port(L, 1);
  const auto at = static_cast<std::uint64_t>(luaL_optinteger(L, 2, 0)) - 1;
  lua_pushinteger(L, static_cast<lua_Integer>(lua_isnone(L, 2) ? port.origin() : port.origin(at)));
  return 1;
}

/// never_arm(port): its chunks go when they are full, and not before.
int never_arm(lua_State* L) {
  check_port(L, 1).never_arm();
  return 0;
}

/// limit(port, items): a chunk should go when it has so many.
int limit(lua_State* L) {
  check_port(L, 1).set_limit(static_cast<std::uint32_t>(luaL_checkinteger(L, 2)));
  return 0;
}

/// close_batch(port): what is left of a list becomes a shorter one.
int close_batch(lua_State* L) { return check_port(L, 1).close_batch() ? 0 : raise_no_memory(L); }

/// finish(port): nothing more will be put.
int finish(lua_State* L) {
  Port& port = check_port(L, 1);
  port.note_busy(now(L), only_computed(L, port));
  if (port.is_source()) port.settle_account();  // also of what a helper has put
  if (port.out() != nullptr && port.finish()) port.out()->producer_done();
  return 0;
}

// --- numbers ---

/// link_stats(link) → { put, taken, held, peak, consumers = account, producer = account }, an
/// account being { busy, computed, starved, blocked, ready in seconds, items, made }
int link_stats(lua_State* L) {
  const Link::Stats stats = check_link(L, 1).stats();
  auto set = [L](const char* name, std::uint64_t value) {
    lua_pushinteger(L, static_cast<lua_Integer>(value));
    lua_setfield(L, -2, name);
  };
  auto set_account = [&](const char* name, const Link::Account& account) {
    auto set_seconds = [L](const char* field, std::int64_t value) {
      lua_pushnumber(L, static_cast<lua_Number>(value) / 1e9);
      lua_setfield(L, -2, field);
    };
    lua_createtable(L, 0, 7);
    set_seconds("busy", account.busy);
    set_seconds("computed", account.computed);
    set_seconds("starved", account.starved);
    set_seconds("blocked", account.blocked);
    set_seconds("ready", account.ready);
    set("items", static_cast<std::uint64_t>(account.items));
    set("made", static_cast<std::uint64_t>(account.made));
    lua_setfield(L, -2, name);
  };
  lua_createtable(L, 0, 6);
  set("put", stats.put);
  set("taken", stats.taken);
  set("held", stats.held);
  set("peak", stats.peak);
  set_account("consumers", stats.consumers);
  set_account("producer", stats.producer);
  return 1;
}

/// link_cost(link, by_source) → seconds busy and items so far of those who take, or of the source;
/// the number of items put
int link_cost(lua_State* L) {
  const Link::Stats stats = check_link(L, 1).stats();
  const Link::Account& account = lua_toboolean(L, 2) ? stats.producer : stats.consumers;
  lua_pushnumber(L, static_cast<lua_Number>(account.busy) / 1e9);
  lua_pushinteger(L, account.items);
  lua_pushinteger(L, static_cast<lua_Integer>(stats.put));
  return 3;
}

/// refusal(value, what) → why `value`, which the message calls `what`, cannot be sent; nil if it
/// can
int refusal(lua_State* L) {
  const char* what = luaL_checkstring(L, 2);
  State& state = State::of(L);
  const bool sendable = state.encoder.encode(L, 1, 1, {what, -1}, state.parcel);
  state.parcel.reset();
  if (sendable) return 0;
  lua_pushstring(L, state.encoder.failure().c_str());
  return 1;
}

int usable_cpus(lua_State* L) {
  lua_pushinteger(L, Engine::usable_cpus());
  return 1;
}

}  // namespace

void open_link(lua_State* L) {
  static const luaL_Reg none[] = {{nullptr, nullptr}};
  define_handle(L, HandleKind::link, "pipeline link", none, none);
  lua_pop(L, 1);
  static const luaL_Reg methods[] = {
      {"take", guarded<take>},       {"put", guarded<put>},
      {"unpack", guarded<unpack>},   {"adder", guarded<adder>},
      {"advance", guarded<advance>}, {"done", guarded<done>},
      {"origin", guarded<origin>},   {"never_arm", guarded<never_arm>},
      {"limit", guarded<limit>},     {"close_batch", guarded<close_batch>},
      {"finish", guarded<finish>},   {nullptr, nullptr}};
  define_handle(L, HandleKind::port, "pipeline port", methods, none);
  lua_pop(L, 1);
  static const luaL_Reg functions[] = {{"link", guarded<link>},
                                       {"port", guarded<port>},
                                       {"link_stats", guarded<link_stats>},
                                       {"link_cost", guarded<link_cost>},
                                       {"usable_cpus", guarded<usable_cpus>},
                                       {"refusal", guarded<refusal>},
                                       {nullptr, nullptr}};
  luaL_setfuncs(L, functions, 0);
}

}  // namespace tidemill::lua
