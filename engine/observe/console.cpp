#include "engine/observe/console.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <cstdlib>
#include <cstring>
#include <new>
#include <utility>

namespace tidemill {

namespace {

bool can_move_cursor(int fd) {
  const char* term = std::getenv("TERM");
  return isatty(fd) != 0 && term != nullptr && *term != 0 && std::strcmp(term, "dumb") != 0;
}

/// As the C library would find it; the process need not have called setlocale.
bool locale_is_utf8() {
  for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    const char* value = std::getenv(name);
    if (value == nullptr || *value == 0) continue;
    std::string text(value);
    std::transform(text.begin(), text.end(), text.begin(),
                   [](unsigned char c) { return c >= 'A' && c <= 'Z' ? c + 32 : c; });
    return text.find("utf-8") != text.npos || text.find("utf8") != text.npos;
  }
  return false;
}

/// The terminal of `fd` once more, opened so that writing does not wait. The flag of `fd` itself is
/// that of all processes that share it. Without /proc, or on somebody else's terminal: `fd`.
int without_waiting(int fd) {
  std::array<char, 32> path{};
  std::snprintf(path.data(), path.size(), "/proc/self/fd/%d", fd);
  const int opened = open(path.data(), O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
  return opened < 0 ? fd : opened;
}

}  // namespace

Console::Console(std::FILE* out, int error_fd)
    : out_(out),
      error_fd_(error_fd),
      quick_fd_(error_fd),
      draws_(can_move_cursor(error_fd)),
      utf8_(locale_is_utf8()),
      shared_(draws_ && isatty(fileno(out)) != 0) {
  if (draws_) quick_fd_ = without_waiting(error_fd);
}

Console::~Console() {
  if (quick_fd_ != error_fd_) close(quick_fd_);
}

Console& Console::standard() {
  static auto* console = new Console(stdout, 2);  // used until the process ends
  return *console;
}

Console::Size Console::size() const {
  winsize found{};
  if (ioctl(error_fd_, TIOCGWINSZ, &found) != 0 || found.ws_col == 0 || found.ws_row == 0) {
    return {80, 24};
  }
  return {found.ws_col, found.ws_row};
}

bool Console::has_room() const {
  pollfd fd{error_fd_, POLLOUT, 0};
  return poll(&fd, 1, 0) == 1 && (fd.revents & POLLOUT) != 0;
}

/// Waits for room.
void Console::write(std::string_view text) {
  write_pending();
  while (!text.empty()) {
    const ssize_t written = ::write(error_fd_, text.data(), text.size());
    if (written >= 0) {
      text.remove_prefix(static_cast<std::size_t>(written));
    } else if (errno == EAGAIN) {  // somebody who shares the stream does not want to wait
      pollfd fd{error_fd_, POLLOUT, 0};
      poll(&fd, 1, -1);
    } else if (errno != EINTR) {
      return;
    }
  }
}

void Console::write_pending() {
  if (pending_.empty()) return;
  write(std::exchange(pending_, {}));
  any_pending_.store(false, std::memory_order_relaxed);
}

/// As much as there is room for. True if nothing is left.
bool Console::write_pending_now() {
  while (!pending_.empty()) {
    if (!has_room()) return false;
    // A pipe with any room has room for this much.
    const std::size_t most = quick_fd_ == error_fd_ ? PIPE_BUF : pending_.size();
    const ssize_t written = ::write(quick_fd_, pending_.data(), std::min(most, pending_.size()));
    if (written >= 0) {
      pending_.erase(0, static_cast<std::size_t>(written));
    } else if (errno == EAGAIN) {
      return false;
    } else if (errno != EINTR) {
      pending_.clear();
    }
  }
  return true;
}

/// What leaves an empty screen from the first line of the footer on, with the cursor there. A
/// terminal that has become narrower since has broken the lines.
std::string Console::take_off() {
  if (widths_.empty()) return "";
  const int columns = size().columns;
  int up = -1;
  for (const int width : widths_) up += std::max(1, (width + columns - 1) / columns);
  widths_.clear();
  return up == 0 ? "\r\033[J" : "\r\033[" + std::to_string(up) + "A\033[J";
}

void Console::put_back(std::string& frame) {
  for (const auto& [owner, lines] : footers_) {
    for (const Line& line : lines) {
      if (!widths_.empty()) frame += '\n';
      frame += line.text;
      widths_.push_back(line.columns);
    }
  }
  if (out_ == stdout) footer_on_screen_.store(!widths_.empty(), std::memory_order_relaxed);
}

bool Console::print(std::string_view lines) {
  if (!shared_) return std::fwrite(lines.data(), 1, lines.size(), out_) == lines.size();
  std::lock_guard guard(lock_);
  const bool footer = !widths_.empty();
  write_pending();
  if (footer) {
    try {
      write(take_off());
    } catch (const std::bad_alloc&) {  // ugly for once
    }
  }
  bool ok = std::fwrite(lines.data(), 1, lines.size(), out_) == lines.size();
  if (!footer) return ok;
  ok = std::fflush(out_) == 0 && ok;
  const int error = errno;
  try {
    std::string frame;
    put_back(frame);
    write(frame);
  } catch (const std::bad_alloc&) {  // the next drawing brings it back
  }
  errno = error;
  return ok;
}

void Console::log(std::string_view lines) {
  std::lock_guard guard(lock_);
  if (widths_.empty()) return write(lines);
  std::string frame = take_off();
  frame += lines;
  put_back(frame);
  write(frame);
}

bool Console::update(const void* owner, std::string_view lines, std::vector<Line> footer,
                     Patience patience) {
  std::unique_lock guard(lock_, std::defer_lock);
  if (patience == Patience::wait) {
    guard.lock();
  } else if (!guard.try_lock() || !has_room() || !write_pending_now()) {
    return false;
  }
  if (!draws_) footer.clear();
  const auto own = std::find_if(footers_.begin(), footers_.end(),
                                [&](const auto& entry) { return entry.first == owner; });
  if (own != footers_.end()) {
    own->second = std::move(footer);
    if (own->second.empty()) footers_.erase(own);
  } else if (!footer.empty()) {
    footers_.emplace_back(owner, std::move(footer));
  }
  std::string frame = take_off();
  frame += lines;
  put_back(frame);
  if (patience == Patience::wait) {
    write(frame);
  } else {
    pending_ = std::move(frame);
    any_pending_.store(!write_pending_now(), std::memory_order_relaxed);
  }
  return true;
}

void Console::flush() {
  // relaxed: of what others write just now they see to the rest
  if (!any_pending_.load(std::memory_order_relaxed)) return;
  std::lock_guard guard(lock_);
  write_pending();
}

}  // namespace tidemill
