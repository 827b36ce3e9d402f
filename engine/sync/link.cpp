#include "engine/sync/link.hpp"

#include <algorithm>

namespace tidemill {

void Link::Account::add(const Account& other) {
  busy += other.busy;
  computed += other.computed;
  starved += other.starved;
  blocked += other.blocked;
  ready += other.ready;
  items += other.items;
  made += other.made;
}

void Link::hold(std::size_t items) {
  const std::size_t held = this->held() + items;
  held_.store(held, std::memory_order_relaxed);
  peak_ = std::max(peak_, held);
}

void Link::let_go(std::size_t items) { held_.store(held() - items, std::memory_order_relaxed); }

bool Link::is_turn(const Chunk& chunk) const { return !options_.ordered || chunk.number == head_; }

namespace {
/// What a piece counts in the window.
std::size_t weight(const Chunk& chunk) { return std::max<std::size_t>(1, chunk.items); }
}  // namespace

bool Link::fits(const Chunk& chunk) const {
  if (is_turn(chunk)) {
    return line_.empty() || chunk.items == 0 || held() + chunk.items <= options_.capacity;
  }
  return held() + weight(chunk) <= options_.capacity;
}

/// Who is to be let in next; null if nobody waits.
Link::Putter* Link::first_putter() {
  if (!putters_.anyone_waits()) return nullptr;
  auto* first = static_cast<Putter*>(putters_.first());
  if (!options_.ordered) return first;
  for (Waiter* at = first->next; at != putters_.first(); at = at->next) {
    auto* putter = static_cast<Putter*>(at);
    if (putter->chunk->number < first->chunk->number &&
        putter->wait->outcome() == Outcome::pending) {
      first = putter;
    }
  }
  return first;
}

/// Whether somebody waits whom it must not overtake.
bool Link::must_queue(const Chunk& chunk) {
  const Putter* first = first_putter();
  return first != nullptr && (!options_.ordered || first->chunk->number <= chunk.number);
}

/// At the end of the line; what holds nothing is only a sign that its turn ends.
void Link::line_up(std::unique_ptr<Chunk> chunk) {
  if (chunk->items == 0) return keep_spare(std::move(chunk));
  put_ += chunk->items;
  hold(chunk->items);
  line_.push(std::move(chunk));
}

/// Passes the turn on, over all whose pieces are complete.
void Link::end_turn() {
  ++head_;
  while (!window_.empty() && window_.first()->number == head_) {
    std::unique_ptr<Chunk> piece = window_.pop();
    let_go(weight(*piece));
    if (piece->last) ++head_;
    line_up(std::move(piece));
  }
}

void Link::let_in(std::unique_ptr<Chunk> chunk) {
  if (!is_turn(*chunk)) {
    hold(weight(*chunk));
    window_.push_sorted(std::move(chunk));
    return;
  }
  const bool last = chunk->last;
  line_up(std::move(chunk));
  if (last && options_.ordered) end_turn();
}

std::unique_ptr<Chunk> Link::pop() {
  std::unique_ptr<Chunk> chunk = line_.pop();
  let_go(chunk->items);
  taken_ += chunk->items;
  chunk->number = next_number_++;
  chunk->last = true;
  return chunk;
}

void Link::keep_spare(std::unique_ptr<Chunk> chunk) {
  if (chunk == nullptr || spare_count_ == kSparesKept) return;
  ++spare_count_;
  spares_.push(std::move(chunk));
}

/// Serves who can be served, until nobody can.
void Link::settle(Nanoseconds now, WokenList& woken) {
  for (;;) {
    if (!line_.empty()) {
      if (auto* taker = static_cast<Taker*>(takers_.claim_first(Outcome::value))) {
        keep_spare(std::move(taker->chunk));
        taker->chunk = pop();
        taker->served = now;
        woken.add(*taker->wait);
        continue;
      }
    }
    Putter* putter = first_putter();
    if (putter == nullptr || !fits(*putter->chunk)) break;
    if (!putters_.claim(*putter, Outcome::value)) continue;
    let_in(std::move(putter->chunk));
    putter->served = now;
    woken.add(*putter->wait);
  }
  if (ended()) woken.claim_all(takers_, Outcome::closed);
  news_.store(!line_.empty() || producers_ == 0, std::memory_order_relaxed);
}

Passage Link::put(std::unique_ptr<Chunk>& chunk, Nanoseconds now, Putter* putter) {
  WokenList woken;
  SpinGuard guard(lock_);
  if (must_queue(*chunk) || !fits(*chunk)) {
    if (putter == nullptr) return Passage::refused;
    putter->chunk = std::move(chunk);
    putters_.push_back(*putter, lock_);
    return Passage::waiting;
  }
  let_in(std::move(chunk));
  settle(now, woken);
  if (!spares_.empty()) {
    --spare_count_;
    chunk = spares_.pop();
  }
  return Passage::done;
}

Passage Link::take(std::unique_ptr<Chunk>& chunk, Nanoseconds now, Taker* taker) {
  WokenList woken;
  SpinGuard guard(lock_);
  if (!line_.empty()) {
    keep_spare(std::move(chunk));
    chunk = pop();
    settle(now, woken);
    return Passage::done;
  }
  if (ended()) return Passage::closed;
  if (taker == nullptr) return Passage::refused;
  taker->chunk = std::move(chunk);
  takers_.push_back(*taker, lock_);
  return Passage::waiting;
}

void Link::producer_done() {
  WokenList woken;
  SpinGuard guard(lock_);
  --producers_;
  settle(0, woken);  // serves nobody: all that could be let in or taken was
}

void Link::note(const Account& spent, bool by_source) {
  SpinGuard guard(lock_);
  (by_source ? producer_ : consumers_).add(spent);
}

Link::Stats Link::stats() {
  SpinGuard guard(lock_);
  return {.held = held(),
          .peak = peak_,
          .put = put_,
          .taken = taken_,
          .producers = producers_,
          .consumers = consumers_,
          .producer = producer_};
}

}  // namespace tidemill
