#include "engine/base/chooser.hpp"

namespace tidemill {

std::uint32_t RandomChooser::decide(Choice, std::uint32_t candidates) {
  std::uint64_t z = state_.fetch_add(0x9E3779B97F4A7C15u, std::memory_order_relaxed);
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
  z ^= z >> 31;
  return static_cast<std::uint32_t>(((z >> 32) * candidates) >> 32);
}

}  // namespace tidemill
