#include "engine/shared/dict_value.hpp"

#include <functional>

namespace tidemill {

DictValue share(const DictValue& value) {
  if (const auto* number = std::get_if<Number>(&value)) return *number;
  if (const auto* parcel = std::get_if<Payload>(&value)) return parcel->copy();
  if (const auto* parcel = std::get_if<Ref<Parcel>>(&value)) return *parcel;
  return {};
}

std::uint64_t DictKey::hash() const {
  std::uint64_t hash = kind == Kind::text ? std::hash<std::string_view>()(text)
                                          : bits + static_cast<std::uint64_t>(kind);
  // Both ends count: the low bits choose the bucket, the high ones the shard. Keys 1, 2, 3 and
  // addresses differ in a few bits only, which two rounds of shift and multiply spread over all.
  hash = (hash ^ (hash >> 32)) * 0x9E3779B97F4A7C15u;
  hash = (hash ^ (hash >> 29)) * 0xD6E8FEB86659FD93u;
  return hash ^ (hash >> 32);
}

}  // namespace tidemill
