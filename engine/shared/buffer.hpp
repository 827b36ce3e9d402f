// An array of numbers of one type in memory that all workers share, and views of parts of it.
//
// A Buffer is a view: `size` elements of `type` at `data`, inside memory that it keeps alive. None
// of that ever changes; only the elements do. So there is no lock: elements are accessed as
// relaxed_memory.hpp says, one at a time or in bulk. A bulk operation is many accesses, and what
// others write meanwhile may be in its result or not, element by element.
//
// Positions count from 0 and are the caller's to check.
#pragma once

#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <utility>

#include "engine/shared/buffer_memory.hpp"
#include "engine/shared/element.hpp"
#include "engine/shared/relaxed_memory.hpp"

namespace tidemill {

enum class ElementType : std::uint8_t { f64, f32, i64, i32, u8 };

/// Calls f(std::type_identity<T>) with the C++ type of the elements.
template <class F>
decltype(auto) with_type(ElementType type, F&& f) {
  switch (type) {
    case ElementType::f64:
      return f(std::type_identity<double>());
    case ElementType::f32:
      return f(std::type_identity<float>());
    case ElementType::i64:
      return f(std::type_identity<std::int64_t>());
    case ElementType::i32:
      return f(std::type_identity<std::int32_t>());
    case ElementType::u8:
      break;
  }
  return f(std::type_identity<std::uint8_t>());
}

inline std::size_t size_of(ElementType type) {
  return with_type(type, []<class T>(std::type_identity<T>) { return sizeof(T); });
}

class Buffer final : public Shared {
 public:
  // All: any thread; none blocks.

  /// `size` zeros; null if there is no memory for them.
  static Ref<Buffer> make(ElementType type, std::size_t size);
  /// The `count` elements from `first` on, in the same memory; null if memory is out.
  Ref<Buffer> slice(std::size_t first, std::size_t count);

  ElementType type() const { return type_; }
  std::size_t size() const { return size_; }
  std::size_t bytes() const { return size_ * size_of(type_); }
  BufferMemory& memory() const { return *memory_; }

  // One element
  Number get(std::size_t at) const {
    return with_type(type_, [&]<class T>(std::type_identity<T>) {
      return number_of(relaxed::load(elements<T>() + at));
    });
  }
  Fit set(std::size_t at, Number value) {
    return with_type(type_, [&]<class T>(std::type_identity<T>) {
      T element;
      const Fit fit = convert(value, element);
      if (fit == Fit::fits) relaxed::store(elements<T>() + at, element);
      return fit;
    });
  }
  /// Adds in one step; `sum` is the new value, or the one that would not fit. i64 wraps around.
  Fit add(std::size_t at, Number value, Number& sum);

  // Many elements
  Fit fill(std::size_t first, std::size_t count, Number value);
  /// Where a copy stopped, and why.
  struct Copied {
    std::size_t count;
    Fit fit;
  };
  /// Copies `count` elements of `from` to position `at`, converting each; what overlaps arrives as
  /// it was. Stops at an element that does not fit; those before it are copied.
  Copied copy(std::size_t at, const Buffer& from, std::size_t first, std::size_t count);
  /// Exact for integers, modulo 2^64. Floats are added pairwise (see buffer_bulk.cpp).
  Number sum(std::size_t first, std::size_t count) const;
  enum class Extreme : bool { min, max };
  /// Of at least one element; NaN if any of them is.
  Number extreme(Extreme which, std::size_t first, std::size_t count) const;
  /// The elements as they lie in memory, to and from memory of the caller.
  void read(std::size_t first, std::size_t count, void* bytes) const;
  void write(std::size_t first, std::size_t count, const void* bytes);

 private:
  Buffer(Ref<BufferMemory> memory, ElementType type, void* data, std::size_t size)
      : memory_(std::move(memory)), data_(data), size_(size), type_(type) {}
  ~Buffer() override = default;

  template <class T>
  T* elements() const {
    return static_cast<T*>(data_);
  }

  const Ref<BufferMemory> memory_;
  void* const data_;
  const std::size_t size_;
  const ElementType type_;
};

}  // namespace tidemill
