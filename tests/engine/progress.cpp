#include "engine/observe/progress.hpp"

#include <fcntl.h>
#include <sys/ioctl.h>

#include <sstream>

#include "engine/observe/log.hpp"
#include "fixture.hpp"
#include "screen.hpp"

using namespace tidemill;
using namespace tidemill::test;

namespace {

constexpr Nanoseconds kSecond = 1'000'000'000;
using Counting = ProgressBar::Counting;

struct OnScreen {
  explicit OnScreen(int columns = 61, int rows = 24) : screen(columns, rows) {}
  ~OnScreen() { bars->end(); }
  Screen screen;
  ManualClock clock;
  Console console{screen.out(), screen.fd()};
  Ref<ProgressBars> bars = make_ref<ProgressBars>(clock, console, true);
};

struct Pipe {
  Pipe() {
    REQUIRE(pipe2(fds, O_NONBLOCK) == 0);
    fcntl(fds[1], F_SETFL, 0);  // as programs get it: writing waits
  }
  ~Pipe() {
    close(fds[0]);
    close(fds[1]);
  }
  int fds[2];
};

/// Bars on a pipe, as in a log file.
struct OnPipe : Pipe {
  ~OnPipe() { bars->end(); }
  std::string text() {
    std::string all;
    char bytes[4096];
    for (ssize_t n; (n = read(fds[0], bytes, sizeof bytes)) > 0;) {
      all.append(bytes, static_cast<std::size_t>(n));
    }
    return all;
  }
  ManualClock clock;
  Console console{stdout, fds[1]};
  Ref<ProgressBars> bars = make_ref<ProgressBars>(clock, console, true);
};

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

}  // namespace

TEST_CASE("progress text: as wide as there is room, and no wider") {
  ProgressView view;
  view.label = "rows";
  view.count = 420;
  view.total = 1000;
  view.elapsed = 3 * kSecond;
  view.per_second = 137.5;
  auto at = [&](int columns, ProgressStyle style = ProgressStyle::ascii) {
    const Console::Line line = progress_line(view, columns, style);
    CHECK(line.columns <= columns);
    return line.text;
  };
  CHECK(at(60) == "rows:  42%|####......| 420/1000 [00:03<00:04, 137.5 items/s]");
  CHECK(at(60, ProgressStyle::utf8) ==
        "rows:  42%|████▏     | 420/1000 [00:03<00:04, 137.5 items/s]");
  CHECK(at(54) == "rows:  42% 420/1000 [00:03<00:04, 137.5 items/s]");
  CHECK(at(30) == "rows:  42% 420/1000");
  CHECK(at(12) == "rows:  42%");
  CHECK(at(9) == "row:  42%");
  for (int columns = 8; columns >= 0; --columns) at(columns);
  CHECK(progress_line(view, 0, ProgressStyle::plain).text ==
        "rows:  42% 420/1000 [00:03<00:04, 137.5 items/s]");
  view.total.reset();
  CHECK(at(64) == "rows: 420 [00:03, 137.5 items/s]");
  view.label = "";
  view.total = 0;
  view.count = 0;
  view.per_second = -1;
  CHECK(at(40) == "100%|###########| 0/0 [00:03, ? items/s]");
  view.count = 3;
  view.total = 2;
  view.per_second = 0.25;
  CHECK(at(40) == "150%|#########| 3/2 [00:03, 4.00 s/item]");
  view.count = INT64_MAX;
  view.total = 1;
  view.elapsed = 100 * 3600 * kSecond;
  view.per_second = 3.7e7;
  CHECK(at(200).ends_with(" 9223372036854775807/1 [100:00:00, 37.0M items/s]"));
}

TEST_CASE("progress text: a long label leaves room for the count") {
  ProgressView view;
  view.label = "a label";
  view.count = 42;
  CHECK(progress_line(view, 8, ProgressStyle::ascii).text == "a la: 42");
  view.total = 100;
  CHECK(progress_line(view, 8, ProgressStyle::ascii).text == "a :  42%");
}

TEST_CASE("progress text: a label cannot command the terminal") {
  ProgressView view;
  view.total = 2;
  auto label = [&](std::string_view text, ProgressStyle style) {
    view.label = text;
    const std::string line = progress_line(view, 70, style).text;
    return line.substr(0, line.find(":  "));
  };
  CHECK(label("a\033[2Jb\nc\x7f", ProgressStyle::utf8) == "a?[2Jb?c?");
  CHECK(label("gr\xc3\xb6\xc3\x9f"
              "e",
              ProgressStyle::utf8) ==
        "gr\xc3\xb6\xc3\x9f"
        "e");
  CHECK(label("gr\xc3\xb6\xc3\x9f"
              "e",
              ProgressStyle::ascii) == "gr??e");
  CHECK(label("\xff\xc3(\xe2\x82 \xf0\x9f", ProgressStyle::utf8) == "?\?(?? ??");
  CHECK(label("\xc2\x9b"
              "1m",
              ProgressStyle::utf8) == "?1m");
  view.label = "\xe2\x9a\xa1\xe2\x9c\x93";  // wide, narrow
  CHECK(progress_line(view, 7, ProgressStyle::utf8).text == "  0%");
  CHECK(progress_line(view, 8, ProgressStyle::utf8).text == "\xe2\x9a\xa1:   0%");
  CHECK(progress_line(view, 9, ProgressStyle::utf8).columns == 9);
  view.label = "\xe6\x97\xa5\xe6\x9c\xac";  // two wide characters
  CHECK(progress_line(view, 70, ProgressStyle::utf8).columns == 70);
  CHECK(progress_line(view, 70, ProgressStyle::utf8).text.find("0/2 [") != std::string::npos);
}

TEST_CASE("progress: the rate follows changes, falls when nothing comes, and forgets") {
  SmoothRate rate(0);
  CHECK(rate.per_second(0) < 0);
  for (int i = 1; i <= 50; ++i) rate.sample(i * kSecond / 10, i);
  CHECK(rate.per_second(5 * kSecond) == doctest::Approx(10));
  CHECK(rate.per_second(25 * kSecond) < 3);
  for (int i = 1; i <= 600; ++i) rate.sample(5 * kSecond + i * kSecond / 10, 50 + 3 * i);
  CHECK(rate.per_second(65 * kSecond) == doctest::Approx(30).epsilon(0.02));
  rate.sample(66 * kSecond, 0);
  CHECK(rate.per_second(66 * kSecond) < 0);
}

TEST_CASE("progress: one bar on a terminal, from its making to its last line") {
  OnScreen on;
  auto bar = on.bars->make(1000, "rows");
  CHECK(on.screen.text() == "rows:   0%|                    | 0/1000 [00:00<?, ? items/s]");
  on.clock.advance(3 * kSecond);
  CHECK(bar->add(420) == Counting::done);
  CHECK(on.screen.text() == "rows:  42%|████▏     | 420/1000 [00:03<00:04, 140.0 items/s]");
  on.clock.advance(kSecond / 20);
  CHECK(bar->add(1) == Counting::done);  // not yet time to draw again
  CHECK(on.screen.text() == "rows:  42%|████▏     | 420/1000 [00:03<00:04, 140.0 items/s]");
  on.clock.advance(kSecond);
  CHECK(bar->set(1000) == Counting::done);
  on.clock.advance(kSecond - kSecond / 20);
  bar->close();
  const std::string last = "rows: 100%|███████████████| 1000/1000 [00:05, 200.0 items/s]";
  CHECK(on.screen.text() == last);
  bar->close();
  CHECK(bar->add(1) == Counting::closed);
  CHECK(bar->set(1) == Counting::closed);
  CHECK(bar->set_total(1) == Counting::closed);
  CHECK(bar->count() == 1000);
  CHECK_FALSE(on.bars->any());
  CHECK(on.screen.text() == last);
  CHECK(on.screen.wraps == 0);
}

TEST_CASE("progress: bars stack, closed ones leave a line above, output goes above them all") {
  OnScreen on(44);
  auto outer = on.bars->make(2, "outer");
  auto inner = on.bars->make(4, "inner");
  on.clock.advance(kSecond);
  inner->add(2);
  CHECK(on.screen.text() ==
        "outer:   0%|     | 0/2 [00:01<?, ? items/s]\n"
        "inner:  50% 2/4 [00:01<00:01, 2.0 items/s]");
  CHECK(on.console.print("a line\n"));
  on.console.log("a warning\nof two lines\n");
  std::fputs("half ", on.screen.out());
  CHECK(on.console.print("and half\n"));
  const std::string above = "a line\na warning\nof two lines\nhalf and half\n";
  CHECK(on.screen.text() == above +
                                "outer:   0%|     | 0/2 [00:01<?, ? items/s]\n"
                                "inner:  50% 2/4 [00:01<00:01, 2.0 items/s]");
  inner->close();
  CHECK(on.screen.text() == above +
                                "inner:  50%|██▌  | 2/4 [00:01, 2.0 items/s]\n"
                                "outer:   0%|     | 0/2 [00:01<?, ? items/s]");
  outer = nullptr;  // dropped without being closed: told at the next occasion
  on.clock.advance(kSecond);
  on.bars->look();
  CHECK(on.screen.text() == above +
                                "inner:  50%|██▌  | 2/4 [00:01, 2.0 items/s]\n"
                                "outer:   0%|       | 0/2 [00:02, 0 items/s]");
  CHECK_FALSE(on.bars->any());
}

TEST_CASE("progress: more bars than rows, and a terminal that becomes narrower") {
  OnScreen on(60, 4);
  std::vector<Ref<ProgressBar>> bars;
  for (int i = 0; i < 5; ++i) bars.push_back(on.bars->make(10, "bar " + std::to_string(i)));
  on.clock.advance(kSecond);
  on.bars->look();
  std::vector<std::string> lines = lines_of(on.screen.text());
  REQUIRE(lines.size() == 3);
  CHECK(lines[0].starts_with("bar 0:   0%|"));
  CHECK(lines[2] == "(3 more)");
  for (auto& bar : bars) bar->close();
  lines = lines_of(on.screen.text());
  REQUIRE(lines.size() == 5);
  for (std::size_t i = 0; i < 5; ++i) {
    CHECK(lines[i].starts_with("bar " + std::to_string(i) + ":   0%|"));
  }
  CHECK(on.screen.wraps == 0);
  auto bar = on.bars->make(10, "narrow");
  on.screen.resize(20);
  on.clock.advance(kSecond);
  on.bars->look();
  CHECK(on.screen.text().find("narrow:   0% 0/10") != std::string::npos);
}

TEST_CASE("progress: where there is no terminal, a line now and then") {
  OnPipe on;
  auto brief = on.bars->make(3, "brief");
  auto bar = on.bars->make(1000, "long");
  on.clock.advance(9 * kSecond);
  CHECK(bar->add(90) == Counting::done);
  brief->close();
  CHECK(on.text().empty());
  on.clock.advance(kSecond);
  CHECK(bar->add(10) == Counting::done);
  CHECK(on.text() == "long:  10% 100/1000 [00:10<01:30, 10.0 items/s]\n");
  on.clock.advance(9 * kSecond);
  CHECK(bar->add(1) == Counting::done);
  CHECK(on.text().empty());
  bar->close();
  CHECK(on.text() == "long:  10% 101/1000 [00:19, 5.3 items/s]\n");
}

TEST_CASE("progress: a pipe that is full stops nobody who counts") {
  OnPipe on;
  fcntl(on.fds[1], F_SETFL, O_NONBLOCK);
  const std::string block(4096, 'x');
  while (write(on.fds[1], block.data(), block.size()) > 0) {
  }
  fcntl(on.fds[1], F_SETFL, 0);
  auto bar = on.bars->make(10, "b");
  on.clock.advance(10 * kSecond);
  CHECK(bar->add(1) == Counting::done);
  bar->add(1);
  CHECK(bar->count() == 2);
  CHECK(on.text().find('b') == std::string::npos);
  on.clock.advance(kSecond);
  bar->add(1);  // there is room again
  CHECK(on.text() == "b:  30% 3/10 [00:11<00:24, 3.46 s/item]\n");
}

TEST_CASE("progress: without bars the end is not held up by who writes to a full pipe") {
  OnPipe on;
  std::atomic<bool> writing{false};
  std::thread writer([&] {
    writing = true;
    on.console.log(std::string(1'000'000, 'x'));  // waits until somebody reads
  });
  while (!writing) std::this_thread::yield();
  on.bars->end();
  for (std::size_t got = 0; got < 1'000'000;) got += on.text().size();
  writer.join();
}

TEST_CASE("progress: a terminal that nobody reads stops nobody who counts, and misses nothing") {
  OnScreen on(240, 60);
  std::vector<Ref<ProgressBar>> bars;
  for (int i = 0; i < 50; ++i) bars.push_back(on.bars->make(1000, "bar " + std::to_string(i)));
  for (int i = 0; i < 50; ++i) {  // 800 KB, far more than a terminal buffers
    on.clock.advance(kSecond);
    for (auto& bar : bars) bar->add(1);
  }
  CHECK(bars[0]->count() == 50);
  bars.clear();  // nobody closes them
  std::atomic<bool> ended{false};
  std::thread ending([&] {
    on.bars->end();
    ended = true;
  });
  while (!ended) on.screen.pump();
  ending.join();
  const std::vector<std::string> lines = lines_of(on.screen.text());
  REQUIRE(lines.size() == 50);
  for (std::size_t i = 0; i < 50; ++i) {
    CHECK(lines[i].starts_with("bar " + std::to_string(i) + ":   5%|"));
  }
  CHECK(on.screen.wraps == 0);
}

TEST_CASE("progress: what nobody is to see is only counted") {
  OnScreen on;
  auto silent = make_ref<ProgressBars>(on.clock, on.console, false);
  auto bar = silent->make(5, "silent");
  set_log_level(LogLevel::error);
  auto quiet = on.bars->make(5, "quiet");
  set_log_level(LogLevel::warn);
  on.clock.advance(kSecond);
  bar->add(2);
  quiet->add(2);
  CHECK(bar->count() == 2);
  bar->close();
  quiet = nullptr;
  on.bars->end();
  auto late = on.bars->make(5, "late");
  CHECK(late->add(1) == Counting::done);
  CHECK(on.screen.text().empty());
}

TEST_CASE("progress: the count stays a number") {
  OnScreen on;
  auto bar = on.bars->make(std::nullopt, "");
  CHECK_FALSE(bar->total());
  CHECK(bar->set(INT64_MAX - 1) == Counting::done);
  CHECK(bar->add(1) == Counting::done);
  CHECK(bar->add(1) == Counting::too_large);
  CHECK(bar->add(INT64_MAX) == Counting::too_large);
  CHECK(bar->count() == INT64_MAX);
  CHECK(bar->set_total(7) == Counting::done);
  CHECK(bar->total() == 7);
}

TEST_CASE("progress: many threads count, print, log, make, close and drop at the same time") {
  constexpr int kThreads = 4, kRounds = 300 / kSlow;
  OnScreen on(61, 6);
  on.clock.set_free();
  auto shared = on.bars->make(kThreads * kRounds * 10, "all");
  std::atomic<int> running{kThreads};
  {
    std::vector<std::thread> threads;
    for (int t = 0; t < kThreads; ++t) {
      threads.emplace_back([&, t] {
        for (int i = 0; i < kRounds; ++i) {
          auto own = on.bars->make(10, "own");
          for (int k = 0; k < 10; ++k) {
            own->add(1);
            shared->add(1);
          }
          const std::string line =
              std::to_string(t) + " " + std::to_string(i) + " " + std::string(30, '=') + "\n";
          if (i % 2 == 0) {
            on.console.print(line);
          } else {
            on.console.log(line);
          }
          if (i % 3 != 0) own->close();
        }
        --running;
      });
    }
    while (running > 0) on.screen.pump();
    for (auto& thread : threads) thread.join();
  }
  CHECK(shared->count() == kThreads * kRounds * 10);
  on.bars->end();
  CHECK_FALSE(on.bars->any());
  int printed = 0, own = 0, other = 0;
  for (const std::string& line : lines_of(on.screen.text())) {
    if (line.ends_with(" " + std::string(30, '='))) {
      ++printed;
    } else if (line.starts_with("own: 100%|") && line.ends_with("items/s]")) {
      ++own;
    } else {
      ++other;
    }
  }
  CHECK(printed == kThreads * kRounds);
  CHECK(own == kThreads * kRounds);
  CHECK(other == 1);
  CHECK(on.screen.wraps == 0);
}
