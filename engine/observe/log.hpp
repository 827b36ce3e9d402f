// The engine's log: spdlog on stderr. Errors and warnings that nobody asked about end up here.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace tidemill {

enum class LogLevel : std::uint8_t { debug, info, warn, error, off };

/// Any thread.
void log_message(LogLevel level, std::string_view text);
inline void log_error(std::string_view text) { log_message(LogLevel::error, text); }
inline void log_warning(std::string_view text) { log_message(LogLevel::warn, text); }
/// What is less than this is not shown; `warn` at the start.
void set_log_level(LogLevel level);
LogLevel log_level();

}  // namespace tidemill
