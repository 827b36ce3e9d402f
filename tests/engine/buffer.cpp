#include "engine/shared/buffer.hpp"

#include <limits>
#include <thread>
#include <vector>

#include "fixture.hpp"

using namespace tidemill;
using namespace tidemill::test;

namespace {

constexpr ElementType kTypes[] = {ElementType::f64, ElementType::f32, ElementType::i64,
                                  ElementType::i32, ElementType::u8};

std::int64_t whole(Number number) {
  CHECK(number.is_integer);
  return number.integer;
}

double value(Number number) {
  return number.is_integer ? static_cast<double>(number.integer) : number.real;
}

Ref<Buffer> counting(ElementType type, std::size_t size) {
  auto buffer = Buffer::make(type, size);
  for (std::size_t i = 0; i < size; ++i) {
    buffer->set(i, Number::of(static_cast<std::int64_t>(i % 100 + 1)));
  }
  return buffer;
}

}  // namespace

TEST_CASE("buffer: what does not fit is refused and changes nothing") {
  auto u8 = Buffer::make(ElementType::u8, 2), i32 = Buffer::make(ElementType::i32, 1),
       i64 = Buffer::make(ElementType::i64, 1), f32 = Buffer::make(ElementType::f32, 1);
  const double inf = std::numeric_limits<double>::infinity();
  CHECK(u8->set(0, Number::of(std::int64_t{255})) == Fit::fits);
  CHECK(u8->set(0, Number::of(std::int64_t{256})) == Fit::out_of_range);
  CHECK(u8->set(0, Number::of(std::int64_t{-1})) == Fit::out_of_range);
  CHECK(u8->set(0, Number::of(1.5)) == Fit::not_whole);
  CHECK(u8->set(0, Number::of(inf)) == Fit::out_of_range);
  CHECK(u8->set(0, Number::of(inf - inf)) == Fit::not_whole);
  CHECK(whole(u8->get(0)) == 255);
  CHECK(u8->set(1, Number::of(7.0)) == Fit::fits);
  CHECK(whole(u8->get(1)) == 7);
  CHECK(i32->set(0, Number::of(std::int64_t{INT32_MIN})) == Fit::fits);
  CHECK(i32->set(0, Number::of(std::int64_t{INT32_MAX} + 1)) == Fit::out_of_range);
  CHECK(whole(i32->get(0)) == INT32_MIN);
  CHECK(i64->set(0, Number::of(-0x1p63)) == Fit::fits);
  CHECK(i64->set(0, Number::of(0x1p63)) == Fit::out_of_range);
  CHECK(whole(i64->get(0)) == INT64_MIN);
  CHECK(f32->set(0, Number::of(0.1)) == Fit::fits);
  CHECK(f32->get(0).real == double{0.1f});
}

TEST_CASE("buffer: bulk operations are right for every type, start and length") {
  for (ElementType type : kTypes) {
    CAPTURE(static_cast<int>(type));
    auto buffer = counting(type, 5000);
    for (std::size_t first : {0, 1, 3, 7, 2049}) {
      for (std::size_t count : {1, 2, 5, 8, 9, 255, 256, 257, 2048, 2900}) {
        CAPTURE(first);
        CAPTURE(count);
        double sum = 0, min = 1000, max = 0;
        for (std::size_t i = first; i < first + count; ++i) {
          const double x = value(buffer->get(i));
          sum += x, min = std::min(min, x), max = std::max(max, x);
        }
        CHECK(value(buffer->sum(first, count)) == sum);
        CHECK(value(buffer->extreme(Buffer::Extreme::min, first, count)) == min);
        CHECK(value(buffer->extreme(Buffer::Extreme::max, first, count)) == max);

        std::vector<char> bytes(count * size_of(type));
        buffer->read(first, count, bytes.data());
        auto other = Buffer::make(type, count + 3);
        other->write(2, count, bytes.data());
        CHECK(value(other->sum(0, count + 3)) == sum);
        CHECK(value(other->get(0)) + value(other->get(1)) + value(other->get(count + 2)) == 0);
        other->fill(1, count, Number::of(std::int64_t{3}));
        CHECK(value(other->sum(0, count + 1)) == 3.0 * static_cast<double>(count));
        CHECK(value(other->get(0)) == 0);
      }
    }
  }
}

TEST_CASE("buffer: a copy within one memory is as if all had been read first") {
  for (ElementType type : kTypes) {
    for (std::size_t from : {0, 1, 5, 300}) {
      for (std::size_t to : {0, 2, 5, 301, 299, 3000}) {
        auto buffer = counting(type, 6000), before = counting(type, 6000);
        constexpr std::size_t kCount = 2800;
        auto source = buffer->slice(from, kCount), target = buffer->slice(to, kCount);
        CHECK(target->copy(0, *source, 0, kCount).count == kCount);
        bool right = true;
        for (std::size_t i = 0; i < 6000; ++i) {
          const bool copied = i >= to && i < to + kCount;
          right = right && value(buffer->get(i)) == value(before->get(copied ? i - to + from : i));
        }
        CHECK(right);
      }
    }
  }
}

TEST_CASE("buffer: a copy converts, and stops where something does not fit") {
  for (ElementType from : kTypes) {
    for (ElementType to : kTypes) {
      auto source = counting(from, 3000), target = Buffer::make(to, 3000);
      CHECK(target->copy(0, *source, 0, 3000).fit == Fit::fits);
      CHECK(value(target->sum(0, 3000)) == value(source->sum(0, 3000)));
    }
  }
  auto floats = counting(ElementType::f64, 3000), bytes = Buffer::make(ElementType::u8, 3000);
  floats->set(2500, Number::of(0.5));
  Buffer::Copied copied = bytes->copy(0, *floats, 0, 3000);
  CHECK(copied.count == 2500);
  CHECK(copied.fit == Fit::not_whole);
  CHECK(value(bytes->sum(0, 3000)) == value(floats->sum(0, 2500)));
}

TEST_CASE("buffer: sums of floats lose little, those of integers nothing") {
  constexpr std::size_t kSize = 1000000;
  auto tenths = Buffer::make(ElementType::f64, kSize);
  tenths->fill(0, kSize, Number::of(0.1));
  CHECK(std::abs(tenths->sum(0, kSize).real - 100000.0) < 1e-9);  // one by one: 1.3e-6
  auto wrapping = Buffer::make(ElementType::i64, 3);
  wrapping->fill(0, 3, Number::of(std::int64_t{INT64_MAX}));
  CHECK(whole(wrapping->sum(0, 3)) == INT64_MAX - 2);  // 3 * (2^63 - 1) modulo 2^64
  auto small = Buffer::make(ElementType::i32, 3);
  small->fill(0, 3, Number::of(std::int64_t{INT32_MIN}));
  CHECK(whole(small->sum(0, 3)) == 3LL * INT32_MIN);
  auto bytes = Buffer::make(ElementType::u8, kSize);
  bytes->fill(0, kSize, Number::of(std::int64_t{255}));
  CHECK(whole(bytes->sum(0, kSize)) == 255LL * kSize);
}

TEST_CASE("buffer: NaN is never hidden by an extreme") {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  for (std::size_t at : {0, 1, 255, 256, 599}) {
    auto buffer = counting(ElementType::f64, 600);
    buffer->set(at, Number::of(nan));
    CHECK(std::isnan(buffer->extreme(Buffer::Extreme::min, 0, 600).real));
    CHECK(std::isnan(buffer->extreme(Buffer::Extreme::max, 0, 600).real));
  }
}

TEST_CASE("buffer: slices keep the memory; too much of it is refused") {
  auto buffer = counting(ElementType::i32, 100);
  auto inner = buffer->slice(10, 50)->slice(5, 10);
  buffer = nullptr;
  CHECK(whole(inner->get(0)) == 16);
  CHECK(inner->size() == 10);
  CHECK(inner->memory().bytes() == 400);
  CHECK(Buffer::make(ElementType::f64, SIZE_MAX / 8) == nullptr);
  CHECK(Buffer::make(ElementType::f64, SIZE_MAX) == nullptr);
  CHECK(Buffer::make(ElementType::u8, std::size_t{1} << 60) == nullptr);
  CHECK(Buffer::make(ElementType::u8, 0)->size() == 0);
}

TEST_CASE("buffer: adding from many threads loses nothing") {
  auto counts = Buffer::make(ElementType::i64, 1), sums = Buffer::make(ElementType::f32, 1);
  constexpr int kTimes = 20000 / kSlow;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      Number sum;
      for (int i = 0; i < kTimes; ++i) {
        counts->add(0, Number::of(std::int64_t{1}), sum);
        sums->add(0, Number::of(0.5), sum);
      }
    });
  }
  for (auto& thread : threads) thread.join();
  CHECK(whole(counts->get(0)) == 4 * kTimes);
  CHECK(sums->get(0).real == 2.0 * kTimes);

  auto small = Buffer::make(ElementType::u8, 1);
  Number sum;
  CHECK(small->add(0, Number::of(std::int64_t{255}), sum) == Fit::fits);
  CHECK(small->add(0, Number::of(1.0), sum) == Fit::out_of_range);
  CHECK(whole(sum) == 256);
  CHECK(small->add(0, Number::of(std::int64_t{INT64_MAX}), sum) == Fit::out_of_range);
  CHECK(small->add(0, Number::of(0.5), sum) == Fit::not_whole);
  CHECK(whole(small->get(0)) == 255);
}

TEST_CASE("buffer: every kind of access at once, from several threads, and no element is torn") {
  for (ElementType type : {ElementType::f64, ElementType::i32, ElementType::u8}) {
    constexpr std::size_t kSize = 3001;
    auto buffer = Buffer::make(type, kSize), other = Buffer::make(type, kSize);
    // Elements are only ever one of two numbers with different bytes everywhere.
    const Number first = type == ElementType::f64   ? Number::of(-1.0 / 3)
                         : type == ElementType::i32 ? Number::of(std::int64_t{0x12345678})
                                                    : Number::of(std::int64_t{0x5A});
    const Number second = Number::of(std::int64_t{0});
    std::atomic<bool> torn{false}, stop{false};
    auto writer = [&](Number mine) {
      for (int round = 0; round < 400 / kSlow; ++round) {
        buffer->fill(1, kSize - 2, mine);
        for (std::size_t i = 0; i < kSize; i += 7) buffer->set(i, mine);
        buffer->copy(3, *buffer, 0, 2000);
      }
    };
    auto reader = [&] {
      do {
        other->copy(0, *buffer, 0, kSize);
        buffer->sum(0, kSize);
        buffer->extreme(Buffer::Extreme::max, 0, kSize);
        for (std::size_t i = 0; i < kSize; ++i) {
          for (Buffer* seen : {buffer.get(), other.get()}) {
            const double x = value(seen->get(i));
            if (x != value(first) && x != value(second)) torn = true;
          }
        }
      } while (!stop);
    };
    std::thread readers(reader), one(writer, first), two(writer, second);
    one.join();
    two.join();
    stop = true;
    readers.join();
    CHECK_FALSE(torn);
  }
}
