// A number as scripts know it: a 64-bit integer that wraps around, or a double. The rules are those
// of Lua: an operation on two integers gives an integer, with a double in it a double; 1 and 1.0
// are equal; a comparison of an integer with a double is exact, and one with NaN is false.
#pragma once

#include <cstdint>

namespace tidemill {

struct Number {
  static Number of(std::int64_t value) {
    Number number;
    number.integer = value;
    return number;
  }
  static Number of(double value) {
    Number number;
    number.is_integer = false;
    number.real = value;
    return number;
  }

  bool is_integer = true;
  union {
    std::int64_t integer = 0;
    double real;
  };
};

Number operator+(Number a, Number b);
Number operator-(Number a, Number b);
bool operator==(Number a, Number b);
bool operator<(Number a, Number b);

}  // namespace tidemill
