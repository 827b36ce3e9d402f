#include <cstring>
#include <new>

#include "bindings/frozen.hpp"
#include "bindings/state.hpp"
#include "bindings/transfer/codec.hpp"

namespace tidemill::lua {

using namespace wire;

namespace {

// A shorter one is copied twice more, which costs less than to allocate a block for it and to count
// the references of that.
constexpr std::size_t kLongEnough = 4096;

}  // namespace

void Encoder::put_string(const char* text, std::size_t length) {
  if (length < 256) {
    put8(kShortString);
    put8(static_cast<std::uint8_t>(length));
  } else {
    put8(kLongString);
    put32(static_cast<std::uint32_t>(length));
  }
  put(text, length);
}

std::uint32_t Encoder::add_reference(Shared* object) {
  references_.push_back(object);
  object->retain();
  return static_cast<std::uint32_t>(references_.size() - 1);
}

void Encoder::drop_references() {
  for (std::vector<Shared*>* objects : {&references_, &before_}) {
    for (Shared* object : *objects) object->release();
    objects->clear();
  }
}

/// What an error has cut short is over.
void Encoder::abandon() {
  drop_references();
  depth_ = 0;
}

void Encoder::reset() {
  drop_references();  // left over if the last encode was cut short by an error
  bytes_.clear();
  frames_.clear();
  objects_.clear();
  cell_ids_.clear();
  cells_.clear();
  if (!wanted_.empty()) {
    wanted_.clear();
    wanted_names_.clear();
    global_.clear();
  }
  blob_bytes_ = 0;
  transfers_ = 0;
  transferred_ = false;
  job_ = nullptr;
  environment_seen_ = false;
  flags_ = kVersion;
}

bool Encoder::encode(lua_State* L, int first, int count, Root root, Payload& out) {
  if (count == 1) {  // the commonest parcel: one small scalar, no allocation
    std::uint8_t* inline_bytes = nullptr;
    switch (lua_type(L, first)) {
      case LUA_TNUMBER:
        inline_bytes = out.inline_space(3 + 8);
        if (lua_isinteger(L, first)) {
          lua_Integer value = lua_tointeger(L, first);
          inline_bytes[2] = kInteger;
          std::memcpy(inline_bytes + 3, &value, 8);
        } else {
          lua_Number value = lua_tonumber(L, first);
          inline_bytes[2] = kFloat;
          std::memcpy(inline_bytes + 3, &value, 8);
        }
        break;
      case LUA_TBOOLEAN:
        inline_bytes = out.inline_space(3);
        inline_bytes[2] = lua_toboolean(L, first) ? kTrue : kFalse;
        break;
      default:
        break;
    }
    if (inline_bytes != nullptr) {
      inline_bytes[0] = kVersion;
      inline_bytes[1] = 1;
      return true;
    }
  }
  if (depth_ > 0) {  // a finaliser or a __transfer sends something while this is at work
    if (nested_ == nullptr) nested_ = std::make_unique<Encoder>();
    const bool sent = nested_->encode(L, first, count, root, out);
    if (!sent) nested_failure_ = nested_->failure();
    return sent;
  }
  nested_failure_.clear();
  reset();
  depth_ = 1;
  bool sent = encode_all(L, first, count, root);
  depth_ = 0;
  if (!sent) return false;
  if (!out.assign(bytes_.bytes(), references_)) {
    drop_references();
    failure_ = "cannot send: not enough memory";
    return false;
  }
  references_.clear();  // the parcel has them now
  if (!before_.empty()) drop_references();
  return true;
}

Payload Encoder::encode_number(lua_Number value) {
  Payload out;
  std::uint8_t* bytes = out.inline_space(3 + sizeof value);
  bytes[0] = kVersion;
  bytes[1] = 1;
  bytes[2] = kFloat;
  std::memcpy(bytes + 3, &value, sizeof value);
  return out;
}

bool Encoder::encode_all(lua_State* L, int first, int count, Root root) {
  const int top = lua_gettop(L);
  bool done = false;
  try {
    done = encode_values(L, first, count, root);
  } catch (const std::bad_alloc&) {
    failure_ = "cannot send: not enough memory";
  }
  lua_settop(L, top);
  if (done && bytes_.size() > UINT32_MAX) {
    failure_ = "cannot send values of 4 GiB or more at once";
    done = false;
  }
  if (done) {
    bytes_[0] = flags_;
  } else {
    drop_references();
  }
  return done;
}

bool Encoder::encode_values(lua_State* L, int first, int count, Root root) {
  put_count(count);
  state_ = &State::of(L);
  luaL_checkstack(L, 8, "too many values");
  lua_pushnil(L);  // becomes the globals of the first function that has some
  environment_at_ = lua_gettop(L);
  lua_pushnil(L);  // becomes what is kept
  environment_ = 0;
  if (!encode_each(L, first, count, root)) return false;
  if (wanted_.empty()) return true;
  if (!encode_globals(L)) return false;
  return !transferred_ || (flags_ & kHasGlobals) == 0 ||
         encode_globals_first(L, first, count, root);
}

void Encoder::put_count(int count) {
  put8(0);  // flags, known at the end
  put8(static_cast<std::uint8_t>(count < 255 ? count : 255));
  if (count >= 255) put32(static_cast<std::uint32_t>(count));
}

bool Encoder::encode_each(lua_State* L, int first, int count, Root root) {
  for (int i = 0; i < count; ++i) {
    const int type = lua_type(L, first + i);
    if (encode_scalar(L, first + i, type)) continue;
    root_ = {root.noun, root.first < 0 ? root.first : root.first + i, root.remark};
    lua_pushvalue(L, first + i);
    if (!encode_one(L)) return false;
  }
  return true;
}

/// Encodes the value at the top and everything in it; pops it.
bool Encoder::encode_one(lua_State* L) {
  const std::size_t base = frames_.size();
  if (!encode_top(L)) return false;
  while (frames_.size() > base) {
    if (!advance(L)) return false;
  }
  return true;
}

bool Encoder::encode_scalar(lua_State* L, int index, int type) {
  switch (type) {
    case LUA_TNIL:
      put8(kNil);
      return true;
    case LUA_TBOOLEAN:
      put8(lua_toboolean(L, index) ? kTrue : kFalse);
      return true;
    case LUA_TNUMBER: {
      if (lua_isinteger(L, index)) {
        lua_Integer value = lua_tointeger(L, index);
        if (value >= 0 && value < 256) {
          std::uint8_t* at = bytes_.extend(2);
          at[0] = kByte;
          at[1] = static_cast<std::uint8_t>(value);
          return true;
        }
        std::uint8_t* at = bytes_.extend(9);
        at[0] = kInteger;
        std::memcpy(at + 1, &value, 8);
        return true;
      }
      lua_Number value = lua_tonumber(L, index);
      std::uint8_t* at = bytes_.extend(9);
      at[0] = kFloat;
      std::memcpy(at + 1, &value, 8);
      return true;
    }
    case LUA_TSTRING: {
      std::size_t length = 0;
      const char* text = lua_tolstring(L, index, &length);
      if (length >= kLongEnough) return put_blob_string(text, length);
      put_string(text, length);
      return true;
    }
    default:
      return false;
  }
}

bool Encoder::encode_top(lua_State* L) {
  const int type = lua_type(L, -1);
  if (!encode_scalar(L, -1, type)) return encode_composite(L, type);
  lua_pop(L, 1);
  return true;
}

bool Encoder::encode_composite(lua_State* L, int type) {
  switch (type) {
    case LUA_TTABLE:
      return begin_table(L);
    case LUA_TFUNCTION:
      return begin_function(L);
    case LUA_TUSERDATA:
      return encode_userdata(L);
    case LUA_TTHREAD:
      return refuse(L, "coroutine");
    case LUA_TSTRING:
      return refuse(L, "string for which there is not enough memory");
    default:
      return refuse(L, "light userdata");
  }
}

/// A value that was encoded before: writes its number and pops it, or refuses. Otherwise gives it
/// the next number.
Encoder::Seen Encoder::back_reference(lua_State* L, const void* address) {
  const std::uint32_t next = objects_.size();
  const std::uint32_t id = objects_.find_or_add(address);
  if (id == next) {
    if (lua_type(L, environment_at_ + 1) == LUA_TTABLE) keep_alive(L, lua_gettop(L));
    return Seen::never;
  }
  for (std::size_t i = 0; transfers_ > 0 && i < frames_.size(); ++i) {
    // The receiver has it only when all that it is made of is there.
    if (frames_[i].kind == Frame::transfer && frames_[i].id == id) {
      refuse(L, "a value whose __transfer gives itself");
      return Seen::refused;
    }
  }
  flags_ |= kHasBackReferences;
  put8(kBackReference);
  put32(id);
  lua_pop(L, 1);
  return Seen::before;
}

/// Pushes how the codec writes the value at the top, if it has a name.
bool Encoder::find_name(lua_State* L, const void* address) {
  if (!state_->may_have_name(address)) return false;
  lua_rawgeti(L, LUA_REGISTRYINDEX, State::kNames);
  lua_pushvalue(L, -2);
  if (lua_rawget(L, -2) != LUA_TSTRING) {
    lua_pop(L, 2);
    return false;
  }
  lua_remove(L, -2);
  return true;
}

/// A library value, a module, or a function of a module: by name.
bool Encoder::encode_named(lua_State* L, const void* address) {
  if (!find_name(L, address)) return false;
  std::size_t length = 0;
  const char* name = lua_tolstring(L, -1, &length);  // tag byte, then the strings as encoded
  put(name, length);
  lua_pop(L, 2);
  return true;
}

bool Encoder::begin_table(lua_State* L) {
  const void* address = lua_topointer(L, -1);
  if (encode_named(L, address)) return true;
  const bool has_metatable = lua_getmetatable(L, -1) != 0;
  if (has_metatable) {
    if (const Frozen* frozen = frozen_of_metatable(L, -1)) {
      put8(kFrozen);
      put32(add_reference(frozen->tree));
      put32(frozen->node);
      lua_pop(L, 2);
      return true;
    }
    lua_pushliteral(L, "__transfer");
    if (lua_rawget(L, -2) != LUA_TNIL) return begin_transfer(L);
    lua_pop(L, 2);
  }
  if (encode_environment(L, address, has_metatable)) return true;
  const Seen seen = back_reference(L, address);
  if (seen != Seen::never) return seen == Seen::before;
  if (!lua_checkstack(L, 12)) return refuse(L, "a table nested too deeply");
  Frame& frame = frames_.emplace_back();
  frame.kind = Frame::table;
  frame.has_metatable = has_metatable;
  frame.at = lua_gettop(L);
  frame.id = objects_.size() - 1;
  std::uint8_t* header = bytes_.extend(2 + 4 + 4);
  header[0] = kTable;
  header[1] = has_metatable ? kHasMetatable : 0;
  frame.header = bytes_.size() - 8;
  lua_pushnil(L);  // the first key
  return true;
}

bool Encoder::advance(lua_State* L) {
  Frame& frame = frames_.back();
  switch (frame.kind) {
    case Frame::table:
      return advance_table(L, frame);
    case Frame::function:
      return advance_function(L, frame);
    default:
      return advance_transfer(L, frame);
  }
}

/// The key at -2 lies behind a hole in the array: nils for it, so that `#` is the same for the
/// copy. False if it belongs to the rest of the table.
bool Encoder::encode_hole(lua_State* L, Frame& frame) {
  const lua_Integer key = lua_tointeger(L, -2);
  const lua_Integer filled = frame.array;
  constexpr lua_Integer kWorthIt = 16;
  if (key <= filled || key > 2 * filled + 1 + kWorthIt) return false;
  const lua_Integer hole = key - filled - 1;
  if (static_cast<lua_Unsigned>(key) > lua_rawlen(L, frame.at)) return false;
  std::memset(bytes_.extend(static_cast<std::size_t>(hole)), kNil, static_cast<std::size_t>(hole));
  frame.array += static_cast<std::uint32_t>(hole);
  return true;
}

/// Stack: table, key [, value]. Returns when a value in it has begun a frame of its own, after
/// which `frame` may have moved, or when the table is done.
bool Encoder::advance_table(lua_State* L, Frame& frame) {
  const std::size_t depth = frames_.size();
  const int at = frame.at;
  if (frame.in_metatable) {
    lua_settop(L, at - 1);
    frames_.pop_back();
    return true;
  }
  if (frame.value_pending) {
    frame.value_pending = false;
    if (!encode_top(L)) return false;
    if (frames_.size() != depth) return true;
  }
  while (lua_next(L, at) != 0) {
    if (frame.in_array && lua_isinteger(L, -2) &&
        (lua_tointeger(L, -2) == static_cast<lua_Integer>(frame.array) + 1 ||
         encode_hole(L, frame))) {
      ++frame.array;
    } else {
      frame.in_array = false;
      ++frame.pairs;
      const int key = lua_type(L, -2);
      if (!encode_scalar(L, -2, key)) {
        frame.value_pending = true;
        lua_pushvalue(L, -2);
        if (!encode_composite(L, key)) return false;
        if (frames_.size() != depth) return true;
        frame.value_pending = false;
      }
    }
    const int type = lua_type(L, -1);
    if (encode_scalar(L, -1, type)) {
      lua_pop(L, 1);
      continue;
    }
    if (!encode_composite(L, type)) return false;
    if (frames_.size() != depth) return true;
  }
  std::memcpy(&bytes_[frame.header], &frame.array, 4);
  std::memcpy(&bytes_[frame.header + 4], &frame.pairs, 4);
  if (frame.has_metatable) return begin_metatable(L, frame);
  lua_settop(L, at - 1);
  frames_.pop_back();
  return true;
}

bool Encoder::begin_metatable(lua_State* L, Frame& frame) {
  frame.in_metatable = true;
  lua_getmetatable(L, frame.at);
  lua_rawgeti(L, LUA_REGISTRYINDEX, State::kClasses);
  lua_pushvalue(L, -2);
  if (lua_rawget(L, -2) != LUA_TSTRING) {
    lua_pop(L, 2);
    return encode_top(L);
  }
  std::size_t length = 0;
  const char* name = lua_tolstring(L, -1, &length);  // tag byte, then the strings as encoded
  put(name, length);
  const bool defines = name[0] == kClassDefinition;
  lua_pop(L, 2);
  if (defines) return encode_top(L);
  lua_pop(L, 1);
  return true;
}

}  // namespace tidemill::lua
