// How numbers become elements of a buffer, and elements numbers.
#pragma once

#include <cmath>
#include <concepts>
#include <cstdint>
#include <limits>

#include "engine/shared/number.hpp"

namespace tidemill {

/// Whether a number can be an element.
enum class Fit : std::uint8_t {
  fits,          ///< floats round
  not_whole,     ///< it has a fraction, or is NaN; the elements are integers
  out_of_range,  ///< the elements are integers of a smaller range
};

template <std::floating_point T>
Fit convert(Number from, T& to) {
  to = from.is_integer ? static_cast<T>(from.integer) : static_cast<T>(from.real);
  return Fit::fits;
}

template <std::integral T>
Fit convert(Number from, T& to) {
  if (!from.is_integer) {
    if (from.real != std::floor(from.real)) return Fit::not_whole;
    // exact: -2^63 and 2^63 are doubles
    if (from.real < -0x1p63 || from.real >= 0x1p63) return Fit::out_of_range;
    from = Number::of(static_cast<std::int64_t>(from.real));
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
