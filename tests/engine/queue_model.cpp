#include <algorithm>
#include <deque>
#include <random>

#include "engine/sync/queue.hpp"
#include "fixture.hpp"

using namespace tidemill;
using namespace tidemill::test;

namespace {

using Order = Queue::Order;

/// A pending call that nobody runs: the test looks at it. Stands in line to put, or for anything
/// else.
struct Pending final : Wait {
  explicit Pending(Payload value = {}) : parcel(std::move(value)) { waiter.parcel = &parcel; }
  void wake() override { ++woken; }
  Putter waiter{*this};
  Payload parcel;
  int woken = 0;
};

/// The semantics of queue.hpp in the simplest possible way.
struct Model {
  struct Item {
    std::int64_t value;
    int priority;
  };
  struct Waiting {
    Pending* call;
    Item item;
  };
  std::size_t capacity;
  Order order;
  bool closed = false;
  std::vector<Item> items;  // in the order of their arrival
  std::deque<Waiting> putters, getters, watchers, joiners;
  std::size_t in_progress = 0, dropped = 0;

  std::int64_t take() {
    auto at = items.begin();
    if (order == Order::lifo) at = items.end() - 1;
    if (order == Order::priority) {
      at = std::min_element(items.begin(), items.end(), [](const Item& a, const Item& b) {
        return a.priority < b.priority;  // the first of the least
      });
    }
    const std::int64_t value = at->value;
    items.erase(at);
    ++in_progress;
    return value;
  }
  std::size_t unfinished() const { return items.size() + in_progress; }
};

/// A random walk with its calls and what is expected of them.
class Walk {
 public:
  Walk(std::uint64_t seed, std::size_t capacity, Order order)
      : random_(seed), queue_(make_ref<Queue>(capacity, order)) {
    model_.capacity = capacity;
    model_.order = order;
  }

  /// An explanation if queue and model differ.
  const char* run(int operations) {
    for (int i = 0; i < operations; ++i) {
      if (const char* difference = step()) return difference;
      if (const char* difference = compare()) return difference;
      if (calls_.size() < 64 && !model_.closed) continue;
      if (const char* difference = settle()) return difference;
    }
    return settle();
  }

 private:
  struct Expectation {
    Outcome outcome = Outcome::pending;
    std::int64_t value = INT64_MIN;
  };

  const char* step() {
    const auto dice = random_() % 1000;
    if (dice < 380) return put();
    if (dice < 740) return get();
    if (dice < 880) return done();
    if (dice < 920) return stand_in(model_.joiners, &Queue::join, model_.unfinished() > 0);
    if (dice < 950) {
      return stand_in(model_.watchers, &Queue::watch, model_.items.empty() && !model_.closed);
    }
    if (dice < 995) return give_up();
    return dice == 999 || (dice == 998 && random_() % 4 == 0) ? shut_down(dice == 998) : nullptr;
  }

  const char* put() {
    const Model::Item item{next_++, static_cast<int>(random_() % 5)};
    Pending* call = new_call(item.value);
    Passage want = Passage::done;
    if (model_.closed) {
      want = Passage::closed;
    } else if (!model_.getters.empty()) {
      end_first(model_.getters, Outcome::value, item.value);
      ++model_.in_progress;
    } else if (model_.items.size() < model_.capacity) {
      model_.items.push_back(item);
      while (!model_.watchers.empty()) end_first(model_.watchers, Outcome::value);
    } else {
      want = may_wait_ ? Passage::waiting : Passage::refused;
    }
    const Passage got = queue_->put(call->parcel, Priority(std::int64_t{item.priority}),
                                    may_wait_ ? &call->waiter : nullptr);
    if (got != want) return "put";
    if (got == Passage::waiting) model_.putters.push_back({call, item});
    if (number(call->parcel) != (got == Passage::done ? INT64_MIN : item.value)) {
      return "value of a put";
    }
    keep(got == Passage::waiting, item.value);
    return nullptr;
  }

  const char* get() {
    Pending* call = new_call(INT64_MIN);
    Passage want = Passage::done;
    std::int64_t value = INT64_MIN;
    if (!model_.items.empty()) {
      value = model_.take();
      if (!model_.putters.empty()) {
        model_.items.push_back(model_.putters.front().item);
        end_first(model_.putters, Outcome::value);
      }
    } else if (model_.closed) {
      want = Passage::closed;
    } else {
      want = may_wait_ ? Passage::waiting : Passage::refused;
    }
    const Passage got = queue_->get(call->parcel, may_wait_ ? &call->waiter : nullptr);
    if (got != want) return "get";
    if (number(call->parcel) != value) return "value of a get";
    if (got == Passage::waiting) model_.getters.push_back({call, {}});
    keep(got == Passage::waiting, INT64_MIN);
    return nullptr;
  }

  const char* done() {
    const bool any = model_.in_progress > 0;
    if (any && --model_.in_progress == 0 && model_.items.empty()) end_joiners();
    return queue_->task_done() == any ? nullptr : "task_done";
  }

  const char* stand_in(std::deque<Model::Waiting>& line, bool (Queue::*stand)(Waiter&),
                       bool waits) {
    Pending* call = new_call(INT64_MIN);
    if ((queue_.get()->*stand)(call->waiter) != waits) return "join or watch";
    if (waits) line.push_back({call, {}});
    keep(waits, INT64_MIN);
    return nullptr;
  }

  /// A call times out, unlinked now or never.
  const char* give_up() {
    if (calls_.empty()) return nullptr;
    const std::size_t which = random_() % calls_.size();
    Pending* call = calls_[which].get();
    const bool won = call->claim(Outcome::timeout);
    if (won != (expected_[which].outcome == Outcome::pending)) return "timeout";
    if (!won) return nullptr;
    call->wake();
    if (random_() % 2 == 0) detach(call->waiter);
    expected_[which].outcome = Outcome::timeout;
    for (auto* line : {&model_.putters, &model_.getters, &model_.watchers, &model_.joiners}) {
      std::erase_if(*line, [&](auto& waiting) { return waiting.call == call; });
    }
    return nullptr;
  }

  const char* shut_down(bool at_once) {
    queue_->shut_down(at_once);
    model_.closed = true;
    while (!model_.putters.empty()) end_first(model_.putters, Outcome::closed);
    while (!model_.getters.empty()) end_first(model_.getters, Outcome::closed);
    while (!model_.watchers.empty()) end_first(model_.watchers, Outcome::value);
    if (at_once) {
      model_.dropped += model_.items.size();
      model_.items.clear();
      if (model_.in_progress == 0) end_joiners();
    }
    return nullptr;
  }

  /// Q1 to Q4, and what can be seen from outside.
  const char* compare() {
    const Queue::Stats stats = queue_->stats();
    if (stats.length != model_.items.size() || queue_->length() != stats.length) return "length";
    if (stats.closed != model_.closed) return "closed";
    if (stats.unfinished != model_.unfinished()) return "unfinished";
    if (stats.dropped != model_.dropped) return "dropped";
    if (stats.put != stats.got + stats.dropped + stats.length) return "conservation";
    if (stats.getters_waiting != model_.getters.size()) return "getters";
    if (stats.putters_waiting != model_.putters.size()) return "putters";
    if (stats.joiners_waiting != model_.joiners.size()) return "joiners";
    if (stats.getters_waiting > 0 && stats.length > 0) return "Q1";
    if (stats.putters_waiting > 0 && stats.length != model_.capacity) return "Q2";
    if (stats.closed && stats.getters_waiting + stats.putters_waiting > 0) return "Q3";
    if (stats.joiners_waiting > 0 && stats.unfinished == 0) return "Q4";
    return nullptr;
  }

  /// Looks at every call, ends those that wait, and begins anew if the queue is at its end.
  const char* settle() {
    for (std::size_t i = 0; i < calls_.size(); ++i) {
      if (calls_[i]->outcome() != expected_[i].outcome) return "outcome";
      if (calls_[i]->woken != (expected_[i].outcome == Outcome::pending ? 0 : 1)) return "woken";
      if (number(calls_[i]->parcel) != expected_[i].value) return "parcel";
      calls_[i]->claim(Outcome::cancelled);
      detach(calls_[i]->waiter);
    }
    calls_.clear();
    expected_.clear();
    for (auto* line : {&model_.putters, &model_.getters, &model_.watchers, &model_.joiners}) {
      line->clear();
    }
    if (model_.closed && model_.items.empty()) {
      queue_ = make_ref<Queue>(model_.capacity, model_.order);
      model_.closed = false;
      model_.in_progress = model_.dropped = 0;
    }
    return nullptr;
  }

  Pending* new_call(std::int64_t value) {
    may_wait_ = random_() % 2 == 0;
    latest_ = std::make_unique<Pending>(value == INT64_MIN ? Payload() : number(value));
    return latest_.get();
  }
  void keep(bool waits, std::int64_t value) {
    if (!waits) return;
    calls_.push_back(std::move(latest_));
    expected_.push_back({Outcome::pending, value});
  }
  void end_first(std::deque<Model::Waiting>& line, Outcome outcome, std::int64_t value = 0) {
    for (std::size_t i = 0; i < calls_.size(); ++i) {
      if (calls_[i].get() != line.front().call) continue;
      expected_[i].outcome = outcome;
      if (outcome == Outcome::value) {
        expected_[i].value = &line == &model_.getters ? value : INT64_MIN;
      }
    }
    line.pop_front();
  }
  void end_joiners() {
    while (!model_.joiners.empty()) end_first(model_.joiners, Outcome::value);
  }

  std::mt19937_64 random_;
  Ref<Queue> queue_;
  Model model_{};
  std::int64_t next_ = 0;
  bool may_wait_ = false;
  std::unique_ptr<Pending> latest_;
  std::vector<std::unique_ptr<Pending>> calls_;
  std::vector<Expectation> expected_;
};

}  // namespace

TEST_CASE("queue: random operations agree with a simple model") {
  std::random_device device;
  for (Order order : {Order::fifo, Order::lifo, Order::priority}) {
    for (std::size_t capacity :
         {std::size_t{1}, std::size_t{2}, std::size_t{100}, Queue::kUnbounded}) {
      for (int run = 0; run < 8; ++run) {
        const std::uint64_t seed = run == 0 ? 1 : device();
        CAPTURE(capacity);
        CAPTURE(static_cast<int>(order));
        CAPTURE(seed);
        const char* difference = Walk(seed, capacity, order).run(20'000 / kSlow);
        REQUIRE(std::string(difference == nullptr ? "" : difference) == "");
      }
    }
  }
}
