// The code of a Lua function as it travels, and what its bytecode says about the rest of it.
//
// Lua 5.4's dump carries no upvalues, so those travel beside it by index. It does carry every
// global name: access to a global is GETTABUP of the upvalue `_ENV` with a constant name. Where
// `_ENV` itself is read as a value (a name over 40 characters, more than 255 constants, or a
// program that plays with it) any string constant may be a name.
//
// A state keeps one blob for equal code: all closures of one prototype share it, and through it
// what receivers keep by blob.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "bindings/lua.hpp"
#include "bindings/transfer/byte_buffer.hpp"
#include "bindings/transfer/wire.hpp"
#include "engine/base/ref.hpp"

namespace tidemill::lua {

class FunctionBlob final : public Shared {
 public:
  struct Upvalue {
    bool escapes = false;             ///< it is read as a value, not only indexed by constant names
    int assigned_at = 0;              ///< the first line that assigns it; 0: none does
    std::vector<std::string> fields;  ///< constant names it is indexed by
  };

  FunctionBlob() { set_parcel_tag(wire::kFunctionBlob); }

  std::vector<char> code;
  std::vector<Upvalue> upvalues;
  std::vector<std::string> constants;  ///< every string constant, of inner functions too
  bool has_inner = false;              ///< it makes closures
  bool assigns = false;                ///< an upvalue has `assigned_at`
  // What has been said about it once. relaxed: at worst two states say it at the same moment.
  std::atomic<bool> told_of_assignment{false}, told_of_size{false};

 private:
  ~FunctionBlob() override = default;
};

/// The blobs of a state.
class BlobCache {
 public:
  /// The blob of the Lua function at `index`. It lives until the next call at least.
  FunctionBlob& of(lua_State* L, int index);

 private:
  struct Known {
    Ref<FunctionBlob> blob;
    std::uint32_t dumps = 0;  // how often a function was found to have this code
  };
  static constexpr std::size_t kMost = 1024;
  Known& find_or_add(lua_State* L);
  std::unordered_multimap<std::uint64_t, Known> known_;  // by hash of the code
  ByteBuffer dumped_;
};

}  // namespace tidemill::lua
