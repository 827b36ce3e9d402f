#include "bindings/memory_budget.hpp"

#include <cstring>

#include "bindings/errors.hpp"
#include "bindings/state.hpp"

namespace tidemill::lua {

void* MemoryBudget::allocate(void* self, void* memory, std::size_t old_size, std::size_t new_size) {
  auto& budget = *static_cast<MemoryBudget*>(self);
  if (memory == nullptr) old_size = 0;  // then it says what the memory is for
  if (new_size == 0) {
    if (memory != nullptr) budget.slab_.release(memory, old_size);
    budget.used_ -= old_size;
    return nullptr;
  }
  if (budget.holds_ && new_size > old_size &&
      (budget.used_ >= budget.limit_ || new_size - old_size > budget.limit_ - budget.used_)) {
    budget.refused_ = budget.met_ = true;
    return nullptr;
  }
  void* result = memory == nullptr ? budget.slab_.allocate(new_size)
                                   : budget.slab_.reallocate(memory, old_size, new_size);
  if (result == nullptr) {
    budget.refused_ = false;  // there is no memory at all
    return nullptr;
  }
  budget.used_ = budget.used_ - old_size + new_size;
  return result;
}

bool MemoryBudget::take_refusal() { return std::exchange(refused_, false); }

bool MemoryBudget::wants_collection() {
  if (std::exchange(met_, false)) return true;
  return used_ > kept_ && (kept_ >= limit_ || used_ - kept_ > (limit_ - kept_) / 2);
}

void State::limit_memory() {
  if (settings_.memory_limit == 0) return;
  const auto used = static_cast<std::size_t>(lua_gc(L, LUA_GCCOUNT)) * 1024 +
                    static_cast<std::size_t>(lua_gc(L, LUA_GCCOUNTB));
  memory = std::make_unique<MemoryBudget>(slab, settings_.memory_limit, used);
  lua_setallocf(L, MemoryBudget::allocate, memory.get());
}

void State::tell_limit(lua_State* from, int status) {
  if (memory == nullptr) return;
  // Lua raises an ordinary error where it is about one of its string buffers.
  const bool of_buffer = status == LUA_ERRRUN && lua_type(from, -1) == LUA_TSTRING &&
                         std::strcmp(lua_tostring(from, -1), "not enough memory") == 0;
  if ((status != LUA_ERRMEM && !of_buffer) || !memory->take_refusal()) return;
  std::string title = running != nullptr ? running->title() : "a task";
  MemoryBudget::Lifted lifted(memory.get());
  lua_pushcfunction(from, [](lua_State* L2) {
    State& state = State::of(L2);
    constexpr int kNowhere = 1 << 20;  // the line that catches it has nothing to do with it
    push_error(L2, kNowhere, "limit", "%s needs more than %I bytes (memory_limit of pool \"%s\")",
               static_cast<const char*>(lua_touserdata(L2, 1)),
               static_cast<LUAI_UACINT>(state.memory->limit()), state.settings().pool_name.c_str());
    return 1;
  });
  lua_pushlightuserdata(from, title.data());
  if (lua_pcall(from, 1, 1, 0) == LUA_OK) {
    lua_replace(from, -2);
  } else {
    lua_pop(from, 1);
  }
}

void State::collect_if_due(lua_State* in) {
  // -1 inside a finaliser, where no collection can be.
  if (memory == nullptr || lua_gc(in, LUA_GCISRUNNING) == -1) return;
  if (!memory->wants_collection()) return;
  worker.drop_cancelled();  // what they hold is garbage then
  lua_gc(in, LUA_GCCOLLECT);
  memory->collected();
}

void State::shrink_handles() {
  constexpr int kMany = 2048, kPerKilobyte = 2;
  if (memory == nullptr || handles_made < kMany || lua_gc(L, LUA_GCISRUNNING) == -1) return;
  // A state that holds much can afford more of them before two collections.
  if (handles_made / kPerKilobyte < static_cast<std::uint32_t>(lua_gc(L, LUA_GCCOUNT))) return;
  handles_made = 0;
  if (lua_checkstack(L, 2) == 0) return;
  MemoryBudget::Lifted lifted(memory.get());
  worker.drop_cancelled();
  lua_gc(L, LUA_GCCOLLECT);
  lua_pushcfunction(L, guarded_lambda([](lua_State* L2) {
                      lua_rawgeti(L2, LUA_REGISTRYINDEX, State::kHandles);
                      lua_newtable(L2);
                      lua_getmetatable(L2, 1);
                      lua_setmetatable(L2, 2);
                      lua_pushnil(L2);
                      while (lua_next(L2, 1) != 0) {
                        lua_pushvalue(L2, -2);
                        lua_insert(L2, -2);
                        lua_rawset(L2, 2);
                      }
                      lua_rawseti(L2, LUA_REGISTRYINDEX, State::kHandles);
                      return 0;
                    }));
  if (lua_pcall(L, 0, 0, 0) != LUA_OK) lua_pop(L, 1);
  lua_gc(L, LUA_GCCOLLECT);
  memory->collected();
}

}  // namespace tidemill::lua
