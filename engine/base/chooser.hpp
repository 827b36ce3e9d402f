// The only source of chance in the engine. Whatever may come out one way or another (whom to steal
// from, which ready case of a select) asks the engine's Chooser, so that a seed fixes the order.
#pragma once

#include <atomic>
#include <cstdint>

namespace tidemill {

/// What is being decided; a recording driver stores it beside the choice.
enum class Choice : std::uint8_t {
  steal_victim,  ///< which other worker of the pool to look at first
  select_case,   ///< which of several ready cases happens
};

class Chooser {
 public:
  virtual ~Chooser() = default;
  /// A number in [0, candidates); candidates > 0. Any thread; does not block.
  virtual std::uint32_t decide(Choice kind, std::uint32_t candidates) = 0;
};

/// Uniform and cheap: a Weyl sequence through the finaliser of SplitMix64 (Steele, Lea, Flood,
/// "Fast Splittable Pseudorandom Number Generators", 2014).
class RandomChooser final : public Chooser {
 public:
  explicit RandomChooser(std::uint64_t seed) : state_(seed) {}
  std::uint32_t decide(Choice kind, std::uint32_t candidates) override;

 private:
  std::atomic<std::uint64_t> state_;  // relaxed: any interleaving of draws is a valid sequence
};

}  // namespace tidemill
