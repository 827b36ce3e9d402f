#include "engine/shared/buffer.hpp"

#include <new>

namespace tidemill {

namespace {

/// old + value; T is what the element is.
template <class T>
Fit sum_of(T old, Number value, T& sum, Number& exact) {
  if constexpr (std::floating_point<T>) {
    sum =
        static_cast<T>(old + (value.is_integer ? static_cast<double>(value.integer) : value.real));
    exact = number_of(sum);
    return Fit::fits;
  } else {
    std::int64_t step;
    if (Fit fit = convert(value, step); fit != Fit::fits) {
      exact = value;
      return fit;
    }
    std::int64_t wide;
    const bool wrapped = __builtin_add_overflow(std::int64_t{old}, step, &wide);
    sum = static_cast<T>(wide);
    // A sum of small integers that leaves even 64 bits is told as the float that it nearly is.
    exact =
        wrapped && sizeof(T) < 8 ? Number::of(static_cast<double>(old) + step) : Number::of(wide);
    return sizeof(T) == 8 || (!wrapped && sum == wide) ? Fit::fits : Fit::out_of_range;
  }
}

}  // namespace

Ref<Buffer> Buffer::make(ElementType type, std::size_t size) {
  std::size_t bytes;
  if (__builtin_mul_overflow(size, size_of(type), &bytes) || bytes > PTRDIFF_MAX) return nullptr;
  Ref<BufferMemory> memory = BufferMemory::make(bytes);
  if (!memory) return nullptr;
  void* data = memory->data();
  return Ref<Buffer>::adopt(new (std::nothrow) Buffer(std::move(memory), type, data, size));
}

Ref<Buffer> Buffer::slice(std::size_t first, std::size_t count) {
  void* data = static_cast<char*>(data_) + first * size_of(type_);
  return Ref<Buffer>::adopt(new (std::nothrow) Buffer(memory_, type_, data, count));
}

Fit Buffer::add(std::size_t at, Number value, Number& sum) {
  return with_type(type_, [&]<class T>(std::type_identity<T>) {
    T* element = elements<T>() + at;
    T old = relaxed::load(element), next;
    do {
      if (Fit fit = sum_of(old, value, next, sum); fit != Fit::fits) return fit;
    } while (!relaxed::replace(element, old, next));
    return Fit::fits;
  });
}

}  // namespace tidemill
