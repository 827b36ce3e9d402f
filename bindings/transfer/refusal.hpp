// Paths to a value in what is sent, for messages.
#pragma once

#include <string>

#include "bindings/lua.hpp"

namespace tidemill::lua {

/// The key at `index` as it would be written after a table: .name or ["odd name"] or [3].
std::string describe_key(lua_State* L, int index);
/// Leaves out the middle of a very long path.
void shorten(std::string& path);

}  // namespace tidemill::lua
