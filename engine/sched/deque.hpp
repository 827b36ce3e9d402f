// Jobs that a worker has and others may take: one owner pushes, anyone takes the oldest.
//
// The array and the memory orders of Chase and Lev, "Dynamic Circular Work-Stealing Deque" (2005),
// as corrected by Lê, Pop, Cohen, Zappa Nardelli, "Correct and Efficient Work-Stealing for Weak
// Memory Models" (2013). The owner takes from the top as well instead of popping the bottom: jobs
// of a pool start in the order in which they came, and the take-versus-steal race on the last
// element disappears with `pop`.
//
// Invariants: top <= bottom; elements [top, bottom) are there; only the owner writes bottom and
// array; top only grows, by compare-exchange, and whoever moves it from i to i+1 has taken i.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <vector>

namespace tidemill {

template <class T>
class Deque {
 public:
  Deque() : array_(new_array(64)) {}

  /// Owner only.
  void push(T* item) {
    std::int64_t bottom = bottom_.load(std::memory_order_relaxed);  // only the owner writes it
    std::int64_t top = top_.load(std::memory_order_acquire);        // pairs with the CAS in take
    Array* array = array_.load(std::memory_order_relaxed);          // only the owner writes it
    if (bottom - top >= array->size) array = grow(*array, top, bottom);
    array->at(bottom).store(item, std::memory_order_relaxed);  // published by bottom_
    // seq_cst: publishes the item (release), and orders it before the owner's look at who sleeps
    bottom_.store(bottom + 1, std::memory_order_seq_cst);
  }

  /// Any thread. Null if it is empty; also when another taker was faster, so null is no proof.
  T* take() {
    std::int64_t top = top_.load(std::memory_order_seq_cst);
    std::int64_t bottom = bottom_.load(std::memory_order_seq_cst);  // after top, in the total order
    if (top >= bottom) return nullptr;
    // acquire: pairs with the release in grow, so the copied elements are seen
    T* item = array_.load(std::memory_order_acquire)->at(top).load(std::memory_order_relaxed);
    if (!top_.compare_exchange_strong(top, top + 1, std::memory_order_seq_cst,
                                      std::memory_order_relaxed)) {
      return nullptr;
    }
    return item;
  }

  /// Any thread; how many there were a moment ago.
  std::size_t size() const {
    std::int64_t n = bottom_.load(std::memory_order_relaxed) - top_.load(std::memory_order_relaxed);
    return n > 0 ? static_cast<std::size_t>(n) : 0;
  }
  /// Any thread; exact for the owner while nobody steals.
  bool empty() const {
    std::int64_t top = top_.load(std::memory_order_seq_cst);
    return bottom_.load(std::memory_order_seq_cst) <= top;
  }

 private:
  struct Array {
    explicit Array(std::int64_t n) : size(n), slots(new std::atomic<T*>[static_cast<size_t>(n)]) {}
    std::atomic<T*>& at(std::int64_t i) { return slots[static_cast<size_t>(i & (size - 1))]; }
    std::int64_t size;  // a power of two
    std::unique_ptr<std::atomic<T*>[]> slots;
  };

  Array* new_array(std::int64_t size) {
    arrays_.push_back(std::make_unique<Array>(size));
    return arrays_.back().get();
  }
  Array* grow(Array& old, std::int64_t top, std::int64_t bottom) {
    Array* bigger = new_array(old.size * 2);
    for (std::int64_t i = top; i < bottom; ++i) {
      bigger->at(i).store(old.at(i).load(std::memory_order_relaxed), std::memory_order_relaxed);
    }
    array_.store(bigger, std::memory_order_release);
    return bigger;
  }

  // A thief may still read an old array: they are all kept (in sum as large as the newest).
  std::vector<std::unique_ptr<Array>> arrays_;
  alignas(64) std::atomic<std::int64_t> top_{0};
  alignas(64) std::atomic<std::int64_t> bottom_{0};
  std::atomic<Array*> array_;
};

}  // namespace tidemill
