#include "bindings/site.hpp"

#include <cstring>
#include <new>

namespace tidemill::lua {

const Site* SiteTable::find_or_add(const char* source, int line) {
  std::string key = std::string(source) + ":" + std::to_string(line);
  std::lock_guard guard(lock_);
  std::unique_ptr<Site>& site = sites_[key];
  if (site == nullptr) site = std::make_unique<Site>(Site{source, line});
  return site.get();
}

const Site* SiteCache::here(lua_State* L, int level) {
  lua_Debug info;
  while (lua_getstack(L, level++, &info)) {
    lua_getinfo(L, "Sl", &info);
    if (info.currentline <= 0) continue;
    if (info.source[0] == '=' && std::strcmp(info.source, "=[tidemill]") == 0) continue;
    // By the source's address, which is the same for all functions of a chunk; another chunk may
    // get it later, so that the text decides.
    auto hash = (reinterpret_cast<std::uintptr_t>(info.source) >> 4) +
                static_cast<std::uintptr_t>(info.currentline);
    const Site*& met = met_[hash % kEntries];
    if (met == nullptr || met->line != info.currentline ||
        std::strcmp(met->source.c_str(), info.short_src) != 0) {
      try {
        met = table_->find_or_add(info.short_src, info.currentline);
      } catch (const std::bad_alloc&) {  // messages can do without
        met = nullptr;
      }
    }
    return met;
  }
  return nullptr;
}

}  // namespace tidemill::lua
