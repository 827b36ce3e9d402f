// The most tested file: every order of complete, timeout, cancel and close on one queue, against a
// model that is a list of those who still wait.
#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <deque>
#include <memory>
#include <thread>
#include <vector>

#include "engine/sync/wait.hpp"

using namespace tidemill;

namespace {

/// Stands in up to two queues and counts how often it is woken.
struct FakeWait final : Wait {
  void wake() override { ++woken; }
  void detach() override {
    tidemill::detach(first);
    tidemill::detach(second);
  }
  Waiter first{*this}, second{*this};
  std::atomic<int> woken{0};
};

struct FakeObject {
  Wait* complete(Outcome outcome = Outcome::value) {
    WokenList woken;
    SpinGuard guard(lock);
    Waiter* waiter = queue.claim_first(outcome);
    if (waiter == nullptr) return nullptr;
    woken.add(*waiter->wait);
    return waiter->wait;
  }
  void close() {
    WokenList woken;
    SpinGuard guard(lock);
    woken.claim_all(queue, Outcome::closed);
  }
  void enter(Waiter& waiter) {
    SpinGuard guard(lock);
    queue.push_back(waiter, lock);
  }
  std::size_t count() {
    SpinGuard guard(lock);
    return queue.count();
  }
  SpinLock lock;
  WaitQueue queue;
};

/// What the owner of a call does when it times out or is cancelled.
bool give_up(FakeWait& wait, Outcome outcome, bool unlink) {
  if (!wait.claim(outcome)) return false;
  if (unlink) wait.detach();
  wait.wake();
  return true;
}

/// Calls `body` with every sequence of `length` numbers below `choices`.
template <class F>
void every_sequence(int length, int choices, F body) {
  std::vector<int> sequence(static_cast<std::size_t>(length), 0);
  for (;;) {
    body(sequence);
    int at = length - 1;
    while (at >= 0 && ++sequence[static_cast<std::size_t>(at)] == choices) {
      sequence[static_cast<std::size_t>(at--)] = 0;
    }
    if (at < 0) return;
  }
}

/// Runs one sequence of events on a queue with `n` waiters. Events: 0 complete, 1 close,
/// 2 + 2i timeout of i, 3 + 2i cancel of i. True if all went as in the model.
bool agrees_with_model(const std::vector<int>& events, int n, bool unlink) {
  FakeObject object;
  std::vector<std::unique_ptr<FakeWait>> waits;
  std::vector<Outcome> expected(static_cast<std::size_t>(n), Outcome::pending);
  std::deque<int> line;
  for (int i = 0; i < n; ++i) {
    waits.push_back(std::make_unique<FakeWait>());
    object.enter(waits.back()->first);
    line.push_back(i);
  }
  bool good = true;
  for (int event : events) {
    if (event == 0) {
      Wait* served = object.complete();
      if (line.empty()) {
        good &= served == nullptr;
      } else {
        good &= served == waits[static_cast<std::size_t>(line.front())].get();
        expected[static_cast<std::size_t>(line.front())] = Outcome::value;
        line.pop_front();
      }
    } else if (event == 1) {
      object.close();
      for (int i : line) expected[static_cast<std::size_t>(i)] = Outcome::closed;
      line.clear();
    } else {
      int who = (event - 2) / 2;
      Outcome how = event % 2 == 0 ? Outcome::timeout : Outcome::cancelled;
      auto place = std::find(line.begin(), line.end(), who);
      good &= give_up(*waits[static_cast<std::size_t>(who)], how, unlink) == (place != line.end());
      if (place == line.end()) continue;
      expected[static_cast<std::size_t>(who)] = how;
      line.erase(place);
    }
    if (unlink) good &= object.count() == line.size();
  }
  for (std::size_t i = 0; i < waits.size(); ++i) {
    good &= waits[i]->outcome() == expected[i];
    good &= waits[i]->woken == (expected[i] == Outcome::pending ? 0 : 1);
    waits[i]->detach();
    good &= waits[i]->first.queue == nullptr;
  }
  return good && object.queue.empty();
}

}  // namespace

TEST_CASE("wait queue: two and three waiters through every order of events") {
  for (int n : {2, 3}) {
    for (bool unlink : {true, false}) {  // at once, as a worker; or later, as a host thread
      int wrong = 0;
      every_sequence(4, 2 + 2 * n, [&](const std::vector<int>& events) {
        if (!agrees_with_model(events, n, unlink)) ++wrong;
      });
      CAPTURE(n);
      CAPTURE(unlink);
      CHECK(wrong == 0);
    }
  }
}

TEST_CASE("wait queue: a call that stands in two queues is served by one of them") {
  // Each object also has a plain waiter behind the select. Events: 0, 1 complete the first of A, B;
  // 2, 3 close A, B; 4 the select times out; 5 it is cancelled.
  int wrong = 0;
  every_sequence(4, 6, [&](const std::vector<int>& events) {
    FakeObject a, b;
    FakeWait both, only_a, only_b;
    both.first.key = 7;
    both.second.key = 8;
    a.enter(both.first);
    b.enter(both.second);
    a.enter(only_a.first);
    b.enter(only_b.first);
    Outcome select = Outcome::pending, rest[2] = {Outcome::pending, Outcome::pending};
    std::uint32_t key = 0;
    for (int event : events) {
      if (event < 4) {
        int which = event % 2;
        FakeObject& object = which == 0 ? a : b;
        Outcome how = event < 2 ? Outcome::value : Outcome::closed;
        if (event < 2)
          object.complete();
        else
          object.close();
        const bool serves_select = select == Outcome::pending;
        if (serves_select) {
          select = how;
          key = 7 + static_cast<std::uint32_t>(which);
        }
        // a lost case takes nothing with it: the next in line is served
        if (rest[which] == Outcome::pending && (event >= 2 || !serves_select)) rest[which] = how;
      } else {
        Outcome how = event == 4 ? Outcome::timeout : Outcome::cancelled;
        if (give_up(both, how, false) != (select == Outcome::pending)) ++wrong;
        if (select == Outcome::pending) select = how;
      }
    }
    if (both.outcome() != select || only_a.outcome() != rest[0] || only_b.outcome() != rest[1])
      ++wrong;
    if (both.woken != (select == Outcome::pending ? 0 : 1) || both.key != key) ++wrong;
    for (FakeWait* wait : {&both, &only_a, &only_b}) wait->detach();
    if (!a.queue.empty() || !b.queue.empty()) ++wrong;
  });
  CHECK(wrong == 0);
}

TEST_CASE("wait queue: waiters can be removed from any place") {
  std::vector<int> order{0, 1, 2, 3};
  do {
    FakeObject object;
    FakeWait waits[4];
    for (FakeWait& wait : waits) object.enter(wait.first);
    for (std::size_t i = 0; i < 4; ++i) {
      waits[order[i]].detach();
      REQUIRE(object.count() == 3 - i);
    }
  } while (std::next_permutation(order.begin(), order.end()));
}

TEST_CASE("wait queue: woken in the order in which they were claimed") {
  struct Recording final : Wait {
    explicit Recording(std::vector<Wait*>& into) : log(into) {}
    void wake() override { log.push_back(this); }
    std::vector<Wait*>& log;
    Waiter waiter{*this};
  };
  std::vector<Wait*> log;
  Recording a(log), b(log), c(log);
  FakeObject object;
  for (Recording* wait : {&b, &a, &c}) object.enter(wait->waiter);
  object.close();
  CHECK(log == std::vector<Wait*>{&b, &a, &c});
}

TEST_CASE("wait queue: value, close and timeout race for a call in two queues") {
  constexpr int kRounds = 3000;
  std::vector<FakeWait> waits(kRounds);
  FakeObject a, b;
  for (FakeWait& wait : waits) {
    a.enter(wait.first);
    b.enter(wait.second);
  }
  std::atomic<int> served{0}, timed_out{0}, ready{0};
  auto serve = [&](FakeObject& object) {
    ++ready;
    while (ready < 3) cpu_pause();
    while (object.complete() != nullptr) ++served;
  };
  std::thread first([&] { serve(a); }), second([&] { serve(b); });
  ++ready;
  while (ready < 3) cpu_pause();
  for (auto wait = waits.rbegin(); wait != waits.rend(); ++wait) {
    if (give_up(*wait, Outcome::timeout, true)) ++timed_out;
  }
  first.join();
  second.join();
  CHECK(served + timed_out == kRounds);
  CHECK(a.queue.empty());
  CHECK(b.queue.empty());
  CHECK(std::all_of(waits.begin(), waits.end(), [](FakeWait& wait) { return wait.woken == 1; }));
}
