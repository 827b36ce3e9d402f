// What the prelude builds `map` from: chunks that are filled, worked on and emptied, and the pool
// that all states of an engine share. Only the prelude calls these functions, and with values that
// it has checked.
#include <algorithm>
#include <climits>

#include "bindings/chunk.hpp"
#include "bindings/errors.hpp"
#include "bindings/library.hpp"
#include "bindings/memory.hpp"
#include "bindings/state.hpp"
#include "engine/pool/pool.hpp"

namespace tidemill::lua {

namespace {

using Phase = Chunk::Phase;

// A chunk takes no more items when they have this many bytes, and its job stops when its results
// have: a million of these would fill a memory.
constexpr std::size_t kMostItemBytes = 256 * 1024, kMostResultBytes = 1024 * 1024;
// Short items are worked on this many at a time before the job looks at the clock, which costs
// about as much as the shortest of them.
constexpr std::uint32_t kLookEvery = 8;

Root numbered(const char* noun, lua_Integer number) {
  return {noun, number <= INT_MAX ? static_cast<int>(number) : -1};
}

Chunk* push_new_chunk(lua_State* L, lua_Integer first, std::uint32_t numbers) {
  push_new_handle(L, HandleKind::chunk, nullptr);
  auto* handle = static_cast<Handle*>(lua_touserdata(L, -1));
  Chunk* chunk = nullptr;
  if (!within_memory([&] { chunk = new Chunk(State::of(L), first, numbers); })) raise_no_memory(L);
  handle->object = chunk;
  return chunk;
}

// --- the caller fills it ---

/// new(first, n): of the integers first, first + 1, ...; with n = 0 to be filled.
int new_chunk(lua_State* L) {
  const lua_Integer first = luaL_checkinteger(L, 1), n = luaL_checkinteger(L, 2);
  luaL_argcheck(L, n >= 0 && n <= INT32_MAX, 2, "out of range");
  Chunk* chunk = push_new_chunk(L, first, static_cast<std::uint32_t>(n));
  if (n == 0 && !within_memory([&] { chunk->items = Ref<Chunk::Items>::adopt(new Chunk::Items); }))
    raise_no_memory(L);
  return 1;
}

/// Appends the value at the top. What cannot cross becomes an item that raises why.
void put_item(lua_State* L, Chunk& chunk) {
  Values& values = chunk.items->values;
  const lua_Integer number = chunk.first + chunk.count;
  if (!values.put(L, lua_gettop(L), numbered("item", number))) {
    push_position(L, 1);
    lua_pushstring(L, State::of(L).encoder.failure().c_str());
    lua_concat(L, 2);
    values.put_mark(L, Values::Mark::failed);
    values.put(L, lua_gettop(L), {"", -1});
    lua_pop(L, 1);
  }
  ++chunk.count;
}

Chunk& check_filling(lua_State* L) {
  Chunk& chunk = Chunk::check(L, 1, Phase::filling);
  luaL_argcheck(L, chunk.items && chunk.items->unshared(), 1, "not a chunk to be filled");
  return chunk;
}

/// put(chunk, list, from, n) → how many of list[from], list[from + 1], ... it has taken.
int put(lua_State* L) {
  Chunk& chunk = check_filling(L);
  const lua_Integer from = luaL_checkinteger(L, 3), n = luaL_checkinteger(L, 4);
  lua_settop(L, 4);
  lua_Integer taken = 0;
  while (taken < n && chunk.items->values.weight() < kMostItemBytes) {
    lua_geti(L, 2, from + taken);
    put_item(L, chunk);
    lua_pop(L, 1);
    ++taken;
  }
  lua_pushinteger(L, taken);
  return 1;
}

/// add(chunk, value) → whether it takes more.
int add(lua_State* L) {
  Chunk& chunk = check_filling(L);
  lua_settop(L, 2);
  put_item(L, chunk);
  lua_pushboolean(L, chunk.items->values.weight() < kMostItemBytes);
  return 1;
}

/// count(chunk) → items that it has been given.
int count(lua_State* L) {
  lua_pushinteger(L, Chunk::check(L, 1, Phase::filling).count);
  return 1;
}

/// cut(chunk, n) → a chunk of its first n items; it keeps the others.
int cut(lua_State* L) {
  Chunk& from = Chunk::check(L, 1, Phase::filling);
  const lua_Integer n = luaL_checkinteger(L, 2);
  luaL_argcheck(L, n > 0 && n < from.count, 2, "out of range");
  Chunk* chunk = push_new_chunk(L, from.first, static_cast<std::uint32_t>(n));
  chunk->items = from.items;
  chunk->next = from.next;
  for (lua_Integer i = 0; from.items && i < n; ++i) {
    std::uint32_t unused = 0;
    from.items->values.mark_at(from.next, unused);
    from.items->values.skip(from.next);
  }
  from.first += n;
  from.count -= static_cast<std::uint32_t>(n);
  return 1;
}

/// send(chunk): a job may begin it.
int send(lua_State* L) {
  Chunk::check(L, 1, Phase::filling).give_up(Phase::sent);
  return 0;
}

// --- a job works on it ---

/// Whether to leave what is left to others, because the job has taken its time.
bool should_stop(lua_State* L, Chunk& chunk) {
  if (chunk.done < chunk.look_after || chunk.budget == 0) return false;
  Worker& worker = State::of(L).worker;
  const Nanoseconds now = worker.now();
  const bool long_items = (now - chunk.looked_at) * 16 > chunk.budget;
  chunk.looked_at = now;
  chunk.look_after = chunk.done + (long_items ? 1 : kLookEvery);
  if (now - chunk.begun < chunk.budget && chunk.results.weight() < kMostResultBytes) return false;
  // A closed pool would not take the rest back.
  return worker.pool() != nullptr && !worker.pool()->closed();
}

/// Pushes true and the next item; or false, if the job is to end.
int next_item(lua_State* L, Chunk& chunk) {
  if (chunk.failed || chunk.done == chunk.count || should_stop(L, chunk)) {
    lua_pushboolean(L, 0);
    return 1;
  }
  lua_pushboolean(L, 1);
  if (!chunk.items) {
    lua_pushinteger(L, chunk.first + chunk.done);
    return 2;
  }
  Values& values = chunk.items->values;
  std::uint32_t unused = 0;
  const bool refused = values.mark_at(chunk.next, unused) == Values::Mark::failed;
  values.push(L, chunk.next, Decoder::Environment::own);
  if (!refused) return 2;
  return raise(L, "transfer", "%s", lua_tostring(L, -1));
}

/// step(results...): they are those of the item before. As next_item.
int step(lua_State* L) {
  Chunk& chunk = Chunk::check(L, lua_upvalueindex(1), Phase::running);
  const int n = lua_gettop(L);
  if (chunk.done == chunk.count) return raise_text(L, "the chunk has no item left");
  if (n != 1) chunk.results.put_mark(L, Values::Mark::many, static_cast<std::uint32_t>(n));
  for (int i = 1; i <= n; ++i) {
    if (chunk.results.put(L, i, {"result", i})) continue;
    return raise(L, "transfer", "%s", State::of(L).encoder.failure().c_str());
  }
  ++chunk.done;
  chunk.kept = chunk.results.end();
  return next_item(L, chunk);
}

/// begin(chunk, seconds | nil) → step. The job stops after so many seconds.
int begin(lua_State* L) {
  auto& chunk = check<Chunk>(L, 1, HandleKind::chunk);
  const lua_Number seconds = luaL_optnumber(L, 2, 0);
  lua_settop(L, 1);
  if (!chunk.take_over(L, Phase::sent, Phase::running)) {
    return raise_text(L, "the chunk of a map is used elsewhere");
  }
  chunk.begun = chunk.looked_at = State::of(L).worker.now();
  chunk.budget = static_cast<Nanoseconds>(seconds * 1e9);
  chunk.look_after = 1;
  const std::size_t expected = std::min<std::size_t>(chunk.count * std::size_t{9}, 1 << 16);
  if (!within_memory([&] { chunk.results.reserve(expected); })) return raise_no_memory(L);
  lua_pushcclosure(L, guarded<step>, 1);
  return 1;
}

/// next(chunk) → as step, to begin with and after a failure.
int next(lua_State* L) { return next_item(L, Chunk::check(L, 1, Phase::running)); }

/// fail(chunk, err, go_on, trace | nil): what the item at hand has come to.
int fail(lua_State* L) {
  Chunk& chunk = Chunk::check(L, 1, Phase::running);
  const bool go_on = lua_toboolean(L, 3) != 0;
  lua_settop(L, 4);
  if (chunk.done == chunk.count) return raise_text(L, "the chunk has no item left");
  chunk.results.truncate(chunk.kept);
  chunk.results.put_mark(L, Values::Mark::failed);
  if (!chunk.results.put(L, 2, {"the error", -1})) {
    const std::string& why = State::of(L).encoder.failure();
    lua_pushlstring(L, why.data(), why.size());
    // It may have a __tostring, which may fail.
    lua_pushcfunction(L, guarded_lambda([](lua_State* L2) {
                        luaL_tolstring(L2, 1, nullptr);
                        return 1;
                      }));
    lua_pushvalue(L, 2);
    const bool printed = lua_pcall(L, 1, 1, 0) == LUA_OK && lua_isstring(L, -1);
    push_error(L, 0, "transfer", "%s (it was: %s)", lua_tostring(L, -2),
               printed ? lua_tostring(L, -1) : "an error that cannot be printed");
    chunk.results.truncate(chunk.kept);
    chunk.results.put_mark(L, Values::Mark::failed);
    chunk.results.put(L, lua_gettop(L), {"the error", -1});
  }
  std::size_t length = 0;
  const char* trace = luaL_optlstring(L, 4, "", &length);
  if (!go_on && !within_memory([&] { chunk.trace.assign(trace, length); })) {
    return raise_no_memory(L);
  }
  chunk.failed = !go_on;
  ++chunk.done;
  chunk.kept = chunk.results.end();
  return 0;
}

/// end(chunk): its results may be read.
int end(lua_State* L) {
  Chunk& chunk = Chunk::check(L, 1, Phase::running);
  chunk.elapsed = State::of(L).worker.now() - chunk.begun;
  chunk.give_up(Phase::ended);
  return 0;
}

// --- the caller empties it ---

/// open(chunk) → items done, seconds it took, whether the last one failed and ended it, the rest.
int open(lua_State* L) {
  auto& chunk = check<Chunk>(L, 1, HandleKind::chunk);
  if (!chunk.take_over(L, Phase::ended, Phase::open)) {
    return raise_text(L, "the chunk of a map is used elsewhere");
  }
  lua_pushinteger(L, chunk.done);
  lua_pushnumber(L, static_cast<lua_Number>(chunk.elapsed) / 1e9);
  lua_pushboolean(L, chunk.failed);
  if (chunk.failed || chunk.done == chunk.count) return 3;
  Chunk* rest = push_new_chunk(L, chunk.first + chunk.done, chunk.count - chunk.done);
  rest->items = chunk.items;
  rest->next = chunk.next;
  return 4;
}

Chunk& check_readable(lua_State* L) {
  Chunk& chunk = Chunk::check(L, 1, Phase::open);
  if (chunk.taken == chunk.done) raise_text(L, "the chunk of a map has no result left");
  return chunk;
}

/// An error of the script; nil and false, which say nothing, as an error that says so.
void push_failure(lua_State* L, Chunk& chunk) {
  chunk.results.push(L, chunk.read, Decoder::Environment::receiver);
  if (lua_toboolean(L, -1)) return;
  push_error(L, 0, "failed", "the item failed with the error value %s",
             lua_isnil(L, -1) ? "nil" : "false");
  lua_insert(L, -2);
  lua_setfield(L, -2, "value");
}

/// Pushes the results of the next item, or only the first of them; of one that failed nil and the
/// error. How many.
int push_results(lua_State* L, Chunk& chunk, bool all) {
  std::uint32_t n = 1;
  const Values::Mark mark = chunk.results.mark_at(chunk.read, n);
  ++chunk.taken;
  chunk.reading = true;
  int pushed = 1;
  if (mark == Values::Mark::failed) {
    lua_pushnil(L);
    push_failure(L, chunk);
    pushed = 2;
  } else if (mark == Values::Mark::none) {
    chunk.results.push(L, chunk.read, Decoder::Environment::receiver);
  } else {
    // The place moves on first: the next item can be read even if one of these cannot be rebuilt.
    Values::Place at = chunk.read;
    for (std::uint32_t i = 0; i < n; ++i) chunk.results.skip(chunk.read);
    pushed = static_cast<int>(all ? n : 1);
    luaL_checkstack(L, pushed + 1, "too many results");
    for (std::uint32_t i = 0; i < n && (all || i == 0); ++i) {
      chunk.results.push(L, at, Decoder::Environment::receiver);
    }
    if (n == 0 && !all) lua_pushnil(L);
  }
  chunk.reading = false;
  return pushed;
}

/// take(chunk) → index, results... | index, nil, err
int take(lua_State* L) {
  Chunk& chunk = check_readable(L);
  lua_pushinteger(L, chunk.first + chunk.taken);
  return 1 + push_results(L, chunk, true);
}

/// take_first(chunk) → index, result | index, nil, err
int take_first(lua_State* L) {
  Chunk& chunk = check_readable(L);
  lua_pushinteger(L, chunk.first + chunk.taken);
  return 1 + push_results(L, chunk, false);
}

/// collect(chunk, list, errors | nil): all first results into the list, at their items' indices.
/// An error goes into `errors`; the one that ended the chunk stays.
int collect(lua_State* L) {
  Chunk& chunk = Chunk::check(L, 1, Phase::open);
  luaL_checktype(L, 2, LUA_TTABLE);
  const bool errors = lua_istable(L, 3);
  lua_settop(L, 3);
  const std::uint32_t end = chunk.done - (chunk.failed ? 1 : 0);
  while (chunk.taken < end) {
    const lua_Integer index = chunk.first + chunk.taken;
    if (push_results(L, chunk, false) == 2 && errors) {
      lua_rawseti(L, 3, index);
    } else {
      lua_settop(L, 4);
      lua_rawseti(L, 2, index);
    }
    lua_settop(L, 3);
  }
  return 0;
}

/// position(chunk) → the index of the item that was read last.
int position(lua_State* L) {
  Chunk& chunk = Chunk::check(L, 1, Phase::open);
  lua_pushinteger(L, chunk.first + chunk.taken - 1);
  return 1;
}

/// failure(chunk) → the error that ended it, unchanged, and its traceback.
int failure(lua_State* L) {
  Chunk& chunk = check_readable(L);
  std::uint32_t unused = 0;
  luaL_argcheck(L, chunk.results.mark_at(chunk.read, unused) == Values::Mark::failed, 1,
                "no error");
  ++chunk.taken;
  chunk.results.push(L, chunk.read, Decoder::Environment::receiver);
  lua_pushlstring(L, chunk.trace.data(), chunk.trace.size());
  return 2;
}

/// drop(chunk): nobody will read it any more. The collector knows nothing of its size.
int drop(lua_State* L) {
  Chunk& chunk = Chunk::check(L, 1, Phase::open);
  chunk.taken = chunk.done;
  if (chunk.reading) return 0;  // a value could not be rebuilt, or it calls us meanwhile
  chunk.results.clear();
  chunk.items = nullptr;
  return 0;
}

/// new_list(n | nil): a table with room for n items.
int new_list(lua_State* L) {
  constexpr lua_Integer kMost = 1 << 24;  // more may never come
  lua_createtable(L, static_cast<int>(std::min(luaL_optinteger(L, 1, 0), kMost)), 0);
  return 1;
}

// --- pools ---

Pool& check_pool(lua_State* L) { return check<Pool>(L, 1, HandleKind::pool); }

/// default_pool() → the pool that all states share; nil if none has been made.
int default_pool(lua_State* L) {
  Pool* pool = State::of(L).settings().default_pool->get();
  if (pool == nullptr) return 0;
  pool->retain();
  push_handle(L, HandleKind::pool, pool);
  return 1;
}

/// share_pool(pool): makes it the one that all states share, unless another state was faster.
int share_pool(lua_State* L) {
  State::of(L).settings().default_pool->offer(check_pool(L));
  return 0;
}

/// is_starved(pool): whether it could run more than it is given.
int is_starved(lua_State* L) {
  lua_pushboolean(L, check_pool(L).starved());
  return 1;
}

}  // namespace

void open_map(lua_State* L) {
  static const luaL_Reg none[] = {{nullptr, nullptr}};
  define_handle(L, HandleKind::chunk, "chunk of a map", none, none);
  lua_pop(L, 1);
  static const luaL_Reg functions[] = {{"new", guarded<new_chunk>},
                                       {"put", guarded<put>},
                                       {"add", guarded<add>},
                                       {"count", guarded<count>},
                                       {"cut", guarded<cut>},
                                       {"send", guarded<send>},
                                       {"begin", guarded<begin>},
                                       {"next", guarded<next>},
                                       {"fail", guarded<fail>},
                                       {"finish", guarded<end>},
                                       {"open", guarded<open>},
                                       {"take", guarded<take>},
                                       {"take_first", guarded<take_first>},
                                       {"collect", guarded<collect>},
                                       {"position", guarded<position>},
                                       {"failure", guarded<failure>},
                                       {"drop", guarded<drop>},
                                       {"new_list", guarded<new_list>},
                                       {nullptr, nullptr}};
  luaL_newlib(L, functions);
  lua_setfield(L, -2, "chunks");
  static const luaL_Reg pools[] = {{"default_pool", guarded<default_pool>},
                                   {"share_pool", guarded<share_pool>},
                                   {"is_starved", guarded<is_starved>},
                                   {nullptr, nullptr}};
  luaL_setfuncs(L, pools, 0);
}

}  // namespace tidemill::lua
