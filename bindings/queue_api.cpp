// tm.queue and the methods of queues.
#include <cmath>

#include "bindings/common_waits.hpp"
#include "bindings/library.hpp"
#include "bindings/memory.hpp"
#include "bindings/queue_waits.hpp"

namespace tidemill::lua {

namespace {

Queue& check_queue(lua_State* L, int index) { return check<Queue>(L, index, HandleKind::queue); }

std::string title(const Queue& queue) {
  return queue.name().empty() ? "a queue" : "queue \"" + queue.name() + "\"";
}

struct Items {
  static Queue& put_side(lua_State* L) { return check_queue(L, 1); }
  static Queue& get_side(lua_State* L) { return check_queue(L, 1); }
  static std::string room(const Queue& queue) { return "room in " + title(queue); }
  static std::string item(const Queue& queue) { return "an item in " + title(queue); }
  static void push_closed(lua_State* L, const Queue& queue) {
    if (queue.name().empty()) {
      push_error(L, 1, "closed", "cannot put: the queue is shut down");
    } else {
      push_error(L, 1, "closed", "cannot put: queue \"%s\" is shut down", queue.name().c_str());
    }
  }
};

struct AllDone {
  using Object = Queue;
  static constexpr HandleKind kKind = HandleKind::queue;
  static bool given(Queue& queue) { return queue.unfinished() == 0; }
  static bool wait(Queue& queue, Waiter& waiter) { return queue.join(waiter); }
  static std::string describe(Queue& queue) {
    return "all items of " + title(queue) + " to be done";
  }
};

/// queue(capacity | math.huge, order, name); the prelude has checked them.
int queue(lua_State* L) {
  const std::size_t capacity = to_capacity(L, 1);
  static const char* const orders[] = {"fifo", "lifo", "priority", nullptr};
  const auto order = static_cast<Queue::Order>(luaL_checkoption(L, 2, nullptr, orders));
  const char* name = luaL_optstring(L, 3, "");
  return push_new_object<Queue>(L, HandleKind::queue, Queue::usual_bytes(), capacity, order, name);
}

/// What stands for the item and, behind it, its priority.
Priority check_item(lua_State* L, int at) {
  const Queue& queue = check_queue(L, 1);
  luaL_argcheck(L, !lua_isnoneornil(L, at), at, "the item must not be nil");
  if (lua_isnoneornil(L, at + 1)) return {};
  luaL_argcheck(L, queue.order() == Queue::Order::priority, at + 1,
                "a priority is for a queue whose order is 'priority'");
  if (lua_isinteger(L, at + 1)) {
    return Priority(static_cast<std::int64_t>(lua_tointeger(L, at + 1)));
  }
  luaL_checktype(L, at + 1, LUA_TNUMBER);
  const lua_Number priority = lua_tonumber(L, at + 1);
  luaL_argcheck(L, !std::isnan(priority), at + 1, "the priority must not be NaN");
  return Priority(priority);
}

int put(lua_State* L) { return put_values<Items>(L, 2, 1, check_item(L, 2), {kNever}, true, ""); }

int put_timeout(lua_State* L) {
  const Timeout timeout = check_timeout(L, 2);
  return put_values<Items>(L, 3, 1, check_item(L, 3), timeout, !timeout.poll(), "timeout");
}

int try_put(lua_State* L) {
  return put_values<Items>(L, 2, 1, check_item(L, 2), {0}, false, "full");
}

int try_get(lua_State* L) { return get_values<Items>(L, {0}, false, "empty", false); }

int task_done(lua_State* L) {
  if (check_queue(L, 1).task_done()) return 0;
  return raise_text(L, "task_done: no item that was taken is left to be done");
}

int shutdown(lua_State* L) {
  Queue& queue = check_queue(L, 1);
  if (!lua_isnoneornil(L, 2)) luaL_checktype(L, 2, LUA_TBOOLEAN);
  queue.shut_down(lua_toboolean(L, 2));
  return 0;
}

int capacity(lua_State* L) {
  push_capacity(L, check_queue(L, 1).capacity());
  return 1;
}

int is_closed(lua_State* L) {
  lua_pushboolean(L, check_queue(L, 1).closed());
  return 1;
}

int length(lua_State* L) {
  lua_pushinteger(L, static_cast<lua_Integer>(check_queue(L, 1).length()));
  return 1;
}

int stats(lua_State* L) {
  Queue& queue = check_queue(L, 1);
  const Queue::Stats stats = queue.stats();
  auto set = [L](const char* name, std::uint64_t value) {
    lua_pushinteger(L, static_cast<lua_Integer>(value));
    lua_setfield(L, -2, name);
  };
  lua_createtable(L, 0, 10);
  set("length", stats.length);
  set("peak", stats.peak);
  set("put", stats.put);
  set("got", stats.got);
  set("dropped", stats.dropped);
  set("unfinished", stats.unfinished);
  set("getters_waiting", stats.getters_waiting);
  set("putters_waiting", stats.putters_waiting);
  set("joiners_waiting", stats.joiners_waiting);
  push_capacity(L, queue.capacity());
  lua_setfield(L, -2, "capacity");
  return 1;
}

/// queue "jobs" 3/16 open, 2 putters waiting
int queue_tostring(lua_State* L) {
  Queue& queue = check_queue(L, 1);
  const Queue::Stats stats = queue.stats();
  lua_settop(L, 1);
  lua_pushliteral(L, "queue");
  if (!queue.name().empty()) lua_pushfstring(L, " \"%s\"", queue.name().c_str());
  push_fill(L, queue);
  lua_pushstring(L, stats.closed ? " closed" : " open");
  push_waiting(L, stats.putters_waiting, "putter");
  push_waiting(L, stats.getters_waiting, "getter");
  lua_concat(L, lua_gettop(L) - 1);
  return 1;
}

}  // namespace

void open_queue(lua_State* L) {
  static const luaL_Reg methods[] = {{"put", guarded<put>},
                                     {"put_timeout", guarded<put_timeout>},
                                     {"try_put", guarded<try_put>},
                                     {"get", guarded<get_in_time<Items>>},
                                     {"try_get", guarded<try_get>},
                                     {"task_done", guarded<task_done>},
                                     {"join", guarded<wait_for_signal<AllDone>>},
                                     {"shutdown", guarded<shutdown>},
                                     {"capacity", guarded<capacity>},
                                     {"is_closed", guarded<is_closed>},
                                     {"stats", guarded<stats>},
                                     {nullptr, nullptr}};
  static const luaL_Reg metamethods[] = {{"__call", guarded<get_in_loop<Items>>},
                                         {"__len", guarded<length>},
                                         {"__tostring", guarded<queue_tostring>},
                                         {nullptr, nullptr}};
  define_handle(L, HandleKind::queue, "queue", methods, metamethods);
  lua_pop(L, 1);
  lua_pushcfunction(L, guarded<queue>);
  lua_setfield(L, -2, "queue");
}

}  // namespace tidemill::lua
