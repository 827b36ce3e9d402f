#include "engine/shared/atomic.hpp"

#include <utility>

namespace tidemill {

Number Atomic::get() {
  SpinGuard guard(lock_);
  return value_;
}

Number Atomic::swap(Number value) {
  SpinGuard guard(lock_);
  return std::exchange(value_, value);
}

bool Atomic::compare_and_set(Number expected, Number value) {
  SpinGuard guard(lock_);
  if (!(value_ == expected)) return false;
  value_ = value;
  return true;
}

Number Atomic::add(Number n) {
  SpinGuard guard(lock_);
  return value_ = value_ + n;
}

Number Atomic::subtract(Number n) {
  SpinGuard guard(lock_);
  return value_ = value_ - n;
}

Number Atomic::raise_to(Number least) {
  SpinGuard guard(lock_);
  if (value_ < least) value_ = least;
  return value_;
}

Number Atomic::lower_to(Number most) {
  SpinGuard guard(lock_);
  if (most < value_) value_ = most;
  return value_;
}

}  // namespace tidemill
