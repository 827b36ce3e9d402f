// A run of the fuzzer's inputs that is the same every time; `./mill fuzz` makes more of them.
#include <doctest/doctest.h>

#include "tests/fuzz/parcels.hpp"

namespace {

#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
constexpr int kInputs = 5'000;
#else
constexpr int kInputs = 50'000;
#endif

}  // namespace

TEST_CASE("hostile parcels: honest ones are accepted, also when packed again") {
  tidemill::fuzz::ParcelWorld world;
  for (const tidemill::fuzz::Bytes& seed : world.seeds()) {
    CAPTURE(static_cast<int>(seed[0]));
    const std::size_t before = world.accepted();
    world.try_input(seed);
    CHECK(world.accepted() == before + 2);
  }
}

TEST_CASE("hostile parcels: each gives values or an error") {
  tidemill::fuzz::ParcelWorld world;
  tidemill::fuzz::Mutator mutator(2026);
  for (int i = 0; i < kInputs; ++i) world.try_input(mutator.next(world.seeds()));
  CHECK(world.accepted() > 0);
}
