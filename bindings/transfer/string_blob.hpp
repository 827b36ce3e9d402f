// A long string on its way: copied out of one Lua state and into another, and not in between.
#pragma once

#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <new>

#include "bindings/transfer/wire.hpp"
#include "engine/base/ref.hpp"

namespace tidemill::lua {

class StringBlob final : public Shared {
 public:
  /// Null if there is no memory for it.
  static StringBlob* make(const char* text, std::size_t size,
                          std::uint8_t tag = wire::kStringBlob) {
    void* memory = std::malloc(sizeof(StringBlob) + size);
    if (memory == nullptr) return nullptr;
    auto* blob = new (memory) StringBlob(size);
    blob->set_parcel_tag(tag);
    std::memcpy(static_cast<char*>(memory) + sizeof(StringBlob), text, size);
    return blob;
  }
  const char* text() const { return reinterpret_cast<const char*>(this + 1); }
  std::size_t size() const { return size_; }

 private:
  explicit StringBlob(std::size_t size) : size_(size) {}
  void destroy() override {
    this->~StringBlob();
    std::free(this);
  }

  const std::size_t size_;
};

}  // namespace tidemill::lua
