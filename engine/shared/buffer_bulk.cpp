// What buffers do with many elements at once. Everything works on blocks that are first copied out
// of the shared memory (relaxed_memory.hpp), so that the arithmetic below is on private arrays,
// which the compiler may vectorise; a block comes from memory once and from the first-level cache
// afterwards.
#include <algorithm>
#include <bit>

#include "engine/shared/buffer.hpp"

namespace tidemill {

namespace {

/// Elements in a block. The loops below have this number or a multiple of kLanes as their constant
/// bound where it matters: GCC at -O2 vectorises nothing else.
template <class T>
constexpr std::size_t kBlock = relaxed::kBlockBytes / sizeof(T);

/// Independent sums or extremes of one block, so that additions need not wait for each other.
constexpr std::size_t kLanes = 8;

/// Calls f(block, count) for each block of elements in turn; `block` is a copy.
template <class T, class F>
void for_blocks(const T* elements, std::size_t count, F f) {
  T block[kBlock<T>];
  for (; count >= kBlock<T>; elements += kBlock<T>, count -= kBlock<T>) {
    relaxed::copy_out(block, elements, kBlock<T>);
    f(block, kBlock<T>);
  }
  if (count == 0) return;
  relaxed::copy_out(block, elements, count);
  f(block, count);
}

// --- sums ---

/// Elements of a block are added in this type: exact, or modulo 2^64, for integers. (A block of u8
/// adds up to half a million.)
template <class T>
using SumOf = std::conditional_t<std::floating_point<T>, double,
                                 std::conditional_t<sizeof(T) == 1, std::uint32_t, std::uint64_t>>;

template <class T>
SumOf<T> block_sum(const T* block, std::size_t count) {
  SumOf<T> lanes[kLanes] = {};
  const std::size_t whole = count / kLanes * kLanes;
  for (std::size_t i = 0; i < whole; i += kLanes) {
    for (std::size_t lane = 0; lane < kLanes; ++lane) {
      lanes[lane] += static_cast<SumOf<T>>(block[i + lane]);
    }
  }
  for (std::size_t i = whole; i < count; ++i) {
    lanes[i - whole] += static_cast<SumOf<T>>(block[i]);
  }
  for (std::size_t half = kLanes / 2; half > 0; half /= 2) {
    for (std::size_t lane = 0; lane < half; ++lane) lanes[lane] += lanes[lane + half];
  }
  return lanes[0];
}

/// Pairwise summation (N. J. Higham, "The accuracy of floating point summation", SIAM J. Sci.
/// Comput. 14, 1993): two equal numbers of elements have been added up before their sums are added.
/// The error grows with the logarithm of the number of elements instead of the number; 32 elements
/// of a lane are added one after another. Costs nothing measurable, where Kahan's sum costs four
/// additions for one. The result depends on the elements alone.
class PairwiseSum {
 public:
  void add(double sum) {
    // As in a binary counter, a carry is the sum of two equally long stretches.
    for (std::uint64_t carries = added_++; (carries & 1) != 0; carries >>= 1) {
      sum = partial_[--depth_] + sum;
    }
    partial_[depth_++] = sum;
  }
  double total() const {
    double sum = 0;
    for (std::size_t i = depth_; i-- > 0;) sum = partial_[i] + sum;
    return sum;
  }

 private:
  std::uint64_t added_ = 0;
  std::size_t depth_ = 0;  // of the 1s of added_, the longest stretch first
  double partial_[64];
};

// --- extremes ---

/// NaN compares false, so lanes skip it, except where they begin; `unordered` says if there was
/// one.
template <Buffer::Extreme which, class T>
T block_extreme(const T* block, std::size_t count, bool& unordered) {
  T lanes[kLanes];
  std::fill_n(lanes, kLanes, block[0]);
  auto better = [](T a, T b) { return which == Buffer::Extreme::min ? a < b : a > b; };
  std::uint8_t nans[kLanes] = {};
  const std::size_t whole = count / kLanes * kLanes;
  for (std::size_t i = 0; i < whole; i += kLanes) {
    for (std::size_t lane = 0; lane < kLanes; ++lane) {
      const T x = block[i + lane];
      lanes[lane] = better(x, lanes[lane]) ? x : lanes[lane];
      if constexpr (std::floating_point<T>) nans[lane] |= x != x;
    }
  }
  for (std::size_t i = whole; i < count; ++i) {
    lanes[0] = better(block[i], lanes[0]) ? block[i] : lanes[0];
    nans[0] |= block[i] != block[i];
  }
  for (std::size_t lane = 0; lane < kLanes; ++lane) {
    lanes[0] = better(lanes[lane], lanes[0]) ? lanes[lane] : lanes[0];
    unordered |= nans[lane] != 0;
  }
  return lanes[0];
}

// --- conversion ---

/// Every From is a To, perhaps rounded.
template <class From, class To>
constexpr bool kAlwaysFits = std::floating_point<To> ||
                             (std::integral<From> && sizeof(To) > sizeof(From));

/// The number that fit; the reason why the next did not goes to `fit`.
template <class From, class To>
std::size_t convert_block(const From* from, To* to, std::size_t count, Fit& fit) {
  for (std::size_t i = 0; i < count; ++i) {
    if constexpr (kAlwaysFits<From, To>) {
      to[i] = static_cast<To>(from[i]);
    } else if (fit = convert(number_of(from[i]), to[i]); fit != Fit::fits) {
      return i;
    }
  }
  return count;
}

template <class From, class To>
Buffer::Copied copy_converted(const From* from, To* to, std::size_t count) {
  Buffer::Copied copied{0, Fit::fits};
  To converted[kBlock<From>];
  for_blocks(from, count, [&](const From* block, std::size_t n) {
    if (copied.fit != Fit::fits) return;
    const std::size_t done = convert_block(block, converted, n, copied.fit);
    relaxed::copy_in(to + copied.count, converted, done);
    copied.count += done;
  });
  return copied;
}

/// The direction in which no element is overwritten before it has been read.
template <class T>
void move(const T* from, T* to, std::size_t count) {
  if (to <= from || to >= from + count) {
    // Without blocks between, which cost a third, if the words of both coincide.
    const auto apart =
        reinterpret_cast<std::uintptr_t>(to) - reinterpret_cast<std::uintptr_t>(from);
    if (apart % sizeof(relaxed::Word) == 0) return relaxed::copy(to, from, count);
    for_blocks(from, count, [&](const T* block, std::size_t n) {
      relaxed::copy_in(to, block, n);
      to += n;
    });
    return;
  }
  T block[kBlock<T>];
  while (count > 0) {
    const std::size_t n = std::min(count, kBlock<T>);
    count -= n;
    relaxed::copy_out(block, from + count, n);
    relaxed::copy_in(to + count, block, n);
  }
}

}  // namespace

Fit Buffer::fill(std::size_t first, std::size_t count, Number value) {
  return with_type(type_, [&]<class T>(std::type_identity<T>) {
    T element;
    const Fit fit = convert(value, element);
    if (fit == Fit::fits) relaxed::fill(elements<T>() + first, element, count);
    return fit;
  });
}

Buffer::Copied Buffer::copy(std::size_t at, const Buffer& from, std::size_t first,
                            std::size_t count) {
  return with_type(type_, [&]<class To>(std::type_identity<To>) {
    return with_type(from.type_, [&]<class From>(std::type_identity<From>) {
      const From* source = from.elements<From>() + first;
      To* target = elements<To>() + at;
      if constexpr (std::is_same_v<From, To>) {
        move(source, target, count);
        return Copied{count, Fit::fits};
      } else {  // slices have the type of their buffer, so these cannot overlap
        return copy_converted(source, target, count);
      }
    });
  });
}

Number Buffer::sum(std::size_t first, std::size_t count) const {
  return with_type(type_, [&]<class T>(std::type_identity<T>) {
    if constexpr (std::floating_point<T>) {
      PairwiseSum sum;
      for_blocks(elements<T>() + first, count,
                 [&](const T* block, std::size_t n) { sum.add(block_sum(block, n)); });
      return Number::of(sum.total());
    } else {
      std::uint64_t sum = 0;
      for_blocks(elements<T>() + first, count,
                 [&](const T* block, std::size_t n) { sum += block_sum(block, n); });
      return Number::of(static_cast<std::int64_t>(sum));
    }
  });
}

Number Buffer::extreme(Extreme which, std::size_t first, std::size_t count) const {
  return with_type(type_, [&]<class T>(std::type_identity<T>) {
    bool unordered = false;
    T best = relaxed::load(elements<T>() + first);
    for_blocks(elements<T>() + first, count, [&](const T* block, std::size_t n) {
      const T of_block = which == Extreme::min ? block_extreme<Extreme::min>(block, n, unordered)
                                               : block_extreme<Extreme::max>(block, n, unordered);
      if (which == Extreme::min ? of_block < best : of_block > best) best = of_block;
    });
    if (unordered) return Number::of(std::numeric_limits<double>::quiet_NaN());
    return number_of(best);
  });
}

void Buffer::read(std::size_t first, std::size_t count, void* bytes) const {
  with_type(type_, [&]<class T>(std::type_identity<T>) {
    relaxed::copy_out(bytes, elements<T>() + first, count);
  });
}

void Buffer::write(std::size_t first, std::size_t count, const void* bytes) {
  with_type(type_, [&]<class T>(std::type_identity<T>) {
    relaxed::copy_in(elements<T>() + first, bytes, count);
  });
}

}  // namespace tidemill
