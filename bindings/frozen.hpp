// tm.freeze: tables that nobody can change, shared by all states.
//
// A FrozenTree is a frozen table with all the tables in it, outside of any Lua state. Each of these
// is a node: a list part, and entries found by a hash of the key. It is complete before any other
// state hears of it and never changes, so reading it takes no lock.
//
// A state sees a node as a view: an empty table whose metatable has, as __index, a cache of what
// was read. Lua finds again what is in there without calling us; what is not there comes from the
// tree through the cache's own metatable. So a second read costs about twice that of a plain table,
// while memory is spent on what is used, up to a bound.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "bindings/lua.hpp"
#include "engine/base/holders.hpp"
#include "engine/base/payload.hpp"
#include "engine/base/ref.hpp"

namespace tidemill::lua {

class FrozenTree final : public Shared {
 public:
  struct Value {
    enum Kind : std::uint8_t {
      nil,
      boolean,
      integer,
      number,
      string,  ///< `text` and `size`
      node,    ///< `index`: another table of this tree
      parcel,  ///< `index`: what the codec writes as a reference or a name
    } kind = nil;
    std::uint32_t size = 0;
    union {
      bool truth;
      std::int64_t whole = 0;
      double real;
      const char* text;
      std::uint32_t index;
    };
    std::string_view string_view() const { return {text, size}; }
  };
  struct Entry {
    Value key, value;
  };
  struct Node {
    std::size_t list, list_size;  ///< in values_
    std::size_t entries, count;   ///< in entries_
    std::size_t slots, mask;      ///< in slots_: 1 + the number of an entry, or 0; mask + 1 of them
    bool small;                   ///< few values, and no long string
    bool flat;                    ///< no other table, and nothing that the codec would have to make
  };

  FrozenTree();

  std::uint32_t size() const { return static_cast<std::uint32_t>(nodes_.size()); }
  const Node& node(std::uint32_t at) const { return nodes_[at]; }
  /// Of the list part; `at` counts from 0.
  const Value& item(const Node& of, std::size_t at) const { return values_[of.list + at]; }
  const Entry& entry(const Node& of, std::size_t at) const { return entries_[of.entries + at]; }
  /// The number of the entry with this key, or `count`. A key is a boolean, number or string.
  std::size_t find(const Node& in, const Value& key) const;
  const Payload& parcel(std::uint32_t at) const { return parcels_[at]; }
  static std::size_t hash_of(const Value& key);
  /// What it takes.
  std::size_t bytes() const { return bytes_; }
  Holders holders;

 private:
  friend struct FreezeBuilder;
  ~FrozenTree() override;

  std::vector<Node> nodes_;
  std::vector<Value> values_;
  std::vector<Entry> entries_;
  std::vector<std::uint32_t> slots_;
  std::vector<Payload> parcels_;
  std::vector<char*> blocks_;  // of text
  std::size_t bytes_ = 0;
};

/// What stands behind a view: a userdata.
struct Frozen {
  FrozenTree* tree;
  const void* tag;  ///< an address in this program, so no other userdata has it
  std::uint32_t node;
  std::uint32_t cached;   ///< about the number of values in the cache, but for the list part
  std::uint32_t covered;  ///< for how many items of the list the cache has room
  bool whole;             ///< the cache has everything, and no metatable
};

/// What stands behind the value at `index` if it is a view, else null.
const Frozen* frozen_at(lua_State* L, int index);
/// If the table at `index` is the metatable of a view: what stands behind it, else null.
const Frozen* frozen_of_metatable(lua_State* L, int index);
/// Pushes the state's view of a node.
void push_frozen(lua_State* L, FrozenTree& tree, std::uint32_t node);

}  // namespace tidemill::lua
