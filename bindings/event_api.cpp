// tm.event and the methods of events.
#include "bindings/common_waits.hpp"
#include "bindings/library.hpp"
#include "engine/sync/event.hpp"

namespace tidemill::lua {

namespace {

struct EventSet {
  using Object = Event;
  static constexpr HandleKind kKind = HandleKind::event;
  static bool given(Event& event) { return event.is_set(); }
  static bool wait(Event& event, Waiter& waiter) { return event.wait(waiter); }
  static std::string describe(Event&) { return "an event"; }
};

Event& check_event(lua_State* L, int index) { return check<Event>(L, index, HandleKind::event); }

int event(lua_State* L) {
  check_at_most(L, "tm.event", 0);
  push_new_handle(L, HandleKind::event, nullptr);
  static_cast<Handle*>(lua_touserdata(L, -1))->object = new Event;
  return 1;
}

int set(lua_State* L) {
  check_event(L, 1).set();
  return 0;
}

int clear(lua_State* L) {
  check_event(L, 1).clear();
  return 0;
}

int is_set(lua_State* L) {
  lua_pushboolean(L, check_event(L, 1).is_set());
  return 1;
}

int event_tostring(lua_State* L) {
  Event& event = check_event(L, 1);
  if (event.is_set()) {
    lua_pushliteral(L, "event set");
  } else {
    lua_pushfstring(L, "event not set, %d waiting", static_cast<int>(event.waiting()));
  }
  return 1;
}

}  // namespace

void open_event(lua_State* L) {
  static const luaL_Reg methods[] = {{"set", guarded<set>},
                                     {"clear", guarded<clear>},
                                     {"is_set", guarded<is_set>},
                                     {"wait", guarded<wait_for_signal<EventSet>>},
                                     {nullptr, nullptr}};
  static const luaL_Reg metamethods[] = {{"__tostring", guarded<event_tostring>},
                                         {nullptr, nullptr}};
  define_handle(L, HandleKind::event, "event", methods, metamethods);
  lua_pop(L, 1);
  lua_pushcfunction(L, guarded<event>);
  lua_setfield(L, -2, "event");
}

}  // namespace tidemill::lua
