// Numbers as scripts have them, whole or real, and their way into the elements of a buffer.
#pragma once

#include <cmath>
#include <concepts>
#include <cstdint>
#include <limits>

namespace tidemill {

struct Number {
  static Number of(std::int64_t value) { return {true, value, 0}; }
  static Number of(double value) { return {false, 0, value}; }

  bool whole;  ///< it is `integer`, otherwise `real`
  std::int64_t integer;
  double real;
};

/// Whether a number can be an element.
enum class Fit : std::uint8_t {
  fits,          ///< floats round
  not_whole,     ///< it has a fraction, or is NaN; the elements are integers
  out_of_range,  ///< the elements are integers of a smaller range
};

template <std::floating_point T>
Fit convert(Number from, T& to) {
  to = from.whole ? static_cast<T>(from.integer) : static_cast<T>(from.real);
  return Fit::fits;
}

template <std::integral T>
Fit convert(Number from, T& to) {
  if (!from.whole) {
    if (from.real != std::floor(from.real)) return Fit::not_whole;
    // exact: -2^63 and 2^63 are doubles
    if (from.real < -0x1p63 || from.real >= 0x1p63) return Fit::out_of_range;
    from.integer = static_cast<std::int64_t>(from.real);
  }
  to = static_cast<T>(from.integer);
  return to == from.integer ? Fit::fits : Fit::out_of_range;
}

template <class T>
Number number_of(T value) {
  if constexpr (std::integral<T>) {
    return Number::of(std::int64_t{value});
  } else {
    return Number::of(double{value});
  }
}

}  // namespace tidemill
