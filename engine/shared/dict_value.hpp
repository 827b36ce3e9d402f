// What a Dict holds: keys and values.
#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>
#include <utility>
#include <variant>

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

/// Nothing, a number, a parcel that needs no memory of its own, or a larger one. Reading the last
/// takes a reference, so that nothing is copied while others wait for the lock.
using DictValue = std::variant<std::monostate, Number, Payload, Ref<Parcel>>;

inline bool is_nothing(const DictValue& value) { return value.index() == 0; }
inline DictValue dict_value(Payload parcel) {
  if (parcel.on_heap()) return make_ref<Parcel>(std::move(parcel));
  return parcel;
}
/// Another hold on the same value.
DictValue share(const DictValue& value);

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
  static DictKey of(std::string_view text) { return {Kind::text, 0, 0, text}; }
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
  friend bool operator==(const DictKey& a, const DictKey& b) {
    return a.kind == b.kind && a.bits == b.bits && a.text == b.text;
  }

  Kind kind;
  std::uint8_t tag;
  std::uint64_t bits;
  std::string_view text;
};

}  // namespace tidemill
