// Changes to Lua's basic library: print in whole lines, a require that loads no bytecode and tells
// the codec what was loaded, and os.exit that does not run destructors under other threads.
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "bindings/class.hpp"
#include "bindings/errors.hpp"
#include "bindings/interruption.hpp"
#include "bindings/library.hpp"
#include "bindings/state.hpp"
#include "engine/observe/console.hpp"
#include "tidemill/engine.hpp"

namespace tidemill::lua {

namespace {

/// One write a line, so that lines of different workers never mix; above the progress bars.
int print(lua_State* L) {
  int count = lua_gettop(L);
  luaL_Buffer line;
  luaL_buffinit(L, &line);
  for (int i = 1; i <= count; ++i) {
    if (i > 1) luaL_addchar(&line, '\t');
    luaL_tolstring(L, i, nullptr);
    luaL_addvalue(&line);
  }
  luaL_addchar(&line, '\n');
  luaL_pushresult(&line);
  std::size_t size = 0;
  const char* text = lua_tolstring(L, -1, &size);
  if (!Console::standard().print({text, size})) {
    return luaL_error(L, "print: cannot write to standard output: %s", std::strerror(errno));
  }
  return 0;
}

/// Lua's require with the searchers it has; afterwards functions of the module travel by name.
int require(lua_State* L) {
  const char* name = luaL_checkstring(L, 1);
  lua_settop(L, 1);
  lua_getfield(L, LUA_REGISTRYINDEX, LUA_LOADED_TABLE);
  if (lua_getfield(L, -1, name) != LUA_TNIL) return 1;
  const lua_Integer classes = class_count(L);
  lua_pushvalue(L, lua_upvalueindex(1));
  lua_pushvalue(L, 1);
  lua_call(L, 1, 2);
  name_module(L, name);
  give_classes_to_module(L, classes, name);
  return 2;
}

/// The searcher for modules in Lua, of package.searchers; upvalue: the package library.
int search_lua(lua_State* L) {
  const char* name = luaL_checkstring(L, 1);
  lua_getfield(L, lua_upvalueindex(1), "searchpath");
  lua_pushvalue(L, 1);
  if (lua_getfield(L, lua_upvalueindex(1), "path") != LUA_TSTRING) {
    return luaL_error(L, "'package.path' must be a string");
  }
  lua_call(L, 2, 2);
  if (lua_isnil(L, -2)) return 1;  // where it is not
  const char* file = lua_tostring(L, -2);
  if (luaL_loadfilex(L, file, "t") != LUA_OK) {
    return luaL_error(L, "error loading module '%s' from file '%s':\n\t%s", name, file,
                      lua_tostring(L, -1));
  }
  lua_pushvalue(L, -3);
  return 2;
}

int exit_process(lua_State* L) {
  int code = EXIT_SUCCESS;
  if (lua_isboolean(L, 1)) {
    code = lua_toboolean(L, 1) ? EXIT_SUCCESS : EXIT_FAILURE;
  } else {
    code = static_cast<int>(luaL_optinteger(L, 1, EXIT_SUCCESS));
  }
  if (!State::of(L).is_main) return luaL_error(L, "os.exit: a job cannot end the program");
  // _exit: other workers still run, and destructors would pull things from under them.
  State::of(L).worker.engine().end_progress();
  std::fflush(nullptr);
  _exit(code);
}

}  // namespace

void open_base(lua_State* L) {
  lua_getglobal(L, "require");
  lua_pushcclosure(L, require, 1);
  lua_setglobal(L, "require");
  lua_getglobal(L, "package");
  lua_getfield(L, -1, "searchers");
  lua_pushvalue(L, -2);
  lua_pushcclosure(L, search_lua, 1);
  lua_rawseti(L, -2, 2);
  lua_pop(L, 2);
  lua_pushcfunction(L, print);
  lua_setglobal(L, "print");
  lua_pushcfunction(L, protected_call);
  lua_setglobal(L, "pcall");
  lua_pushcfunction(L, protected_call_with_handler);
  lua_setglobal(L, "xpcall");
  lua_getglobal(L, "os");
  lua_pushcfunction(L, exit_process);
  lua_setfield(L, -2, "exit");
  lua_pop(L, 1);
}

}  // namespace tidemill::lua
