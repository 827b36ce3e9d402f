#include <algorithm>
#include <climits>
#include <cmath>
#include <cstring>

#include "bindings/frozen.hpp"
#include "bindings/transfer/reader.hpp"

namespace tidemill::lua {

using namespace wire;

void Decoder::Reader::begin_function() {
  auto* blob = static_cast<FunctionBlob*>(&get_reference(kFunctionBlob));
  std::uint8_t upvalues = get8();
  if (upvalues != blob->upvalues.size()) fail("a function with other upvalues");
  // The job's function itself. What its upvalues share with others, those could keep.
  const bool reusable = first_value && frame_count == 0 && environment == Environment::own &&
                        !blob->has_inner && !numbering;
  if (!(reusable && state.check_out(L, *blob, state.lent))) {
    load(*blob);
    if (reusable) state.keep_checked_out(L, *blob, state.lent);
  }
  number_top();
  Frame& frame = push_frame();
  frame.kind = kFunction;
  frame.at = lua_gettop(L);
  frame.array = upvalues;
}

void Decoder::Reader::begin_value() {
  switch (std::uint8_t tag = get8()) {
    case kNil:
      lua_pushnil(L);
      break;
    case kFalse:
      lua_pushboolean(L, 0);
      break;
    case kTrue:
      lua_pushboolean(L, 1);
      break;
    case kByte:
      lua_pushinteger(L, get8());
      break;
    case kInteger:
      lua_pushinteger(L, get<lua_Integer>());
      break;
    case kFloat:
      lua_pushnumber(L, get<lua_Number>());
      break;
    case kShortString:
    case kLongString:
      push_string_body(tag);
      break;
    case kBlobString: {
      auto& blob = static_cast<StringBlob&>(get_reference(kStringBlob));
      lua_pushlstring(L, blob.text(), blob.size());
      break;
    }
    case kTable: {
      std::uint8_t table_flags = get8();
      auto array = get_count(), pairs = get_count();
      claim(pairs);  // a key and a value each
      need_stack(12, "a table nested so deeply");
      constexpr std::uint32_t kMost = INT_MAX;
      lua_createtable(L, static_cast<int>(std::min(array, kMost)),
                      static_cast<int>(std::min(pairs, kMost)));
      number_top();
      Frame& frame = push_frame();
      frame.kind = kTable;
      frame.at = lua_gettop(L);
      frame.array = array;
      frame.pairs = pairs;
      frame.has_metatable = (table_flags & kHasMetatable) != 0;
      break;
    }
    case kClass:
      push_class();
      break;
    case kClassDefinition: {
      if (!metatable_is_next()) fail("a class as a value");
      push_string();
      Frame& frame = push_frame();
      frame.kind = kClassDefinition;
      frame.at = lua_gettop(L);
      frame.array = 1;
      break;
    }
    case kTransfer:
      begin_transfer();
      break;
    case kCallee:
      if (frame_count == 0 || !frames[frame_count - 1].wants_callee()) fail("a name as a value");
      push_callee(static_cast<StringBlob&>(get_reference(kCalleeName)));
      break;
    case kFrozen: {
      auto& tree = static_cast<FrozenTree&>(get_reference(kFrozenTree));
      auto node = get<std::uint32_t>();
      if (node >= tree.size()) fail("an unknown frozen table");
      push_frozen(L, tree, node);
      break;
    }
    case kBackReference: {
      auto id = get<std::uint32_t>();
      if (!numbering || id >= objects) fail("a reference to nothing");
      if (lua_rawgeti(L, base + 1, static_cast<lua_Integer>(id) + 1) == LUA_TNIL) {
        fail("a reference to what is not made yet, or was rebuilt as nil");
      }
      break;
    }
    case kHandle: {
      std::uint8_t kind = get8();
      const auto handle = static_cast<HandleKind>(kind);
      if (!can_travel(handle)) fail("an unknown handle");
      push_received(handle, get_reference(handle_tag(handle)));
      break;
    }
    case kOwner:
      if (owner == nullptr) fail("an unknown task");
      push_received(HandleKind::task, *owner);
      break;
    case kEnvironment:
      push_environment();
      break;
    case kLibrary:
      push_library();
      break;
    case kModule:
      push_module();
      break;
    case kModuleField:
      push_module_field();
      break;
    case kFunction:
      need_stack(12, "a function nested so deeply");
      begin_function();
      break;
    default:
      fail("an unknown tag");
  }
}

void Decoder::Reader::read_scalars(Frame& frame) {
  while (frame.index < frame.array && at < end && *at <= kLongString) {
    begin_value();
    lua_rawseti(L, frame.at, ++frame.index);
  }
  if (frame.index < frame.array) return;
  while (frame.pairs > 0 && !frame.have_key && at < end && *at <= kLongString && *at != kNil &&
         *at != kFloat) {
    begin_value();
    if (at >= end || *at > kLongString) {
      frame.have_key = true;
      return;
    }
    begin_value();
    lua_rawset(L, frame.at);
    --frame.pairs;
  }
}

void Decoder::Reader::deliver() {
  while (frame_count > 0) {
    Frame& frame = frames[frame_count - 1];
    if (lua_gettop(L) > frame.at + frame.have_key) {  // a value for this frame
      if (frame.kind == kTransfer) {
        if (++frame.index < frame.array) return;
        end_transfer(frame);
        --frame_count;
        continue;
      }
      if (frame.kind == kClassDefinition) {
        end_class_definition();
        --frame_count;
        continue;
      }
      if (frame.kind == kFunction) {
        if (lua_setupvalue(L, frame.at, static_cast<int>(++frame.index)) == nullptr) {
          fail("an upvalue too many");
        }
      } else if (frame.index < frame.array) {
        lua_rawseti(L, frame.at, ++frame.index);
      } else if (frame.pairs > 0) {
        if (!frame.have_key) {
          frame.have_key = true;
          if (lua_isnil(L, -1) ||
              (lua_type(L, -1) == LUA_TNUMBER && std::isnan(lua_tonumber(L, -1)))) {
            fail("a key that cannot be one");
          }
          return;
        }
        frame.have_key = false;
        --frame.pairs;
        lua_rawset(L, frame.at);
      } else {
        if (lua_type(L, -1) != LUA_TTABLE) fail("a metatable that is no table");
        frame.has_metatable = false;
        lua_setmetatable(L, frame.at);
      }
    }
    if (frame.kind == kFunction) {
      while (frame.index < frame.array) {
        std::uint8_t how = get8();
        if (how == kValue) {
          while (frame.index < frame.array && how == kValue && at < end && *at <= kLongString) {
            begin_value();
            lua_setupvalue(L, frame.at, static_cast<int>(++frame.index));
            if (frame.index < frame.array) how = get8();
          }
          if (frame.index == frame.array) break;
          if (how == kValue) {
            state.lent.holds = true;
            return;
          }
        }
        state.lent.holds = true;
        if (how == kEnvironment) {
          push_environment();
          lua_setupvalue(L, frame.at, static_cast<int>(++frame.index));
        } else if (how == kSharedUpvalue) {
          auto id = get<std::uint32_t>();
          std::uint8_t index = get8();
          if (!numbering || id >= objects) fail("a shared upvalue of nothing");
          lua_rawgeti(L, base + 1, static_cast<lua_Integer>(id) + 1);
          if (!lua_isfunction(L, -1) || lua_getupvalue(L, -1, index + 1) == nullptr) {
            fail("a shared upvalue of no function");
          }
          lua_pop(L, 1);
          lua_upvaluejoin(L, frame.at, static_cast<int>(++frame.index), -1, index + 1);
          lua_pop(L, 1);
        } else {
          fail("an unknown upvalue");
        }
      }
    } else if (frame.wants_more()) {
      return;
    }
    --frame_count;  // complete: now a value of the frame around it
  }
}

void Decoder::Reader::read_value() {
  begin_value();
  deliver();
  while (frame_count > 0) {
    if (frames[frame_count - 1].kind == kTable) {
      read_scalars(frames[frame_count - 1]);
      if (!frames[frame_count - 1].wants_more()) {
        deliver();
        continue;
      }
    }
    begin_value();
    deliver();
  }
}

void Decoder::Reader::read_globals() {
  push_environment();
  for (std::uint32_t n = get_count(); n > 0; --n) {
    push_string();
    read_value();
    lua_rawset(L, -3);
  }
  lua_pop(L, 1);
}

int Decoder::Reader::read() {
  std::uint8_t flags = get8();
  if ((flags & kVersionMask) != kVersion) fail("another version");
  if ((flags & ~(kVersionMask | kHasBackReferences | kHasGlobals | kGlobalsFirst)) != 0)
    fail("unknown flags");
  std::uint32_t count = get8();
  if (count == 255) count = get<std::uint32_t>();
  claim(count);
  if (count == 1 && at < end && *at <= kLongString) {
    need_stack(4, "so many values");
    begin_value();
    return 1;
  }
  numbering = (flags & kHasBackReferences) != 0;
  need_stack(std::size_t{count} + 16, "so many values");
  base = lua_gettop(L);
  if (numbering) {
    lua_newtable(L);
  } else {
    lua_pushnil(L);
  }
  lua_pushnil(L);
  lua_pushnil(L);
  lua_pushnil(L);
  if ((flags & kHasGlobals) != 0 && environment == Environment::receiver) {
    push_receiver_environment();  // what travels must not change the receiver's globals
    push_globals_over(L);
    lua_replace(L, base + 2);
  }
  const bool globals_first = (flags & kGlobalsFirst) != 0;
  if (globals_first) read_globals();
  for (std::uint32_t i = 0; i < count; ++i) {
    first_value = i == 0;
    read_value();
  }
  first_value = false;
  if ((flags & kHasGlobals) != 0 && !globals_first) read_globals();
  if (at != end) fail("it goes on");
  if (!lua_isnil(L, base + 4)) adopt_classes();
  lua_rotate(L, base + 1, -kOwnSlots);
  lua_pop(L, kOwnSlots);
  return static_cast<int>(count);
}

int Decoder::decode(lua_State* L, const Payload& parcel, Environment environment, Shared* owner) {
  // The commonest parcel, an integer alone.
  const std::uint8_t* bytes = parcel.bytes().data();
  if (!parcel.on_heap() && parcel.bytes().size() == 11 && bytes[0] == kVersion && bytes[1] == 1 &&
      bytes[2] == kInteger) {
    lua_Integer value;
    std::memcpy(&value, bytes + 3, 8);
    luaL_checkstack(L, 1, "too many values");
    lua_pushinteger(L, value);
    return 1;
  }
  Reader reader(L, parcel, environment);
  reader.owner = owner;
  // A finaliser or a module that is loaded may use the parcel's place for another. What is on the
  // heap is held by who calls, but a small parcel may lie in State::parcel.
  std::uint8_t inline_copy[Payload::kInlineBytes];
  if (!parcel.on_heap()) {
    std::memcpy(inline_copy, bytes, parcel.bytes().size());
    reader.at = inline_copy;
    reader.end = inline_copy + parcel.bytes().size();
  }
  return reader.read();
}

}  // namespace tidemill::lua
