// The command: reads its options, runs a script as the root task of an engine, reports how it
// ended.
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "bindings/cli/interrupt.hpp"
#include "bindings/cli/options.hpp"
#include "bindings/lua_task.hpp"
#include "bindings/spawned_task.hpp"
#include "bindings/state.hpp"
#include "tidemill/engine.hpp"
#include "tidemill/version.hpp"

namespace tidemill::cli {

namespace {

enum ExitCode { kOk = 0, kScriptError = 1, kUsageError = 2, kDeadlock = 3 };

struct Invocation {
  int argc;
  char** argv;
  const Options* options;
};

/// The global `arg`: the script at 0, its arguments after it, the rest before.
void set_arg(lua_State* L, const Invocation& call) {
  lua_createtable(L, call.argc, 1);
  const int origin = call.options->script ? call.options->script_at : 0;
  for (int i = 0; i < call.argc; ++i) {
    lua_pushstring(L, call.argv[i]);
    lua_rawseti(L, -2, i - origin);
  }
  lua_setglobal(L, "arg");
}

/// Loads everything the command line names, then runs it in order as one function: its source is
/// Lua, so that what it calls may wait.
constexpr char kMain[] = R"lua(
local chunks, script = ...
return function(...)
  for i = 1, #chunks do chunks[i]() end
  if script then return script(...) end
end
)lua";

/// As a string literal of Lua.
std::string quoted(const std::string& text) {
  std::string literal = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\' || c == '\n') literal += '\\';
    if (c == '\r')
      literal += "\\r";
    else
      literal += c;
  }
  return literal + '"';
}

/// load(invocation): pushes the root function and its arguments. Raises a message if something does
/// not compile.
int load_program(lua_State* L) {
  const auto& call = *static_cast<const Invocation*>(lua_touserdata(L, 1));
  const Options& options = *call.options;
  lua_settop(L, 0);
  set_arg(L, call);
  luaL_loadbuffer(L, kMain, sizeof kMain - 1, "=[tidemill]");
  lua_createtable(L, static_cast<int>(options.steps.size()), 0);
  for (std::size_t i = 0; i < options.steps.size(); ++i) {
    const Options::Step& step = options.steps[i];
    std::string text = step.text;
    if (step.kind == Options::Step::require) {
      // As lua -l: the module becomes the global of its name, or with -l NAME=MODULE of NAME.
      const std::size_t equals = step.text.find('=');
      const bool named = equals != std::string::npos;
      text = "_G[" + quoted(step.text.substr(0, equals)) + "] = require " +
             quoted(named ? step.text.substr(equals + 1) : step.text);
    }
    const char* name = step.kind == Options::Step::execute ? "=(command line)" : "=(-l)";
    if (luaL_loadbufferx(L, text.data(), text.size(), name, "t") != LUA_OK) return lua_error(L);
    lua_rawseti(L, -2, static_cast<lua_Integer>(i) + 1);
  }
  if (options.script) {
    const char* path = *options.script == "-" ? nullptr : options.script->c_str();
    if (luaL_loadfilex(L, path, "t") != LUA_OK) return lua_error(L);
  } else {
    lua_pushnil(L);
  }
  lua_call(L, 2, 1);
  const int first_argument = options.script_at + 1;
  luaL_checkstack(L, call.argc, "too many arguments");
  for (int i = first_argument; i < call.argc; ++i) lua_pushstring(L, call.argv[i]);
  return lua_gettop(L);
}

int make_root(lua_State* L) {
  lua::SpawnedTask* root = lua::SpawnedTask::create(L, 1, nullptr);
  root->observe();
  lua_pushlightuserdata(L, root);
  return 2;
}

/// Flushes standard output; says so if that fails (a full disk, a reader that has gone).
bool flush_output(ExitCode so_far) {
  if (std::fflush(stdout) == 0 && std::ferror(stdout) == 0) return true;
  if (so_far == kOk) {
    std::fprintf(stderr, "tidemill: cannot write to standard output: %s\n", std::strerror(errno));
  }
  return false;
}

int run(const Invocation& call) {
  Engine::Options engine_options;
  engine_options.detect_deadlocks = true;
#if defined(__SANITIZE_THREAD__)
  engine_options.preempt = Preempt::count;  // it holds signals back while a thread computes
#else
  engine_options.preempt = Preempt::signal;
#endif
  Engine engine(engine_options);
  lua::Settings settings;
  engine.main_worker().set_local(
      std::make_unique<lua::State>(engine.main_worker(), settings, true));
  auto& state = lua::State::of(engine.main_worker());
  lua_State* L = state.L;
  lua_pushcfunction(L, load_program);
  lua_pushlightuserdata(L, const_cast<Invocation*>(&call));
  if (lua_pcall(L, 1, LUA_MULTRET, 0) != LUA_OK) {
    std::fprintf(stderr, "tidemill: %s\n", lua_tostring(L, -1));
    return kScriptError;
  }
  lua_pushcfunction(L, make_root);
  lua_insert(L, 1);
  if (lua_pcall(L, lua_gettop(L) - 1, 2, 0) != LUA_OK) {
    std::fprintf(stderr, "tidemill: %s\n", lua_tostring(L, -1));
    return kScriptError;
  }
  Ref<lua::LuaTask> root(static_cast<lua::SpawnedTask*>(lua_touserdata(L, -1)));
  lua_settop(L, 0);

  InterruptScope interrupts(engine);
  engine.run(*root);
  engine.end_progress();
  int code = kOk;
  if (interrupts.signal() != 0) {
    code = 128 + interrupts.signal();
  } else if (root->status() != Status::done) {
    code = root->status() == Status::failed && root->after()->deadlock ? kDeadlock : kScriptError;
  }
  std::fflush(stdout);
  if (root->status() == Status::failed) {
    const lua::LuaAftermath& after = *root->after();
    std::fprintf(stderr, "tidemill: %s\n%s\n", after.message.c_str(), after.traceback.c_str());
  } else if (root->status() == Status::cancelled && interrupts.signal() != 0) {
    std::fprintf(stderr, "tidemill: interrupted\n");
  } else if (root->status() == Status::cancelled) {
    std::fprintf(stderr, "tidemill: the script was cancelled\n");
  }
  root = nullptr;
  if (!engine.shutdown()) {
    std::fprintf(stderr, "tidemill: something still runs and does not stop; ending without it\n");
    std::fflush(nullptr);
    _exit(code == kOk ? kScriptError : code);
  }
  if (!flush_output(static_cast<ExitCode>(code)) && code == kOk) code = kScriptError;
  return code;
}

}  // namespace
}  // namespace tidemill::cli

int main(int argc, char** argv) {
  using namespace tidemill::cli;
  // Standard streams that were closed: otherwise the next file opened would take their numbers.
  for (int fd = open("/dev/null", O_RDWR); fd >= 0; fd = open("/dev/null", O_RDWR)) {
    if (fd <= 2) continue;
    close(fd);
    break;
  }
  // A reader that goes away is an error of the write, not the end of the process.
  signal(SIGPIPE, SIG_IGN);
  std::string problem;
  std::optional<Options> options = parse_options(argc, argv, problem);
  if (!options) {
    std::fprintf(stderr, "tidemill: %s\n%s", problem.c_str(), kUsage);
    return kUsageError;
  }
  if (options->help) {
    std::fputs(kUsage, stdout);
    return kOk;
  }
  tidemill::set_log_level(options->log_level);
  if (options->version) {
    std::printf("Tidemill %s, %s\n", tidemill::kVersion, LUA_RELEASE);
    if (options->steps.empty() && !options->script) return kOk;
  }
  if (options->steps.empty() && !options->script) {
    if (isatty(0)) {
      std::fprintf(stderr, "tidemill: no script given\n%s", kUsage);
      return kUsageError;
    }
    options->script = "-";
  }
  return run({argc, argv, &*options});
}
