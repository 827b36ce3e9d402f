#include "bindings/arguments.hpp"

#include <cmath>

#include "bindings/errors.hpp"

namespace tidemill::lua {

Timeout check_seconds(lua_State* L, int index) {
  // As in options and in the prelude no string counts, not even "1".
  if (lua_type(L, index) == LUA_TSTRING) luaL_checktype(L, index, LUA_TNUMBER);
  lua_Number seconds = luaL_checknumber(L, index);
  luaL_argcheck(L, !std::isnan(seconds), index, "seconds must not be NaN");
  if (seconds <= 0) return {0};
  // Beyond about 146 years it makes no difference, and kNever / 2 leaves room to add the time of
  // day.
  if (seconds >= static_cast<double>(kNever / 2) / 1e9) return {kNever};
  return {static_cast<Nanoseconds>(std::ceil(seconds * 1e9))};
}

Timeout check_timeout(lua_State* L, int index) {
  if (lua_isnoneornil(L, index)) return {kNever};
  return check_seconds(L, index);
}

void check_at_most(lua_State* L, const char* function, int most) {
  if (lua_isnoneornil(L, most + 1)) return;
  raise_text(L, "%s takes %s", function, most == 0 ? "no arguments" : "only one argument");
}

}  // namespace tidemill::lua
