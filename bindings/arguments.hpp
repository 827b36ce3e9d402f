// Checks of arguments that several bindings share. Each raises an ordinary argument error.
#pragma once

#include "bindings/lua.hpp"
#include "engine/base/clock.hpp"

namespace tidemill::lua {

/// How long a call may wait.
struct Timeout {
  Nanoseconds length;  ///< kNever: for ever; 0: do not wait
  bool poll() const { return length <= 0; }
  bool forever() const { return length == kNever; }
};

/// A timeout in seconds at `index`: nil, none and math.huge mean for ever, 0 and less poll, NaN is
/// an error.
Timeout check_timeout(lua_State* L, int index);
/// Seconds at `index` as a length of time that must be given.
Timeout check_seconds(lua_State* L, int index);
/// For a function that has no more than `most` parameters, 0 or 1: what is given beyond them would
/// be ignored.
void check_at_most(lua_State* L, const char* function, int most);

}  // namespace tidemill::lua
