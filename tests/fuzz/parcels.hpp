// What the fuzzer of the decoder and the test of hostile parcels share: a Lua state that unpacks
// given bytes as a parcel, and bytes to begin with.
//
// An input is one byte that chooses the references which the parcel can mention, and the bytes of
// the parcel. Each seed is an honest parcel with references of its own.
#pragma once

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "bindings/state.hpp"
#include "tidemill/engine.hpp"

namespace tidemill::fuzz {

using Bytes = std::vector<std::uint8_t>;

/// Values of every kind that can travel.
inline constexpr char kValues[] = R"lua(
local tm = require "tidemill"
package.path, package.cpath = "", ""
package.preload.plain = function() return { double = function(n) return 2 * n end, name = "plain" } end
package.preload.broken = function() error "broken on purpose" end
local plain = require "plain"
package.loaded.gone = { f = function() end }
local shared, key = { "shared" }, { "key" }
local cycle = { shared, shared, [key] = 1.5, [true] = false, [2.5] = "float", nested = { shared } }
cycle.self, key.root = cycle, cycle
local Class = { __index = { get = function(self) return self[1] end }, __name = "Class" }
Class.__add = function(a) return a end
local count, file_name = 0, "a name of more than forty characters, which is not a short string"
local function add(n) count = count + n return count end
local function get() return count, file_name end
local function recursive(n) return n == 0 and 0 or recursive(n - 1) end
global_limit = 10
global_table = { limit = global_limit }
function global_function(n) return math.min(n, global_limit), global_table, global_function end
local function uses_globals(n) return global_function(n) end
local function escaping() local g = _G return g["global_table"], g.global_limit end
local _, problem = pcall(tm.channel, {})
local ok, engine_error = pcall(function() tm.channel():send(coroutine.create(print)) end)
local deep = {}
for i = 1, 40 do deep = { deep, n = i } end
local list, record = {}, {}
for i = 1, 60 do list[i], record["field " .. i] = i * 1000, { i } end
package.preload.classes = function() return tm.class("Loaded", { __index = { n = 1 } }) end
local Loaded, Own = require "classes", tm.class("Own", { __index = function() return shared end })
local Remade = {}
Remade.__transfer = function(t) return Remade.make, t[1], shared end
Remade.make = function(...) return { ..., remade = true } end
local by_name = setmetatable({}, { __transfer = function() return math.max, 1, 3 end })
local by_module = setmetatable({}, { __transfer = function() return plain.double, 4 end })
local remade = setmetatable({ 5 }, Remade)
remaking_limit = { 9 }
local with_globals = setmetatable({}, { __transfer = function() return function() return remaking_limit end end })
local frozen = tm.freeze { 1, 2, inner = { deep = { "x" } }, ch = tm.channel(1), [2.5] = print }
return {
  table.pack(nil, true, false, 0, 255, 256, -1, math.maxinteger, 0.5, -0.0, 1 / 0, 0 / 0, "", "text"),
  table.pack(("x"):rep(255), ("y"):rep(256), ("z"):rep(3000)),
  table.pack(cycle), table.pack(cycle, key, shared), table.pack(deep), table.pack(list, record),
  table.pack(setmetatable({ 1 }, Class), setmetatable({ 2 }, Class), Class),
  table.pack(setmetatable({ 1 }, { __gc = function(t) t[2] = 1 end, __mode = "kv", __close = print })),
  table.pack(add, get), table.pack(recursive), table.pack(uses_globals), table.pack(escaping),
  table.pack(function() return function() return add, get, cycle end end),
  table.pack(print, string, string.format, math.huge, io.stdout, tm, tm.channel, plain, plain.double),
  table.pack(engine_error, problem),
  table.pack(tm.channel(1), tm.mutex(), tm.semaphore(2), tm.event(), { tm.channel(), tm.channel }),
  table.pack(tm.latch(1), tm.rwlock(), tm.condition(), tm.barrier(2), tm.limiter(1), tm.once()),
  table.pack({ _G, setmetatable({}, { __index = _G }) }, escaping), table.pack({ 1, nil, 3, nil, 5 }),
  table.pack(setmetatable({ 1 }, Loaded), { setmetatable({ 2 }, Loaded) }),
  table.pack(setmetatable({ 1 }, Own), setmetatable({ setmetatable({}, Own) }, Own)),
  table.pack(remade, { remade, remade }, setmetatable({ 6 }, Remade), by_name, { by_module, by_name }),
  table.pack(with_globals, { with_globals }, uses_globals),
  table.pack(frozen, { frozen.inner, frozen.inner.deep }, frozen.ch), table.pack(("b"):rep(5000), { ("c"):rep(4096) }),
  table.pack(tm.atomic(1), tm.dict(), tm.buffer(10, "f64"), tm.queue(), tm.pipe()),
  table.pack(nil, nil, nil), table.pack(table.unpack(list)), table.pack({ {}, {}, { {} } }),
}
)lua";

class ParcelWorld {
 public:
  ParcelWorld() {
    Engine::Options options;
    options.threads = false;
    engine_ = std::make_unique<Engine>(options);
    engine_->main_worker().set_local(
        std::make_unique<lua::State>(engine_->main_worker(), lua::Settings{}, true));
    state_ = &lua::State::of(engine_->main_worker());
    state_->warnings =
        lua::State::Warnings::none;  // many a metatable that comes out has something as its __gc
    lua_pushcfunction(state_->L, make_seeds);
    lua_pushlightuserdata(state_->L, this);
    if (lua_pcall(state_->L, 1, 0, 0) != LUA_OK) give_up(lua_tostring(state_->L, -1));
  }
  ~ParcelWorld() {
    for (std::vector<Shared*>& objects : references_) {
      for (Shared* object : objects) object->release();
    }
    if (!engine_->shutdown()) give_up("the engine does not end");
  }

  const std::vector<Bytes>& seeds() const { return seeds_; }
  std::size_t accepted() const { return accepted_; }

  /// Unpacks `input`, packs what comes out, unpacks that. Ends the process if it was packed and
  /// cannot be unpacked.
  void try_input(std::span<const std::uint8_t> input) {
    if (input.empty()) return;
    for (auto environment : {lua::Decoder::Environment::receiver, lua::Decoder::Environment::own}) {
      Round round{parcel(input), {}, environment, state_};
      lua_pushcfunction(state_->L, go_round);
      lua_pushlightuserdata(state_->L, &round);
      if (lua_pcall(state_->L, 1, 0, 0) == LUA_OK) {
        ++accepted_;
      } else if (round.repacked) {
        luaL_tolstring(state_->L, -1, nullptr);
        give_up(lua_tostring(state_->L, -1));
      }
      state_->check_in(state_->lent);
      state_->encoder.recover();
      lua_settop(state_->L, 0);
    }
    if (++inputs_ % 256 == 0) lua_gc(state_->L, LUA_GCCOLLECT);
  }

 private:
  struct Round {
    Payload first, second;
    lua::Decoder::Environment environment;
    lua::State* state;
    bool repacked = false;
  };

  static int go_round(lua_State* L) {
    auto& round = *static_cast<Round*>(lua_touserdata(L, 1));
    lua::State& state = *round.state;
    int count = state.decoder.decode(L, round.first, round.environment);
    if (lua_gettop(L) != count + 1) give_up("the stack is not as it was");
    // May be refused: bytes can name what a state has but does not send.
    if (!state.encoder.encode(L, 2, count, {"value", 1}, round.second)) return 0;
    round.repacked = true;
    if (state.decoder.decode(L, round.second, round.environment) != count) {
      give_up("other values came back");
    }
    round.repacked = false;
    return 0;
  }

  static int make_seeds(lua_State* L) {
    auto& world = *static_cast<ParcelWorld*>(lua_touserdata(L, 1));
    if (luaL_loadstring(L, kValues) != LUA_OK) return lua_error(L);
    lua_call(L, 0, 1);
    for (lua_Integer i = 1; lua_rawgeti(L, 2, i) == LUA_TTABLE; ++i) {
      lua_getfield(L, 3, "n");
      const int count = static_cast<int>(lua_tointeger(L, -1));
      lua_pop(L, 1);
      luaL_checkstack(L, count, nullptr);
      for (int k = 1; k <= count; ++k) lua_rawgeti(L, 3, k);
      Payload& out = world.state_->parcel;
      if (!world.state_->encoder.encode(L, 4, count, {"value", 1}, out)) {
        return luaL_error(L, "%s", world.state_->encoder.failure().c_str());
      }
      world.add_seed(out);
      lua_settop(L, 2);
    }
    return 0;
  }

  void add_seed(const Payload& from) {
    Bytes seed{static_cast<std::uint8_t>(references_.size())};
    seed.insert(seed.end(), from.bytes().begin(), from.bytes().end());
    seeds_.push_back(std::move(seed));
    auto& objects = references_.emplace_back(from.references().begin(), from.references().end());
    for (Shared* object : objects) object->retain();
  }

  Payload parcel(std::span<const std::uint8_t> input) const {
    const std::vector<Shared*>& objects = references_[input[0] % references_.size()];
    for (Shared* object : objects) object->retain();
    return Payload(input.subspan(1), objects);
  }

  [[noreturn]] static void give_up(const char* why) {
    std::fprintf(stderr, "fuzz: %s\n", why);
    std::abort();
  }

  std::unique_ptr<Engine> engine_;
  lua::State* state_;
  std::vector<Bytes> seeds_;
  std::vector<std::vector<Shared*>> references_;
  std::size_t inputs_ = 0, accepted_ = 0;
};

/// Where there is no libFuzzer: the same inputs for the same number on every machine.
class Mutator {
 public:
  explicit Mutator(std::uint64_t seed) : state_(seed * 2 + 1) {}

  Bytes next(const std::vector<Bytes>& seeds) {
    Bytes input = seeds[below(seeds.size())];
    for (std::size_t n = 1 + below(6); n > 0; --n) change(input, seeds[below(seeds.size())]);
    return input;
  }

 private:
  std::uint64_t random() {  // splitmix64
    std::uint64_t z = state_ += 0x9E3779B97F4A7C15u;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
  }
  std::size_t below(std::size_t limit) { return limit == 0 ? 0 : random() % limit; }

  void change(Bytes& input, const Bytes& other) {
    const std::size_t at = below(input.size() + 1);
    auto place = input.begin() + static_cast<std::ptrdiff_t>(at);
    switch (below(6)) {
      case 0:  // another tag, length or count
        if (at < input.size()) input[at] = static_cast<std::uint8_t>(below(24));
        break;
      case 1:
        if (at < input.size()) input[at] ^= static_cast<std::uint8_t>(1u << below(8));
        break;
      case 2:
        input.resize(at);
        break;
      case 3:
        input.insert(place, static_cast<std::uint8_t>(random()));
        break;
      case 4: {  // a number of four bytes
        static constexpr std::uint32_t kNumbers[] = {0,      1,          2,          255,
                                                     0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF};
        std::uint32_t value = kNumbers[below(8)];
        if (at + 4 <= input.size()) std::memcpy(&input[at], &value, 4);
        break;
      }
      default: {  // a part of another parcel
        const std::size_t from = below(other.size()), size = below(other.size() - from);
        auto begin = other.begin() + static_cast<std::ptrdiff_t>(from);
        input.insert(place, begin, begin + static_cast<std::ptrdiff_t>(size));
      }
    }
    if (input.empty()) input.push_back(0);
  }

  std::uint64_t state_;
};

}  // namespace tidemill::fuzz
