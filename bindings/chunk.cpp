#include "bindings/chunk.hpp"

#include <cstring>

#include "bindings/errors.hpp"
#include "bindings/memory.hpp"
#include "bindings/state.hpp"

namespace tidemill::lua {

using namespace wire;

namespace {

// Tags beside those of scalars, which are wire::kNil to wire::kLongString.
enum Tag : std::uint8_t { kParcel = 0x80, kMany, kFailed };

constexpr std::size_t kLongestInline = 1024;  // strings; longer ones are not copied twice

/// False if it is none, or a long string.
bool put_scalar(ByteBuffer& bytes, lua_State* L, int index) {
  switch (lua_type(L, index)) {
    case LUA_TNIL:
      bytes.put8(kNil);
      return true;
    case LUA_TBOOLEAN:
      bytes.put8(lua_toboolean(L, index) ? kTrue : kFalse);
      return true;
    case LUA_TNUMBER: {
      std::uint8_t* at = bytes.extend(9);
      if (lua_isinteger(L, index)) {
        const lua_Integer value = lua_tointeger(L, index);
        at[0] = kInteger;
        std::memcpy(at + 1, &value, 8);
      } else {
        const lua_Number value = lua_tonumber(L, index);
        at[0] = kFloat;
        std::memcpy(at + 1, &value, 8);
      }
      return true;
    }
    case LUA_TSTRING: {
      std::size_t length = 0;
      const char* text = lua_tolstring(L, index, &length);
      if (length > kLongestInline) return false;
      const auto size = static_cast<std::uint32_t>(length);
      std::uint8_t* at = bytes.extend(5 + length);
      at[0] = kLongString;
      std::memcpy(at + 1, &size, 4);
      std::memcpy(at + 5, text, length);
      return true;
    }
    default:
      return false;
  }
}

template <class T>
T read(const std::uint8_t* at) {
  T value;
  std::memcpy(&value, at, sizeof value);
  return value;
}

}  // namespace

bool Values::put(lua_State* L, int index, Root root) {
  bool put = false;
  if (!within_memory([&] { put = put_scalar(bytes_, L, index); })) raise_no_memory(L);
  if (put) return true;
  const std::size_t length = lua_type(L, index) == LUA_TSTRING ? lua_rawlen(L, index) : 0;
  if (!State::of(L).encoder.encode(L, index, 1, root, packing_)) return false;
  parcel_bytes_ += packing_.bytes().size() + length;
  if (!within_memory([&] {
        parcels_.push_back(std::move(packing_));
        bytes_.put8(kParcel);
      })) {
    raise_no_memory(L);
  }
  return true;
}

void Values::put_mark(lua_State* L, Mark mark, std::uint32_t count) {
  if (!within_memory([&] {
        std::uint8_t* at = bytes_.extend(mark == Mark::many ? 5 : 1);
        at[0] = mark == Mark::many ? kMany : kFailed;
        if (mark == Mark::many) std::memcpy(at + 1, &count, 4);
      })) {
    raise_no_memory(L);
  }
}

void Values::truncate(Place place) {
  bytes_.truncate(place.byte);
  parcels_.resize(place.parcel);
}

Values::Mark Values::mark_at(Place& place, std::uint32_t& count) const {
  const std::uint8_t* at = bytes_.bytes().data() + place.byte;
  if (*at == kMany) {
    count = read<std::uint32_t>(at + 1);
    place.byte += 5;
    return Mark::many;
  }
  if (*at != kFailed) return Mark::none;
  ++place.byte;
  return Mark::failed;
}

void Values::push(lua_State* L, Place& place, Decoder::Environment environment) {
  const std::uint8_t* at = bytes_.bytes().data() + place.byte;
  switch (*at) {
    case kNil:
      ++place.byte;
      return lua_pushnil(L);
    case kFalse:
    case kTrue:
      ++place.byte;
      return lua_pushboolean(L, *at == kTrue);
    case kInteger:
      place.byte += 9;
      return lua_pushinteger(L, read<lua_Integer>(at + 1));
    case kFloat:
      place.byte += 9;
      return lua_pushnumber(L, read<lua_Number>(at + 1));
    case kLongString: {
      const auto length = read<std::uint32_t>(at + 1);
      place.byte += 5 + length;
      lua_pushlstring(L, reinterpret_cast<const char*>(at + 5), length);
      return;
    }
    default: {
      ++place.byte;
      const Payload& parcel = parcels_[place.parcel++];
      State& state = State::of(L);
      if (environment == Decoder::Environment::own) state.check_in(state.lent);
      state.decoder.decode(L, parcel, environment);
      // Whoever gets a function as an item may keep it.
      if (environment == Decoder::Environment::own) state.keep_lent(state.lent);
    }
  }
}

void Values::skip(Place& place) const {
  const std::uint8_t* at = bytes_.bytes().data() + place.byte;
  switch (*at) {
    case kInteger:
    case kFloat:
      place.byte += 9;
      break;
    case kLongString:
      place.byte += 5 + read<std::uint32_t>(at + 1);
      break;
    case kParcel:
      ++place.parcel;
      [[fallthrough]];
    default:
      ++place.byte;
  }
}

void Values::reserve(std::size_t bytes) {
  const std::size_t size = bytes_.size();
  bytes_.extend(bytes);
  bytes_.truncate(size);
}

void Values::clear() {
  bytes_ = {};
  parcels_ = std::vector<Payload>();
  parcel_bytes_ = 0;
}

Chunk::Chunk(State& owner, lua_Integer first, std::uint32_t numbers)
    : first(first), count(numbers), owner_(&owner), phase_(Phase::filling) {}

Chunk& Chunk::check(lua_State* L, int index, Phase phase) {
  auto& chunk = lua::check<Chunk>(L, index, HandleKind::chunk);
  // acquire: pairs with give_up of whoever had it before (through take_over, if it was us)
  if (chunk.owner_.load(std::memory_order_acquire) != &State::of(L) ||
      chunk.phase_.load(std::memory_order_relaxed) != phase) {
    raise_text(L, "the chunk of a map is used elsewhere");
  }
  return chunk;
}

bool Chunk::take_over(lua_State* L, Phase from, Phase to) {
  // relaxed: a phase that is seen too early or too late only refuses; the exchange decides
  if (phase_.load(std::memory_order_relaxed) != from) return false;
  State* nobody = nullptr;
  // acquire: pairs with the release in give_up
  if (!owner_.compare_exchange_strong(nobody, &State::of(L), std::memory_order_acquire)) {
    return false;
  }
  if (phase_.load(std::memory_order_relaxed) != from) {  // another took it over and gave it up
    give_up(phase_.load(std::memory_order_relaxed));
    return false;
  }
  phase_.store(to, std::memory_order_relaxed);
  return true;
}

void Chunk::give_up(Phase to) {
  phase_.store(to, std::memory_order_relaxed);
  // release: pairs with take_over
  owner_.store(nullptr, std::memory_order_release);
}

}  // namespace tidemill::lua
