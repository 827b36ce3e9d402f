// tm.log: the script's lines in the engine's log.
#include <cstring>
#include <string>
#include <string_view>

#include "bindings/errors.hpp"
#include "bindings/library.hpp"
#include "bindings/lua_task.hpp"
#include "bindings/memory.hpp"
#include "engine/observe/log.hpp"
#include "engine/pool/pool.hpp"

namespace tidemill::lua {

namespace {

const char* const kLevels[] = {"debug", "info", "warn", "error", "off", nullptr};

/// [task #3 (app.lua:12), worker default/1]: a tag for what the running task says.
std::string tag(State& state) {
  std::string text = "[";
  if (state.running != nullptr) text += state.running->title() + ", ";
  const Pool* pool = state.worker.pool();
  if (pool == nullptr) return text + "main worker] ";
  return text + "worker " + pool->name() + "/" + std::to_string(state.worker.index() + 1) + "] ";
}

/// With its tag. Every entry begins a line, and no other line does: those within the text are
/// indented.
std::string entry(State& state, std::string_view text) {
  const std::string tagged = tag(state);
  std::string message;
  for (const std::string_view part : {std::string_view(tagged), text}) {
    for (const char c : part) {
      message += c;
      if (c == '\n') message += "  ";
    }
  }
  return message;
}

/// One message, joined as print would with blanks.
template <LogLevel level>
int log(lua_State* L) {
  if (level < log_level()) return 0;
  const int count = lua_gettop(L);
  luaL_Buffer buffer;
  luaL_buffinit(L, &buffer);
  for (int i = 1; i <= count; ++i) {
    if (i > 1) luaL_addchar(&buffer, ' ');
    luaL_tolstring(L, i, nullptr);
    luaL_addvalue(&buffer);
  }
  luaL_pushresult(&buffer);
  std::size_t size = 0;
  const char* text = lua_tolstring(L, -1, &size);
  const bool logged = within_memory([&] { log_message(level, entry(State::of(L), {text, size})); });
  return logged ? 0 : raise_no_memory(L);
}

/// What `warn` says, and Lua of an error in a finaliser, which nobody could catch: a message may
/// come in pieces. Lua may be in the middle of anything.
void warn(void* data, const char* piece, int more) {
  using Warnings = State::Warnings;
  State& state = *static_cast<State*>(data);
  const bool first = !state.warning_begun;
  state.warning_begun = more != 0;
  if (first && more == 0 && piece[0] == '@') {
    if (std::strcmp(piece, "@off") == 0) state.warnings = Warnings::none;
    if (std::strcmp(piece, "@on") == 0) state.warnings = Warnings::all;
    return;
  }
  if (first) {
    state.warning.clear();
    // What Lua itself warns of begins so (luaE_warnerror), and is in pieces.
    const bool of_finaliser = more != 0 && std::strcmp(piece, "error in ") == 0;
    state.warning_shown = state.warnings == Warnings::all ||
                          (state.warnings == Warnings::of_finalisers && of_finaliser);
  }
  if (!state.warning_shown || LogLevel::warn < log_level()) return;
  within_memory([&] {
    state.warning += piece;
    if (more != 0) return;
    log_message(LogLevel::warn, entry(state, state.warning));
  });
}

/// level([name]) → the level there was
int level(lua_State* L) {
  const LogLevel before = log_level();
  if (!lua_isnoneornil(L, 1)) {
    luaL_checktype(L, 1, LUA_TSTRING);
    const char* name = lua_tostring(L, 1);
    int wanted = 0;
    while (kLevels[wanted] != nullptr && std::strcmp(kLevels[wanted], name) != 0) ++wanted;
    if (kLevels[wanted] == nullptr) {
      return luaL_argerror(
          L, 1, lua_pushfstring(L, "no level '%s', known: debug, info, warn, error, off", name));
    }
    set_log_level(static_cast<LogLevel>(wanted));
  }
  lua_pushstring(L, kLevels[static_cast<int>(before)]);
  return 1;
}

}  // namespace

void open_log(lua_State* L) {
  static const luaL_Reg functions[] = {{"debug", guarded<log<LogLevel::debug>>},
                                       {"info", guarded<log<LogLevel::info>>},
                                       {"warn", guarded<log<LogLevel::warn>>},
                                       {"error", guarded<log<LogLevel::error>>},
                                       {"level", guarded<level>},
                                       {nullptr, nullptr}};
  lua_setwarnf(L, warn, &State::of(L));
  luaL_newlib(L, functions);
  lua_setfield(L, -2, "log");
}

}  // namespace tidemill::lua
