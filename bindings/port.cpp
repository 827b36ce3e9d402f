#include "bindings/port.hpp"

#include <cstring>
#include <new>

#include "bindings/memory.hpp"
#include "bindings/state.hpp"

namespace tidemill::lua {

namespace {

enum class Tag : std::uint8_t { no, yes, byte, integer, floating, string, parcel, list };

// As Encoder: a longer string is shared instead of copied.
constexpr std::size_t kLongString = 4096;

template <class Value>
void put(std::vector<std::uint8_t>& to, Tag tag, Value value) {
  const std::size_t at = to.size();
  to.resize(at + 1 + sizeof value);
  to[at] = static_cast<std::uint8_t>(tag);
  std::memcpy(to.data() + at + 1, &value, sizeof value);
}

template <class Value>
Value get(const std::vector<std::uint8_t>& from, std::size_t& at) {
  Value value;
  std::memcpy(&value, from.data() + at, sizeof value);
  at += sizeof value;
  return value;
}

bool needs_origins(const Chunk& chunk, std::uint64_t origin) {
  return chunk.items > 0 && (!chunk.origins.empty() || origin != chunk.origin + chunk.items);
}

/// Before an item is added: after this counting it cannot fail, and an item that is there always
/// counts.
void prepare_count(Chunk& chunk, std::uint64_t origin) {
  if (needs_origins(chunk, origin) && chunk.origins.capacity() <= chunk.items) {
    chunk.origins.reserve(2 * std::size_t{chunk.items} + 16);
  }
}

/// Counts an item that was added to `chunk`.
void count_item(Chunk& chunk, std::uint64_t origin) {
  if (chunk.items == 0) {
    chunk.origin = origin;
  } else if (needs_origins(chunk, origin)) {
    if (chunk.origins.empty()) {
      for (std::uint32_t i = 0; i < chunk.items; ++i) chunk.origins.push_back(chunk.origin + i);
    }
    chunk.origins.push_back(origin);
  }
  ++chunk.items;
}

int decode_parcel(lua_State* L) {
  const auto* parcel = static_cast<const Payload*>(lua_touserdata(L, 1));
  return State::of(L).decoder.decode(L, *parcel);
}

}  // namespace

void Port::begin(std::unique_ptr<Chunk> chunk) {
  reading_ = std::move(chunk);
  done_ = 0;
}

std::uint64_t Port::origin(std::uint64_t at) const {
  if (reading_ == nullptr || at >= reading_->items) return 0;
  return reading_->origins.empty() ? reading_->origin + at : reading_->origins[at];
}

/// Appends what is packed of the value to `to.bytes` and `to.parcels`.
Added Port::append(lua_State* L, int index, const char* noun, Chunk& to) try {
  std::vector<std::uint8_t>& bytes = to.bytes;
  switch (lua_type(L, index)) {
    case LUA_TBOOLEAN:
      bytes.push_back(static_cast<std::uint8_t>(lua_toboolean(L, index) ? Tag::yes : Tag::no));
      return Added::yes;
    case LUA_TNUMBER:
      if (!lua_isinteger(L, index)) {
        put(bytes, Tag::floating, lua_tonumber(L, index));
      } else if (const lua_Integer value = lua_tointeger(L, index); value >= 0 && value < 256) {
        put(bytes, Tag::byte, static_cast<std::uint8_t>(value));
      } else {
        put(bytes, Tag::integer, value);
      }
      return Added::yes;
    case LUA_TSTRING: {
      std::size_t length = 0;
      const char* text = lua_tolstring(L, index, &length);
      if (length >= kLongString) break;
      const auto size = static_cast<std::uint16_t>(length);
      const std::size_t at = bytes.size();
      bytes.resize(at + 3 + length);
      bytes[at] = static_cast<std::uint8_t>(Tag::string);
      std::memcpy(bytes.data() + at + 1, &size, 2);
      std::memcpy(bytes.data() + at + 3, text, length);
      return Added::yes;
    }
    default:
      break;
  }
  // What may throw comes before what may raise.
  bytes.reserve(bytes.size() + 1);
  to.parcels.reserve(to.parcels.size() + 1);
  State& state = State::of(L);
  if (!state.encoder.encode(L, index, 1, {noun, -1}, state.parcel)) return Added::refused;
  to.parcels.push_back(std::move(state.parcel));
  bytes.push_back(static_cast<std::uint8_t>(Tag::parcel));
  return Added::yes;
} catch (const std::bad_alloc&) {
  return Added::no_memory;
}

Added Port::add(lua_State* L, int index, const char* noun) {
  if (building_ == nullptr) {
    building_.reset(new (std::nothrow) Chunk);
    if (building_ == nullptr) return Added::no_memory;
  }
  Chunk& to = batch_ == 0 ? *building_ : list_;
  if (!within_memory([&] { prepare_count(to, origin()); })) return Added::no_memory;
  const Added added = append(L, index, noun, to);
  if (added != Added::yes) return added;
  count_item(to, origin());
  if (batch_ != 0 && list_.items >= batch_ && !within_memory([&] { finish_list(); })) {
    return Added::no_memory;
  }
  ++made_;
  return Added::yes;
}

/// Moves the list that was collected into the chunk, as one item.
void Port::finish_list() {
  prepare_count(*building_, list_.origin);
  building_->bytes.reserve(building_->bytes.size() + 5 + list_.bytes.size());
  building_->parcels.reserve(building_->parcels.size() + list_.parcels.size());
  put(building_->bytes, Tag::list, list_.items);
  building_->bytes.insert(building_->bytes.end(), list_.bytes.begin(), list_.bytes.end());
  for (Payload& parcel : list_.parcels) building_->parcels.push_back(std::move(parcel));
  count_item(*building_, list_.origin);
  list_.clear();
}

bool Port::close_batch() {
  if (list_.items == 0) return true;
  if (building_ == nullptr) building_.reset(new (std::nothrow) Chunk);
  return building_ != nullptr && within_memory([&] { finish_list(); });
}

std::unique_ptr<Chunk> Port::take_built(bool last) {
  if (!must_go(last)) return nullptr;
  if (building_ == nullptr) building_.reset(new (std::nothrow) Chunk);
  if (building_ == nullptr) return nullptr;
  building_->number = reading_ == nullptr ? 0 : reading_->number;
  building_->last = last;
  return std::move(building_);
}

bool Port::give_back(std::unique_ptr<Chunk> chunk) {
  if (chunk == nullptr) return true;
  if (building_ != nullptr && building_->items > 0) {
    const bool joined = within_memory([&] {
      Chunk& more = *building_;
      chunk->bytes.insert(chunk->bytes.end(), more.bytes.begin(), more.bytes.end());
      for (Payload& parcel : more.parcels) chunk->parcels.push_back(std::move(parcel));
      for (std::uint32_t i = 0; i < more.items; ++i) {
        count_item(*chunk, more.origins.empty() ? more.origin + i : more.origins[i]);
      }
    });
    if (!joined) return false;
  }
  building_ = std::move(chunk);
  return true;
}

/// Pushes the item at `at`. False: what is pushed is the error of a parcel.
bool Port::unpack_one(lua_State* L, std::size_t& at, std::size_t& parcel) {
  const std::vector<std::uint8_t>& bytes = reading_->bytes;
  switch (static_cast<Tag>(bytes[at++])) {
    case Tag::no:
      lua_pushboolean(L, 0);
      return true;
    case Tag::yes:
      lua_pushboolean(L, 1);
      return true;
    case Tag::byte:
      lua_pushinteger(L, get<std::uint8_t>(bytes, at));
      return true;
    case Tag::integer:
      lua_pushinteger(L, get<lua_Integer>(bytes, at));
      return true;
    case Tag::floating:
      lua_pushnumber(L, get<lua_Number>(bytes, at));
      return true;
    case Tag::string: {
      const auto length = get<std::uint16_t>(bytes, at);
      lua_pushlstring(L, reinterpret_cast<const char*>(bytes.data() + at), length);
      at += length;
      return true;
    }
    case Tag::parcel:
      // It may call script code, which may raise; that must not lose the other items.
      lua_pushcfunction(L, guarded<decode_parcel>);
      lua_pushlightuserdata(L, &reading_->parcels[parcel++]);
      return lua_pcall(L, 1, 1, 0) == LUA_OK;
    case Tag::list: {
      const auto count = get<std::uint32_t>(bytes, at);
      lua_createtable(L, static_cast<int>(count), 0);
      bool whole = true;
      for (std::uint32_t i = 1; i <= count; ++i) {
        if (unpack_one(L, at, parcel)) {
          lua_rawseti(L, -2, i);
        } else if (whole) {
          lua_insert(L, -2);  // the first error, below the list
          whole = false;
        } else {
          lua_pop(L, 1);
        }
      }
      if (!whole) lua_pop(L, 1);
      return whole;
    }
  }
  return false;
}

bool Port::unpack(lua_State* L, int index) {
  luaL_checkstack(L, 8, nullptr);
  const int top = lua_gettop(L);
  std::size_t at = 0, parcel = 0;
  bool whole = true;
  for (std::uint32_t i = 1; i <= reading_->items; ++i) {
    if (unpack_one(L, at, parcel)) {
      lua_rawseti(L, index, i);
      continue;
    }
    if (whole) {
      lua_createtable(L, 0, 1);
      lua_insert(L, top + 1);
      whole = false;
    }
    lua_rawseti(L, top + 1, i);
    lua_pushboolean(L, 0);
    lua_rawseti(L, index, i);
  }
  // What the last chunk has left behind.
  for (std::uint32_t i = reading_->items + 1; i <= unpacked_; ++i) {
    lua_pushnil(L);
    lua_rawseti(L, index, i);
  }
  unpacked_ = reading_->items;
  reading_->bytes.clear();
  reading_->parcels.clear();
  return whole;
}

void Port::settle_account() {
  spent_.items = static_cast<std::int64_t>(is_source() ? done_ - settled_ : done_);
  spent_.made = static_cast<std::int64_t>(std::exchange(made_, 0));
  settled_ = done_;
  (is_source() ? out_ : in_)->note(spent_, is_source());
  spent_ = {};
}

}  // namespace tidemill::lua
