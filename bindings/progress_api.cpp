// tm.progress and the methods of progress bars; `wrap`, which calls iterators, is in the prelude.
#include "bindings/errors.hpp"
#include "bindings/library.hpp"
#include "bindings/memory.hpp"
#include "engine/observe/progress.hpp"
#include "tidemill/engine.hpp"

namespace tidemill::lua {

namespace {

using Counting = ProgressBar::Counting;

ProgressBar& check_bar(lua_State* L, int index) {
  return check<ProgressBar>(L, index, HandleKind::progress);
}

/// progress(total | nil, label); the prelude has checked them.
int progress(lua_State* L) {
  const lua_Integer total = luaL_optinteger(L, 1, -1);
  std::size_t size = 0;
  const char* label = luaL_checklstring(L, 2, &size);
  Engine& engine = State::of(L).worker.engine();
  push_new_handle(L, HandleKind::progress, nullptr);
  auto* handle = static_cast<Handle*>(lua_touserdata(L, -1));
  const bool made = within_memory([&] {
    const auto items = total < 0 ? std::nullopt : std::optional<std::int64_t>(total);
    handle->object = engine.make_progress(items, std::string(label, size)).leak();
  });
  return made ? 1 : raise_no_memory(L);
}

lua_Integer check_items(lua_State* L, int index) {
  luaL_checktype(L, index, LUA_TNUMBER);
  const lua_Integer n = luaL_checkinteger(L, index);
  luaL_argcheck(L, n >= 0, index, "must not be negative");
  return n;
}

int changed(lua_State* L, Counting outcome) {
  switch (outcome) {
    case Counting::done:
      return 0;
    case Counting::closed:
      return raise(L, "closed", "the progress bar is closed");
    case Counting::too_large:
      break;
  }
  return raise_text(L, "the count of the progress bar would be too large");
}

int add(lua_State* L) {
  ProgressBar& bar = check_bar(L, 1);
  return changed(L, bar.add(lua_isnoneornil(L, 2) ? 1 : check_items(L, 2)));
}

int set(lua_State* L) {
  ProgressBar& bar = check_bar(L, 1);
  return changed(L, bar.set(check_items(L, 2)));
}

int total(lua_State* L) {
  ProgressBar& bar = check_bar(L, 1);
  luaL_checkany(L, 2);
  if (lua_isnil(L, 2)) return changed(L, bar.set_total(std::nullopt));
  return changed(L, bar.set_total(check_items(L, 2)));
}

/// → the count, and the total if it is known
int count(lua_State* L) {
  ProgressBar& bar = check_bar(L, 1);
  lua_pushinteger(L, bar.count());
  if (const auto all = bar.total()) {
    lua_pushinteger(L, *all);
  } else {
    lua_pushnil(L);
  }
  return 2;
}

int close(lua_State* L) {
  check_bar(L, 1).close();
  return 0;
}

int tostring(lua_State* L) {
  ProgressBar& bar = check_bar(L, 1);
  lua_pushliteral(L, "progress ");
  int parts = 1;
  if (!bar.label().empty()) {
    lua_pushfstring(L, "\"%s\" ", bar.label().c_str());
    ++parts;
  }
  lua_pushfstring(L, "%I", static_cast<LUAI_UACINT>(bar.count()));
  if (const auto all = bar.total()) {
    lua_pushfstring(L, "/%I", static_cast<LUAI_UACINT>(*all));
    ++parts;
  }
  lua_pushstring(L, bar.closed() ? " closed" : " open");
  lua_concat(L, parts + 2);
  return 1;
}

}  // namespace

void open_progress(lua_State* L) {
  static const luaL_Reg methods[] = {{"add", guarded<add>},     {"set", guarded<set>},
                                     {"total", guarded<total>}, {"count", guarded<count>},
                                     {"close", guarded<close>}, {nullptr, nullptr}};
  static const luaL_Reg metamethods[] = {
      {"__close", guarded<close>}, {"__tostring", guarded<tostring>}, {nullptr, nullptr}};
  define_handle(L, HandleKind::progress, "progress bar", methods, metamethods);
  lua_setfield(L, -2, "progress_methods");
  lua_pushcfunction(L, guarded<progress>);
  lua_setfield(L, -2, "progress");
}

}  // namespace tidemill::lua
