#include <cmath>
#include <cstring>

#include "bindings/state.hpp"
#include "bindings/transfer/codec.hpp"

namespace tidemill::lua {

using namespace wire;

namespace {

constexpr std::size_t kFewObjects = 8;

/// `name` as it would be written after a table: .name or ["odd name"].
std::string field_path(const std::string& name) {
  bool plain = !name.empty() && std::isdigit(static_cast<unsigned char>(name[0])) == 0;
  for (char c : name) plain = plain && (std::isalnum(static_cast<unsigned char>(c)) || c == '_');
  return plain ? "." + name : "[\"" + name.substr(0, 40) + "\"]";
}

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
  for (Shared* object : references_) object->release();
  references_.clear();
}

void Encoder::reset() {
  drop_references();  // left over if the last encode was cut short by an error
  bytes_.clear();
  frames_.clear();
  objects_.clear();
  if (!object_ids_.empty()) object_ids_.clear();
  if (!upvalue_ids_.empty()) upvalue_ids_.clear();
  if (!wanted_.empty()) {
    wanted_.clear();
    wanted_names_.clear();
    global_.clear();
  }
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
  if (depth_ > 0) {  // a finaliser sends something while this is at work
    Encoder nested;
    bool sent = nested.encode(L, first, count, root, out);
    if (!sent) nested_failure_ = nested.failure_;
    return sent;
  }
  nested_failure_.clear();
  reset();
  depth_ = 1;
  bool sent = encode_all(L, first, count, root);
  depth_ = 0;
  if (sent) {
    out = Payload(bytes_.bytes(), references_);
    references_.clear();  // the parcel has them now
  }
  return sent;
}

bool Encoder::encode_all(lua_State* L, int first, int count, Root root) {
  put8(0);  // flags, known at the end
  put8(static_cast<std::uint8_t>(count < 255 ? count : 255));
  if (count >= 255) put32(static_cast<std::uint32_t>(count));
  const int top = lua_gettop(L);
  luaL_checkstack(L, 8, "too many values");
  lua_pushnil(L);  // becomes the globals of the first function that has some
  environment_at_ = top + 1;
  environment_ = 0;
  for (int i = 0; i < count; ++i) {
    root_ = {root.noun, root.first < 0 ? root.first : root.first + i};
    lua_pushvalue(L, first + i);
    if (!encode_one(L)) {
      lua_settop(L, top);
      drop_references();
      return false;
    }
  }
  if (!wanted_.empty() && !encode_globals(L)) {
    lua_settop(L, top);
    drop_references();
    return false;
  }
  lua_settop(L, top);
  bytes_[0] = flags_;
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

bool Encoder::encode_scalar(lua_State* L, int index) {
  switch (lua_type(L, index)) {
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
      if (length > UINT32_MAX) return false;
      put_string(text, length);
      return true;
    }
    default:
      return false;
  }
}

bool Encoder::encode_top(lua_State* L) {
  if (encode_scalar(L, -1)) {
    lua_pop(L, 1);
    return true;
  }
  switch (lua_type(L, -1)) {
    case LUA_TTABLE:
      return begin_table(L);
    case LUA_TFUNCTION:
      return begin_function(L);
    case LUA_TUSERDATA:
      return encode_userdata(L);
    case LUA_TTHREAD:
      return refuse(L, "coroutine");
    case LUA_TSTRING:
      return refuse(L, "string of 4 GiB or more");
    default:
      return refuse(L, "light userdata");
  }
}

/// A value that was encoded before: writes its number and pops it. Otherwise gives it the next one.
bool Encoder::back_reference(lua_State* L) {
  const void* object = lua_topointer(L, -1);
  std::uint32_t id = 0;
  bool known = false;
  if (objects_.size() <= kFewObjects) {
    for (std::size_t i = 0; i < objects_.size() && !known; ++i) {
      if (objects_[i] == object) {
        id = static_cast<std::uint32_t>(i);
        known = true;
      }
    }
  } else if (auto found = object_ids_.find(object); found != object_ids_.end()) {
    id = found->second;
    known = true;
  }
  if (known) {
    flags_ |= kHasBackReferences;
    put8(kBackReference);
    put32(id);
    lua_pop(L, 1);
    return true;
  }
  objects_.push_back(object);
  if (objects_.size() == kFewObjects + 1) {
    for (std::size_t i = 0; i < objects_.size(); ++i) {
      object_ids_.emplace(objects_[i], static_cast<std::uint32_t>(i));
    }
  } else if (objects_.size() > kFewObjects) {
    object_ids_.emplace(object, static_cast<std::uint32_t>(objects_.size() - 1));
  }
  return false;
}

/// A library value, a module, or a function of a module: by name.
bool Encoder::encode_named(lua_State* L) {
  if (!State::of(L).may_have_name(lua_topointer(L, -1))) return false;
  lua_rawgeti(L, LUA_REGISTRYINDEX, State::kNames);
  lua_pushvalue(L, -2);
  if (lua_rawget(L, -2) != LUA_TSTRING) {
    lua_pop(L, 2);
    return false;
  }
  std::size_t length = 0;
  const char* name = lua_tolstring(L, -1, &length);  // tag byte, then the strings as encoded
  put(name, length);
  lua_pop(L, 3);
  return true;
}

bool Encoder::begin_table(lua_State* L) {
  if (encode_named(L) || back_reference(L)) return true;
  if (!lua_checkstack(L, 12)) return refuse(L, "a table nested too deeply");
  Frame frame{.kind = Frame::table,
              .at = lua_gettop(L),
              .id = static_cast<std::uint32_t>(objects_.size() - 1)};
  if (lua_getmetatable(L, -1)) {
    lua_pop(L, 1);
    frame.has_metatable = true;
  }
  put8(kTable);
  put8(frame.has_metatable ? kHasMetatable : 0);
  frame.header = bytes_.size();
  put32(0);
  put32(0);
  lua_pushnil(L);  // the first key
  frames_.push_back(frame);
  return true;
}

bool Encoder::advance(lua_State* L) {
  Frame& frame = frames_.back();
  return frame.kind == Frame::table ? advance_table(L, frame) : advance_function(L, frame);
}

bool Encoder::advance_table(lua_State* L, Frame& frame) {
  // Stack: table, key [, value]. A nested encode may move frames_, so `frame` is not used after one
  // that began a frame.
  for (;;) {
    if (frame.value_pending) {
      frame.value_pending = false;
      std::size_t depth = frames_.size();
      if (!encode_top(L)) return false;
      if (frames_.size() != depth) return true;
      continue;
    }
    if (lua_type(L, frame.at + 1) == LUA_TNONE) {  // the metatable has been encoded
      lua_settop(L, frame.at - 1);
      frames_.pop_back();
      return true;
    }
    if (!lua_next(L, frame.at)) {
      std::memcpy(&bytes_[frame.header], &frame.array, 4);
      std::memcpy(&bytes_[frame.header + 4], &frame.pairs, 4);
      if (!frame.has_metatable) {
        lua_pop(L, 1);
        frames_.pop_back();
        return true;
      }
      lua_getmetatable(L, frame.at);
      if (luaL_getmetafield(L, frame.at, "__name") == LUA_TSTRING) {
        lua_pushvalue(L, -1);
        if (lua_rawget(L, LUA_REGISTRYINDEX) == LUA_TTABLE && lua_rawequal(L, -1, -3)) {
          std::size_t length = 0;
          const char* name = lua_tolstring(L, -2, &length);
          put8(kClass);
          put_string(name, length);
          lua_settop(L, frame.at);
          continue;
        }
        lua_pop(L, 2);
      }
      std::size_t depth = frames_.size();
      if (!encode_top(L)) return false;
      if (frames_.size() != depth) return true;
      continue;
    }
    if (frame.in_array && lua_isinteger(L, -2) &&
        lua_tointeger(L, -2) == static_cast<lua_Integer>(frame.array) + 1) {
      ++frame.array;
    } else {
      frame.in_array = false;
      ++frame.pairs;
      if (!encode_scalar(L, -2)) {
        frame.value_pending = true;
        std::size_t depth = frames_.size();
        lua_pushvalue(L, -2);
        if (!encode_top(L)) return false;
        if (frames_.size() != depth) return true;
        continue;
      }
    }
    if (encode_scalar(L, -1)) {
      lua_pop(L, 1);
      continue;
    }
    std::size_t depth = frames_.size();
    if (!encode_top(L)) return false;
    if (frames_.size() != depth) return true;
  }
}

bool Encoder::is_environment(lua_State* L) {
  if (lua_type(L, -1) != LUA_TTABLE) return false;
  lua_rawgeti(L, LUA_REGISTRYINDEX, State::kEnvironments);
  lua_pushvalue(L, -2);
  bool known = lua_rawget(L, -2) != LUA_TNIL;
  lua_pop(L, 2);
  return known;
}

bool Encoder::begin_function(lua_State* L) {
  if (encode_named(L)) return true;
  if (lua_iscfunction(L, -1)) return refuse(L, "C function");
  if (back_reference(L)) return true;
  if (!lua_checkstack(L, 12)) return refuse(L, "a function nested too deeply");
  Ref<FunctionBlob> blob = FunctionBlob::of(L, -1);
  Frame frame{.kind = Frame::function,
              .at = lua_gettop(L),
              .id = static_cast<std::uint32_t>(objects_.size() - 1)};
  frame.blob = blob.get();
  frame.upvalues = static_cast<int>(blob->upvalues.size());
  put8(kFunction);
  put32(add_reference(blob.get()));
  put8(static_cast<std::uint8_t>(frame.upvalues));
  frames_.push_back(frame);
  return true;
}

bool Encoder::advance_function(lua_State* L, Frame& frame) {
  while (frame.upvalue < frame.upvalues) {
    int n = ++frame.upvalue;
    if (lua_getupvalue(L, frame.at, n) == nullptr) return refuse(L, "a function without upvalues");
    if (is_environment(L)) {
      put8(kEnvironment);
      if (environment_ == 0) {
        lua_pushvalue(L, -1);
        lua_replace(L, environment_at_);
        environment_ = environment_at_;
      }
      want_globals(*frame.blob, frame.blob->upvalues[static_cast<std::size_t>(n - 1)]);
      lua_pop(L, 1);
      continue;
    }
    const void* cell = lua_upvalueid(L, frame.at, n);
    auto [found, is_new] =
        upvalue_ids_.try_emplace(cell, std::pair(frame.id, static_cast<std::uint8_t>(n - 1)));
    if (!is_new) {
      put8(kSharedUpvalue);
      put32(found->second.first);
      put8(found->second.second);
      flags_ |= kHasBackReferences;
      lua_pop(L, 1);
      continue;
    }
    put8(kValue);
    std::size_t depth = frames_.size();
    if (!encode_top(L)) return false;
    if (frames_.size() != depth) return true;
  }
  lua_settop(L, frame.at - 1);
  frames_.pop_back();
  return true;
}

void Encoder::want_globals(const FunctionBlob& blob, const FunctionBlob::Upvalue& environment) {
  bool any = environment.escapes;
  for (const std::string& name : environment.fields) {
    if (name == "_G") any = true;
    if (wanted_names_.insert(name).second) wanted_.push_back({name, false});
  }
  if (!any) return;
  for (const std::string& name : blob.constants) {
    if (wanted_names_.insert(name).second) wanted_.push_back({name, true});
  }
}

/// Appends the script-defined globals that the functions of this parcel name, and those that these
/// name in turn.
bool Encoder::encode_globals(lua_State* L) {
  std::size_t header = 0;
  std::uint32_t count = 0;
  for (std::size_t i = 0; i < wanted_.size(); ++i) {
    const std::string name = wanted_[i].name;  // wanted_ grows
    const bool guess = wanted_[i].guess;
    luaL_checkstack(L, 8, "too many globals");
    lua_rawgeti(L, LUA_REGISTRYINDEX, State::kPristine);
    lua_getfield(L, -1, name.c_str());
    // The job's own globals first, then those of its worker.
    lua_pushlstring(L, name.data(), name.size());
    if (lua_rawget(L, environment_) == LUA_TNIL) {
      lua_pop(L, 1);
      lua_rawgeti(L, LUA_REGISTRYINDEX, LUA_RIDX_GLOBALS);
      lua_pushlstring(L, name.data(), name.size());
      lua_rawget(L, -2);
      lua_remove(L, -2);
    }
    bool script_defined = !lua_isnil(L, -1) && !lua_rawequal(L, -1, -2) && !is_environment(L);
    if (!script_defined) {
      lua_pop(L, 3);
      continue;
    }
    if (header == 0) {
      header = bytes_.size();
      put32(0);
      flags_ |= kHasGlobals;
    }
    const std::size_t mark = bytes_.size();
    const std::size_t objects = objects_.size();
    const int top = lua_gettop(L);
    put_string(name.data(), name.size());
    global_ = name;
    root_ = {"global", -1};
    if (!encode_one(L)) {
      if (!guess || objects_.size() != objects) return false;
      // Only a string that looks like a global's name: what cannot cross stays behind.
      bytes_.truncate(mark);
      lua_settop(L, top);
      lua_pop(L, 1);
    } else {
      ++count;
    }
    lua_pop(L, 2);
  }
  if (header != 0) std::memcpy(&bytes_[header], &count, 4);
  return true;
}

bool Encoder::encode_userdata(lua_State* L) {
  HandleKind kind = handle_kind(L, -1);
  if (kind == HandleKind::count) {
    if (encode_named(L)) return true;
    if (luaL_testudata(L, -1, LUA_FILEHANDLE) != nullptr) return refuse(L, "file");
    if (luaL_getmetafield(L, -1, "__name") == LUA_TSTRING) {
      std::string name = std::string("userdata ") + lua_tostring(L, -1);
      return refuse(L, name.c_str());
    }
    return refuse(L, "userdata");
  }
  Shared* object = static_cast<Handle*>(lua_touserdata(L, -1))->object;
  if (object == nullptr) return refuse(L, "a handle that has been collected");
  if (kind == HandleKind::task) static_cast<LuaTask*>(static_cast<Task*>(object))->share(L, -1);
  register_handle(L, -1);
  put8(kHandle);
  put8(static_cast<std::uint8_t>(kind));
  put32(add_reference(object));
  lua_pop(L, 1);
  return true;
}

std::string Encoder::describe_key(lua_State* L, int index) {
  switch (lua_type(L, index)) {
    case LUA_TSTRING:
      return field_path(lua_tostring(L, index));
    case LUA_TNUMBER:
      lua_pushvalue(L, index);  // tostring would change the key under lua_next
      {
        std::string text = std::string("[") + lua_tostring(L, -1) + "]";
        lua_pop(L, 1);
        return text;
      }
    case LUA_TBOOLEAN:
      return lua_toboolean(L, index) ? "[true]" : "[false]";
    default:
      return std::string("[a ") + luaL_typename(L, index) + "]";
  }
}

/// The reason and the path: "cannot send argument 2.handlers[3]: function at app.lua:12 captures
/// 'f' (file)".
bool Encoder::refuse(lua_State* L, const char* what) {
  std::string where = root_.noun;
  if (!global_.empty()) {
    where += " '" + global_ + "'";
  } else if (root_.first == 0) {
    where = "the function";
  } else if (root_.first > 0) {
    where += " " + std::to_string(root_.first);
  }
  nested_failure_.clear();
  std::string through;  // "function at ... captures 'f'", from the innermost function on the path
  for (const Frame& frame : frames_) {
    if (frame.kind == Frame::function) {
      lua_Debug info;
      lua_pushvalue(L, frame.at);
      lua_getinfo(L, ">S", &info);
      const char* name = lua_getupvalue(L, frame.at, frame.upvalue);
      if (name != nullptr) lua_pop(L, 1);
      if (!through.empty()) through += ": ";
      through += std::string("function at ") + info.short_src + ":" +
                 std::to_string(info.linedefined) + " captures '" + (name == nullptr ? "?" : name) +
                 "'";
    } else {
      std::string& path = through.empty() ? where : through;
      if (frame.value_pending) {
        path += "[a key]";
      } else if (lua_type(L, frame.at + 1) == LUA_TNONE || lua_gettop(L) == frame.at + 1) {
        path += " (its metatable)";
      } else {
        path += describe_key(L, frame.at + 1);
      }
    }
  }
  if (through.empty()) {
    failure_ = "cannot send " + where + ": a " + what;
    if (std::strncmp(what, "a ", 2) == 0) failure_ = "cannot send " + where + ": " + what;
  } else {
    failure_ = "cannot send " + where + ": " + through + " (" + what + ")";
  }
  return false;
}

}  // namespace tidemill::lua
