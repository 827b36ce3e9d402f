#include <algorithm>
#include <climits>
#include <cmath>
#include <cstring>

#include "bindings/class.hpp"
#include "bindings/errors.hpp"
#include "bindings/frozen.hpp"
#include "bindings/state.hpp"
#include "bindings/transfer/codec.hpp"
#include "bindings/transfer/string_blob.hpp"

namespace tidemill::lua {

using namespace wire;

namespace {

/// Pops the function at the top; pushes its `_ENV` if that is a table of globals.
bool push_environment_of_top(lua_State* L) {
  const int function = lua_gettop(L);
  lua_rawgeti(L, LUA_REGISTRYINDEX, State::kEnvironments);
  for (int i = 1; lua_getupvalue(L, function, i) != nullptr; ++i) {
    lua_pushvalue(L, -1);
    if (lua_rawget(L, function + 1) != LUA_TNIL) {
      lua_pop(L, 1);
      lua_replace(L, function);
      lua_settop(L, function);
      return true;
    }
    lua_pop(L, 2);
  }
  lua_settop(L, function - 1);
  return false;
}

}  // namespace

void push_globals_of_caller(lua_State* L) {
  lua_Debug info;
  for (int level = 0; lua_getstack(L, level, &info); ++level) {
    lua_getinfo(L, "Sf", &info);
    if (info.what[0] == 'C' || std::strcmp(info.source, "=[tidemill]") == 0) {
      lua_pop(L, 1);
      continue;
    }
    if (push_environment_of_top(L)) return;
    break;
  }
  lua_rawgeti(L, LUA_REGISTRYINDEX, LUA_RIDX_GLOBALS);
}

/// One decode. Lives on the C stack and has no destructor, because any lua_ call may longjmp out:
/// what has to grow is a userdata on the Lua stack.
struct Decoder::Reader {
  struct Frame {        // no initialisers: a decode of a few scalars does not touch them
    std::uint8_t kind;  // kTable, kFunction, kTransfer or kClassDefinition
    bool have_key;      // table: the key is on the stack above it
    bool has_metatable;
    int at;  // stack index of the table or function; of the name of a class; below what a
             // transfer is made of
    std::uint32_t index;   // array slots filled, upvalues or values done
    std::uint32_t array;   // array slots in all, upvalues or values in all
    std::uint32_t pairs;   // pairs left
    std::uint32_t number;  // transfer: of the value among the objects
    bool wants_more() const { return index < array || pairs > 0 || has_metatable; }
    bool wants_callee() const { return kind == kTransfer && index == 0; }
    bool wants_metatable() const {
      return kind == kTable && has_metatable && index == array && pairs == 0;
    }
  };

  Reader(lua_State* to, const Payload& parcel, Environment which)
      : L(to),
        state(State::of(to)),
        at(parcel.bytes().data()),
        end(at + parcel.bytes().size()),
        unclaimed(parcel.bytes().size()),
        references(parcel.references()),
        environment(which) {}

  lua_State* const L;
  State& state;
  Shared* owner = nullptr;  // the task that keeps the parcel
  const std::uint8_t* at;
  const std::uint8_t* end;
  std::size_t unclaimed;
  const std::span<Shared* const> references;
  const Environment environment;
  // Stack: base+1 numbered objects, base+2 environment, base+3 frames, base+4 classes to register
  // by name; each nil if there are none.
  static constexpr int kOwnSlots = 4;
  int base = 0;
  bool numbering = false;
  std::uint32_t objects = 0;
  bool first_value = false;  // the value being read is the parcel's first

  static constexpr int kInlineFrames = 16;
  Frame inline_frames[kInlineFrames];
  Frame* frames = inline_frames;
  int frame_count = 0, frame_room = kInlineFrames;

  [[noreturn]] void fail(const char* what) {
    raise(L, "transfer", "damaged parcel: %s", what);
    __builtin_unreachable();
  }
  [[noreturn]] void refuse(const char* what) {
    raise(L, "transfer", "cannot receive %s", what);
    __builtin_unreachable();
  }
  void need_stack(std::size_t slots, const char* what) {
    if (slots > INT_MAX || !lua_checkstack(L, static_cast<int>(slots))) refuse(what);
  }
  void need(std::size_t bytes) {
    if (static_cast<std::size_t>(end - at) < bytes) fail("it ends too early");
  }
  std::uint8_t get8() {
    need(1);
    return *at++;
  }
  template <class T>
  T get() {
    need(sizeof(T));
    T value;
    std::memcpy(&value, at, sizeof(T));
    at += sizeof(T);
    return value;
  }
  /// A count of things that take at least one byte each. All counts together: tables in tables must
  /// not each claim what is left.
  std::uint32_t get_count() {
    auto count = get<std::uint32_t>();
    claim(count);
    return count;
  }
  void claim(std::size_t bytes) {
    if (bytes > unclaimed) fail("a count is too large");
    unclaimed -= bytes;
  }
  void push_string() {
    std::uint8_t tag = get8();
    if (tag != kShortString && tag != kLongString) fail("a name is missing");
    push_string_body(tag);
  }
  void push_string_body(std::uint8_t tag) {
    std::size_t length = tag == kShortString ? get8() : get<std::uint32_t>();
    need(length);
    lua_pushlstring(L, reinterpret_cast<const char*>(at), length);
    at += length;
  }

  void skip_string() {
    std::uint8_t tag = get8();
    if (tag != kShortString) fail("a name is missing");
    std::size_t length = get8();
    need(length);
    at += length;
  }

  void number_top() {
    ++objects;
    if (!numbering) return;
    lua_pushvalue(L, -1);
    lua_rawseti(L, base + 1, objects);
  }
  Frame& push_frame() {
    if (frame_count == frame_room) {
      auto* more = static_cast<Frame*>(
          lua_newuserdatauv(L, sizeof(Frame) * 2 * static_cast<std::size_t>(frame_room), 0));
      std::memcpy(static_cast<void*>(more), frames,
                  sizeof(Frame) * static_cast<std::size_t>(frame_room));
      lua_replace(L, base + 3);
      frames = more;
      frame_room *= 2;
    }
    return frames[frame_count++] = Frame{};
  }

  void push_environment() {
    if (lua_type(L, base + 2) != LUA_TNIL) {
      lua_pushvalue(L, base + 2);
      return;
    }
    push_receiver_environment();
    if (environment == Environment::own) begin_environment();
    lua_pushvalue(L, -1);
    lua_replace(L, base + 2);
  }
  void push_receiver_environment() {
    if (environment == Environment::receiver) {
      push_globals_of_caller(L);
    } else {
      lua_rawgeti(L, LUA_REGISTRYINDEX, LUA_RIDX_GLOBALS);
    }
  }
  /// Replaces the globals at the top by new ones that fall back to them.
  void begin_environment() {
    lua_createtable(L, 0, 4);
    lua_pushvalue(L, -1);
    lua_setfield(L, -2, "_G");
    lua_createtable(L, 0, 1);
    lua_rotate(L, -3, -1);  // new, its metatable, old
    lua_setfield(L, -2, "__index");
    lua_setmetatable(L, -2);
    lua_rawgeti(L, LUA_REGISTRYINDEX, State::kEnvironments);
    lua_pushvalue(L, -2);
    lua_pushboolean(L, 1);
    lua_rawset(L, -3);
    lua_pop(L, 1);
  }

  Shared& get_reference(std::uint8_t tag) {
    auto reference = get<std::uint32_t>();
    if (reference >= references.size()) fail("an unknown object");
    Shared& object = *references[reference];
    if (object.parcel_tag() != tag) fail("an object of another kind");
    return object;
  }
  /// A value that is made by calling a function: all it needs comes first.
  void begin_transfer() {
    const std::uint32_t values = get_count();
    if (values == 0 || at >= end) fail("a value made of nothing");
    if (*at != kFunction && *at != kCallee && *at != kBackReference) fail("a call of no function");
    need_stack(std::size_t{values} + 12, "a value made of so many");
    Frame& frame = push_frame();
    frame.kind = kTransfer;
    frame.at = lua_gettop(L);
    frame.array = values;
    frame.number = ++objects;
  }
  /// What the object names, read in the place of the parcel.
  void push_callee(const StringBlob& name) {
    const std::uint8_t* const after = at;
    const std::uint8_t* const parcel_end = end;
    at = reinterpret_cast<const std::uint8_t*>(name.text());
    end = at + name.size();
    begin_value();
    at = after;
    end = parcel_end;
  }
  void end_transfer(const Frame& frame) {
    if (!lua_isfunction(L, frame.at + 1)) fail("a call of no function");
    lua_call(L, static_cast<int>(frame.array) - 1, 1);
    if (!numbering) return;
    lua_pushvalue(L, -1);
    lua_rawseti(L, base + 1, frame.number);
  }
  /// The value at the top is the class whose name is below it, if none is registered here. It is
  /// registered when all has arrived.
  void end_class_definition() {
    if (lua_type(L, -1) != LUA_TTABLE) fail("a class that is no table");
    if (find_class(L, -2)) {
      lua_replace(L, -3);
      lua_pop(L, 1);
      return;
    }
    if (lua_isnil(L, base + 4)) {
      lua_newtable(L);
      lua_replace(L, base + 4);
    }
    lua_pushvalue(L, -1);
    lua_rotate(L, -3, 1);  // metatable, name, metatable
    lua_rawset(L, base + 4);
  }
  void adopt_classes() {
    for (lua_pushnil(L); lua_next(L, base + 4) != 0; lua_pop(L, 1)) {
      lua_pushvalue(L, -2);
      lua_insert(L, -2);
      adopt_class(L);
    }
  }

  void begin_function() {
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
  void load(FunctionBlob& blob) {
    struct Code {
      const char* data;
      std::size_t size;
    } code{blob.code.data(), blob.code.size()};
    auto read = [](lua_State*, void* from, std::size_t* size) {
      auto* code = static_cast<Code*>(from);
      *size = std::exchange(code->size, 0);
      return code->data;
    };
    if (lua_load(L, read, &code, "=(a function that travelled)", "b") != LUA_OK) lua_error(L);
  }

  /// Reads a value onto the stack; a composite leaves a frame whose contents are still to be read.
  void begin_value() {
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
  void push_received(HandleKind kind, Shared& object) {
    if (kind == HandleKind::task &&
        static_cast<LuaTask&>(static_cast<Task&>(object)).push_known_handle(L)) {
      return;
    }
    object.retain();
    push_handle(L, kind, &object);
  }
  void push_library() {
    lua_rawgeti(L, LUA_REGISTRYINDEX, State::kLibrary);
    push_string();
    if (lua_rawget(L, -2) == LUA_TNIL) fail("an unknown library value");
    lua_remove(L, -2);
  }
  bool metatable_is_next() const {
    return frame_count > 0 && frames[frame_count - 1].wants_metatable();
  }
  /// The class registered under the name that comes, if need be by the module that comes after it.
  void push_class() {
    if (!metatable_is_next()) fail("a class as a value");
    push_string();
    if (find_class(L, -1)) {
      lua_replace(L, -2);
      skip_string();
      return;
    }
    push_module();
    lua_pop(L, 1);
    if (!find_class(L, -1)) {
      raise(L, "transfer",
            "cannot receive an object of class '%s': its module does not register it",
            lua_tostring(L, -1));
    }
    lua_replace(L, -2);
  }
  void push_module() {
    lua_rawgeti(L, LUA_REGISTRYINDEX, State::kPristine);
    lua_getfield(L, -1, "require");
    lua_remove(L, -2);
    push_string();
    lua_pushvalue(L, -1);
    lua_insert(L, -3);  // name, require, name
    const int status = lua_pcall(L, 1, 1, 0);
    if (status == LUA_ERRRUN && lua_type(L, -1) == LUA_TSTRING) {
      raise(L, "transfer", "cannot receive a value of module '%s', which does not load here: %s",
            lua_tostring(L, -2), lua_tostring(L, -1));
    }
    if (status != LUA_OK) lua_error(L);
    lua_remove(L, -2);
  }
  void push_module_field() {
    const std::uint8_t* name = at;
    push_module();
    push_string();
    const char* field = lua_tostring(L, -1);
    if (lua_istable(L, -2)) {
      lua_pushvalue(L, -1);
      if (lua_gettable(L, -3) != LUA_TNIL) {
        lua_replace(L, -3);
        lua_pop(L, 1);
        return;
      }
    }
    at = name;
    push_string();
    raise(L, "transfer", "cannot receive '%s.%s': the module has no such field here",
          lua_tostring(L, -1), field);
  }

  /// Fills a table with what comes next, as long as those are scalars.
  void read_scalars(Frame& frame) {
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

  /// The value at the top is complete: puts it where the innermost frame wants it, or leaves it.
  /// Closes frames that are complete themselves.
  void deliver() {
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

  void read_value() {
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

  int read() {
    std::uint8_t flags = get8();
    if ((flags & kVersionMask) != kVersion) fail("another version");
    if ((flags & ~(kVersionMask | kHasBackReferences | kHasGlobals)) != 0) fail("unknown flags");
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
      begin_environment();
      lua_replace(L, base + 2);
    }
    for (std::uint32_t i = 0; i < count; ++i) {
      first_value = i == 0;
      read_value();
    }
    first_value = false;
    if ((flags & kHasGlobals) != 0) {
      push_environment();
      for (std::uint32_t n = get_count(); n > 0; --n) {
        push_string();
        read_value();
        lua_rawset(L, -3);
      }
      lua_pop(L, 1);
    }
    if (at != end) fail("it goes on");
    if (!lua_isnil(L, base + 4)) adopt_classes();
    lua_rotate(L, base + 1, -kOwnSlots);
    lua_pop(L, kOwnSlots);
    return static_cast<int>(count);
  }
};

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
