// Standard output and standard error as the person at a terminal sees them: lines scroll by, and
// below the last one stand a few that change, the progress bars.
//
// Invariants, under lock_
//   K1  The footers of all owners, one after the other, are the last rows_ rows of the screen, and
//       the cursor stands behind the last of them. So whatever is written by others (io.write, a
//       child process) may make a bar ugly, but is not overwritten.
//   K2  print and log take the footer off, write, and put it back.
//   K3  One write is one system call as far as the system goes along, so that nothing flickers.
//   K4  What the stream would not take at once from somebody in a hurry is pending_, and goes out
//       before anything else. The footer is kept as if it had been written.
// A stream that is not a terminal cannot disturb the footer: print then takes no lock, so that who
// waits for a full pipe stops nobody else but those who print. Who is in a hurry (Patience::none)
// gives up where it would have to wait.
#pragma once

#include <atomic>
#include <cstdio>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tidemill {

class Console {
 public:
  enum class Patience : bool {
    none,  ///< do nothing if a lock is taken or the stream has no room
    wait,
  };
  struct Size {
    int columns, rows;
  };
  struct Line {
    std::string text;
    int columns = 0;  ///< that it takes on the screen
  };

  /// Of streams that stay open as long as it is used.
  Console(std::FILE* out, int error_fd);
  Console(const Console&) = delete;
  ~Console();
  /// Of this process.
  static Console& standard();

  // All: any thread.

  /// Writes lines to standard output. False, and errno, if that fails. May wait for the reader.
  bool print(std::string_view lines);
  /// Writes whole lines to standard error; failure is ignored, as there is nobody to tell. May wait
  /// for the reader.
  void log(std::string_view lines);
  /// Writes `lines` to standard error, where they stay, and replaces the footer of `owner`. False
  /// if nothing was done for lack of patience. Without `draws` there are no footers.
  bool update(const void* owner, std::string_view lines, std::vector<Line> footer,
              Patience patience);
  /// Writes what is still pending; may wait for the reader then, but not otherwise.
  void flush();

  /// Standard error is a terminal on which the cursor can be moved.
  bool draws() const { return draws_; }
  bool utf8() const { return utf8_; }
  /// Of the terminal, now.
  Size size() const;
  /// A footer of the standard console is on the screen. Async-signal-safe.
  static bool footer_on_screen() { return footer_on_screen_.load(std::memory_order_relaxed); }

 private:
  // With lock_ held:
  std::string take_off();
  void put_back(std::string& frame);
  void write(std::string_view text);
  void write_pending();
  bool write_pending_now();
  bool has_room() const;

  std::FILE* const out_;
  const int error_fd_;
  int quick_fd_;  // the same stream; if it is a terminal, writing to this does not wait
  const bool draws_, utf8_;
  const bool shared_;  // print would disturb the footer
  std::mutex lock_;    // of what follows, and of standard error
  std::vector<std::pair<const void*, std::vector<Line>>> footers_;
  std::vector<int> widths_;  // of the lines on the screen
  std::string pending_;
  std::atomic<bool> any_pending_{false};  // written under lock_
  inline static std::atomic<bool> footer_on_screen_{false};
};

}  // namespace tidemill
