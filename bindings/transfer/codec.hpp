// Values into parcels and back. See wire.hpp for the encoding.
//
// Both directions work with an explicit stack (frames here, values on the Lua stack), so that the
// depth of a table is bounded by memory and not by the C stack.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "bindings/lua.hpp"
#include "bindings/transfer/byte_buffer.hpp"
#include "bindings/transfer/function_blob.hpp"
#include "bindings/transfer/pointer_ids.hpp"
#include "bindings/transfer/string_blob.hpp"
#include "bindings/transfer/wire.hpp"
#include "engine/base/payload.hpp"

namespace tidemill::lua {

class State;

/// What the values are called in a refusal: with noun "argument" and first 1, "argument 1",
/// "argument 2", ... A negative `first` means that they have no number; number 0 is the function
/// that the arguments are for.
struct Root {
  const char* noun;
  int first;
  /// If not null, that the function assigns what it captures is not logged but left here, for
  /// whoever finds out whether a copy of it ever runs.
  std::string* remark = nullptr;
};

class Encoder {
 public:
  Encoder() = default;
  Encoder(const Encoder&) = delete;
  Encoder& operator=(const Encoder&) = delete;
  ~Encoder() { drop_references(); }

  /// Packs the `count` values from stack index `first` on. On refusal false, with the reason and
  /// the path to the value in `failure()`. Leaves the stack as it was. May raise for lack of
  /// memory. Calls script code if there is a `__transfer`.
  bool encode(lua_State* L, int first, int count, Root root, Payload& out);
  /// Packs a number alone; needs no state.
  static Payload encode_number(lua_Number value);
  /// As encode_safely, for a parcel that `owner`, a task, will keep: its own handle is written
  /// without a reference, which would keep the task for ever.
  bool encode_kept(lua_State* L, int first, int count, Root root, Shared& owner, Payload& out);
  /// Whether the last encode_kept met that handle.
  bool met_owner() const { return met_owner_; }
  const std::string& failure() const {
    return nested_failure_.empty() ? failure_ : nested_failure_;
  }
  /// At a task's next step: whatever an error has cut short is over.
  void recover() {
    depth_ = 0;
    owner_ = nullptr;
  }
  /// As encode, but never raises: whatever goes wrong is a refusal.
  bool encode_safely(lua_State* L, int first, int count, Root root, Payload& out);

 private:
  struct Frame {
    enum Kind : std::uint8_t { table, function, transfer } kind;
    bool value_pending = false;  // table: its key has just been encoded
    bool in_array = true;        // table: all keys so far were 1, 2, 3, ...
    bool has_metatable = false;
    bool in_metatable = false;  // table: nothing but that is left
    int at;                     // stack index of the value; transfer: of the function to call
    std::uint32_t id;
    std::uint32_t array = 0, pairs = 0;  // table
    std::size_t header = 0;              // table: where the counts are to be written
    int item = 0, items = 0;             // function: upvalues; transfer: function and arguments
    std::size_t item_begun = 0;          // function: how much there was before the upvalue
    FunctionBlob* blob = nullptr;        // function; held by references_
  };

  bool encode_all(lua_State* L, int first, int count, Root root);
  bool encode_values(lua_State* L, int first, int count, Root root);
  bool encode_one(lua_State* L);
  bool encode_top(lua_State* L);  // pops a scalar, or leaves a composite as a new frame
  bool encode_scalar(lua_State* L, int index, int type);  // false if it is none
  bool encode_composite(lua_State* L, int type);          // as encode_top, for all that are none
  bool advance(lua_State* L);                             // one step of the innermost frame
  bool advance_table(lua_State* L, Frame& frame);
  bool advance_function(lua_State* L, Frame& frame);
  bool advance_transfer(lua_State* L, Frame& frame);
  bool begin_table(lua_State* L);
  bool begin_metatable(lua_State* L, Frame& frame);
  bool begin_function(lua_State* L);
  bool begin_transfer(lua_State* L);
  bool encode_userdata(lua_State* L);
  bool find_name(lua_State* L, const void* address);
  bool encode_named(lua_State* L, const void* address);
  bool encode_globals(lua_State* L);
  bool encode_globals_first(lua_State* L, int first, int count, Root root);
  void put_count(int count);
  bool encode_each(lua_State* L, int first, int count, Root root);
  bool push_transfer(lua_State* L, int at);
  bool shared_cell(lua_State* L, const Frame& frame);
  void want_globals(const FunctionBlob& blob, const FunctionBlob::Upvalue& environment);
  void want_global(const std::string& name, bool guess);
  void want_all(const FunctionBlob& blob);
  void tell_of_assignment(lua_State* L, const Frame& frame);
  void tell_of_size(const std::string& what, std::size_t size);
  /// How much has been packed so far, long strings included.
  std::size_t size_so_far() const { return bytes_.size() + blob_bytes_; }
  struct Mark {
    std::size_t bytes, blob_bytes, references, wanted;
    std::uint32_t objects, cells;
    bool environment_seen;
  };
  Mark mark() const;
  void go_back(const Mark& mark);
  bool is_environment(lua_State* L);
  bool encode_environment(lua_State* L, const void* address, bool has_metatable);
  void note_environment(lua_State* L);
  bool encode_hole(lua_State* L, Frame& frame);
  enum class Seen : std::uint8_t { never, before, refused };
  Seen back_reference(lua_State* L, const void* address);
  bool refuse(lua_State* L, const char* what);
  std::string describe_capture(lua_State* L, const Frame& frame);
  std::uint32_t add_reference(Shared* object);
  void drop_references();
  void abandon();
  int kept_table(lua_State* L);
  void keep_alive(lua_State* L, int index);
  void reset();

  void put8(std::uint8_t value) { bytes_.put8(value); }
  void put(const void* data, std::size_t size) { bytes_.put(data, size); }
  void put32(std::uint32_t value) { bytes_.put32(value); }
  void put_string(const char* text, std::size_t length);
  bool put_blob(wire::Tag as, StringBlob* blob);
  bool put_blob_string(const char* text, std::size_t length);

  State* state_ = nullptr;  // that of the last encode
  ByteBuffer bytes_;
  std::size_t blob_bytes_ = 0;  // of strings beside them
  std::vector<Shared*> references_;
  std::vector<Shared*> before_;  // those of a first attempt
  std::vector<Frame> frames_;
  PointerIds objects_;
  struct Cell {
    std::uint32_t function;
    std::uint8_t index;
  };
  PointerIds cell_ids_;
  std::vector<Cell> cells_;  // by number
  struct Wanted {
    const std::string* name;  // of a blob in references_
    bool guess;               // from a string constant: skipped where it cannot cross
    bool left_out = false;    // it was
  };
  std::vector<Wanted> wanted_;  // few are searched in order
  std::unordered_set<std::string_view> wanted_names_;
  std::size_t transfers_ = 0;    // frames of that kind
  bool transferred_ = false;     // there were some
  FunctionBlob* job_ = nullptr;  // the function of the call being encoded
  std::uint8_t flags_ = 0;
  Root root_{"", -1};              // how the value being encoded is called
  std::string global_;             // the name of the global being encoded
  int environment_at_ = 0;         // stack index kept for the globals of the functions
  int environment_ = 0;            // the same, once there are some
  bool environment_seen_ = false;  // as a value
  std::string failure_, nested_failure_;
  std::unique_ptr<Encoder> nested_;  // for what is sent meanwhile
  const Shared* owner_ = nullptr;
  bool met_owner_ = false;
  int depth_ = 0;  // 1 while encode_all is at work
};

/// Replaces the globals at the top by new ones that fall back to them.
void push_globals_over(lua_State* L);
/// Pushes the globals of the script function that called us, if they are ones we know; else the
/// state's.
void push_globals_of_caller(lua_State* L);

class Decoder {
 public:
  Decoder() = default;
  Decoder(const Decoder&) = delete;
  Decoder& operator=(const Decoder&) = delete;

  /// What functions in the parcel see as globals.
  enum class Environment : std::uint8_t {
    receiver,  ///< those of the code that receives; over them, what travelled along
    own,       ///< new ones, over the worker's (jobs)
    common,    ///< the worker's, where they then are for every job (a pool's init)
  };

  /// Pushes the values of `parcel`: their number. Raises `transfer` if it is not a valid parcel.
  /// `owner`: the task that keeps it, if it was encoded for one.
  int decode(lua_State* L, const Payload& parcel, Environment environment = Environment::receiver,
             Shared* owner = nullptr);

 private:
  struct Reader;
};

}  // namespace tidemill::lua
