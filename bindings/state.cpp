#include "bindings/state.hpp"

#include <algorithm>
#include <climits>
#include <new>
#include <stdexcept>

#include "bindings/errors.hpp"
#include "bindings/library.hpp"
#include "bindings/lua_task.hpp"
#include "bindings/memory.hpp"
#include "bindings/park.hpp"
#include "engine/pool/pool.hpp"
#include "tidemill/engine.hpp"

namespace tidemill::lua {

namespace {

void* allocate(void* slab_pointer, void* memory, std::size_t old_size, std::size_t new_size) {
  auto& slab = *static_cast<Slab*>(slab_pointer);
  if (memory == nullptr) return new_size == 0 ? nullptr : slab.allocate(new_size);
  if (new_size == 0) {
    slab.release(memory, old_size);
    return nullptr;
  }
  return slab.reallocate(memory, old_size, new_size);
}

/// Everything that may raise while a state is set up, under one pcall.
int open_state(lua_State* L) {
  State& state = State::of(L);
  luaL_openlibs(L);
  state.open_vault();
  for (auto [slot, mode] : {std::pair(State::kHandles, "v"), std::pair(State::kBlobs, "k"),
                            std::pair(State::kEnvironments, "k")}) {
    make_weak_table(L, mode);
    lua_rawseti(L, LUA_REGISTRYINDEX, slot);
  }
  lua_rawgeti(L, LUA_REGISTRYINDEX, State::kEnvironments);
  lua_pushglobaltable(L);
  lua_pushboolean(L, 1);
  lua_rawset(L, -3);
  lua_pop(L, 1);
  lua_getglobal(L, "package");
  if (!state.settings().package_path.empty()) {
    lua_pushstring(L, state.settings().package_path.c_str());
    lua_setfield(L, -2, "path");
    lua_pushstring(L, state.settings().package_cpath.c_str());
    lua_setfield(L, -2, "cpath");
  }
  lua_pop(L, 1);
  for (int slot : {State::kClasses, State::kClassOrigins}) {
    lua_newtable(L);
    lua_rawseti(L, LUA_REGISTRYINDEX, slot);
  }
  open_errors(L);
  open_base(L);
  open_coroutine(L);
  lua_newtable(L);
  open_task(L);
  open_scope(L);
  open_locals(L);
  open_observe(L);
  open_channel(L);
  open_select(L);
  open_queue(L);
  open_pipe(L);
  open_link(L);
  open_time(L);
  open_mutex(L);
  open_semaphore(L);
  open_event(L);
  open_latch(L);
  open_progress(L);
  open_log(L);
  open_buffer(L);
  open_condition(L);
  open_rwlock(L);
  open_barrier(L);
  open_limiter(L);
  open_once(L);
  open_atomic(L);
  open_dict(L);
  open_pool(L);
  open_map(L);
  open_job(L);
  open_fs(L);
  open_class(L);
  open_frozen(L);
  open_prelude(L);
  lua_pushvalue(L, -1);
  lua_rawseti(L, LUA_REGISTRYINDEX, State::kModule);
  lua_getfield(L, LUA_REGISTRYINDEX, LUA_LOADED_TABLE);
  lua_insert(L, -2);
  lua_setfield(L, -2, "tidemill");
  lua_pop(L, 1);
  open_names(L);
  return 0;
}

}  // namespace

void make_weak_table(lua_State* L, const char* mode) {
  lua_newtable(L);
  lua_createtable(L, 0, 1);
  lua_pushstring(L, mode);
  lua_setfield(L, -2, "__mode");
  lua_setmetatable(L, -2);
}

void DefaultPool::offer(Pool& pool) {
  pool.retain();
  Pool* none = nullptr;
  if (!pool_.compare_exchange_strong(none, &pool, std::memory_order_acq_rel)) pool.release();
}

void DefaultPool::drop() {
  Pool* pool = pool_.exchange(nullptr, std::memory_order_acq_rel);
  if (pool != nullptr) pool->release();
}

State::State(Worker& worker, const Settings& settings, bool main)
    : worker(worker),
      is_main(main),
      // relaxed: only has to differ
      number(settings.states->fetch_add(1, std::memory_order_relaxed)),
      sites(settings.sites),
      settings_(settings) {
  // Last, because nobody closes it if something else throws.
  L = lua_newstate(allocate, &slab);
  if (L == nullptr) throw std::bad_alloc();
  *static_cast<State**>(lua_getextraspace(L)) = this;
  try {
    open();
  } catch (...) {
    closing = true;
    lua_close(L);
    throw;
  }
}

void State::open() {
  if (worker.engine().preempt() == Preempt::count) {
    lua_sethook(L, count, LUA_MASKCOUNT, 10000);  // coroutines inherit it
  }
  lua_atpanic(L, [](lua_State* L2) -> int {
    const char* message = lua_tostring(L2, -1);
    std::fprintf(stderr, "tidemill: unprotected error in Lua: %s\n",
                 message == nullptr ? "?" : message);
    return 0;
  });
  lua_pushcfunction(L, guarded<open_state>);
  if (lua_pcall(L, 0, 0, 0) != LUA_OK) {
    const char* message = lua_tostring(L, -1);
    throw std::runtime_error(std::string("cannot open a Lua state: ") +
                             (message == nullptr ? "?" : message));
  }
  spare_fiber_ = make_fiber();
  if (spare_fiber_ == nullptr) throw std::bad_alloc();
  limit_memory();
}

State::~State() {
  closing = true;
  lua_close(L);
  // The others have gone by now, and it would hold itself for ever.
  if (is_main) settings_.default_pool->drop();
  for (Fiber* fiber : free_fibers_) free_fiber(fiber);
  free_fiber(spare_fiber_);
}

void State::open_vault() {
  free_fibers_.reserve(kKeptFibers);
  lua_pushglobaltable(L);
  globals_ = lua_topointer(L, -1);
  lua_pop(L, 1);
  vault_ = lua_newthread(L);
  lua_rawseti(L, LUA_REGISTRYINDEX, kVault);
  lua_newtable(vault_);
}

std::uint32_t State::anchor(lua_State* from) {
  // If it raises all the same the next step makes the limit hold again.
  MemoryBudget::Lifted lifted(memory.get());
  std::uint32_t slot = free_anchor_;
  if (slot == 0) {
    // Room for it is made in `from`, because an error would come up on the vault's thread, where
    // nobody catches it.
    lua_pushvalue(vault_, 1);
    lua_xmove(vault_, from, 1);
    lua_pushinteger(from, 0);
    lua_rawseti(from, -2, anchors_ + 1);
    lua_pop(from, 1);
    slot = ++anchors_;
  } else {  // a free slot holds the number of the next
    lua_rawgeti(vault_, 1, slot);
    free_anchor_ = static_cast<std::uint32_t>(lua_tointeger(vault_, -1));
    lua_pop(vault_, 1);
  }
  lua_xmove(from, vault_, 1);
  lua_rawseti(vault_, 1, slot);
  return slot;
}

void State::push_anchored(lua_State* to, std::uint32_t slot) {
  lua_rawgeti(vault_, 1, slot);
  lua_xmove(vault_, to, 1);
}

void State::release_anchor(std::uint32_t slot) {
  lua_pushinteger(vault_, free_anchor_);
  lua_rawseti(vault_, 1, slot);
  free_anchor_ = slot;
}

void State::free_fiber(Fiber* fiber) {
  fiber->~Fiber();
  slab.release(fiber, sizeof(Fiber));
}

void State::note_held(lua_State* running, std::size_t bytes) {
  constexpr std::size_t kTold = 64 * 1024, kMost = std::size_t{INT_MAX} * 1024;
  not_yet_told_ += std::min(bytes, kMost);
  // -1 inside a finaliser, where no collection can be: they stay to be told.
  if (not_yet_told_ < kTold || lua_gc(running, LUA_GCISRUNNING) != 1) return;
  const std::size_t told = std::exchange(not_yet_told_, 0);
  told_in_cycle_ += told;
  // A step that is given a size first counts it as allocated, then does what is due.
  if (lua_gc(running, LUA_GCSTEP, static_cast<int>(std::min(told, kMost) / 1024)) == 1) {
    told_in_cycle_ = 0;
    return;
  }
  // In generational mode a step collects only what is young, and the heap, of which the userdata
  // are next to nothing, is never found to have grown.
  constexpr std::size_t kLeast = 64 * 1024 * 1024;
  const auto heap = static_cast<std::size_t>(lua_gc(running, LUA_GCCOUNT)) * 1024;
  if (told_in_cycle_ <= std::max(kLeast, 2 * heap)) return;
  told_in_cycle_ = 0;
  lua_gc(running, LUA_GCCOLLECT);
}

Fiber* State::new_fiber() {
  if (!free_fibers_.empty()) {
    Fiber* fiber = free_fibers_.back();
    free_fibers_.pop_back();
    return fiber;
  }
  Fiber* fiber = make_fiber();
  return fiber == nullptr ? spare_fiber_ : fiber;
}

/// Null if there is no memory for it.
Fiber* State::make_fiber() {
  void* memory = slab.allocate(sizeof(Fiber));
  if (memory == nullptr) return nullptr;
  auto* fiber = new (memory) Fiber;
  // In a pcall: running out of memory here must not reach the panic function.
  lua_pushcfunction(L, guarded_lambda([](lua_State* L2) {
                      auto* made = static_cast<Fiber*>(lua_touserdata(L2, 1));
                      lua_State* thread = lua_newthread(L2);
                      mark_base(thread);
                      made->anchor = State::of(L2).anchor(L2);
                      made->thread = thread;
                      return 0;
                    }));
  lua_pushlightuserdata(L, fiber);
  if (lua_pcall(L, 1, 0, 0) != LUA_OK) {
    lua_pop(L, 1);
    free_fiber(fiber);
    return nullptr;
  }
  if (++fibers_ == kManyFibers) lua_gc(L, LUA_GCINC, 400, 0, 0);
  return fiber;
}

std::string State::take_trace(Fiber& of) {
  if (of.trace == nullptr) return {};
  std::unique_ptr<ErrorTrace> trace = std::move(of.trace);
  if (trace->anchor != 0) release_anchor(trace->anchor);
  of.trace = std::move(trace->around);
  return std::move(trace->text);
}

void State::hold(Ownable& lock) {
  insist([&] {  // it is taken: nobody would give back what is not noted here
    if (fiber->held == nullptr) fiber->held = std::make_unique<std::vector<Ownable*>>();
    fiber->held->push_back(&lock);
  });
}

void State::let_go(Ownable& lock) {
  if (fiber == nullptr || fiber->held == nullptr) return;
  std::vector<Ownable*>& held = *fiber->held;
  for (std::size_t i = held.size(); i-- > 0;) {
    if (held[i] != &lock) continue;
    held.erase(held.begin() + static_cast<std::ptrdiff_t>(i));
    return;
  }
}

void State::give_up_locks() {
  if (fiber->held == nullptr || fiber->held->empty()) return;
  std::vector<Ownable*> held = std::exchange(*fiber->held, {});
  for (Ownable* lock : held) lock->owner_ended(running->id());
}

void State::recycle(Fiber* fiber) {
  while (fiber->trace != nullptr) take_trace(*fiber);
  if (fiber->locals != 0) release_anchor(std::exchange(fiber->locals, 0));
  fiber->kill_told = fiber->handle_known = false;
  fiber->interruptions = 0;
  fiber->kills = 0;
  fiber->clear();
  fiber->results = 0;
  fiber->end = Status::done;
  if (is_spare(fiber)) return;
  // A coroutine that ended by an error outside task_base, or holds a large stack, is not kept.
  if (fiber->spoilt || lua_status(fiber->thread) != LUA_OK || free_fibers_.size() >= kKeptFibers) {
    release_anchor(fiber->anchor);
    free_fiber(fiber);
    if (--fibers_ == kManyFibers / 2) lua_gc(L, LUA_GCINC, 200, 0, 0);
    return;
  }
  lua_settop(fiber->thread, 0);
  // A hook that the task has set is not the next one's.
  if (lua_gethook(fiber->thread) != lua_gethook(L)) {
    lua_sethook(fiber->thread, lua_gethook(L), lua_gethookmask(L), lua_gethookcount(L));
  }
  free_fibers_.push_back(fiber);  // has room for them
}

bool State::check_out(lua_State* to, FunctionBlob& blob, LentClosure& lent) {
  auto found = loaded_.find(&blob);
  if (found == loaded_.end() || found->second.unused.empty()) return false;
  lent = {&blob, found->second.unused.back(), false};
  found->second.unused.pop_back();
  ++found->second.on_loan;
  push_anchored(to, lent.anchor);
  return true;
}

void State::keep_checked_out(lua_State* from, FunctionBlob& blob, LentClosure& lent) {
  constexpr std::size_t kFunctions = 256;
  if (loaded_.size() >= kFunctions) forget_unused();
  lua_pushvalue(from, -1);
  const std::uint32_t slot = anchor(from);
  Loaded& loaded = loaded_.try_emplace(&blob, Loaded{Ref<FunctionBlob>(&blob)}).first->second;
  ++loaded.on_loan;
  lent = {&blob, slot, false};
}

/// A program that makes functions all the time starts anew, apart from those that run.
void State::forget_unused() {
  for (auto at = loaded_.begin(); at != loaded_.end();) {
    for (std::uint32_t slot : at->second.unused) release_anchor(slot);
    at->second.unused.clear();
    at = at->second.on_loan == 0 ? loaded_.erase(at) : std::next(at);
  }
}

void State::check_in(LentClosure& lent) {
  if (lent.blob == nullptr) return;
  if (lent.holds ||
      lent.blob
          ->assigns) {  // what it captured, and the job's globals, must not live until the next job
    lua_rawgeti(vault_, 1, lent.anchor);
    for (int i = static_cast<int>(lent.blob->upvalues.size()); i > 0; --i) {
      lua_pushnil(vault_);
      lua_setupvalue(vault_, -2, i);
    }
    lua_pop(vault_, 1);
  }
  constexpr std::size_t kUnused = 64;  // after very many have waited at the same time
  Loaded& loaded = loaded_.at(lent.blob);
  --loaded.on_loan;
  if (loaded.unused.size() >= kUnused ||
      !within_memory([&] { loaded.unused.push_back(lent.anchor); })) {
    release_anchor(lent.anchor);
  }
  lent = {};
}

void State::keep_lent(LentClosure& lent) {
  if (lent.blob == nullptr) return;
  --loaded_.at(lent.blob).on_loan;
  release_anchor(lent.anchor);
  lent = {};
}

}  // namespace tidemill::lua
