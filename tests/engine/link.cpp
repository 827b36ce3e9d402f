#include "engine/sync/link.hpp"

#include <deque>
#include <map>
#include <random>

#include "fixture.hpp"

using namespace tidemill;
using namespace tidemill::test;

namespace {

std::unique_ptr<Chunk> chunk_of(std::uint64_t number, std::vector<std::int64_t> values,
                                bool last = true) {
  auto chunk = std::make_unique<Chunk>();
  for (std::int64_t value : values) chunk->parcels.push_back(test::number(value));
  chunk->items = static_cast<std::uint32_t>(values.size());
  chunk->number = number;
  chunk->last = last;
  return chunk;
}

/// As chunk_of; GCC 12 has no initializer lists in coroutines.
std::unique_ptr<Chunk> chunk_of_one(std::int64_t value) { return chunk_of(0, {value}); }
std::unique_ptr<Chunk> empty_piece(std::uint64_t number) { return chunk_of(number, {}, false); }

Ref<Link> new_link(std::size_t capacity, std::uint32_t producers = 1, bool ordered = false) {
  Link::Options options;
  options.capacity = capacity;
  options.producers = producers;
  options.ordered = ordered;
  return make_ref<Link>(options);
}

std::vector<std::int64_t> values_of(const Chunk& chunk) {
  std::vector<std::int64_t> values;
  for (const Payload& parcel : chunk.parcels) values.push_back(test::number(parcel));
  return values;
}

/// A call that nobody runs: the test looks at it.
struct Pending final : Wait {
  void wake() override { ++woken; }
  int woken = 0;
};
struct PendingPut {
  Pending wait;
  Link::Putter putter{wait};
};
struct PendingTake {
  Pending wait;
  Link::Taker taker{wait};
};

Passage put(Link& link, std::unique_ptr<Chunk> chunk, Link::Putter* putter = nullptr) {
  return link.put(chunk, 1, putter);
}
/// The values of the next chunk; {-1} if a take would have to wait, {-2} at the end.
std::vector<std::int64_t> take(Link& link, std::uint64_t* number = nullptr) {
  std::unique_ptr<Chunk> chunk;
  switch (link.take(chunk, 1, nullptr)) {
    case Passage::done:
      if (number != nullptr) *number = chunk->number;
      return values_of(*chunk);
    case Passage::closed:
      return {-2};
    default:
      return {-1};
  }
}
using Values = std::vector<std::int64_t>;

struct put_piece : Call {
  put_piece(Self self, Link& to, std::unique_ptr<Chunk> what)
      : Call(self, kNever), link(to), chunk(std::move(what)) {}
  void detach() override { tidemill::detach(putter); }
  bool await_ready() {
    self_.check_cancelled();
    return passed(link.put(chunk, 1, &putter));
  }
  Outcome await_resume() { return finish(); }
  Link& link;
  Link::Putter putter{*this};
  std::unique_ptr<Chunk> chunk;
};

struct take_chunk : Call {
  take_chunk(Self self, Link& from) : Call(self, kNever), link(from) {}
  void detach() override { tidemill::detach(taker); }
  bool await_ready() {
    self_.check_cancelled();
    return passed(link.take(chunk, 1, &taker));
  }
  std::unique_ptr<Chunk> await_resume() {
    if (finish() == Outcome::closed) return nullptr;
    return std::move(taker.chunk != nullptr ? taker.chunk : chunk);
  }
  Link& link;
  Link::Taker taker{*this};
  std::unique_ptr<Chunk> chunk;
};

}  // namespace

TEST_CASE("link: chunks come out in order, numbered, and end with their producers") {
  auto link = new_link(3, 2);
  CHECK(take(*link) == Values{-1});
  CHECK(put(*link, chunk_of(7, {1, 2})) == Passage::done);
  CHECK(put(*link, chunk_of(7, {3})) == Passage::done);
  CHECK(put(*link, chunk_of(0, {4})) == Passage::refused);
  std::uint64_t number = 99;
  CHECK(take(*link, &number) == Values{1, 2});
  CHECK(number == 0);
  link->producer_done();
  CHECK(take(*link, &number) == Values{3});
  CHECK(number == 1);
  CHECK(take(*link) == Values{-1});
  PendingTake waiting;
  std::unique_ptr<Chunk> none;
  CHECK(link->take(none, 1, &waiting.taker) == Passage::waiting);
  link->producer_done();
  CHECK(waiting.wait.outcome() == Outcome::closed);
  CHECK(take(*link) == Values{-2});
}

TEST_CASE("link: one that is larger than the capacity gets in when nothing is there") {
  auto link = new_link(2);
  CHECK(put(*link, chunk_of(0, {1})) == Passage::done);
  PendingPut large, small;
  CHECK(put(*link, chunk_of(1, {2, 3, 4}), &large.putter) == Passage::waiting);
  // It would fit, but must not overtake.
  CHECK(put(*link, chunk_of(2, {5}), &small.putter) == Passage::waiting);
  CHECK(take(*link) == Values{1});
  CHECK(large.wait.woken == 1);
  CHECK(small.wait.woken == 0);
  CHECK(link->held_hint() == 3);
  CHECK(take(*link) == Values{2, 3, 4});
  CHECK(small.wait.woken == 1);
  CHECK(take(*link) == Values{5});
  CHECK(link->stats().peak == 3);
}

TEST_CASE("link: the order is restored, pieces stay together, and the head is always let in") {
  auto link = new_link(3, 3, true);
  CHECK(put(*link, chunk_of(2, {20})) == Passage::done);
  CHECK(put(*link, chunk_of(1, {10}, false)) == Passage::done);
  CHECK(put(*link, chunk_of(1, {}, false)) == Passage::done);  // counts as one
  PendingPut eleven, thirty;
  CHECK(put(*link, chunk_of(3, {30}), &thirty.putter) == Passage::waiting);
  CHECK(put(*link, chunk_of(1, {11}), &eleven.putter) == Passage::waiting);
  CHECK(take(*link) == Values{-1});
  // Full, but its turn has come and nothing is in line.
  CHECK(put(*link, chunk_of(0, {0}, false)) == Passage::done);
  PendingPut head;
  CHECK(put(*link, chunk_of(0, {1}), &head.putter) == Passage::waiting);
  CHECK(take(*link) == Values{0});
  CHECK(head.wait.woken == 1);  // 1 goes in, the turn passes to 10, and there it stays
  CHECK(take(*link) == Values{1});
  CHECK(take(*link) == Values{10});
  CHECK(eleven.wait.woken == 1);
  CHECK(take(*link) == Values{11});
  CHECK(take(*link) == Values{20});
  CHECK(thirty.wait.woken == 1);
  std::uint64_t number = 0;
  CHECK(take(*link, &number) == Values{30});
  CHECK(number == 5);
  // What gives nothing passes the turn on all the same.
  CHECK(put(*link, chunk_of(5, {50})) == Passage::done);
  CHECK(take(*link) == Values{-1});
  CHECK(put(*link, chunk_of(4, {})) == Passage::done);
  CHECK(take(*link) == Values{50});
}

TEST_CASE("link: who has given up holds nobody up and leaves nothing") {
  for (bool ordered : {false, true}) {
    auto link = new_link(1, 2, ordered);
    CHECK(put(*link, chunk_of(0, {0})) == Passage::done);
    PendingPut gone, next;
    CHECK(put(*link, chunk_of(1, {1}), &gone.putter) == Passage::waiting);
    CHECK(put(*link, chunk_of(1, {2}), &next.putter) == Passage::waiting);
    CHECK(gone.wait.claim(Outcome::cancelled));
    CHECK(take(*link) == Values{0});
    CHECK(next.wait.woken == 1);
    detach(gone.putter);
    CHECK(take(*link) == Values{2});
    PendingTake left, stays;
    std::unique_ptr<Chunk> none;
    CHECK(link->take(none, 1, &left.taker) == Passage::waiting);
    CHECK(link->take(none, 1, &stays.taker) == Passage::waiting);
    CHECK(left.wait.claim(Outcome::cancelled));
    CHECK(put(*link, chunk_of(2, {3})) == Passage::done);
    CHECK(stays.wait.woken == 1);
    CHECK(values_of(*stays.taker.chunk) == Values{3});
    detach(left.taker);
  }
}

TEST_CASE("link: random workers between two links keep the order, the bounds and every item") {
  std::random_device device;
  for (int run = 0; run < 300 / kSlow; ++run) {
    const std::uint64_t seed = run == 0 ? 1 : device();
    CAPTURE(seed);
    std::mt19937_64 random(seed);
    const std::size_t capacity = 1 + random() % 9;
    const std::size_t workers = 1 + random() % 5;
    const bool ordered = random() % 4 != 0;
    auto in = new_link(1000000);
    auto out = new_link(capacity, std::uint32_t(workers), ordered);
    Values expected, got;
    std::int64_t next = 0;
    std::size_t largest = 1;
    for (int i = 0; i < 60; ++i) {
      Values values(1 + random() % 4);
      for (auto& value : values) value = next++;
      CHECK(put(*in, chunk_of(0, values)) == Passage::done);
    }
    in->producer_done();
    // A worker: takes, then puts its chunk in random pieces, some values left out.
    struct Worker {
      std::unique_ptr<Chunk> chunk;
      std::deque<std::unique_ptr<Chunk>> pieces;
      std::unique_ptr<PendingPut> waiting;
      bool ended = false;
    };
    std::vector<Worker> all(workers);
    std::unique_ptr<PendingTake> taking;
    std::size_t ended = 0;
    bool over = false;
    for (int steps = 0; !over; ++steps) {
      REQUIRE(steps < 100000);  // nobody waits for ever
      if (random() % 3 == 0) {  // the consumer
        if (taking != nullptr) {
          if (taking->wait.outcome() == Outcome::pending) continue;
          if (taking->wait.outcome() == Outcome::closed) break;
          for (auto value : values_of(*taking->taker.chunk)) got.push_back(value);
          taking.reset();
          continue;
        }
        taking = std::make_unique<PendingTake>();
        std::unique_ptr<Chunk> chunk;
        const Passage passage = out->take(chunk, 1, &taking->taker);
        if (passage == Passage::waiting) continue;
        taking.reset();
        if (passage == Passage::closed) over = true;
        if (passage == Passage::done) {
          for (auto value : values_of(*chunk)) got.push_back(value);
        }
        continue;
      }
      Worker& worker = all[random() % workers];
      if (worker.ended) continue;
      if (worker.waiting != nullptr) {
        if (worker.waiting->wait.outcome() == Outcome::pending) continue;
        worker.waiting.reset();
      }
      if (!worker.pieces.empty()) {
        worker.waiting = std::make_unique<PendingPut>();
        std::unique_ptr<Chunk> piece = std::move(worker.pieces.front());
        worker.pieces.pop_front();
        if (out->put(piece, 1, &worker.waiting->putter) == Passage::done) worker.waiting.reset();
        CHECK(out->held_hint() <= capacity + largest);
        continue;
      }
      std::unique_ptr<Chunk> chunk;
      if (in->take(chunk, 1, nullptr) == Passage::closed) {
        worker.ended = true;
        out->producer_done();
        ++ended;
        continue;
      }
      Values kept;
      for (auto value : values_of(*chunk)) {
        if (value % 3 != 0) {
          expected.push_back(value);
          kept.push_back(value);
        }
        if (random() % 3 == 0) {
          largest = std::max(largest, kept.size());
          worker.pieces.push_back(chunk_of(chunk->number, kept, false));
          kept.clear();
        }
      }
      largest = std::max(largest, kept.size());
      worker.pieces.push_back(chunk_of(chunk->number, kept));
    }
    CHECK(ended == workers);
    if (!ordered) std::sort(got.begin(), got.end());
    CHECK(got == expected);
    CHECK(out->held_hint() == 0);
    CHECK(out->stats().put == out->stats().taken);
  }
}

TEST_CASE("link: tasks in a row of stages lose nothing and keep the order") {
  for (std::size_t capacity : {std::size_t{1}, std::size_t{5}, std::size_t{64}}) {
    in_every_world([&](World& world) {
      constexpr int kItems = 3000 / kSlow, kStages = 3, kWorkers = 3;
      std::vector<Ref<Link>> links;
      for (int i = 0; i <= kStages; ++i) {
        links.push_back(new_link(capacity, i == 0 ? 1 : kWorkers, i > 0));
      }
      Values got;
      world.run([&](Self self) -> Body {
        for (int stage = 0; stage < kStages; ++stage) {
          for (int i = 0; i < kWorkers; ++i) {
            submit(&self, world.pool(), [&, stage](Self task) -> Body {
              for (;;) {
                std::unique_ptr<Chunk> chunk = co_await take_chunk(task, *links[stage]);
                if (chunk == nullptr) break;
                if (chunk->number % 5 == 0) co_await yielded{task};
                const bool split = chunk->number % 3 == 0;
                if (split) {
                  auto first = empty_piece(chunk->number);
                  co_await put_piece(task, *links[stage + 1], std::move(first));
                }
                co_await put_piece(task, *links[stage + 1], std::move(chunk));
              }
              links[stage + 1]->producer_done();
            });
          }
        }
        spawn(self, [&](Self task) -> Body {
          for (int i = 0; i < kItems; ++i) {
            co_await put_piece(task, *links[0], chunk_of_one(i));
          }
          links[0]->producer_done();
        });
        for (;;) {
          std::unique_ptr<Chunk> chunk = co_await take_chunk(self, *links[kStages]);
          if (chunk == nullptr) break;
          for (auto value : values_of(*chunk)) got.push_back(value);
        }
      });
      REQUIRE(got.size() == kItems);
      for (int i = 0; i < kItems; ++i) REQUIRE(got[static_cast<std::size_t>(i)] == i);
    });
  }
}

TEST_CASE("link: a dropped one lets go of what its chunks mention") {
  Probe::alive = 0;
  {
    auto link = new_link(10, 2, true);
    for (std::uint64_t number : {std::uint64_t{0}, std::uint64_t{4}}) {
      auto chunk = chunk_of(number, {});
      Shared* probe = new Probe;
      chunk->parcels.emplace_back(std::span<const std::uint8_t>{},
                                  std::span<Shared* const>{&probe, 1});
      chunk->items = 1;
      CHECK(put(*link, std::move(chunk)) == Passage::done);
    }
    CHECK(Probe::alive == 2);
  }
  CHECK(Probe::alive == 0);
}
