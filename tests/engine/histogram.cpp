#include "engine/observe/histogram.hpp"

#include <algorithm>
#include <random>
#include <vector>

#include "fixture.hpp"

using namespace tidemill;

namespace {

Durations of(const Histogram& histogram) {
  Histogram::Sum sum;
  sum.add(histogram);
  return sum.durations();
}

}  // namespace

TEST_CASE(
    "histogram: the buckets follow each other without a gap, none wider than 1/16 of its begin") {
  for (std::size_t bucket = 0; bucket < Histogram::kBuckets; ++bucket) {
    const Nanoseconds begin = Histogram::begin_of(bucket), end = Histogram::begin_of(bucket + 1);
    REQUIRE(begin < end);
    REQUIRE(Histogram::bucket_of(begin) == bucket);
    REQUIRE(Histogram::bucket_of(end - 1) == bucket);
    REQUIRE((end - begin == 1 || (end - begin) * 16 <= begin));
  }
  CHECK(Histogram::bucket_of(-5) == 0);
  CHECK(Histogram::bucket_of(kNever) == Histogram::kBuckets - 1);
}

TEST_CASE("histogram: nothing is said of no durations") {
  Histogram histogram;
  const Durations none = of(histogram);
  CHECK(none.count == 0);
  CHECK(none.mean == 0);
  CHECK(none.p50 == 0);
  CHECK(none.p99 == 0);
  CHECK(none.max == 0);
}

TEST_CASE("histogram: one duration is all that is said") {
  for (Nanoseconds length : {0ll, 1ll, 31ll, 32ll, 1000ll, 123456789ll, 7'200'000'000'000ll}) {
    Histogram histogram;
    histogram.add(length);
    const Durations one = of(histogram);
    CHECK(one.count == 1);
    CHECK(one.mean == length);
    CHECK(one.max == length);
    CHECK(one.p50 <= length);
    CHECK(one.p50 >= length - length / 16);
    CHECK(one.p99 == one.p50);
  }
}

TEST_CASE("histogram: percentiles of a sum are off by less than a sixteenth") {
  std::mt19937_64 random(7);
  std::lognormal_distribution<double> lengths(12, 3);
  std::vector<Nanoseconds> all;
  Histogram parts[3];
  double sum = 0;
  for (int i = 0; i < 30000; ++i) {
    const auto length = static_cast<Nanoseconds>(lengths(random));
    all.push_back(length);
    sum += static_cast<double>(length);
    parts[i % 3].add(length);
  }
  std::sort(all.begin(), all.end());
  Histogram::Sum merged;
  for (Histogram& part : parts) merged.add(part);
  const Durations durations = merged.durations();
  CHECK(durations.count == all.size());
  CHECK(durations.max == all.back());
  CHECK(static_cast<double>(durations.mean) == doctest::Approx(sum / 30000.0));
  auto close_to = [](Nanoseconds said, Nanoseconds right) {
    return said <= right + right / 16 + 1 && said >= right - right / 16 - 1;
  };
  CHECK(close_to(durations.p50, all[all.size() / 2 - 1]));
  CHECK(close_to(durations.p99, all[all.size() * 99 / 100 - 1]));
}

TEST_CASE("histogram: what is longer than it can tell counts as the longest, and max is right") {
  Histogram histogram;
  histogram.add(Nanoseconds{1} << 60);
  const Durations one = of(histogram);
  CHECK(one.max == Nanoseconds{1} << 60);
  CHECK(one.p50 < Nanoseconds{1} << Histogram::kBits);
}
