#include "bindings/cli/options.hpp"

#include <cstring>

namespace tidemill::cli {

const char kUsage[] =
    "usage: tidemill [options] [script [args]]\n"
    "  -e CHUNK     run CHUNK\n"
    "  -l MODULE    require MODULE into the global of that name, or of NAME with NAME=MODULE\n"
    "  -v           print the version\n"
    "  -            run standard input as a script\n"
    "  --           stop handling options\n"
    "  --log LEVEL  what to log on standard error: debug, info, warn (default), error, off\n"
    "  --help       this text\n";

namespace {

bool parse_level(const char* text, LogLevel& level) {
  static const struct {
    const char* name;
    LogLevel level;
  } levels[] = {{"debug", LogLevel::debug},
                {"info", LogLevel::info},
                {"warn", LogLevel::warn},
                {"error", LogLevel::error},
                {"off", LogLevel::off}};
  for (const auto& known : levels) {
    if (std::strcmp(text, known.name) != 0) continue;
    level = known.level;
    return true;
  }
  return false;
}

}  // namespace

std::optional<Options> parse_options(int argc, char** argv, std::string& problem) {
  Options options;
  int i = 1;
  for (; i < argc && argv[i][0] == '-' && argv[i][1] != 0; ++i) {
    const std::string word = argv[i];
    auto value = [&](const char* what) -> const char* {
      if (i + 1 < argc) return argv[++i];
      problem = "'" + word + "' needs " + what;
      return nullptr;
    };
    if (word == "--") {
      ++i;
      break;
    }
    if (word == "-v" || word == "--version") {
      options.version = true;
    } else if (word == "-h" || word == "--help") {
      options.help = true;
    } else if (word.starts_with("-e") || word.starts_with("-l")) {
      const bool execute = word[1] == 'e';
      const char* text = word.size() > 2 ? argv[i] + 2 : value(execute ? "a chunk" : "a module");
      if (text == nullptr) return std::nullopt;
      options.steps.push_back({execute ? Options::Step::execute : Options::Step::require, text});
    } else if (word == "--log") {
      const char* level = value("a level");
      if (level == nullptr) return std::nullopt;
      if (!parse_level(level, options.log_level)) {
        problem = std::string("'--log': no level '") + level + "'";
        return std::nullopt;
      }
    } else {
      problem = "unrecognized option '" + word + "'";
      return std::nullopt;
    }
  }
  if (i < argc) {
    options.script = argv[i];
    options.script_at = i;
  } else {
    options.script_at = argc;
  }
  return options;
}

}  // namespace tidemill::cli
