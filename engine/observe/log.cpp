#include "engine/observe/log.hpp"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

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

/// Made at the first message: starting a program that logs nothing costs nothing.
spdlog::logger& logger() {
  static spdlog::logger logger = [] {
    spdlog::logger made("tidemill", std::make_shared<spdlog::sinks::stderr_sink_mt>());
    made.set_pattern("tidemill: %l: %v");
    made.set_level(spdlog::level::warn);
    return made;
  }();
  return logger;
}

}  // namespace

void log_message(LogLevel level, std::string_view text) {
  logger().log(to_spdlog(level), spdlog::string_view_t(text.data(), text.size()));
}

void set_log_level(LogLevel level) { logger().set_level(to_spdlog(level)); }

}  // namespace tidemill
