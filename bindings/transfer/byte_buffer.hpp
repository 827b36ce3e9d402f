// The bytes of a parcel while it is written: kept from parcel to parcel, so that most allocate
// once.
#pragma once

#include <cstdint>
#include <cstring>
#include <memory>
#include <span>

namespace tidemill::lua {

class ByteBuffer {
 public:
  void clear() { size_ = 0; }
  void truncate(std::size_t size) { size_ = size; }
  std::size_t size() const { return size_; }
  std::uint8_t& operator[](std::size_t i) { return data_[i]; }
  std::span<const std::uint8_t> bytes() const { return {data_.get(), size_}; }

  /// Room for `size` bytes, which count as written.
  std::uint8_t* extend(std::size_t size) {
    if (room_ - size_ < size) grow(size);
    std::uint8_t* at = data_.get() + size_;
    size_ += size;
    return at;
  }
  void put8(std::uint8_t value) { *extend(1) = value; }
  void put32(std::uint32_t value) { std::memcpy(extend(4), &value, 4); }
  void put(const void* data, std::size_t size) {
    if (size > 0) std::memcpy(extend(size), data, size);
  }

 private:
  void grow(std::size_t more) {
    std::size_t room = room_ * 2 > size_ + more ? room_ * 2 : size_ + more + 256;
    std::unique_ptr<std::uint8_t[]> bigger(new std::uint8_t[room]);
    if (size_ > 0) std::memcpy(bigger.get(), data_.get(), size_);
    data_ = std::move(bigger);
    room_ = room;
  }

  std::unique_ptr<std::uint8_t[]> data_;
  std::size_t size_ = 0, room_ = 0;
};

}  // namespace tidemill::lua
