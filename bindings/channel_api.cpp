// tm.channel and the methods of channels.
#include <cmath>
#include <cstring>

#include "bindings/channel.hpp"
#include "bindings/errors.hpp"
#include "bindings/library.hpp"
#include "bindings/memory.hpp"
#include "bindings/park.hpp"
#include "bindings/state.hpp"
#include "engine/sched/spin.hpp"
#include "engine/sync/channel.hpp"

namespace tidemill::lua {

namespace {

Channel& check_channel(lua_State* L, int index) {
  return check<Channel>(L, index, HandleKind::channel);
}

std::size_t check_capacity(lua_State* L, int index) {
  if (lua_isnoneornil(L, index)) return 0;
  if (lua_type(L, index) == LUA_TNUMBER && lua_tonumber(L, index) == HUGE_VAL) {
    return Channel::kUnbounded;
  }
  lua_Integer capacity = luaL_checkinteger(L, index);
  luaL_argcheck(L, capacity >= 0, index, "capacity must not be negative");
  luaL_argcheck(L, capacity <= INT32_MAX, index, "capacity too large (math.huge is unbounded)");
  return static_cast<std::size_t>(capacity);
}

int channel(lua_State* L) {
  int name_at = lua_type(L, 1) == LUA_TSTRING ? 1 : 2;
  luaL_argcheck(L, name_at == 2 || lua_isnoneornil(L, 2), 2, "the capacity comes before the name");
  std::size_t capacity = name_at == 1 ? 0 : check_capacity(L, 1);
  if (!lua_isnoneornil(L, name_at)) luaL_checktype(L, name_at, LUA_TSTRING);
  std::size_t length = 0;
  const char* name = luaL_optlstring(L, name_at, "", &length);
  luaL_argcheck(L, std::strlen(name) == length, name_at, "a name must not contain a zero byte");
  return push_new_object<Channel>(L, HandleKind::channel, Channel::usual_bytes(), capacity, name);
}

int raise_closed(lua_State* L, Channel& channel) {
  push_closed(L, channel);
  return lua_error(L);
}

std::string title(const Channel& channel) {
  return channel.name().empty() ? "a channel" : "channel \"" + channel.name() + "\"";
}

/// Holds its channel: the handle is an argument of the call that waits, but the debug library lets
/// scripts take that away.
struct ChannelOp : Op {
  ChannelOp(Task& self, Channel& over) : Op(self), channel(&over) { waiter.parcel = &parcel; }
  void detach() override { tidemill::detach(waiter); }
  int push_timeout(lua_State* L) {
    lua_pushnil(L);
    lua_pushliteral(L, "timeout");
    return 2;
  }
  Waiter waiter{*this};
  const Ref<Channel> channel;
  Payload parcel;
};

struct SendOp final : ChannelOp {
  using ChannelOp::ChannelOp;
  std::string describe() const override { return "a receiver or room in " + title(*channel); }
  int finish(lua_State* L) override {
    switch (outcome()) {
      case Outcome::value:
        lua_pushboolean(L, 1);
        return 1;
      case Outcome::timeout:
        return push_timeout(L);
      case Outcome::closed:
        push_closed(L, *channel);
        return kRaise;
      default:
        return raise_cancelled(L, task());
    }
  }
};

struct ReceiveOp final : ChannelOp {
  ReceiveOp(Task& self, Channel& over, bool in_loop) : ChannelOp(self, over), iterating(in_loop) {}
  std::string describe() const override { return "a value in " + title(*channel); }
  int finish(lua_State* L) override {
    switch (outcome()) {
      case Outcome::value:
        return State::of(L).decoder.decode(L, parcel);
      case Outcome::timeout:
        return push_timeout(L);
      case Outcome::closed:
        lua_pushnil(L);
        if (iterating) return 1;
        lua_pushliteral(L, "closed");
        return 2;
      default:
        return raise_cancelled(L, task());
    }
  }
  bool iterating;
};

/// Sends the values from stack index `first` on; they count as arguments 1, 2, ...
int send_values(lua_State* L, int first, Timeout timeout, bool may_wait, const char* refused) {
  Channel& channel = check_channel(L, 1);
  luaL_argcheck(L, !lua_isnoneornil(L, first), first, "the first value sent must not be nil");
  if (may_wait) {
    check_may_wait(L);
  } else {
    check_cancelled(L);
  }
  State& state = State::of(L);
  Payload& parcel = state.parcel;
  // The other side has it mostly; it comes over while the values are packed (stream of small
  // tables: 670 ns an item, 750 without).
  __builtin_prefetch(&channel, 1);
  if (!state.encoder.encode(L, first, lua_gettop(L) - first + 1, {"argument", first - 1}, parcel)) {
    return raise(L, "transfer", "%s", state.encoder.failure().c_str());
  }
  Passage passage = channel.send(parcel, nullptr);
  if (passage == Passage::refused && may_wait && channel.capacity() > 0 &&
      state.worker.nothing_else_ready() &&
      spin_briefly([&] { return channel.length_hint() < channel.capacity(); })) {
    passage = channel.send(parcel, nullptr);
  }
  if (passage == Passage::refused && may_wait) {
    auto* op = new_op<SendOp>(L, channel);
    op->parcel = std::move(parcel);
    passage = channel.send(op->parcel, &op->waiter);
    if (passage == Passage::waiting) return park(L, op, timeout);
    drop_op(state, op);
  }
  if (passage == Passage::done) {
    lua_pushboolean(L, 1);
    return may_wait ? ready(L, 1) : 1;
  }
  parcel.reset();
  if (passage == Passage::no_memory) return raise_no_memory(L);
  if (passage == Passage::closed) return raise_closed(L, channel);
  lua_pushnil(L);
  lua_pushstring(L, refused);
  return 2;
}

int send(lua_State* L) { return send_values(L, 2, {kNever}, true, ""); }

int send_timeout(lua_State* L) {
  Timeout timeout = check_timeout(L, 2);
  return send_values(L, 3, timeout, !timeout.poll(), "timeout");
}

int try_send(lua_State* L) { return send_values(L, 2, {0}, false, "full"); }

int receive_values(lua_State* L, Timeout timeout, bool may_wait, const char* refused,
                   bool iterating) {
  Channel& channel = check_channel(L, 1);
  if (may_wait) {
    check_may_wait(L);
  } else {
    check_cancelled(L);
  }
  State& state = State::of(L);
  Payload& parcel = state.parcel;
  // A rendezvous mostly has to wait: then the first try would only cost a lock.
  Passage passage =
      may_wait && channel.capacity() == 0 ? Passage::refused : channel.receive(parcel, nullptr);
  if (passage == Passage::refused && may_wait && channel.capacity() > 0 &&
      state.worker.nothing_else_ready() &&
      spin_briefly([&] { return channel.length_hint() > 0; })) {
    passage = channel.receive(parcel, nullptr);
  }
  if (passage == Passage::refused && may_wait) {
    auto* op = new_op<ReceiveOp>(L, channel, iterating);
    passage = channel.receive(op->parcel, &op->waiter);
    if (passage == Passage::waiting) return park(L, op, timeout);
    parcel = std::move(op->parcel);
    drop_op(state, op);
  }
  int results = 0;
  if (passage == Passage::done) {
    results = decode_held(L, parcel);
    return may_wait ? ready(L, results) : results;
  }
  lua_pushnil(L);
  results = 1;
  if (!iterating) {
    lua_pushstring(L, passage == Passage::closed ? "closed" : refused);
    results = 2;
  }
  return may_wait ? ready(L, results) : results;
}

int recv(lua_State* L) {
  Timeout timeout = check_timeout(L, 2);
  return receive_values(L, timeout, !timeout.poll(), "timeout", false);
}

int try_recv(lua_State* L) { return receive_values(L, {0}, false, "empty", false); }

/// `for v, ... in ch do`: the generic for calls the channel itself.
int iterate(lua_State* L) { return receive_values(L, {kNever}, true, "", true); }

int close(lua_State* L) {
  check_channel(L, 1).close();
  return 0;
}

int capacity(lua_State* L) {
  std::size_t capacity = check_channel(L, 1).capacity();
  if (capacity == Channel::kUnbounded) {
    lua_pushnumber(L, HUGE_VAL);
  } else {
    lua_pushinteger(L, static_cast<lua_Integer>(capacity));
  }
  return 1;
}

int is_closed(lua_State* L) {
  lua_pushboolean(L, check_channel(L, 1).closed());
  return 1;
}

int length(lua_State* L) {
  lua_pushinteger(L, static_cast<lua_Integer>(check_channel(L, 1).length()));
  return 1;
}

int stats(lua_State* L) {
  Channel& channel = check_channel(L, 1);
  Channel::Stats stats = channel.stats();
  auto set = [L](const char* name, std::uint64_t value) {
    lua_pushinteger(L, static_cast<lua_Integer>(value));
    lua_setfield(L, -2, name);
  };
  lua_createtable(L, 0, 8);
  set("length", stats.length);
  set("peak", stats.peak);
  set("sent", stats.sent);
  set("received", stats.received);
  set("senders_waiting", stats.senders_waiting);
  set("receivers_waiting", stats.receivers_waiting);
  lua_pushcfunction(L, guarded<capacity>);
  lua_pushvalue(L, 1);
  lua_call(L, 1, 1);
  lua_setfield(L, -2, "capacity");
  return 1;
}

/// channel "jobs" 3/16 open, 2 receivers waiting
int channel_tostring(lua_State* L) {
  Channel& channel = check_channel(L, 1);
  Channel::Stats stats = channel.stats();
  lua_pushliteral(L, "channel");
  if (!channel.name().empty()) lua_pushfstring(L, " \"%s\"", channel.name().c_str());
  lua_pushfstring(L, " %d/", static_cast<int>(stats.length));
  if (channel.capacity() == Channel::kUnbounded) {
    lua_pushliteral(L, "unbounded");
  } else {
    lua_pushfstring(L, "%d", static_cast<int>(channel.capacity()));
  }
  lua_pushstring(L, stats.closed ? " closed" : " open");
  auto waiting = [L](std::size_t count, const char* what) {
    if (count == 0) return;
    lua_pushfstring(L, ", %d %s%s waiting", static_cast<int>(count), what, count == 1 ? "" : "s");
  };
  waiting(stats.senders_waiting, "sender");
  waiting(stats.receivers_waiting, "receiver");
  lua_concat(L, lua_gettop(L) - 1);
  return 1;
}

}  // namespace

void push_closed(lua_State* L, const Channel& channel) {
  if (channel.name().empty()) {
    push_error(L, 1, "closed", "cannot send: the channel is closed");
  } else {
    push_error(L, 1, "closed", "cannot send: channel \"%s\" is closed", channel.name().c_str());
  }
}

void open_channel(lua_State* L) {
  static const luaL_Reg methods[] = {
      {"send", guarded<send>},         {"send_timeout", guarded<send_timeout>},
      {"try_send", guarded<try_send>}, {"recv", guarded<recv>},
      {"try_recv", guarded<try_recv>}, {"close", guarded<close>},
      {"capacity", guarded<capacity>}, {"is_closed", guarded<is_closed>},
      {"stats", guarded<stats>},       {nullptr, nullptr}};
  static const luaL_Reg metamethods[] = {{"__call", guarded<iterate>},
                                         {"__len", guarded<length>},
                                         {"__tostring", guarded<channel_tostring>},
                                         {nullptr, nullptr}};
  define_handle(L, HandleKind::channel, "channel", methods, metamethods);
  lua_setfield(L, -2, "channel_methods");  // for open_select
  lua_pushcfunction(L, guarded<channel>);
  lua_setfield(L, -2, "channel");
}

}  // namespace tidemill::lua
