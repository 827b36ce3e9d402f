#include "engine/observe/progress.hpp"

#include <algorithm>
#include <cstdlib>
#include <new>

#include "engine/observe/log.hpp"

namespace tidemill {

ProgressBar::ProgressBar(ProgressBars& bars, std::optional<std::int64_t> total, std::string label,
                         Nanoseconds now, Fate fate)
    : bars_(&bars),
      label_(std::move(label)),
      begun_(now),
      next_line_(now + ProgressBars::kLinePeriod),
      rate_(now),
      fate_(fate),
      total_(total.value_or(-1)) {}

void ProgressBar::destroy() {
  // acq_rel: whoever deletes it sees what the others did
  if (fate_.exchange(Fate::abandoned, std::memory_order_acq_rel) == Fate::unlisted) delete this;
}

ProgressBar::Counting ProgressBar::add(std::int64_t n) {
  if (closed()) return Counting::closed;
  const std::int64_t before = count_.fetch_add(n, std::memory_order_relaxed);
  if (before > INT64_MAX - n) {
    count_.fetch_sub(n, std::memory_order_relaxed);
    return Counting::too_large;
  }
  bars_->look();
  return Counting::done;
}

ProgressBar::Counting ProgressBar::set(std::int64_t n) {
  if (closed()) return Counting::closed;
  count_.store(n, std::memory_order_relaxed);
  bars_->look();
  return Counting::done;
}

ProgressBar::Counting ProgressBar::set_total(std::optional<std::int64_t> total) {
  if (closed()) return Counting::closed;
  total_.store(total.value_or(-1), std::memory_order_relaxed);
  bars_->look();
  return Counting::done;
}

std::optional<std::int64_t> ProgressBar::total() const {
  const std::int64_t total = total_.load(std::memory_order_relaxed);
  if (total < 0) return std::nullopt;
  return total;
}

void ProgressBar::close() {
  if (closed_.exchange(true, std::memory_order_relaxed)) return;
  // acquire: pairs with the unlisting
  if (fate_.load(std::memory_order_acquire) == Fate::listed) bars_->draw(Console::Patience::wait);
}

bool ProgressBars::wanted() {
  const char* no = std::getenv("NO_PROGRESS");
  return no == nullptr || *no == 0;
}

Ref<ProgressBar> ProgressBars::make(std::optional<std::int64_t> total, std::string label) {
  using Fate = ProgressBar::Fate;
  const bool shown = shown_.load(std::memory_order_relaxed) && log_level() < LogLevel::error;
  const Nanoseconds now = clock_.now();
  auto bar = Ref<ProgressBar>::adopt(
      new ProgressBar(*this, total, std::move(label), now, shown ? Fate::listed : Fate::unlisted));
  if (!shown) return bar;
  bool first = false;
  {
    std::lock_guard guard(lock_);
    if (!shown_.load(std::memory_order_relaxed)) {  // `end` has come in between
      bar->fate_.store(Fate::unlisted, std::memory_order_relaxed);
      return bar;
    }
    bars_.push_back(bar.get());
    // The first one at once, others with the next drawing: there may be thousands.
    first = bars_.size() == 1;
    if (first) next_.store(now, std::memory_order_relaxed);
  }
  if (first) draw(Console::Patience::none);
  return bar;
}

/// Under lock_.
ProgressView ProgressBars::view(ProgressBar& bar, Nanoseconds now, bool running) {
  ProgressView view;
  view.label = bar.label();
  view.count = bar.count();
  view.total = bar.total();
  view.elapsed = now - bar.begun_;
  view.running = running;
  bar.rate_.sample(now, view.count);
  if (running) {
    view.per_second = bar.rate_.per_second(now);
  } else if (view.elapsed > 0) {  // of all the time that it took
    view.per_second = static_cast<double>(view.count) * 1e9 / static_cast<double>(view.elapsed);
  }
  return view;
}

void ProgressBars::draw(Console::Patience patience) {
  try {
    draw_all(patience);
  } catch (const std::bad_alloc&) {
    // Those who count are not to suffer; it is still due, so the next one tries again.
  }
}

void ProgressBars::draw_all(Console::Patience patience) {
  using Fate = ProgressBar::Fate;
  std::vector<ProgressBar*> dead;
  {
    std::unique_lock guard(lock_, std::defer_lock);
    if (patience == Console::Patience::wait) {
      guard.lock();
    } else if (!guard.try_lock()) {
      return;
    }
    const Nanoseconds now = clock_.now();
    if (patience == Console::Patience::none && now < next_.load(std::memory_order_relaxed)) {
      return;  // somebody else was quicker
    }
    const bool draws = console_.draws();
    const Console::Size size = console_.size();
    // One column less: behind a full line terminals differ in where the cursor is.
    const int columns = size.columns - 1;
    const auto style = !draws            ? ProgressStyle::plain
                       : console_.utf8() ? ProgressStyle::utf8
                                         : ProgressStyle::ascii;
    std::string lines;
    std::vector<Console::Line> footer;
    std::vector<ProgressBar*> ended, told;
    std::size_t hidden = 0;
    auto line_of = [&](ProgressBar* bar, bool running) {
      return progress_line(view(*bar, now, running), columns, style);
    };
    for (ProgressBar* bar : bars_) {
      const bool running =
          !bar->closed() && bar->fate_.load(std::memory_order_relaxed) == Fate::listed;
      if (!running) ended.push_back(bar);
      if (draws && running) {
        if (static_cast<int>(footer.size()) + 2 < size.rows) {
          footer.push_back(line_of(bar, true));
        } else {
          ++hidden;
        }
      } else if (draws || now >= bar->next_line_ ||
                 (!running && now - bar->begun_ >= kLinePeriod)) {
        lines += line_of(bar, running).text + "\n";
        told.push_back(bar);
      }
    }
    dead.reserve(ended.size());  // from the update on nothing may fail
    if (hidden > 0) {
      const std::string text = "(" + std::to_string(hidden) + " more)";
      footer.push_back({text.substr(0, static_cast<std::size_t>(std::max(columns, 0))),
                        static_cast<int>(text.size())});
    }
    const bool something = draws || !lines.empty();
    if (something && !console_.update(this, lines, std::move(footer), patience)) {
      next_.store(now + kPeriod, std::memory_order_relaxed);
      return;
    }
    for (ProgressBar* bar : told) bar->next_line_ = now + kLinePeriod;
    for (ProgressBar* bar : ended) {
      std::erase(bars_, bar);
      // acq_rel: as in destroy
      if (bar->fate_.exchange(Fate::unlisted, std::memory_order_acq_rel) == Fate::abandoned) {
        dead.push_back(bar);
      }
    }
    next_.store(bars_.empty() ? kNever : now + (draws ? kPeriod : 10 * kPeriod),
                std::memory_order_relaxed);
  }
  const Ref<ProgressBars> keep(this);  // they may hold the last references
  for (ProgressBar* bar : dead) delete bar;
}

void ProgressBars::end() {
  bool open = false;
  {
    std::lock_guard guard(lock_);
    shown_.store(false, std::memory_order_relaxed);
    for (ProgressBar* bar : bars_) bar->closed_.store(true, std::memory_order_relaxed);
    open = !bars_.empty();
  }
  if (open) draw(Console::Patience::wait);
  console_.flush();  // the last lines of bars that nobody closed may be there still
}

}  // namespace tidemill
