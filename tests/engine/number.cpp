#include "engine/shared/number.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <initializer_list>
#include <limits>

using tidemill::Number;

namespace {

Number whole(std::int64_t value) { return Number::of(value); }
Number real(double value) { return Number::of(value); }

/// Exactly one of the three holds; none with NaN.
void check_order(Number smaller, Number larger) {
  CHECK(smaller < larger);
  CHECK_FALSE(larger < smaller);
  CHECK_FALSE(smaller == larger);
  CHECK_FALSE(larger == smaller);
}

}  // namespace

TEST_CASE("number: integers wrap around, a double makes the result one") {
  CHECK((whole(INT64_MAX) + whole(1)).integer == INT64_MIN);
  CHECK((whole(INT64_MIN) - whole(1)).integer == INT64_MAX);
  CHECK((whole(5) - whole(7)).is_integer);
  const Number sum = whole(1) + real(0.5);
  CHECK_FALSE(sum.is_integer);
  CHECK(sum.real == 1.5);
  CHECK((real(2.5) - whole(2)).real == 0.5);
  CHECK_FALSE((real(1) + real(1)).is_integer);
}

TEST_CASE("number: an integer and a double are compared exactly") {
  CHECK(whole(3) == real(3.0));
  CHECK(real(-0.0) == whole(0));
  CHECK(whole(INT64_MIN) == real(-0x1p63));
  const std::int64_t odd = (std::int64_t{1} << 53) + 1;  // the next double is one less
  check_order(real(0x1p53), whole(odd));
  check_order(whole(odd), real(0x1p53 + 2));
  check_order(whole(INT64_MAX), real(0x1p63));
  check_order(real(-0x1p64), whole(INT64_MIN));
  check_order(whole(2), real(2.5));
  check_order(real(-2.5), whole(-2));
  check_order(whole(-3), real(-2.5));
  const double infinity = std::numeric_limits<double>::infinity();
  check_order(whole(INT64_MAX), real(infinity));
  check_order(real(-infinity), whole(INT64_MIN));
}

TEST_CASE("number: NaN is neither less nor equal") {
  const Number nan = real(std::nan(""));
  for (Number other : {whole(0), real(0), whole(INT64_MIN), nan}) {
    CHECK_FALSE(nan < other);
    CHECK_FALSE(other < nan);
    CHECK_FALSE(nan == other);
  }
}
