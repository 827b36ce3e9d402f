// Handles let go of their objects however the collector comes to them.
#include <doctest/doctest.h>

#include "bindings/handle.hpp"
#include "bindings/state.hpp"
#include "engine/sync/event.hpp"
#include "tidemill/engine.hpp"

namespace {

using namespace tidemill;

void collect_garbage(lua_State* L, lua_Debug*) {
  lua_sethook(L, nullptr, 0, 0);
  lua_gc(L, LUA_GCCOLLECT);
}

}  // namespace

TEST_CASE("finalisers: a handle that is collected within a hook lets go of its object") {
  Engine::Options options;
  options.threads = false;
  Engine engine(options);
  engine.main_worker().set_local(
      std::make_unique<lua::State>(engine.main_worker(), lua::Settings{}, true));
  lua_State* L = lua::State::of(engine.main_worker()).L;
  auto object = Ref<Event>::adopt(new Event);
  object->retain();
  lua::push_handle(L, lua::HandleKind::event, object.get());
  lua_pop(L, 1);
  lua_State* thread = lua_newthread(L);
  REQUIRE(luaL_loadstring(thread, "for i = 1, 10 do end") == LUA_OK);
  lua_sethook(thread, collect_garbage, LUA_MASKCOUNT, 1);
  REQUIRE(lua_pcall(thread, 0, 0, 0) == LUA_OK);
  const bool collected = lua_gethook(thread) == nullptr;
  CHECK(collected);
  CHECK(object->unshared());
  lua_pop(L, 1);
  CHECK(engine.shutdown());
}
