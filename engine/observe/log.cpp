#include "engine/observe/log.hpp"

#include <spdlog/details/null_mutex.h>
#include <spdlog/sinks/base_sink.h>
#include <spdlog/spdlog.h>

#include <atomic>

#include "engine/observe/console.hpp"

namespace tidemill {

namespace {

spdlog::level::level_enum to_spdlog(LogLevel level) {
  switch (level) {
    case LogLevel::debug:
      return spdlog::level::debug;
    case LogLevel::info:
      return spdlog::level::info;
    case LogLevel::warn:
      return spdlog::level::warn;
    case LogLevel::error:
      return spdlog::level::err;
    case LogLevel::off:
      return spdlog::level::off;
  }
  return spdlog::level::err;
}

/// The console keeps messages whole.
class ConsoleSink final : public spdlog::sinks::base_sink<spdlog::details::null_mutex> {
  void sink_it_(const spdlog::details::log_msg& message) override {
    spdlog::memory_buf_t text;
    formatter_->format(message, text);
    Console::standard().log({text.data(), text.size()});
  }
  void flush_() override {}
};

// relaxed: a setting, publishes nothing
std::atomic<LogLevel> threshold{LogLevel::warn};

/// Made at the first message: starting a program that logs nothing costs nothing.
spdlog::logger& logger() {
  static spdlog::logger logger = [] {
    spdlog::logger made("tidemill", std::make_shared<ConsoleSink>());
    made.set_pattern("tidemill: %l: %v");
    made.set_level(spdlog::level::debug);  // log_message has looked at the threshold
    return made;
  }();
  return logger;
}

}  // namespace

void log_message(LogLevel level, std::string_view text) {
  if (level < log_level() || level == LogLevel::off) return;
  logger().log(to_spdlog(level), spdlog::string_view_t(text.data(), text.size()));
}

void set_log_level(LogLevel level) { threshold.store(level, std::memory_order_relaxed); }
LogLevel log_level() { return threshold.load(std::memory_order_relaxed); }

}  // namespace tidemill
