// The making of a FrozenTree from Lua tables.
//
// The tables are taken one after the other, those found in them are put at the end of the list: no
// depth of nesting matters, and a table that is met again is known by its number, so that sharing
// and cycles are kept.
#pragma once

#include <unordered_map>

#include "bindings/frozen.hpp"

namespace tidemill::lua {

struct FreezeBuilder {
  FreezeBuilder();
  ~FreezeBuilder();

  /// Freezes the table at `index` of the stack. False: refused, with the reason at the top of the
  /// stack. May raise for lack of memory, therefore the builder must not be on the C stack.
  bool build(lua_State* L, int index);

  Ref<FrozenTree> tree;

 private:
  bool add_node(lua_State* L, std::uint32_t number);
  bool add_value(lua_State* L, int index, FrozenTree::Value& to);
  bool add_table(lua_State* L, int index, FrozenTree::Value& to);
  bool add_parcel(lua_State* L, int index, FrozenTree::Value& to);
  bool add_key(lua_State* L, int index, FrozenTree::Value& to);
  bool add_string(lua_State* L, int index, FrozenTree::Value& to);
  static bool is_library(lua_State* L, int index);
  void describe(FrozenTree::Node& node);
  void add_slots(FrozenTree::Node& node);
  bool refuse(lua_State* L, const char* what);
  char* text_space(std::size_t size);

  // Stack: the tables by number, their numbers by table, and by number the key of a table in the
  // one where it was found first.
  int tables_ = 0, numbers_ = 0, keys_ = 0;
  std::vector<std::uint32_t> parents_;
  std::uint32_t current_ = 0;
  // Short strings are one object each in a Lua state.
  std::unordered_map<const char*, const char*> known_text_;
  char* block_ = nullptr;
  std::size_t block_left_ = 0;
};

}  // namespace tidemill::lua
