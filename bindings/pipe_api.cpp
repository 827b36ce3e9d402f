// tm.pipe and the methods of the ends of pipes.
#include "bindings/common_waits.hpp"
#include "bindings/library.hpp"
#include "bindings/memory.hpp"
#include "bindings/queue_waits.hpp"
#include "engine/sync/pipe.hpp"

namespace tidemill::lua {

namespace {

PipeEnd& check_end(lua_State* L, int index) { return check<PipeEnd>(L, index, HandleKind::pipe); }

std::string title(const Queue& queue) {
  return queue.name().empty() ? "a pipe" : "pipe \"" + queue.name() + "\"";
}

struct Messages {
  static Queue& put_side(lua_State* L) {
    Queue* outbound = check_end(L, 1).outbound();
    if (outbound == nullptr) raise_text(L, "cannot send: this end of the pipe only receives");
    return *outbound;
  }
  static Queue& get_side(lua_State* L) {
    Queue* inbound = check_end(L, 1).inbound();
    if (inbound == nullptr) raise_text(L, "cannot receive: this end of the pipe only sends");
    return *inbound;
  }
  static std::string room(const Queue& queue) { return "room in " + title(queue); }
  static std::string item(const Queue& queue) { return "a message in " + title(queue); }
  static void push_closed(lua_State* L, const Queue& queue) {
    const char* which = check_end(L, 1).closed() ? "this" : "the other";
    if (queue.name().empty()) {
      push_error(L, 1, "closed", "cannot send: %s end of the pipe is closed", which);
    } else {
      push_error(L, 1, "closed", "cannot send: %s end of pipe \"%s\" is closed", which,
                 queue.name().c_str());
    }
  }
};

struct Readable {
  using Object = Queue;
  static bool given(Queue& inbound) { return inbound.has_news(); }
  static bool wait(Queue& inbound, Waiter& waiter) { return inbound.watch(waiter); }
  static std::string describe(Queue& inbound) { return Messages::item(inbound); }
};

/// pipe(capacity | math.huge, duplex, name) → two ends; the prelude has checked them.
int pipe(lua_State* L) {
  const char* name = luaL_optstring(L, 3, "");
  const std::size_t capacity = to_capacity(L, 1);
  const bool duplex = lua_toboolean(L, 2);
  State::of(L).note_held(L, 2 * sizeof(PipeEnd) + (duplex ? 2 : 1) * Queue::usual_bytes());
  push_new_handle(L, HandleKind::pipe, nullptr);
  push_new_handle(L, HandleKind::pipe, nullptr);
  auto* first = static_cast<Handle*>(lua_touserdata(L, -2));
  auto* second = static_cast<Handle*>(lua_touserdata(L, -1));
  const bool made = within_memory([&] {
    auto ends = make_pipe(capacity, duplex, name);
    first->object = ends.first.leak();
    second->object = ends.second.leak();
  });
  return made ? 2 : raise_no_memory(L);
}

int send(lua_State* L) {
  check_end(L, 1);
  luaL_argcheck(L, !lua_isnoneornil(L, 2), 2, "the first value sent must not be nil");
  return put_values<Messages>(L, 2, lua_gettop(L) - 1, {}, {kNever}, true, "");
}

int poll(lua_State* L) {
  Queue& inbound = Messages::get_side(L);
  return await_signal<Readable>(L, inbound,
                                lua_isnoneornil(L, 2) ? Timeout{0} : check_timeout(L, 2));
}

int close(lua_State* L) {
  check_end(L, 1).close();
  return 0;
}

/// pipe end "log" 3/64 in, 0/64 out, open, 1 receiver waiting
int pipe_tostring(lua_State* L) {
  const PipeEnd& end = check_end(L, 1);
  lua_settop(L, 1);
  lua_pushliteral(L, "pipe end");
  if (!end.name().empty()) lua_pushfstring(L, " \"%s\"", end.name().c_str());
  std::size_t senders = 0, receivers = 0;
  bool other_closed = false;
  if (Queue* inbound = end.inbound()) {
    push_fill(L, *inbound);
    lua_pushliteral(L, " in,");
    receivers = inbound->stats().getters_waiting;
    other_closed = inbound->closed();
  }
  if (Queue* outbound = end.outbound()) {
    push_fill(L, *outbound);
    lua_pushliteral(L, " out,");
    senders = outbound->stats().putters_waiting;
    other_closed = other_closed || outbound->closed();
  }
  lua_pushstring(L, end.closed() ? " closed" : other_closed ? " other end closed" : " open");
  push_waiting(L, senders, "sender");
  push_waiting(L, receivers, "receiver");
  lua_concat(L, lua_gettop(L) - 1);
  return 1;
}

}  // namespace

void open_pipe(lua_State* L) {
  static const luaL_Reg methods[] = {{"send", guarded<send>},
                                     {"recv", guarded<get_in_time<Messages>>},
                                     {"poll", guarded<poll>},
                                     {"close", guarded<close>},
                                     {nullptr, nullptr}};
  static const luaL_Reg metamethods[] = {{"__call", guarded<get_in_loop<Messages>>},
                                         {"__close", guarded<close>},
                                         {"__tostring", guarded<pipe_tostring>},
                                         {nullptr, nullptr}};
  define_handle(L, HandleKind::pipe, "pipe end", methods, metamethods);
  lua_pop(L, 1);
  lua_pushcfunction(L, guarded<pipe>);
  lua_setfield(L, -2, "pipe");
}

}  // namespace tidemill::lua
