// tm.after and tm.every: channels that the timers of the calling task's worker feed.
#include "bindings/arguments.hpp"
#include "bindings/library.hpp"
#include "bindings/state.hpp"
#include "engine/sync/ticker.hpp"

namespace tidemill::lua {

namespace {

/// A moment as tm.now gives it.
Payload pack_moment(Nanoseconds moment) {
  return Encoder::encode_number(static_cast<lua_Number>(moment) / 1e9);
}

/// Pushes a new channel of one place.
Channel& push_channel(lua_State* L, const char* name) {
  push_new_handle(L, HandleKind::channel, nullptr);
  auto* channel = new Channel(1, name);
  static_cast<Handle*>(lua_touserdata(L, -1))->object = channel;
  return *channel;
}

int after(lua_State* L) {
  const Timeout delay = check_seconds(L, 1);
  Worker& worker = State::of(L).worker;
  Channel& channel = push_channel(L, "after");
  if (delay.poll()) {
    Payload value = pack_moment(worker.now());
    channel.send(value, nullptr);
    channel.close();
  } else if (!delay.forever()) {
    Ticker::start_once(worker, Ref<Channel>(&channel), worker.now() + delay.length, pack_moment);
  }
  return 1;
}

int every(lua_State* L) {
  const Timeout period = check_seconds(L, 1);
  luaL_argcheck(L, !period.poll(), 1, "the period must be greater than 0");
  Channel& channel = push_channel(L, "every");
  if (!period.forever()) {
    Ticker::start_every(State::of(L).worker, Ref<Channel>(&channel), period.length, pack_moment);
  }
  return 1;
}

}  // namespace

void open_time(lua_State* L) {
  static const luaL_Reg functions[] = {
      {"after", guarded<after>}, {"every", guarded<every>}, {nullptr, nullptr}};
  luaL_setfuncs(L, functions, 0);
}

}  // namespace tidemill::lua
