// Places in scripts, kept once each: where a task was spawned, where a lock was taken.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>

#include "bindings/lua.hpp"

namespace tidemill::lua {

/// Lives as long as the engine's states.
struct Site {
  std::string source;
  int line;
  std::string text() const { return source + ":" + std::to_string(line); }
};

/// All sites that the states of an engine know. Any thread.
class SiteTable {
 public:
  const Site* find_or_add(const char* source, int line);

 private:
  std::mutex lock_;
  std::unordered_map<std::string, std::unique_ptr<Site>> sites_;
};

/// One state's way to them: those it has met are found without the table's lock.
class SiteCache {
 public:
  explicit SiteCache(std::shared_ptr<SiteTable> table) : table_(std::move(table)) {}
  /// The line of script that is running: of the first function from `level` up that is not the
  /// prelude's. Null if there is none.
  const Site* here(lua_State* L, int level);

 private:
  static constexpr std::size_t kEntries = 256;
  std::shared_ptr<SiteTable> table_;
  const Site* met_[kEntries] = {};
};

}  // namespace tidemill::lua
