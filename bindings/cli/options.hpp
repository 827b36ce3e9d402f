// The command line of `tidemill`, read into what is to be done.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "engine/observe/log.hpp"

namespace tidemill::cli {

struct Options {
  struct Step {
    enum Kind { execute, require } kind;  ///< -e CHUNK, -l MODULE
    std::string text;
  };
  std::vector<Step> steps;            ///< in the order given
  std::optional<std::string> script;  ///< "-" is standard input
  int script_at = 0;                  ///< its place in argv; its arguments follow
  bool version = false, help = false;
  LogLevel log_level = LogLevel::warn;
};

/// Reads argv. On misuse nothing, with the reason in `problem`.
std::optional<Options> parse_options(int argc, char** argv, std::string& problem);

extern const char kUsage[];

}  // namespace tidemill::cli
