// What a Dict holds: keys and values.
#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>
#include <utility>

#include "engine/base/payload.hpp"
#include "engine/base/ref.hpp"
#include "engine/shared/number.hpp"

namespace tidemill {

/// A parcel that many may read at once, because nobody changes it.
class Parcel final : public Shared {
 public:
  explicit Parcel(Payload content) : content(std::move(content)) {}
  const Payload content;

 private:
  ~Parcel() override = default;
};

/// Nothing, a number, a few bytes, or a larger parcel. Three words, of which the entries of a table
/// are full. Giving out a larger one takes a reference, so that nothing is copied while others wait
/// for the lock.
class DictValue {
 public:
  DictValue() = default;
  DictValue(Number number) { put(number); }
  explicit DictValue(Payload parcel);
  DictValue(DictValue&& other) noexcept { take(other); }
  DictValue& operator=(DictValue&& other) noexcept {
    if (this != &other) {
      drop();
      take(other);
    }
    return *this;
  }
  /// In place: to move a number in takes longer than to add two.
  DictValue& operator=(Number number) {
    drop();
    put(number);
    return *this;
  }
  ~DictValue() { drop(); }

  bool is_nothing() const { return kind_ == Kind::nothing; }
  bool is_number() const { return kind_ == Kind::integer || kind_ == Kind::real; }
  Number number() const {
    return kind_ == Kind::integer ? Number::of(as<std::int64_t>()) : Number::of(as<double>());
  }
  /// The larger parcel, or null.
  const Parcel* parcel() const { return kind_ == Kind::parcel ? as<Parcel*>() : nullptr; }
  /// The few bytes. They have no memory of their own.
  Payload bytes() const { return Payload({bytes_, kind_ == Kind::bytes ? size_ : 0u}, {}); }
  /// The same value once more.
  DictValue share() const;

 private:
  enum class Kind : std::uint8_t { nothing, integer, real, bytes, parcel };
  static constexpr std::size_t kBytes = 22;

  // What the first bytes are, as a union would have it, which would take a word more.
  template <class T>
  T as() const {
    T value;
    std::memcpy(&value, bytes_, sizeof value);
    return value;
  }
  template <class T>
  void put(Kind kind, T value) {
    std::memcpy(bytes_, &value, sizeof value);
    kind_ = kind;
  }
  void put(Number number) {
    if (number.is_integer) {
      put(Kind::integer, number.integer);
    } else {
      put(Kind::real, number.real);
    }
  }
  void drop() {
    if (kind_ == Kind::parcel) as<Parcel*>()->release();
    kind_ = Kind::nothing;
  }
  void take(DictValue& other) {
    std::memcpy(bytes_, other.bytes_, kBytes);
    size_ = other.size_;
    kind_ = std::exchange(other.kind_, Kind::nothing);
  }

  alignas(8) std::uint8_t bytes_[kBytes] = {};  // a parcel: its address, with a count
  std::uint8_t size_ = 0;
  Kind kind_ = Kind::nothing;
};

/// A key as the caller has it: of a text only where it is.
struct DictKey {
  enum class Kind : std::uint8_t {
    boolean,
    integer,
    real,    ///< a double that is no integer, and not NaN
    object,  ///< the object itself, whatever is in it
    text,
  };

  static DictKey of(bool value) { return {Kind::boolean, 0, value ? 1u : 0u, {}}; }
  static DictKey of(std::int64_t value) {
    return {Kind::integer, 0, static_cast<std::uint64_t>(value), {}};
  }
  static DictKey of(double value) {
    std::uint64_t bits = 0;
    std::memcpy(&bits, &value, sizeof bits);
    return {Kind::real, 0, bits, {}};
  }
  static DictKey of(std::string_view text) { return {Kind::text, 0, text.size(), text}; }
  /// `tag` is the caller's and no part of the key's identity.
  static DictKey of(Shared* object, std::uint8_t tag) {
    return {Kind::object, tag, reinterpret_cast<std::uintptr_t>(object), {}};
  }

  std::int64_t integer() const { return static_cast<std::int64_t>(bits); }
  double real() const {
    double value = 0;
    std::memcpy(&value, &bits, sizeof value);
    return value;
  }
  Shared* object() const { return reinterpret_cast<Shared*>(static_cast<std::uintptr_t>(bits)); }

  std::uint64_t hash() const;

  Kind kind;
  std::uint8_t tag;
  std::uint64_t bits;  ///< the value; of a text its length
  std::string_view text;
};

}  // namespace tidemill
