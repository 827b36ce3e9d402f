#include "bindings/freeze.hpp"

#include <algorithm>
#include <bit>
#include <cstring>
#include <memory>
#include <new>
#include <string>

#include "bindings/state.hpp"
#include "bindings/transfer/refusal.hpp"
#include "bindings/transfer/wire.hpp"

namespace tidemill::lua {

using Value = FrozenTree::Value;
using Node = FrozenTree::Node;

FreezeBuilder::FreezeBuilder() : tree(make_ref<FrozenTree>()) {
  tree->slots_.push_back(0);  // of all nodes without entries
}

FreezeBuilder::~FreezeBuilder() = default;

bool FreezeBuilder::build(lua_State* L, int index) {
  index = lua_absindex(L, index);
  luaL_checkstack(L, 16, "freeze");
  const int top = lua_gettop(L);
  for (int i = 0; i < 3; ++i) lua_newtable(L);
  tables_ = top + 1;
  numbers_ = top + 2;
  keys_ = top + 3;
  lua_pushnil(L);  // the key of the root
  Value root;
  bool done = false;
  try {
    done = add_table(L, index, root);
    for (std::uint32_t i = 0; done && i < tree->nodes_.size(); ++i) done = add_node(L, i);
    if (done) {
      tree->nodes_.shrink_to_fit();
      tree->values_.shrink_to_fit();
      tree->entries_.shrink_to_fit();
      tree->slots_.shrink_to_fit();
      tree->bytes_ += tree->nodes_.size() * sizeof(Node) + tree->values_.size() * sizeof(Value) +
                      tree->entries_.size() * sizeof(FrozenTree::Entry) +
                      tree->slots_.size() * sizeof(std::uint32_t);
    }
  } catch (const std::bad_alloc&) {
    lua_pushliteral(L, "cannot freeze: not enough memory");
    done = false;
  }
  if (!done) lua_replace(L, top + 1);
  lua_settop(L, done ? top : top + 1);
  return done;
}

bool FreezeBuilder::add_node(lua_State* L, std::uint32_t number) {
  current_ = number;
  FrozenTree& t = *tree;
  const int top = lua_gettop(L);
  lua_rawgeti(L, tables_, static_cast<lua_Integer>(number) + 1);
  const int table = top + 1;
  // What `#` says may be far beyond what is there: of mostly holes no list is made.
  auto length = static_cast<lua_Integer>(lua_rawlen(L, table));
  const std::size_t list = t.values_.size(), entries = t.entries_.size();
  lua_Integer holes = 0, before_holes = 0;
  for (lua_Integer i = 1; i <= length; ++i) {
    lua_pushinteger(L, i);
    Value value;
    if (lua_rawgeti(L, table, i) == LUA_TNIL) {
      if (++holes == 1) before_holes = i - 1;
      if (holes > i / 2 + 16) {
        length = before_holes;  // the others come again below
        t.values_.resize(list + static_cast<std::size_t>(length));
        lua_settop(L, table);
        break;
      }
    } else if (!add_value(L, table + 2, value)) {
      return false;
    }
    t.values_.push_back(value);
    lua_settop(L, table);
  }
  for (lua_pushnil(L); lua_next(L, table) != 0; lua_pop(L, 1)) {
    if (lua_isinteger(L, -2)) {
      const lua_Integer key = lua_tointeger(L, -2);
      if (key >= 1 && key <= length) continue;
    }
    FrozenTree::Entry entry;
    if (!add_key(L, table + 1, entry.key) || !add_value(L, table + 2, entry.value)) return false;
    t.entries_.push_back(entry);
  }
  Node& node = t.nodes_[number];
  node.list = list;
  node.list_size = static_cast<std::size_t>(length);
  node.entries = entries;
  node.count = t.entries_.size() - entries;
  describe(node);
  add_slots(node);
  lua_settop(L, top);
  return true;
}

void FreezeBuilder::describe(Node& node) {
  constexpr std::size_t kFewValues = 64, kFewBytes = 1024;
  std::size_t bytes = 0;
  node.flat = true;
  auto count = [&](const Value& value) {
    if (value.kind >= Value::node) node.flat = false;
    if (value.kind == Value::string) bytes += value.size;
  };
  for (std::size_t i = 0; i < node.list_size; ++i) count(tree->item(node, i));
  for (std::size_t i = 0; i < node.count; ++i) {
    count(tree->entry(node, i).key);
    count(tree->entry(node, i).value);
  }
  node.small = node.list_size + node.count <= kFewValues && bytes <= kFewBytes;
}

void FreezeBuilder::add_slots(Node& node) {
  FrozenTree& t = *tree;
  node.slots = 0;
  node.mask = 0;
  if (node.count == 0) return;
  const std::size_t slots = std::bit_ceil(node.count + node.count / 2 + 1);
  node.slots = t.slots_.size();
  node.mask = slots - 1;
  t.slots_.resize(node.slots + slots);
  for (std::size_t i = 0; i < node.count; ++i) {
    std::size_t at = FrozenTree::hash_of(t.entries_[node.entries + i].key) & node.mask;
    while (t.slots_[node.slots + at] != 0) at = (at + 1) & node.mask;
    t.slots_[node.slots + at] = static_cast<std::uint32_t>(i + 1);
  }
}

bool FreezeBuilder::add_key(lua_State* L, int index, Value& to) {
  switch (lua_type(L, index)) {
    case LUA_TBOOLEAN:
    case LUA_TNUMBER:
    case LUA_TSTRING:
      return add_value(L, index, to);
    default:
      return refuse(L, "a key that is no boolean, number or string");
  }
}

/// The value at `index`, with its key below it.
bool FreezeBuilder::add_value(lua_State* L, int index, Value& to) {
  switch (lua_type(L, index)) {
    case LUA_TNIL:
      return true;
    case LUA_TBOOLEAN:
      to.kind = Value::boolean;
      to.truth = lua_toboolean(L, index) != 0;
      return true;
    case LUA_TNUMBER:
      if (lua_isinteger(L, index)) {
        to.kind = Value::integer;
        to.whole = lua_tointeger(L, index);
      } else {
        to.kind = Value::number;
        to.real = lua_tonumber(L, index);
      }
      return true;
    case LUA_TSTRING:
      return add_string(L, index, to);
    case LUA_TTABLE:
      return add_table(L, index, to);
    case LUA_TTHREAD:
      return refuse(L, "a coroutine");
    case LUA_TLIGHTUSERDATA:
      return refuse(L, "a light userdata");
    default:
      return add_parcel(L, index, to);
  }
}

/// Tables of the library are the same in every state, and nobody's to copy. Those of modules are
/// where settings are kept: they are frozen as they are now.
bool FreezeBuilder::is_library(lua_State* L, int index) {
  if (!State::of(L).may_have_name(lua_topointer(L, index))) return false;
  lua_rawgeti(L, LUA_REGISTRYINDEX, State::kNames);
  lua_pushvalue(L, index);
  const bool library = lua_rawget(L, -2) == LUA_TSTRING && *lua_tostring(L, -1) == wire::kLibrary;
  lua_pop(L, 2);
  return library;
}

bool FreezeBuilder::add_table(lua_State* L, int index, Value& to) {
  lua_pushvalue(L, index);
  if (lua_rawget(L, numbers_) == LUA_TNUMBER) {
    to.kind = Value::node;
    to.index = static_cast<std::uint32_t>(lua_tointeger(L, -1));
    lua_pop(L, 1);
    return true;
  }
  lua_pop(L, 1);
  if (lua_getmetatable(L, index) != 0) {
    const bool frozen = frozen_of_metatable(L, -1) != nullptr;
    lua_pop(L, 1);
    return frozen ? add_parcel(L, index, to) : refuse(L, "a table with a metatable");
  }
  if (!tree->nodes_.empty() && is_library(L, index)) return add_parcel(L, index, to);
  FrozenTree& t = *tree;
  if (t.nodes_.size() >= UINT32_MAX) return refuse(L, "more tables than fit");
  const auto number = static_cast<lua_Integer>(t.nodes_.size());
  t.nodes_.emplace_back();
  parents_.push_back(current_);
  lua_pushvalue(L, index);
  lua_rawseti(L, tables_, number + 1);
  lua_pushvalue(L, index);
  lua_pushinteger(L, number);
  lua_rawset(L, numbers_);
  if (number > 0) {
    lua_pushvalue(L, index - 1);
    lua_rawseti(L, keys_, number + 1);
  }
  to.kind = Value::node;
  to.index = static_cast<std::uint32_t>(number);
  return true;
}

/// What the codec writes as a reference or as a name: handles, functions and tables of modules.
/// Everything else that it knows can change.
bool FreezeBuilder::add_parcel(lua_State* L, int index, Value& to) {
  using namespace wire;
  Payload& parcel = tree->parcels_.emplace_back();
  if (!State::of(L).encoder.encode(L, index, 1, {"value", -1}, parcel)) {
    return refuse(L, lua_isfunction(L, index) ? "a function" : "a userdata");
  }
  const std::uint8_t tag = parcel.bytes()[2];
  if (tag != kHandle && tag != kLibrary && tag != kModule && tag != kModuleField &&
      tag != kFrozen) {
    return refuse(L, lua_isfunction(L, index) ? "a function, which could change what it captures"
                                              : "a userdata");
  }
  to.kind = Value::parcel;
  to.index = static_cast<std::uint32_t>(tree->parcels_.size() - 1);
  return true;
}

bool FreezeBuilder::add_string(lua_State* L, int index, Value& to) {
  constexpr std::size_t kInterned = 40;  // LUAI_MAXSHORTLEN
  std::size_t size = 0;
  const char* text = lua_tolstring(L, index, &size);
  if (size > UINT32_MAX) return refuse(L, "a string of 4 GiB or more");
  to.kind = Value::string;
  to.size = static_cast<std::uint32_t>(size);
  if (size <= kInterned) {
    auto [known, is_new] = known_text_.try_emplace(text);
    if (is_new) {
      char* space = text_space(size);
      std::memcpy(space, text, size);
      known->second = space;
    }
    to.text = known->second;
    return true;
  }
  char* space = text_space(size);
  std::memcpy(space, text, size);
  to.text = space;
  return true;
}

char* FreezeBuilder::text_space(std::size_t size) {
  constexpr std::size_t kFirst = 256, kLargest = 64 * 1024;
  if (size > block_left_) {
    const std::size_t usual =
        std::min(kFirst << std::min<std::size_t>(tree->blocks_.size(), 8), kLargest);
    const bool alone = size > usual / 4;
    const std::size_t room = alone ? size : usual;
    auto block = std::make_unique_for_overwrite<char[]>(room);
    tree->blocks_.push_back(block.get());
    tree->bytes_ += room;
    char* const begin = block.release();
    if (alone) return begin;
    block_ = begin;
    block_left_ = room;
  }
  char* space = block_;
  block_ += size;
  block_left_ -= size;
  return space;
}

/// At the top of the stack are the value and below it its key. Pushes what is wrong with it, and
/// its path.
bool FreezeBuilder::refuse(lua_State* L, const char* what) {
  std::string path;
  if (!tree->nodes_.empty()) {
    const int top = lua_gettop(L);
    path = describe_key(L, top - 1);
    for (std::uint32_t node = current_; node != 0; node = parents_[node]) {
      lua_rawgeti(L, keys_, static_cast<lua_Integer>(node) + 1);
      path = describe_key(L, -1) + path;
      lua_pop(L, 1);
    }
    shorten(path);
  }
  const std::string message = "cannot freeze argument 1" + path + ": " + what;
  lua_pushlstring(L, message.data(), message.size());
  return false;
}

}  // namespace tidemill::lua
