// Shared ownership of engine objects: an intrusive count, and Ref<T> that holds one of it.
// Intrusive, because a handle in a script, a queue link and a wire message each carry one bare
// pointer, and because an object must be able to hand out references to itself.
#pragma once

#include <atomic>
#include <cstdint>
#include <span>
#include <utility>

namespace tidemill {

/// Base of everything scripts can hold a handle to. Any thread may retain and release.
class Shared {
 public:
  Shared() = default;
  Shared(const Shared&) = delete;
  Shared& operator=(const Shared&) = delete;

  // relaxed: whoever retains already has a reference, so the object is known alive
  void retain() { references_.fetch_add(1, std::memory_order_relaxed); }
  /// As retain, for an object that is known to be there but perhaps held by nobody any more: then
  /// false.
  bool try_retain() {
    std::uint32_t held = references_.load(std::memory_order_relaxed);
    while (held > 0) {
      // acquire: as if the reference had been handed over by whoever has another
      if (references_.compare_exchange_weak(held, held + 1, std::memory_order_acquire,
                                            std::memory_order_relaxed)) {
        return true;
      }
    }
    return false;
  }
  void release() {
    // release/acquire: every use by a former holder happens before the destructor
    if (references_.fetch_sub(1, std::memory_order_acq_rel) == 1) destroy();
  }
  /// Whether the caller's reference is the only one. Then nobody can make another meanwhile.
  bool unshared() const {
    // acquire: pairs with the release of the others, as in `release`
    return references_.load(std::memory_order_acquire) == 1;
  }

  /// What whoever packs parcels calls this type of object; 0 until it first packs the object. The
  /// bytes of a parcel mention objects by number, and may lie about what the number stands for.
  std::uint8_t parcel_tag() const {
    // relaxed: the parcel that mentions the object was handed over after the tag was set
    return parcel_tag_.load(std::memory_order_relaxed);
  }
  /// Always the same one for an object.
  void set_parcel_tag(std::uint8_t tag) { parcel_tag_.store(tag, std::memory_order_relaxed); }

 protected:
  virtual ~Shared() = default;
  virtual void destroy() { delete this; }

 private:
  std::atomic<std::uint32_t> references_{1};
  std::atomic<std::uint8_t> parcel_tag_{0};
};

/// Gives back the references that a script's value held. An object that goes with the last one may
/// hold more of them, and so on down a chain of any length: they wait for the outermost call.
void release_each(std::span<Shared* const> objects);

/// One counted reference. `Ref<T>::adopt` takes over the count a new object is born with.
template <class T>
class Ref {
 public:
  Ref() = default;
  Ref(std::nullptr_t) {}
  explicit Ref(T* object) : object_(object) {
    if (object_ != nullptr) object_->retain();
  }
  Ref(const Ref& other) : Ref(other.object_) {}
  Ref(Ref&& other) noexcept : object_(std::exchange(other.object_, nullptr)) {}
  template <class U>
  Ref(Ref<U> other) : object_(other.leak()) {}
  ~Ref() {
    if (object_ != nullptr) object_->release();
  }
  Ref& operator=(Ref other) noexcept {
    std::swap(object_, other.object_);
    return *this;
  }

  static Ref adopt(T* object) {
    Ref ref;
    ref.object_ = object;
    return ref;
  }
  /// Gives the reference away; the caller now owns one count.
  T* leak() { return std::exchange(object_, nullptr); }

  T* get() const { return object_; }
  T* operator->() const { return object_; }
  T& operator*() const { return *object_; }
  explicit operator bool() const { return object_ != nullptr; }
  friend bool operator==(const Ref& a, const Ref& b) { return a.object_ == b.object_; }

 private:
  T* object_ = nullptr;
};

template <class T, class... Args>
Ref<T> make_ref(Args&&... args) {
  return Ref<T>::adopt(new T(std::forward<Args>(args)...));
}

}  // namespace tidemill
