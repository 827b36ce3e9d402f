// A place in the program that the engine runs, for messages. Whoever makes one keeps it for as long
// as the engine lives.
#pragma once

#include <string>

namespace tidemill {

struct Site {
  std::string source;
  int line;
  std::string text() const { return source + ":" + std::to_string(line); }
};

}  // namespace tidemill
