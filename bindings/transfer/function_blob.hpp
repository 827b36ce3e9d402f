// The code of a Lua function as it travels, and what its bytecode says about the rest of it.
//
// Lua 5.4's dump carries no upvalues, so those travel beside it by index. It does carry every
// global name: access to a global is GETTABUP of the upvalue `_ENV` with a constant name. Where
// `_ENV` itself is read as a value (a name over 40 characters, more than 255 constants, or a
// program that plays with it) any string constant may be a name.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "bindings/lua.hpp"
#include "bindings/transfer/wire.hpp"
#include "engine/base/ref.hpp"

namespace tidemill::lua {

class FunctionBlob final : public Shared {
 public:
  struct Upvalue {
    bool escapes = false;             ///< it is read as a value, not only indexed by constant names
    std::vector<std::string> fields;  ///< constant names it is indexed by
  };

  FunctionBlob() { set_parcel_tag(wire::kFunctionBlob); }

  std::vector<char> code;
  std::vector<Upvalue> upvalues;
  std::vector<std::string> constants;  ///< every short string constant, of inner functions too
  bool has_inner = false;              ///< it makes closures

  /// The blob of the Lua function at `index`, from the state's cache if it was sent before.
  static Ref<FunctionBlob> of(lua_State* L, int index);

 private:
  ~FunctionBlob() override = default;
};

}  // namespace tidemill::lua
