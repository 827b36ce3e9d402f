#include "engine/base/ref.hpp"

#include <vector>

namespace tidemill {

void release_each(std::span<Shared* const> objects) {
  // What the outermost call on this thread has still to release.
  thread_local std::vector<Shared*>* outermost = nullptr;
  if (outermost != nullptr) {
    outermost->insert(outermost->end(), objects.begin(), objects.end());
    return;
  }
  std::vector<Shared*> left;
  outermost = &left;
  for (Shared* object : objects) {
    object->release();
    while (!left.empty()) {
      Shared* next = left.back();
      left.pop_back();
      next->release();
    }
  }
  outermost = nullptr;
}

}  // namespace tidemill
