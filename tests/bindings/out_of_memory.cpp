// Memory that runs out at the n-th allocation, for every n of a scenario: the script hears of it
// where it asked for something, or it gets what it asked for; nothing crashes, hangs or leaks, and
// afterwards the same scenario works in the same engine.
//
// Each n runs in a process of its own, so that one that crashes or hangs is told from the others.
// The linker sends what this program calls of the allocator here (premake5.lua); an interpreter
// gets an allocator that asks here first. Nothing of that is in the libraries.
#include <doctest/doctest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <new>
#include <random>
#include <string>

#include "bindings/lua_task.hpp"
#include "bindings/spawned_task.hpp"
#include "bindings/state.hpp"
#include "engine/observe/log.hpp"
#include "tidemill/engine.hpp"

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/lsan_interface.h>
#endif

namespace {

std::atomic<long> countdown{-1};  // < 0: not armed
std::atomic<bool> refused{false};
std::atomic<long> live{0};  // blocks

bool refuse() {
  if (countdown.load(std::memory_order_relaxed) < 0) return false;
  if (countdown.fetch_sub(1, std::memory_order_relaxed) != 0) return false;
  refused.store(true, std::memory_order_relaxed);
  return true;
}

}  // namespace

extern "C" {
void* __real_malloc(std::size_t size);
void* __real_calloc(std::size_t count, std::size_t size);
void* __real_realloc(void* memory, std::size_t size);
void* __real_aligned_alloc(std::size_t alignment, std::size_t size);
void __real_free(void* memory);
lua_State* __real_lua_newstate(lua_Alloc allocate, void* data);
void __real_lua_close(lua_State* L);

void* __wrap_malloc(std::size_t size) {
  void* memory = refuse() ? nullptr : __real_malloc(size);
  if (memory != nullptr) live.fetch_add(1, std::memory_order_relaxed);
  return memory;
}
void* __wrap_calloc(std::size_t count, std::size_t size) {
  void* memory = refuse() ? nullptr : __real_calloc(count, size);
  if (memory != nullptr) live.fetch_add(1, std::memory_order_relaxed);
  return memory;
}
void* __wrap_realloc(void* old, std::size_t size) {
  void* memory = refuse() ? nullptr : __real_realloc(old, size);
  if (memory != nullptr && old == nullptr) live.fetch_add(1, std::memory_order_relaxed);
  return memory;
}
void* __wrap_aligned_alloc(std::size_t alignment, std::size_t size) {
  void* memory = refuse() ? nullptr : __real_aligned_alloc(alignment, size);
  if (memory != nullptr) live.fetch_add(1, std::memory_order_relaxed);
  return memory;
}
void __wrap_free(void* memory) {
  if (memory != nullptr) live.fetch_sub(1, std::memory_order_relaxed);
  __real_free(memory);
}
}

namespace {

/// The allocator of an interpreter, below which the blocks of its slab are not seen one by one.
struct Inner {
  lua_Alloc allocate;
  void* data;
};

void* allocate_for_lua(void* data, void* memory, std::size_t old_size, std::size_t new_size) {
  const bool grows = new_size > (memory == nullptr ? 0 : old_size);
  if (grows && refuse()) return nullptr;
  auto* inner = static_cast<Inner*>(data);
  return inner->allocate(inner->data, memory, old_size, new_size);
}

}  // namespace

extern "C" {
lua_State* __wrap_lua_newstate(lua_Alloc allocate, void* data) {
  auto* inner = static_cast<Inner*>(__real_malloc(sizeof(Inner)));
  *inner = {allocate, data};
  lua_State* L = __real_lua_newstate(allocate_for_lua, inner);
  if (L == nullptr) __real_free(inner);
  return L;
}
void __wrap_lua_close(lua_State* L) {
  void* data = nullptr;
  const bool ours = lua_getallocf(L, &data) == allocate_for_lua;
  __real_lua_close(L);
  if (ours) __real_free(data);
}
}

void* operator new(std::size_t size) {
  void* memory = __wrap_malloc(size);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}
void* operator new(std::size_t size, const std::nothrow_t&) noexcept { return __wrap_malloc(size); }
void* operator new(std::size_t size, std::align_val_t alignment) {
  const auto step = static_cast<std::size_t>(alignment);
  void* memory = __wrap_aligned_alloc(step, (size + step - 1) / step * step);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}
void operator delete(void* memory) noexcept { __wrap_free(memory); }
void operator delete(void* memory, std::size_t) noexcept { __wrap_free(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { __wrap_free(memory); }
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept { __wrap_free(memory); }

namespace {

using namespace tidemill;

int arm(lua_State* L) {
  refused = false;
  countdown = luaL_checkinteger(L, 1);
  return 0;
}

int disarm(lua_State*) {
  countdown = -1;
  return 0;
}

constexpr const char* kFrame = R"lua(
local n, scenario, warm, arm, disarm = ...
local tm = require "tidemill"
scenario = assert(load("local tm, shared = ... " .. scenario, "=scenario"))
local shared = {}
if warm then scenario(tm, shared) end
arm(n)
local ok, err = pcall(scenario, tm, shared)
disarm()
local text = tostring(err)
if not ok and not text:find("not enough memory", 1, true) and not text:find("no memory", 1, true) then
  error("an error that does not say that memory is out: " .. tostring(err))
end
scenario(tm, shared)
)lua";

int load_scenario(lua_State* L) {
  if (luaL_loadbuffer(L, kFrame, std::strlen(kFrame), "=frame") != LUA_OK) return lua_error(L);
  lua_insert(L, 1);
  lua_pushcfunction(L, arm);
  lua_pushcfunction(L, disarm);
  lua::SpawnedTask* root = lua::SpawnedTask::create(L, 1, nullptr);
  root->observe();
  lua_pushlightuserdata(L, root);
  return 2;
}

/// What a process of its own ends with, beside the number of the signal that ended it.
enum Result : int { kFine = 0, kBeyond = 10, kFailed = 11, kStuck = 12, kLeaked = 13 };

int run_scenario(long n, const char* text, bool warm) {
  const long before = live.load();
  refused = false;
  int result = kFine;
  {
    Engine::Options options;
    options.detect_deadlocks = true;
    Engine engine(options);
    engine.main_worker().set_local(
        std::make_unique<lua::State>(engine.main_worker(), lua::Settings{}, true));
    lua_State* L = lua::State::of(engine.main_worker()).L;
    lua_pushcfunction(L, load_scenario);
    lua_pushinteger(L, n);
    lua_pushstring(L, text);
    lua_pushboolean(L, warm);
    if (lua_pcall(L, 3, 2, 0) != LUA_OK) {
      std::fprintf(stderr, "%s\n", lua_tostring(L, -1));
      return kFailed;
    }
    Ref<lua::LuaTask> root(static_cast<lua::SpawnedTask*>(lua_touserdata(L, -1)));
    lua_settop(L, 0);
    engine.run(*root);
    if (root->status() != Status::done) {
      std::fprintf(stderr, "%s\n%s\n", root->after() ? root->after()->message.c_str() : "cancelled",
                   root->after() ? root->after()->traceback.c_str() : "");
      result = kFailed;
    }
    root = nullptr;
    if (!engine.shutdown()) return kStuck;
  }
  if (result == kFine && live.load() != before) {
    std::fprintf(stderr, "%ld blocks leaked\n", live.load() - before);
#if defined(__SANITIZE_ADDRESS__)
    __lsan_do_recoverable_leak_check();  // shows where they come from
#endif
    result = kLeaked;
  }
  if (result == kFine && n >= 0 && !refused) result = kBeyond;
  return result;
}

int run_in_child(long n, const char* text, bool warm) {
  std::fflush(nullptr);
  const pid_t child = fork();
  if (child == 0) {
    for (int number : {SIGSEGV, SIGABRT, SIGTERM, SIGFPE, SIGBUS, SIGILL}) signal(number, SIG_DFL);
    alarm(20);
    _exit(run_scenario(n, text, warm));
  }
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/// Allocations of the scenario, about.
long how_many(const char* text, bool warm) {
  long n = 1;
  while (run_in_child(2 * n, text, warm) != kBeyond) n *= 2;
  return 2 * n;
}

/// At most about this many processes for a scenario, spread evenly from a random n on.
constexpr long kMost = 150;

/// `warm`: after the scenario has run once, so that what it makes once (`shared`, a worker's state)
/// is there. TIDEMILL_EVERY_ALLOCATION=1 has none left out.
void check_scenario(const char* text, bool warm = false) {
#if defined(__SANITIZE_THREAD__)
  return;  // its processes cannot be forked while it has threads of its own
#endif
  const LogLevel level = log_level();
  set_log_level(LogLevel::off);
  run_scenario(-1, text, warm);  // what is made once in a process
  REQUIRE(run_in_child(-1, text, warm) == kFine);
  const bool every = std::getenv("TIDEMILL_EVERY_ALLOCATION") != nullptr;
  const long step = every ? 1 : how_many(text, warm) / kMost + 1;
  long n = every ? 0 : static_cast<long>(std::random_device{}() % step);
  // Several, because what other threads allocate may come first for once.
  for (int beyond = 0; beyond < 3; n += step) {
    CAPTURE(n);
    const int result = run_in_child(n, text, warm);
    const bool good = result == kFine || result == kBeyond;
    CHECK_MESSAGE(good, "result ", result, " in: ", std::string(text));
    beyond = result == kBeyond ? beyond + 1 : 0;
  }
  set_log_level(level);
}

}  // namespace

TEST_CASE("out of memory: spawn and await") {
  check_scenario(R"(
    local t = tm.spawn(function(a) return {a} end, 3)
    assert(t:await()[1] == 3))");
}

TEST_CASE("out of memory: a table through a channel") {
  check_scenario(R"(
    local c = tm.channel(1)
    c:send({1, {2}, "x"})
    assert(c:recv()[2][1] == 2))");
}

TEST_CASE("out of memory: a queue with priorities") {
  check_scenario(R"(
    local q = tm.queue{order = "priority"}
    for i = 1, 20 do q:put({i}, -i) end
    assert(q:get()[1] == 20))");
}

TEST_CASE("out of memory: a dictionary") {
  check_scenario(R"(
    local d = tm.dict()
    for i = 1, 50 do d:set("k" .. i, {i}) end
    d:incr("n")
    d:update("n", function(v) return {v} end)
    assert(#d:keys() == 51)
    for k, v in pairs(d) do end)");
}

TEST_CASE("out of memory: frozen tables") {
  check_scenario(R"(
    local f = tm.freeze{1, 2, {a = {"x"}}}
    assert(f[3].a[1] == "x")
    for k, v in pairs(f) do end)");
}

TEST_CASE("out of memory: buffers") {
  check_scenario(R"(
    local b = tm.buffer(1000, "f64")
    b:fill(2)
    assert(b:sum() == 2000 and b:slice(1, 10)[1] == 2))");
}

TEST_CASE("out of memory: a scope with a child that fails") {
  check_scenario(R"(
    local ok, err = pcall(tm.scope, function(s)
      s:spawn(function() error("boom") end)
      tm.sleep(100)
    end)
    assert(not ok)
    if not tostring(err):find("boom") then error(err, 0) end)");
}

TEST_CASE("out of memory: timers") {
  check_scenario(R"(
    local t = {}
    for i = 1, 20 do t[i] = tm.spawn(function() tm.sleep(0.0001) end) end
    for i = 1, 20 do t[i]:await() end
    tm.after(0.0001):recv())");
}

TEST_CASE("out of memory: progress and log") {
  check_scenario(R"(
    local p = tm.progress(10, "x")
    p:add(3)
    p:close()
    tm.log.info("x %s", "y"))");
}

TEST_CASE("out of memory: select in a scope") {
  check_scenario(R"(
    tm.scope(function(s)
      local a, b = tm.channel(), tm.channel(1)
      s:spawn(function() a:send({1}) end)
      local which, v = tm.select{x = a, y = b}
      assert(which == "x" and v[1] == 1)
      local k = tm.select{one = b:sending({2}), two = a}
      assert(k == "one")
      local t = s:spawn(function() return 3 end)
      tm.select{t = t}
    end))");
}

TEST_CASE("out of memory: an inline pool") {
  check_scenario(R"(
    local p = tm.pool{kind = "inline"}
    local j = p:submit(function(a) return {a[1] + 1} end, {1})
    assert(j:await()[1] == 2)
    local j = p:submit(function(a) return {a[1] + 1} end, {2})
    assert(j:await()[1] == 3)
    p:close())");
}

TEST_CASE("out of memory: a pool and its first job") {
  check_scenario(R"(
    local p <close> = tm.pool{workers = 1}
    local j = p:submit(function(a) return {a[1] + 1} end, {1})
    assert(j:await()[1] == 2)
    assert(p:submit(function(a) return #a end, "abc"):await() == 3))");
}

TEST_CASE("out of memory: jobs of a pool") {
  check_scenario(R"(
    shared.pool = shared.pool or tm.pool{workers = 1}
    local job = shared.pool:submit(function(a) return {a[1] + 1} end, {1})
    assert(job:await()[1] == 2)
    assert(shared.pool:submit(function(a) return #a end, ("abc"):rep(2000)):await() == 6000))",
                 true);
}

TEST_CASE("out of memory: a job with retries") {
  check_scenario(R"(
    shared.pool = shared.pool or tm.pool{workers = 1}
    local tries = tm.atomic(0)
    local function work(a)
      if tries:add(1) % 2 == 1 then error("again") end
      return {a}
    end
    local job = shared.pool:job{work, 4, retries = 2, timeout = 60, name = "x"}
    assert(job:await()[1] == 4))",
                 true);
}

TEST_CASE("out of memory: an ordered map") {
  check_scenario(R"(
    shared.pool = shared.pool or tm.pool{workers = 1}
    local function work(x) return type(x) == "table" and x[1] or 2 * x end
    local sum = 0
    for _, v in shared.pool:map(work, {1, 2, {3}, 4}) do sum = sum + v end
    assert(sum == 17))",
                 true);
}

TEST_CASE("out of memory: a map as the results come") {
  check_scenario(R"(
    shared.pool = shared.pool or tm.pool{workers = 1}
    local function work(x) return type(x) == "table" and x[1] or 2 * x end
    local sum = 0
    for _, v in shared.pool:map(work, {1, 2, {3}, 4}, {ordered = false, chunk = 1}) do sum = sum + v end
    assert(sum == 17))",
                 true);
}

TEST_CASE("out of memory: a pipeline") {
  check_scenario(R"(
    local report = tm.pipeline("p")
      :source({1, 2, {3}, 4})
      :stage("double", function(x) return type(x) == "table" and x[1] or x * 2 end)
      :fold("total", 0, function(t, x) return t + x end)
      :run()
    assert(report.result == 17))",
                 true);
}

TEST_CASE("out of memory: locks that others wait for") {
  check_scenario(R"(
    local m, rw, sem, ev = tm.mutex(), tm.rwlock(), tm.semaphore(1), tm.event()
    local n = 0
    local function work()
      do local _ <close> = m:lock() n = n + 1 tm.yield() end
      do local _ <close> = rw:write() n = n + 1 tm.yield() end
      do local _ <close> = sem:acquire() n = n + 1 tm.yield() end
    end
    tm.scope(function(s)
      for _ = 1, 3 do s:spawn(work) end
      s:spawn(function() ev:wait() end)
      ev:set()
    end)
    assert(n == 9)
    assert(m:try_lock() and rw:try_write() and sem:try_acquire()))");
}

TEST_CASE("out of memory: tasks that are told of, cancelled and watched") {
  check_scenario(R"(
    tm.scope(function(s)
      local t = s:spawn(function() tm.sleep(100) end)
      tm.yield()
      assert(next(tm.tasks()))
      t:cancel("enough")
      local ok, err = t:join()
      assert(not ok)
      if not tostring(err):find("enough") then error(err, 0) end
      local list = {}
      for i = 1, 3 do list[i] = s:spawn(function() return i end) end
      local sum = 0
      for task in tm.as_completed(list) do sum = sum + task:await() end
      assert(sum == 6)
    end))");
}

TEST_CASE("out of memory: files") {
  check_scenario(R"(
    local name = os.tmpname()
    local file <close> = setmetatable({}, {__close = function() os.remove(name) end})
    assert(tm.fs.write(name, "a\nb\n"))
    local text, why = tm.fs.read(name)
    assert(text == "a\nb\n", why)
    local n = 0
    for _ in tm.fs.lines(name) do n = n + 1 end
    assert(n == 2)
    for path, stat, message in tm.fs.walk("/proc/self/ns") do
      if not stat then error(message) end
      break
    end)");
}
