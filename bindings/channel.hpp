// What several bindings do with channels.
#pragma once

#include "bindings/lua.hpp"

namespace tidemill {
class Channel;
}

namespace tidemill::lua {

/// Pushes the error of a send on a closed channel.
void push_closed(lua_State* L, const Channel& channel);

}  // namespace tidemill::lua
