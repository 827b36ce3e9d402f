#include "engine/shared/number.hpp"

#include <cmath>

namespace tidemill {

namespace {

double as_real(Number n) { return n.is_integer ? static_cast<double>(n.integer) : n.real; }

/// The integers are [-kEnd, kEnd); a double holds both bounds exactly.
constexpr double kEnd = 9223372036854775808.0;

}  // namespace

Number operator+(Number a, Number b) {
  if (!a.is_integer || !b.is_integer) return Number::of(as_real(a) + as_real(b));
  return Number::of(static_cast<std::int64_t>(static_cast<std::uint64_t>(a.integer) +
                                              static_cast<std::uint64_t>(b.integer)));
}

Number operator-(Number a, Number b) {
  if (!a.is_integer || !b.is_integer) return Number::of(as_real(a) - as_real(b));
  return Number::of(static_cast<std::int64_t>(static_cast<std::uint64_t>(a.integer) -
                                              static_cast<std::uint64_t>(b.integer)));
}

bool operator==(Number a, Number b) {
  if (a.is_integer && b.is_integer) return a.integer == b.integer;
  if (!a.is_integer && !b.is_integer) return a.real == b.real;
  const double real = a.is_integer ? b.real : a.real;
  const std::int64_t integer = a.is_integer ? a.integer : b.integer;
  return real >= -kEnd && real < kEnd && std::floor(real) == real &&
         static_cast<std::int64_t>(real) == integer;
}

bool operator<(Number a, Number b) {
  if (a.is_integer && b.is_integer) return a.integer < b.integer;
  if (!a.is_integer && !b.is_integer) return a.real < b.real;
  if (a.is_integer) {  // i < x is i < ceil(x)
    if (b.real >= kEnd) return true;
    return b.real >= -kEnd && a.integer < static_cast<std::int64_t>(std::ceil(b.real));
  }
  if (a.real < -kEnd) return true;  // x < i is floor(x) < i
  return a.real < kEnd && static_cast<std::int64_t>(std::floor(a.real)) < b.integer;
}

}  // namespace tidemill
