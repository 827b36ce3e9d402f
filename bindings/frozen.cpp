#include "bindings/frozen.hpp"

#include <cstring>
#include <functional>

#include "bindings/transfer/wire.hpp"

namespace tidemill::lua {

namespace {

bool same_key(const FrozenTree::Value& a, const FrozenTree::Value& b) {
  if (a.kind != b.kind) return false;
  switch (a.kind) {
    case FrozenTree::Value::string:
      return a.string_view() == b.string_view();
    case FrozenTree::Value::boolean:
      return a.truth == b.truth;
    case FrozenTree::Value::number:
      return a.real == b.real;
    default:
      return a.whole == b.whole;
  }
}

}  // namespace

std::size_t FrozenTree::hash_of(const Value& key) {
  switch (key.kind) {
    case Value::string:
      return std::hash<std::string_view>{}(key.string_view());
    case Value::boolean:
      return key.truth ? 1 : 2;
    default: {
      std::uint64_t bits;  // of the integer, or of the number
      std::memcpy(&bits, &key.whole, sizeof bits);
      bits *= 0x9E3779B97F4A7C15u;  // 2^64 / golden ratio (Knuth, TAOCP 6.4)
      return static_cast<std::size_t>(bits ^ (bits >> 32));
    }
  }
}

FrozenTree::FrozenTree() { set_parcel_tag(wire::kFrozenTree); }

FrozenTree::~FrozenTree() {
  for (char* block : blocks_) delete[] block;
}

std::size_t FrozenTree::find(const Node& in, const Value& key) const {
  for (std::size_t at = hash_of(key) & in.mask;; at = (at + 1) & in.mask) {
    const std::uint32_t slot = slots_[in.slots + at];
    if (slot == 0) return in.count;
    if (same_key(entries_[in.entries + slot - 1].key, key)) return slot - 1;
  }
}

}  // namespace tidemill::lua
