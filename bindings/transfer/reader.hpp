// One decode, see codec.hpp. Its work is split by what is read: decoder.cpp has plain values,
// tables and functions, decode_named.cpp what is found by name or made by a call.
#pragma once

#include <climits>
#include <cstdint>
#include <cstring>
#include <span>

#include "bindings/errors.hpp"
#include "bindings/state.hpp"
#include "bindings/transfer/codec.hpp"
#include "bindings/transfer/string_blob.hpp"

namespace tidemill::lua {

/// One decode. Lives on the C stack and has no destructor, because any lua_ call may longjmp out:
/// what has to grow is a userdata on the Lua stack.
struct Decoder::Reader {
  struct Frame {        // no initialisers: a decode of a few scalars does not touch them
    std::uint8_t kind;  // wire::kTable, wire::kFunction, wire::kTransfer or wire::kClassDefinition
    bool have_key;      // table: the key is on the stack above it
    bool has_metatable;
    int at;  // stack index of the table or function; of the name of a class; below what a
             // transfer is made of
    std::uint32_t index;   // array slots filled, upvalues or values done
    std::uint32_t array;   // array slots in all, upvalues or values in all
    std::uint32_t pairs;   // pairs left
    std::uint32_t number;  // transfer: of the value among the objects
    bool wants_more() const { return index < array || pairs > 0 || has_metatable; }
    bool wants_callee() const { return kind == wire::kTransfer && index == 0; }
    bool wants_metatable() const {
      return kind == wire::kTable && has_metatable && index == array && pairs == 0;
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
    if (tag != wire::kShortString && tag != wire::kLongString) fail("a name is missing");
    push_string_body(tag);
  }
  void push_string_body(std::uint8_t tag) {
    std::size_t length = tag == wire::kShortString ? get8() : get<std::uint32_t>();
    need(length);
    lua_pushlstring(L, reinterpret_cast<const char*>(at), length);
    at += length;
  }

  void skip_string() {
    std::uint8_t tag = get8();
    if (tag != wire::kShortString) fail("a name is missing");
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

  void push_environment();
  void push_receiver_environment();

  Shared& get_reference(std::uint8_t tag) {
    auto reference = get<std::uint32_t>();
    if (reference >= references.size()) fail("an unknown object");
    Shared& object = *references[reference];
    if (object.parcel_tag() != tag) fail("an object of another kind");
    return object;
  }
  /// A value that is made by calling a function: all it needs comes first.
  void begin_transfer();
  /// What the object names, read in the place of the parcel.
  void push_callee(const StringBlob& name);
  void end_transfer(const Frame& frame);
  /// The value at the top is the class whose name is below it, if none is registered here. It is
  /// registered when all has arrived.
  void end_class_definition();
  void adopt_classes();

  void begin_function();
  void load(FunctionBlob& blob);

  /// Reads a value onto the stack; a composite leaves a frame whose contents are still to be read.
  void begin_value();
  void push_received(HandleKind kind, Shared& object);
  void push_library();
  bool metatable_is_next() const {
    return frame_count > 0 && frames[frame_count - 1].wants_metatable();
  }
  /// The class registered under the name that comes, if need be by the module that comes after it.
  void push_class();
  void push_module();
  void push_module_field();

  /// Fills a table with what comes next, as long as those are scalars.
  void read_scalars(Frame& frame);

  /// The value at the top is complete: puts it where the innermost frame wants it, or leaves it.
  /// Closes frames that are complete themselves.
  void deliver();

  void read_value();
  void read_globals();

  int read();
};

}  // namespace tidemill::lua
