#include "engine/shared/dict_value.hpp"

#include <functional>

namespace tidemill {

DictValue::DictValue(Payload parcel) {
  const auto bytes = parcel.bytes();
  if (parcel.on_heap() || bytes.size() > kBytes) {
    put(Kind::parcel, new Parcel(std::move(parcel)));
  } else {
    std::memcpy(bytes_, bytes.data(), bytes.size());
    size_ = static_cast<std::uint8_t>(bytes.size());
    kind_ = Kind::bytes;
  }
}

DictValue DictValue::share() const {
  DictValue other;
  std::memcpy(other.bytes_, bytes_, kBytes);
  other.size_ = size_;
  other.kind_ = kind_;
  if (kind_ == Kind::parcel) as<Parcel*>()->retain();
  return other;
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
