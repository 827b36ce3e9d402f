// A terminal for tests: a pty, and what a person would see on it.
#pragma once

#include <doctest/doctest.h>
#include <poll.h>
#include <pty.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

namespace tidemill::test {

class Screen {
 public:
  Screen(int columns, int rows) : columns_(columns), height_(rows) {
    winsize size{};
    size.ws_col = static_cast<unsigned short>(columns);
    size.ws_row = static_cast<unsigned short>(rows);
    REQUIRE(openpty(&master_, &slave_, nullptr, nullptr, &size) == 0);
    setenv("TERM", "xterm", 1);
    setenv("LC_ALL", "C.UTF-8", 1);
    out_ = fdopen(dup(slave_), "w");
    setvbuf(out_, nullptr, _IOLBF, 1024);
  }
  Screen(const Screen&) = delete;
  ~Screen() {
    std::fclose(out_);
    close(slave_);
    close(master_);
  }
  int fd() const { return slave_; }
  std::FILE* out() const { return out_; }
  void resize(int columns) {
    winsize size{};
    size.ws_col = static_cast<unsigned short>(columns);
    size.ws_row = static_cast<unsigned short>(height_);
    ioctl(slave_, TIOCSWINSZ, &size);
  }
  /// Everything that was ever on the screen and not taken off, a line each, after all that has been
  /// written so far. Reads up to a mark that it writes behind that.
  std::string text() {
    REQUIRE(write(slave_, "\a", 1) == 1);
    while (!read_some()) {
    }
    std::string all;
    for (const auto& row : rows_) {
      std::string line;
      for (const std::string& cell : row) line += cell;
      line.erase(line.find_last_not_of(' ') + 1);
      all += line + "\n";
    }
    all.erase(all.find_last_not_of('\n') + 1);
    return all;
  }
  /// Reads what has come so far, so that writers can go on.
  void pump() {
    pollfd fd{master_, POLLIN, 0};
    while (poll(&fd, 1, 1) == 1) read_some();
  }
  /// Lines that were broken because they were too long.
  int wraps = 0;

 private:
  /// Waits for something; true if it had the mark.
  bool read_some() {
    char bytes[4096];
    bool marked = false;
    const ssize_t n = read(master_, bytes, sizeof bytes);
    REQUIRE(n > 0);
    for (ssize_t i = 0; i < n; ++i) {
      if (bytes[i] == '\a') {
        marked = true;
      } else {
        take(bytes[i]);
      }
    }
    return marked;
  }
  void take(char c) {
    if (!escape_.empty()) {
      escape_ += c;
      if ((c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z')) obey();
      return;
    }
    const auto byte = static_cast<unsigned char>(c);
    if (c == '\033') {
      escape_ = c;
    } else if (c == '\r') {
      column_ = 0;
    } else if (c == '\n') {
      ++row_;
    } else if ((byte & 0xC0) == 0x80) {
      cell(column_ - 1) += c;
    } else {
      if (column_ == columns_) {
        ++wraps;
        ++row_;
        column_ = 0;
      }
      cell(column_) = c;
      ++column_;
    }
    while (row_ >= rows_.size()) rows_.emplace_back();
  }
  std::string& cell(int column) {
    auto& row = rows_[row_];
    while (static_cast<int>(row.size()) <= column) row.emplace_back(" ");
    return row[static_cast<std::size_t>(column)];
  }
  void obey() {
    if (escape_ == "\033[J") {
      rows_[row_].resize(static_cast<std::size_t>(column_), " ");
      rows_.resize(row_ + 1);
    } else if (escape_.back() == 'A') {
      const auto up = static_cast<std::size_t>(std::atoi(escape_.c_str() + 2));
      const std::size_t height = static_cast<std::size_t>(height_);
      const std::size_t top = rows_.size() > height ? rows_.size() - height : 0;
      row_ = std::max(row_ > up ? row_ - up : 0, top);
    } else {
      FAIL_CHECK("unknown escape sequence");
    }
    escape_.clear();
  }

  const int columns_, height_;
  int master_ = -1, slave_ = -1;
  std::FILE* out_ = nullptr;
  std::vector<std::vector<std::string>> rows_{{}};
  std::size_t row_ = 0;
  int column_ = 0;
  std::string escape_;
};

}  // namespace tidemill::test
