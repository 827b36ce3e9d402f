#include "engine/observe/progress_text.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <utility>

namespace tidemill {

void SmoothRate::sample(Nanoseconds now, std::int64_t count) {
  if (count == count_ || now <= last_) return;
  if (count < count_) {  // it was set back: what was seen of the new run is nothing yet
    items_ = seconds_ = 0;
  } else {
    const double passed = static_cast<double>(now - last_) / 1e9;
    const double weight = std::exp(-passed / 10);
    items_ = items_ * weight + static_cast<double>(count - count_);
    seconds_ = seconds_ * weight + passed;
  }
  count_ = count;
  last_ = now;
}

double SmoothRate::per_second(Nanoseconds now) const {
  if (items_ == 0) return -1;
  const double expected = seconds_ / items_;  // until the next item
  const double passed = static_cast<double>(now - last_) / 1e9;
  return items_ / (seconds_ + std::max(0.0, passed - expected));
}

namespace {

template <class... Args>
std::string format(const char* how, Args... args) {
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), how, args...);
  return text.data();
}

std::string format_time(double seconds) {
  if (!(seconds < 1e9)) return "?";
  const auto whole = static_cast<long long>(seconds);
  if (whole < 3600) return format("%02lld:%02lld", whole / 60, whole % 60);
  return format("%lld:%02lld:%02lld", whole / 3600, whole / 60 % 60, whole % 60);
}

std::string format_rate(double rate) {
  if (rate < 0) return "? items/s";
  if (rate == 0) return "0 items/s";
  if (rate < 1) return format("%.*f s/item", 1 / rate < 1e3 ? 2 : 0, 1 / rate);
  if (rate < 999.95) return format("%.1f items/s", rate);
  if (rate < 999.95e3) return format("%.1fk items/s", rate / 1e3);
  if (rate < 999.95e6) return format("%.1fM items/s", rate / 1e6);
  return format("%.1fG items/s", rate / 1e9);
}

/// The wide ones among the symbols, most of which are narrow: pairs of first and last.
constexpr std::array<std::pair<char32_t, char32_t>, 34> kWideSymbols = {{
    {0x231A, 0x231B}, {0x23E9, 0x23EC}, {0x23F0, 0x23F0}, {0x23F3, 0x23F3},   {0x25FD, 0x25FE},
    {0x2614, 0x2615}, {0x2648, 0x2653}, {0x267F, 0x267F}, {0x2693, 0x2693},   {0x26A1, 0x26A1},
    {0x26AA, 0x26AB}, {0x26BD, 0x26BE}, {0x26C4, 0x26C5}, {0x26CE, 0x26CE},   {0x26D4, 0x26D4},
    {0x26EA, 0x26EA}, {0x26F2, 0x26F3}, {0x26F5, 0x26F5}, {0x26FA, 0x26FA},   {0x26FD, 0x26FD},
    {0x2705, 0x2705}, {0x270A, 0x270B}, {0x2728, 0x2728}, {0x274C, 0x274C},   {0x274E, 0x274E},
    {0x2753, 0x2755}, {0x2757, 0x2757}, {0x2795, 0x2797}, {0x27B0, 0x27B0},   {0x27BF, 0x27BF},
    {0x2B1B, 0x2B1C}, {0x2B50, 0x2B50}, {0x2B55, 0x2B55}, {0x1F004, 0x1F004},
}};

/// Columns of a character on a terminal: no table of Unicode, but what labels are made of. Rather
/// too many than too few, as a line that is too long spoils the screen.
int columns_of(char32_t c) {
  if ((c >= 0x300 && c < 0x370) || (c >= 0x200B && c < 0x2010) || (c >= 0xFE00 && c < 0xFE0F)) {
    return 0;
  }
  if (c == 0xFE0F) return 1;  // what is before it may become wide
  if (c >= 0x231A && c <= 0x1F004) {
    for (const auto& [first, last] : kWideSymbols) {
      if (c >= first && c <= last) return 2;
    }
  }
  const bool wide = (c >= 0x1100 && c < 0x1160) || (c >= 0x2E80 && c < 0xA4D0) ||
                    (c >= 0xAC00 && c < 0xD7A4) || (c >= 0xF900 && c < 0xFB00) ||
                    (c >= 0xFE30 && c < 0xFE70) || (c >= 0xFF00 && c < 0xFF61) ||
                    (c >= 0x1F18E && c < 0x1FB00) || (c >= 0x20000 && c < 0x3FFFE);
  return wide ? 2 : 1;
}

/// Appends `text` up to `columns`: what a terminal would obey, and what it could not show, becomes
/// a question mark.
void append_label(Console::Line& line, std::string_view text, int columns, ProgressStyle style) {
  for (std::size_t i = 0; i < text.size();) {
    const auto first = static_cast<unsigned char>(text[i]);
    std::size_t length = first < 0x80   ? 1
                         : first < 0xC2 ? 0
                         : first < 0xE0 ? 2
                         : first < 0xF0 ? 3
                         : first < 0xF5 ? 4
                                        : 0;
    char32_t c = length <= 1 ? first : first & (0x7Fu >> length);
    for (std::size_t k = 1; k < length; ++k) {
      const auto next = i + k < text.size() ? static_cast<unsigned char>(text[i + k]) : 0u;
      if ((next & 0xC0) != 0x80) {
        length = 0;
        break;
      }
      c = c << 6 | (next & 0x3F);
    }
    const bool shown = length > 0 && c >= 0x20 && c != 0x7F && (c < 0x80 || c >= 0xA0) &&
                       (length == 1 || style != ProgressStyle::ascii);
    const int width = shown ? columns_of(c) : 1;
    if (line.columns + width > columns) return;
    if (shown) {
      line.text += text.substr(i, length);
    } else {
      line.text += '?';
    }
    line.columns += width;
    i += std::max<std::size_t>(length, 1);
  }
}

void append(Console::Line& line, const std::string& ascii) {
  line.text += ascii;
  line.columns += static_cast<int>(ascii.size());
}

void append_bar(Console::Line& line, double share, int width, ProgressStyle style) {
  static constexpr const char* kEighths[] = {" ", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
  const int eighths = static_cast<int>(share * width * 8);
  for (int i = 0; i < width; ++i) {
    const int part = std::clamp(eighths - 8 * i, 0, 8);
    if (style == ProgressStyle::utf8) {
      line.text += part == 8 ? "█" : kEighths[part];
    } else {
      line.text += part == 8 ? '#' : '.';
    }
  }
  line.columns += width;
}

}  // namespace

Console::Line progress_line(const ProgressView& view, int columns, ProgressStyle style) {
  constexpr int kLeastBar = 5;
  const bool plain = style == ProgressStyle::plain;
  const auto count = static_cast<double>(view.count);
  const double elapsed = static_cast<double>(view.elapsed) / 1e9;
  std::string percent, counts = format("%lld", static_cast<long long>(view.count));
  std::string times = " [" + format_time(elapsed);
  double share = 0;
  if (view.total) {
    const auto total = static_cast<double>(*view.total);
    share = total > 0 ? count / total : 1;
    percent = format("%3.0f%%", std::floor(total > 0 ? count * 100 / total : 100));
    counts += format("/%lld", static_cast<long long>(*view.total));
    if (view.running && count < total) {
      times += "<" + (view.per_second > 0 ? format_time((total - count) / view.per_second) : "?");
    }
  }
  times += ", " + format_rate(view.per_second) + "]";

  Console::Line label;
  append_label(label, view.label, plain ? 200 : std::max(columns, 0), style);
  if (label.columns > 0) append(label, ": ");
  const int fixed = static_cast<int>(percent.size() + counts.size());
  const int with_bar = label.columns + fixed + static_cast<int>(times.size()) + 3;
  Console::Line line = label;
  append(line, percent);
  if (!percent.empty()) append(line, " ");
  if (!plain && view.total && with_bar + kLeastBar <= columns) {
    line.text.back() = '|';
    append_bar(line, std::clamp(share, 0.0, 1.0), columns - with_bar, style);
    append(line, "| " + counts + times);
    return line;
  }
  append(line, counts);
  if (plain || line.columns + static_cast<int>(times.size()) <= columns) append(line, times);
  if (plain || line.columns <= columns) return line;
  // Less of the label, then of the counts.
  line = {};
  const std::string& rest = percent.empty() ? counts : percent;
  append_label(line, view.label, std::max(columns - static_cast<int>(rest.size()) - 2, 0), style);
  if (line.columns > 0) append(line, ": ");
  append(line, rest.substr(0, static_cast<std::size_t>(std::max(columns - line.columns, 0))));
  return line;
}

}  // namespace tidemill
