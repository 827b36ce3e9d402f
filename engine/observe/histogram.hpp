// How often durations of which length occurred: one thread adds, any thread reads.
//
// The buckets are log-linear, as in Gil Tene's HdrHistogram (https://hdrhistogram.org): each power
// of two is cut into kParts buckets of equal width. So adding is a few instructions without a
// search, the memory is fixed, and what is read from a bucket is off by at most half its width,
// which is 1 / (2 kParts) of the value; a sum of histograms is as exact as each of them.
//
// All accesses are relaxed: whoever reads while another thread adds sees some recent state of each
// number by itself, and takes the count from the buckets that it has seen.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <cstdint>

#include "engine/base/clock.hpp"

namespace tidemill {

/// What is said of many durations.
struct Durations {
  std::uint64_t count = 0;
  Nanoseconds mean = 0, p50 = 0, p99 = 0, max = 0;
};

class Histogram {
 public:
  static constexpr int kPartBits = 4;
  static constexpr std::uint64_t kParts = 1 << kPartBits;
  /// What is longer, 39 hours, counts as that long in the percentiles.
  static constexpr int kBits = 47;
  static constexpr std::size_t kBuckets = (kBits - kPartBits + 1) * kParts;

  static constexpr std::size_t bucket_of(Nanoseconds length) {
    const std::uint64_t most = (std::uint64_t{1} << kBits) - 1;
    const std::uint64_t value =
        std::min(static_cast<std::uint64_t>(std::max<Nanoseconds>(length, 0)), most);
    if (value < kParts) return value;
    // The leading one says which power of two, the kPartBits after it which part.
    const int shift = std::bit_width(value) - 1 - kPartBits;
    return (static_cast<std::size_t>(shift) << kPartBits) + (value >> shift);
  }
  /// The least duration in the bucket.
  static constexpr Nanoseconds begin_of(std::size_t bucket) {
    if (bucket < 2 * kParts) return static_cast<Nanoseconds>(bucket);
    const std::size_t shift = (bucket >> kPartBits) - 1;
    return static_cast<Nanoseconds>(bucket - (shift << kPartBits)) << shift;
  }

  /// The adding thread.
  void add(Nanoseconds length) {
    length = std::max<Nanoseconds>(length, 0);
    increase(buckets_[bucket_of(length)], 1);
    increase(sum_, static_cast<std::uint64_t>(length));
    if (length > max_.load(std::memory_order_relaxed)) {
      max_.store(length, std::memory_order_relaxed);
    }
  }

  /// The sum of several, by any thread.
  class Sum {
   public:
    void add(const Histogram& part) {
      for (std::size_t i = 0; i < kBuckets; ++i) {
        const std::uint64_t n = part.buckets_[i].load(std::memory_order_relaxed);
        buckets_[i] += n;
        count_ += n;
      }
      sum_ += part.sum_.load(std::memory_order_relaxed);
      max_ = std::max(max_, part.max_.load(std::memory_order_relaxed));
    }
    Durations durations() const {
      if (count_ == 0) return {};
      return {count_, static_cast<Nanoseconds>(sum_ / count_), percentile(50), percentile(99),
              max_};
    }

   private:
    /// The shortest that at least `percent` per cent are not longer than.
    Nanoseconds percentile(std::uint64_t percent) const {
      std::uint64_t before = 0, rank = (count_ * percent + 99) / 100;
      std::size_t bucket = 0;
      for (; bucket + 1 < kBuckets; ++bucket) {
        before += buckets_[bucket];
        if (before >= rank) break;
      }
      const Nanoseconds begin = begin_of(bucket), end = begin_of(bucket + 1);
      return std::min(begin + (end - begin) / 2, max_);
    }

    std::array<std::uint64_t, kBuckets> buckets_{};
    std::uint64_t count_ = 0, sum_ = 0;
    Nanoseconds max_ = 0;
  };

 private:
  static void increase(std::atomic<std::uint64_t>& number, std::uint64_t by) {
    number.store(number.load(std::memory_order_relaxed) + by, std::memory_order_relaxed);
  }

  std::array<std::atomic<std::uint64_t>, kBuckets> buckets_{};
  std::atomic<std::uint64_t> sum_{0};
  std::atomic<Nanoseconds> max_{0};
};

}  // namespace tidemill
