// tm.freeze, and how a state sees frozen tables.
//
// A view is [empty table] → metatable → __index: the cache → metatable kFrozenCache, whose __index
// is `read_through`. A cache's values are weak: views of inner tables go when nobody uses them.
// The Frozen of a view is at [1] of its metatable and, for read_through, in the cache under a key
// that no script has.
//
// The cache of a flat small node has everything and needs no metatable: then all reads, also of
// what is not there, are Lua's own. Otherwise it fills with what is read. Items of the list are
// kept while their index is at most `covered`, which grows as more of them are asked for.
#include <algorithm>
#include <new>
#include <utility>

#include "bindings/errors.hpp"
#include "bindings/freeze.hpp"
#include "bindings/frozen.hpp"
#include "bindings/library.hpp"
#include "bindings/state.hpp"

namespace tidemill::lua {

namespace {

using Value = FrozenTree::Value;
using Node = FrozenTree::Node;

// The address is the key of the Frozen in a cache.
const char own_key = 0;

// The address marks a Frozen.
const char frozen_tag = 0;

// A cache that has grown to so many values beside the list (about a MiB) starts anew.
constexpr std::uint32_t kMostCached = 16384;
// So many items of a list are kept at most (2 MiB).
constexpr std::size_t kMostCovered = 131072;
// Longer strings are copied at each read rather than kept.
constexpr std::size_t kLongString = 4096;
// How many items of a list are taken at a time.
constexpr std::size_t kAhead = 64;

const Node& node_of(const Frozen& frozen) { return frozen.tree->node(frozen.node); }

/// The Frozen at `index`, or null.
const Frozen* to_frozen(lua_State* L, int index) {
  if (lua_type(L, index) != LUA_TUSERDATA || lua_rawlen(L, index) != sizeof(Frozen)) return nullptr;
  auto* frozen = static_cast<const Frozen*>(lua_touserdata(L, index));
  return frozen->tag == &frozen_tag && frozen->tree != nullptr ? frozen : nullptr;
}

const Frozen& check_frozen(lua_State* L, int index) {
  const Frozen* frozen = frozen_at(L, index);
  luaL_argexpected(L, frozen != nullptr, index, "frozen table");
  return *frozen;
}

void push_value(lua_State* L, const Frozen& of, const Value& value) {
  switch (value.kind) {
    case Value::nil:
      lua_pushnil(L);
      break;
    case Value::boolean:
      lua_pushboolean(L, value.truth);
      break;
    case Value::integer:
      lua_pushinteger(L, value.whole);
      break;
    case Value::number:
      lua_pushnumber(L, value.real);
      break;
    case Value::string:
      lua_pushlstring(L, value.text, value.size);
      break;
    case Value::node:
      push_frozen(L, *of.tree, value.index);
      break;
    case Value::parcel:
      State::of(L).decoder.decode(L, of.tree->parcel(value.index));
      break;
  }
}

/// The key at `index`, or nil as kind if no frozen table has such a key.
Value to_key(lua_State* L, int index) {
  Value key;
  switch (lua_type(L, index)) {
    case LUA_TBOOLEAN:
      key.kind = Value::boolean;
      key.truth = lua_toboolean(L, index) != 0;
      break;
    case LUA_TNUMBER: {
      int exact = 0;
      key.whole = lua_tointegerx(L, index, &exact);  // 2.0 is the key 2
      key.kind = Value::integer;
      if (exact == 0) {
        key.kind = Value::number;
        key.real = lua_tonumber(L, index);
      }
      break;
    }
    case LUA_TSTRING: {
      std::size_t size = 0;
      key.text = lua_tolstring(L, index, &size);
      key.size = static_cast<std::uint32_t>(size);
      if (size <= UINT32_MAX) key.kind = Value::string;
      break;
    }
    default:
      break;
  }
  return key;
}

bool in_list(const Node& node, const Value& key) {
  return key.kind == Value::integer && key.whole >= 1 &&
         static_cast<std::uint64_t>(key.whole) <= node.list_size;
}

/// The value under `key`, or null.
const Value* look_up(const Frozen& frozen, const Value& key) {
  const Node& node = node_of(frozen);
  if (in_list(node, key)) {
    return &frozen.tree->item(node, static_cast<std::size_t>(key.whole - 1));
  }
  if (key.kind == Value::nil || node.count == 0) return nullptr;
  const std::size_t at = frozen.tree->find(node, key);
  return at == node.count ? nullptr : &frozen.tree->entry(node, at).value;
}

/// Pushes a new cache with room for so many items and fields.
void push_cache(lua_State* L, std::size_t items, std::size_t fields) {
  lua_createtable(L, static_cast<int>(items), static_cast<int>(fields));
  lua_rawgeti(L, LUA_REGISTRYINDEX, State::kFrozenCache);
  lua_setmetatable(L, -2);
}

/// Puts an empty cache with room for `items` in the place of the one at index 1; at 3 is the
/// Frozen.
void renew_cache(lua_State* L, Frozen& frozen, std::size_t items) {
  push_cache(L, items, 4);
  lua_pushvalue(L, 3);
  lua_rawsetp(L, -2, &own_key);
  lua_replace(L, 1);
  lua_getiuservalue(L, 3, 1);  // the view's metatable
  lua_pushvalue(L, 1);
  lua_setfield(L, -2, "__index");
  lua_pop(L, 1);
  frozen.cached = 0;
  frozen.covered = static_cast<std::uint32_t>(items);
}

/// The item `at`, counted from 0, was not in the cache. Stack: cache, key, Frozen.
void read_item(lua_State* L, Frozen& frozen, const Node& node, std::size_t at) {
  const Value& value = frozen.tree->item(node, at);
  if (at >= frozen.covered) {
    // A list is covered by and by, so that who reads a few items does not pay for all.
    const std::size_t most = std::min(node.list_size, kMostCovered);
    if (at >= most || frozen.cached++ * 2 < frozen.covered) return push_value(L, frozen, value);
    renew_cache(L, frozen, std::min(most, std::max(kAhead, std::size_t{4} * frozen.covered)));
    if (at >= frozen.covered) return push_value(L, frozen, value);
  }
  // With it the plain values after it, which a loop will want next.
  const std::size_t end =
      std::min({node.list_size, std::size_t{frozen.covered}, (at / kAhead + 1) * kAhead});
  for (std::size_t i = at + 1; i < end; ++i) {
    const Value& ahead = frozen.tree->item(node, i);
    if (ahead.kind == Value::nil || ahead.kind >= Value::string) break;
    push_value(L, frozen, ahead);
    lua_rawseti(L, 1, static_cast<lua_Integer>(i) + 1);
  }
  push_value(L, frozen, value);
  if (value.kind == Value::string && value.size > kLongString) return;
  lua_pushvalue(L, -1);
  lua_rawseti(L, 1, static_cast<lua_Integer>(at) + 1);
}

/// __index of a cache: (cache, key). The rare case, a key that was not read before.
int read_through(lua_State* L) {
  lua_settop(L, 2);
  luaL_checktype(L, 1, LUA_TTABLE);
  lua_rawgetp(L, 1, &own_key);
  auto* frozen = const_cast<Frozen*>(to_frozen(L, 3));
  if (frozen == nullptr) return raise_text(L, "this frozen table has been collected");
  const Node& node = node_of(*frozen);
  const Value key = to_key(L, 2);
  if (in_list(node, key)) {
    read_item(L, *frozen, node, static_cast<std::size_t>(key.whole - 1));
    return 1;
  }
  const Value* value = look_up(*frozen, key);
  if (value == nullptr) return 0;
  push_value(L, *frozen, *value);
  if (value->kind == Value::string && value->size > kLongString) return 1;
  if (++frozen->cached > kMostCached) renew_cache(L, *frozen, frozen->covered);
  lua_pushvalue(L, 2);
  lua_pushvalue(L, -2);
  lua_rawset(L, 1);
  return 1;
}

int refuse_change(lua_State* L) {
  const Value key = to_key(L, 2);
  if (key.kind == Value::string) {
    return raise_text(L, "cannot change a frozen table (field '%s')", lua_tostring(L, 2));
  }
  if (key.kind == Value::integer) {
    return raise_text(L, "cannot change a frozen table (index %I)",
                      static_cast<LUAI_UACINT>(key.whole));
  }
  return raise_text(L, "cannot change a frozen table");
}

int length(lua_State* L) {
  lua_pushinteger(L, static_cast<lua_Integer>(node_of(check_frozen(L, 1)).list_size));
  return 1;
}

/// Pushes the first pair from `position` on, which counts list and entries together: the position
/// after it, or 0 and nothing pushed at the end.
std::size_t push_pair(lua_State* L, const Frozen& frozen, std::size_t position) {
  const Node& node = node_of(frozen);
  for (; position < node.list_size; ++position) {
    const Value& value = frozen.tree->item(node, position);
    if (value.kind == Value::nil) continue;  // a hole
    lua_pushinteger(L, static_cast<lua_Integer>(position) + 1);
    push_value(L, frozen, value);
    return position + 1;
  }
  if (position - node.list_size >= node.count) return 0;
  const FrozenTree::Entry& entry = frozen.tree->entry(node, position - node.list_size);
  push_value(L, frozen, entry.key);
  push_value(L, frozen, entry.value);
  return position + 1;
}

/// next(view, key)
int next_pair(lua_State* L, const Frozen& frozen) {
  lua_settop(L, 2);
  const Node& node = node_of(frozen);
  std::size_t position = 0;
  if (!lua_isnil(L, 2)) {
    const Value key = to_key(L, 2);
    if (in_list(node, key)) {
      position = static_cast<std::size_t>(key.whole);
    } else {
      const std::size_t at = key.kind == Value::nil ? node.count : frozen.tree->find(node, key);
      if (at == node.count) return raise_text(L, "invalid key to 'next'");
      position = node.list_size + at + 1;
    }
  }
  if (push_pair(L, frozen, position) != 0) return 2;
  lua_pushnil(L);
  return 1;
}

/// The iterator of pairs: remembers where it is.
int step(lua_State* L) {
  const Frozen* frozen = to_frozen(L, lua_upvalueindex(1));
  const auto position = static_cast<std::size_t>(lua_tointeger(L, lua_upvalueindex(2)));
  const std::size_t after = frozen == nullptr ? 0 : push_pair(L, *frozen, position);
  if (after == 0) {
    lua_pushnil(L);
    return 1;
  }
  lua_pushinteger(L, static_cast<lua_Integer>(after));
  lua_replace(L, lua_upvalueindex(2));
  return 2;
}

/// The same over a cache that has everything, which is its upvalue: a script must not get hold of
/// it.
int step_whole(lua_State* L) {
  lua_settop(L, 2);
  if (lua_type(L, lua_upvalueindex(1)) == LUA_TTABLE && lua_next(L, lua_upvalueindex(1)) != 0) {
    return 2;
  }
  lua_pushnil(L);
  return 1;
}

int pairs(lua_State* L) {
  const Frozen& frozen = check_frozen(L, 1);
  lua_getmetatable(L, 1);
  if (frozen.whole) {
    lua_pushliteral(L, "__index");
    lua_rawget(L, -2);
    lua_pushcclosure(L, guarded<step_whole>, 1);
  } else {
    lua_rawgeti(L, -1, 1);
    lua_pushinteger(L, 0);
    lua_pushcclosure(L, guarded<step>, 2);
  }
  lua_pushvalue(L, 1);
  lua_pushnil(L);
  return 3;
}

/// frozen table (3 items, 2 fields)
int to_string(lua_State* L) {
  const Node& node = node_of(check_frozen(L, 1));
  lua_pushfstring(L, "frozen table (%I item%s, %I field%s)",
                  static_cast<LUAI_UACINT>(node.list_size), node.list_size == 1 ? "" : "s",
                  static_cast<LUAI_UACINT>(node.count), node.count == 1 ? "" : "s");
  return 1;
}

int collect(lua_State* L) {
  const Frozen* frozen = to_frozen(L, 1);
  luaL_argexpected(L, frozen != nullptr, 1, "frozen table");
  std::exchange(const_cast<Frozen*>(frozen)->tree, nullptr)->release();
  lua_pushnil(L);
  lua_setmetatable(L, 1);  // a script that calls this leaves the collector nothing to do
  return 0;
}

int collect_builder(lua_State* L) {
  static_cast<FreezeBuilder*>(luaL_checkudata(L, 1, "tidemill.freezer"))->~FreezeBuilder();
  lua_pushnil(L);
  lua_setmetatable(L, 1);
  return 0;
}

/// freeze(t) → view
int freeze(lua_State* L) {
  luaL_checktype(L, 1, LUA_TTABLE);
  lua_settop(L, 1);
  if (frozen_at(L, 1) != nullptr) return 1;
  void* memory = lua_newuserdatauv(L, sizeof(FreezeBuilder), 0);
  auto* builder = new (memory) FreezeBuilder;
  luaL_setmetatable(L, "tidemill.freezer");
  if (!builder->build(L, 1)) return raise(L, "transfer", "%s", lua_tostring(L, -1));
  push_frozen(L, *builder->tree, 0);
  // Not when the collector comes to it: what it remembers may be large.
  lua_pushcfunction(L, guarded<collect_builder>);
  lua_pushvalue(L, 2);
  lua_call(L, 1, 0);
  return 1;
}

// The raw functions of Lua's library would see the empty table that a view is.

int next(lua_State* L) {
  luaL_checktype(L, 1, LUA_TTABLE);
  if (const Frozen* frozen = frozen_at(L, 1)) return next_pair(L, *frozen);
  lua_settop(L, 2);
  if (lua_next(L, 1) != 0) return 2;
  lua_pushnil(L);
  return 1;
}

int raw_get(lua_State* L) {
  luaL_checktype(L, 1, LUA_TTABLE);
  luaL_checkany(L, 2);
  lua_settop(L, 2);
  if (const Frozen* frozen = frozen_at(L, 1)) {
    const Value* value = look_up(*frozen, to_key(L, 2));
    if (value == nullptr) return 0;
    push_value(L, *frozen, *value);
    return 1;
  }
  lua_rawget(L, 1);
  return 1;
}

int raw_set(lua_State* L) {
  luaL_checktype(L, 1, LUA_TTABLE);
  luaL_checkany(L, 2);
  luaL_checkany(L, 3);
  if (frozen_at(L, 1) != nullptr) return refuse_change(L);
  lua_settop(L, 3);
  lua_rawset(L, 1);
  return 1;
}

int raw_length(lua_State* L) {
  const int type = lua_type(L, 1);
  luaL_argexpected(L, type == LUA_TTABLE || type == LUA_TSTRING, 1, "table or string");
  if (frozen_at(L, 1) != nullptr) return length(L);
  lua_pushinteger(L, static_cast<lua_Integer>(lua_rawlen(L, 1)));
  return 1;
}

}  // namespace

const Frozen* frozen_at(lua_State* L, int index) {
  if (lua_type(L, index) != LUA_TTABLE || lua_getmetatable(L, index) == 0) return nullptr;
  const Frozen* frozen = frozen_of_metatable(L, -1);
  lua_pop(L, 1);
  return frozen;
}

const Frozen* frozen_of_metatable(lua_State* L, int index) {
  lua_rawgeti(L, index, 1);
  const Frozen* frozen = to_frozen(L, -1);
  lua_pop(L, 1);
  return frozen;
}

void push_frozen(lua_State* L, FrozenTree& tree, std::uint32_t number) {
  luaL_checkstack(L, 12, "a frozen table");
  const Node& node = tree.node(number);
  lua_rawgeti(L, LUA_REGISTRYINDEX, State::kHandles);
  const int handles = lua_gettop(L);
  if (lua_rawgetp(L, handles, &node) == LUA_TTABLE) {
    lua_remove(L, handles);
    return;
  }
  lua_pop(L, 1);
  // The collector sees no more of the tree than small tables.
  State& state = State::of(L);
  if (tree.holders.is_new(state.number)) state.note_held(L, tree.bytes());
  lua_newtable(L);
  const int view = lua_gettop(L), metatable = view + 1;
  lua_createtable(L, 1, 8);
  auto* frozen = static_cast<Frozen*>(lua_newuserdatauv(L, sizeof(Frozen), 1));
  *frozen = {nullptr, &frozen_tag, number, 0, 0, node.small && node.flat};
  lua_rawgeti(L, LUA_REGISTRYINDEX, State::kFrozenBox);
  lua_setmetatable(L, -2);
  tree.retain();
  frozen->tree = &tree;
  if (frozen->whole) {
    lua_createtable(L, static_cast<int>(node.list_size), static_cast<int>(node.count));
    for (std::size_t i = 0; i < node.list_size; ++i) {
      push_value(L, *frozen, tree.item(node, i));
      lua_rawseti(L, -2, static_cast<lua_Integer>(i) + 1);
    }
    for (std::size_t i = 0; i < node.count; ++i) {
      push_value(L, *frozen, tree.entry(node, i).key);
      push_value(L, *frozen, tree.entry(node, i).value);
      lua_rawset(L, -3);
    }
  } else {
    lua_pushvalue(L, metatable);
    lua_setiuservalue(L, -2, 1);
    frozen->covered = node.small ? static_cast<std::uint32_t>(node.list_size) : 0;
    push_cache(L, frozen->covered, 4);
    lua_pushvalue(L, -2);
    lua_rawsetp(L, -2, &own_key);
  }
  lua_setfield(L, metatable, "__index");
  lua_rawseti(L, metatable, 1);
  static const luaL_Reg metamethods[] = {{"__newindex", guarded<refuse_change>},
                                         {"__len", guarded<length>},
                                         {"__pairs", guarded<pairs>},
                                         {"__tostring", guarded<to_string>},
                                         {nullptr, nullptr}};
  luaL_setfuncs(L, metamethods, 0);
  lua_pushboolean(L, false);  // getmetatable gives nothing away
  lua_setfield(L, metatable, "__metatable");
  lua_setmetatable(L, view);
  lua_pushvalue(L, view);
  lua_rawsetp(L, handles, &node);
  lua_remove(L, handles);
}

void open_frozen(lua_State* L) {
  lua_createtable(L, 0, 1);
  lua_pushcfunction(L, guarded<collect>);
  lua_setfield(L, -2, "__gc");
  lua_rawseti(L, LUA_REGISTRYINDEX, State::kFrozenBox);
  luaL_newmetatable(L, "tidemill.freezer");
  lua_pushcfunction(L, guarded<collect_builder>);
  lua_setfield(L, -2, "__gc");
  lua_pop(L, 1);
  lua_createtable(L, 0, 2);
  lua_pushliteral(L, "v");
  lua_setfield(L, -2, "__mode");
  lua_pushcfunction(L, guarded<read_through>);
  lua_setfield(L, -2, "__index");
  lua_rawseti(L, LUA_REGISTRYINDEX, State::kFrozenCache);
  lua_pushcfunction(L, guarded<freeze>);
  lua_setfield(L, -2, "freeze");
  static const luaL_Reg functions[] = {{"next", guarded<next>},
                                       {"rawget", guarded<raw_get>},
                                       {"rawset", guarded<raw_set>},
                                       {"rawlen", guarded<raw_length>},
                                       {nullptr, nullptr}};
  lua_pushglobaltable(L);
  luaL_setfuncs(L, functions, 0);
  lua_pop(L, 1);
}

}  // namespace tidemill::lua
