#include "engine/base/payload.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <numeric>
#include <vector>

using namespace tidemill;

namespace {

struct Object final : Shared {
  explicit Object(int& alive) : alive_(alive) { ++alive_; }
  ~Object() override { --alive_; }
  int& alive_;
};

std::vector<std::uint8_t> some_bytes(std::size_t n) {
  std::vector<std::uint8_t> bytes(n);
  std::iota(bytes.begin(), bytes.end(), std::uint8_t{1});
  return bytes;
}

bool holds(const Payload& parcel, const std::vector<std::uint8_t>& bytes) {
  auto span = parcel.bytes();
  return std::vector<std::uint8_t>(span.begin(), span.end()) == bytes;
}

}  // namespace

TEST_CASE("payload: of every size around the limit, moved and copied") {
  for (std::size_t size : {0u, 1u, 8u, 23u, 24u, 25u, 100u, 100'000u}) {
    CAPTURE(size);
    auto bytes = some_bytes(size);
    Payload parcel(bytes, {});
    CHECK(holds(parcel, bytes));
    CHECK(parcel.on_heap() == (size > Payload::kInlineBytes));
    CHECK(parcel.references().empty());
    CHECK(parcel.empty() == (size == 0));
    Payload twin = parcel.copy();
    Payload moved = std::move(parcel);
    CHECK(holds(twin, bytes));
    CHECK(holds(moved, bytes));
    CHECK(parcel.empty());
    CHECK_FALSE(parcel.on_heap());
    twin = std::move(moved);
    CHECK(holds(twin, bytes));
    Payload& self = twin;
    twin = std::move(self);
    CHECK(holds(twin, bytes));
    twin.reset();
    CHECK(twin.empty());
  }
}

TEST_CASE("payload: it holds one count of every object until it is destroyed") {
  int alive = 0;
  for (std::size_t size : {0u, 3u, 24u, 1000u}) {
    auto bytes = some_bytes(size);
    Shared* objects[] = {new Object(alive), new Object(alive), new Object(alive)};
    objects[1]->retain();
    {
      Payload parcel(bytes, objects);
      CHECK(parcel.on_heap());
      CHECK(parcel.references().size() == 3);
      CHECK(parcel.references()[2] == objects[2]);
      CHECK(holds(parcel, bytes));
      Payload twin = parcel.copy();
      parcel = Payload();
      CHECK(alive == 3);
      Payload third = std::move(twin);
      CHECK(twin.references().empty());
      CHECK(alive == 3);
    }
    CHECK(alive == 1);
    objects[1]->release();
    CHECK(alive == 0);
  }
}

TEST_CASE("payload: space for a scalar is written in place") {
  int alive = 0;
  Shared* object = new Object(alive);
  Payload parcel({}, {&object, 1});
  parcel.inline_space(5)[4] = 9;
  CHECK(alive == 0);
  CHECK(parcel.bytes().size() == 5);
  CHECK(parcel.bytes()[4] == 9);
}
