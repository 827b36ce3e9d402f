// How much memory a Lua state may have (tm.pool's memory_limit).
//
// What is counted is what Lua asks for: strings, tables, closures, coroutines; not buffers, parcels
// and the engine's own objects. The budget holds only while a task of the state runs
// (LuaTask::resume). The engine's own work between two steps is not to fail, and is little.
//
// Lua answers a refusal with a full collection and asks again (except for the buffers in which it
// joins strings); if that does not help it raises its memory error. Whatever catches one (pcall,
// coroutine.resume, a block, the base of a task) makes it the engine's `limit` error by
// `State::tell_limit`; that is built with the budget lifted, for what it takes is garbage by the
// time the next error is raised.
#pragma once

#include <cstddef>
#include <utility>

#include "bindings/slab.hpp"

namespace tidemill::lua {

class MemoryBudget {
 public:
  /// `used` is what the state has so far.
  MemoryBudget(Slab& slab, std::size_t limit, std::size_t used)
      : slab_(slab), limit_(limit), used_(used), kept_(used) {}

  /// A lua_Alloc for a state that has one; `self` is it.
  static void* allocate(void* self, void* memory, std::size_t old_size, std::size_t new_size);

  std::size_t limit() const { return limit_; }
  std::size_t used() const { return used_; }
  /// Whether it holds from now on; returns whether it did.
  bool hold(bool holds) { return std::exchange(holds_, holds); }
  /// The engine's own work in the middle of a task: it does not hold while this lives. What fails
  /// on a thread of the state without a protected call around it would end the process.
  class Lifted {
   public:
    explicit Lifted(MemoryBudget* budget)
        : budget_(budget), held_(budget != nullptr && budget->hold(false)) {}
    ~Lifted() {
      if (budget_ != nullptr) budget_->hold(held_);
    }
    Lifted(const Lifted&) = delete;

   private:
    MemoryBudget* const budget_;
    const bool held_;
  };
  /// Something was refused since this was last asked.
  bool take_refusal();

  /// A task has ended: whether it is time to collect, because one has met the limit, or half of
  /// what was free after the last time is in use. Without that Lua would collect too late for its
  /// string buffers, which get no second chance.
  bool wants_collection();
  /// That was done.
  void collected() { kept_ = used_; }

 private:
  Slab& slab_;
  const std::size_t limit_;
  std::size_t used_;
  std::size_t kept_;  // after the last collection
  bool holds_ = false, refused_ = false, met_ = false;
};

}  // namespace tidemill::lua
