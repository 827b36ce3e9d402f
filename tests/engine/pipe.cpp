#include "engine/sync/pipe.hpp"

#include "fixture.hpp"

using namespace tidemill;
using namespace tidemill::test;

namespace {

Passage send_now(PipeEnd& end, std::int64_t value) {
  Payload parcel = number(value);
  return end.outbound()->put(parcel, {}, nullptr);
}

struct Got {
  Passage passage;
  std::int64_t value;
};
Got receive_now(PipeEnd& end) {
  Payload parcel;
  const Passage passage = end.inbound()->get(parcel, nullptr);
  return {passage, number(parcel)};
}

}  // namespace

TEST_CASE("pipe: each end receives what the other one sends") {
  auto [left, right] = make_pipe(2, true, "talk");
  CHECK(left->name() == "talk");
  CHECK(send_now(*left, 1) == Passage::done);
  CHECK(send_now(*left, 2) == Passage::done);
  CHECK(send_now(*left, 3) == Passage::refused);
  CHECK(send_now(*right, 4) == Passage::done);
  CHECK(receive_now(*left).value == 4);
  CHECK(receive_now(*right).value == 1);
  CHECK(receive_now(*right).value == 2);
  CHECK(receive_now(*right).passage == Passage::refused);
}

TEST_CASE("pipe: one way, the first end receives and the second sends") {
  auto [first, second] = make_pipe(1, false);
  CHECK(first->outbound() == nullptr);
  CHECK(second->inbound() == nullptr);
  CHECK(send_now(*second, 1) == Passage::done);
  CHECK(receive_now(*first).value == 1);
  SUBCASE("the sender is closed") {
    second->close();
    CHECK(receive_now(*first).passage == Passage::closed);
  }
  SUBCASE("the receiver is closed") {
    first->close();
    CHECK(send_now(*second, 2) == Passage::closed);
  }
}

TEST_CASE("pipe: what was sent before an end closed, or was dropped, is still received") {
  for (bool dropped : {false, true}) {
    auto [left, right] = make_pipe(4, true);
    CHECK(send_now(*left, 1) == Passage::done);
    CHECK(send_now(*right, 2) == Passage::done);
    ThreadWait watcher, receiver;
    CHECK_FALSE(right->inbound()->watch(watcher.waiter));
    if (dropped) {
      left = nullptr;
    } else {
      left->close();
      left->close();
      CHECK(left->closed());
      CHECK(receive_now(*left).passage == Passage::closed);  // not 2
    }
    CHECK_FALSE(right->closed());
    CHECK(receive_now(*right).value == 1);
    CHECK(receive_now(*right).passage == Passage::closed);
    CHECK(send_now(*right, 3) == Passage::closed);
    CHECK(right->inbound()->has_news());
  }
}

TEST_CASE("pipe: who waits hears of the other end's closing, or of a message") {
  auto [left, right] = make_pipe(1, true);
  ThreadWait watcher, again, receiver;
  Payload parcel;
  receiver.waiter.parcel = &parcel;
  CHECK(left->inbound()->watch(watcher.waiter));
  CHECK(left->inbound()->get(parcel, &receiver.waiter) == Passage::waiting);
  CHECK(send_now(*right, 7) == Passage::done);  // to the receiver; nothing is left to see
  CHECK(receiver.wait() == Outcome::value);
  CHECK(number(parcel) == 7);
  CHECK(watcher.outcome() == Outcome::pending);
  CHECK(send_now(*right, 8) == Passage::done);
  CHECK(watcher.wait() == Outcome::value);
  CHECK(receive_now(*left).value == 8);
  CHECK(left->inbound()->watch(again.waiter));
  right = nullptr;
  CHECK(again.wait() == Outcome::value);
}

TEST_CASE("pipe: an end in a message is closed with the end it was on the way to") {
  Probe::alive = 0;
  {
    auto [left, right] = make_pipe(4, true);
    Shared* objects[] = {left.get(), new Probe};
    left->retain();
    Payload parcel({}, objects);
    CHECK(left->outbound()->put(parcel, {}, nullptr) == Passage::done);
    left = nullptr;  // alive in the message only
    CHECK_FALSE(right->inbound()->closed());
    right = nullptr;
    CHECK(Probe::alive == 0);
  }
}

TEST_CASE("pipe: two host threads echo until one of them lets go") {
  for (std::size_t capacity : {std::size_t{1}, std::size_t{64}}) {
    auto [near, far] = make_pipe(capacity, true);
    constexpr int kMessages = 5000 / kSlow;
    auto send = [](PipeEnd& end, std::int64_t value) {
      ThreadWait wait;
      Payload parcel = number(value);
      Putter putter(wait);
      putter.parcel = &parcel;
      const Passage passage = end.outbound()->put(parcel, {}, &putter);
      if (passage == Passage::waiting) return wait.wait() == Outcome::value;
      return passage == Passage::done;
    };
    auto receive = [](PipeEnd& end) {
      ThreadWait wait;
      Payload parcel;
      wait.waiter.parcel = &parcel;
      if (end.inbound()->get(parcel, &wait.waiter) == Passage::waiting) wait.wait();
      return number(parcel);
    };
    std::thread echo([&, end = std::move(far)]() mutable {
      for (std::int64_t value; (value = receive(*end)) != INT64_MIN;) {
        if (!send(*end, value + 1)) break;
      }
      end = nullptr;
    });
    std::int64_t wrong = 0;
    for (int i = 0; i < kMessages; ++i) {
      CHECK(send(*near, i));
      if (receive(*near) != i + 1) ++wrong;
    }
    near = nullptr;
    echo.join();
    CHECK(wrong == 0);
  }
}
