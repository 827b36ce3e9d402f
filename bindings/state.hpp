// One Lua state and everything that belongs to it: what a worker keeps for scripts.
//
// The state's main thread only holds things; every line of script runs in a task, in a coroutine of
// this state, resumed by this worker. `State::of(L)` works from any coroutine of it.
#pragma once

#include <pthread.h>

#include <atomic>
#include <bitset>
#include <cstddef>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "bindings/handle.hpp"
#include "bindings/job.hpp"
#include "bindings/lua.hpp"
#include "bindings/lua_task.hpp"
#include "bindings/memory_budget.hpp"
#include "bindings/prelude_code.hpp"
#include "bindings/site.hpp"
#include "bindings/slab.hpp"
#include "bindings/transfer/codec.hpp"
#include "engine/sched/task.hpp"
#include "engine/sched/worker.hpp"

namespace tidemill {
class Pool;
}

namespace tidemill::lua {

class Op;

/// Pushes a new table with the mode "k" or "v".
void make_weak_table(lua_State* L, const char* mode);

/// The pool of `tm.map`, one for all states of an engine. Made by the first that asks for it; kept
/// until the main state ends, which is when no other is left.
class DefaultPool {
 public:
  DefaultPool() = default;
  DefaultPool(const DefaultPool&) = delete;
  DefaultPool& operator=(const DefaultPool&) = delete;
  /// Null if there is none yet.
  Pool* get() const { return pool_.load(std::memory_order_acquire); }
  /// Keeps `pool` unless there is one.
  void offer(Pool& pool);
  void drop();

 private:
  std::atomic<Pool*> pool_{nullptr};  // acquire, release: whoever finds it sees it whole
};

/// What a new state takes over from the one that makes its pool.
struct Settings {
  std::string package_path, package_cpath;                           ///< empty: Lua's defaults
  std::string name = "tidemill";                                     ///< the program, for log lines
  std::shared_ptr<SiteTable> sites = std::make_shared<SiteTable>();  ///< of all states
  /// How many states there have been, which numbers them.
  std::shared_ptr<std::atomic<std::uint32_t>> states =
      std::make_shared<std::atomic<std::uint32_t>>(0);
  std::shared_ptr<DefaultPool> default_pool = std::make_shared<DefaultPool>();
  std::shared_ptr<PreludeCode> prelude = std::make_shared<PreludeCode>();  ///< likewise
  std::string pool_name = {};                                              ///< for messages
  std::size_t memory_limit = 0;                                            ///< bytes; 0: none
};

/// An error on its way to whoever shows it.
struct ErrorTrace {
  std::string text;          ///< where it was raised
  std::uint32_t anchor = 0;  ///< of the error value; 0: none was raised yet
  /// Of the error in whose cleanup a block was opened, while that runs.
  std::unique_ptr<ErrorTrace> around;
};

/// A running coroutine and the engine's bookkeeping of it. Reused from task to task; small, because
/// there is one for every task that waits.
struct Fiber : Execution {
  lua_State* thread = nullptr;
  Op* op = nullptr;  ///< the call it waits in, or the last one, not yet freed
  std::unique_ptr<LuaAftermath> aftermath;
  std::uint32_t anchor = 0;          ///< keeps `thread` alive
  std::uint32_t locals = 0;          ///< anchor of its tm.locals, if it has any
  int results : 24 = 0;              ///< how many the body returned
  Status end : 8 = Status::done;     ///< how the body ended
  bool kill_told = false;            ///< the log has it
  bool spoilt = false;               ///< `thread` is not to be used again
  bool handle_known = false;         ///< its handle was given to script code, by push_own_handle
  std::uint32_t kills = 0;           ///< that were raised in it and not yet taken by a block
  std::uint8_t interruptions = 0;    ///< of its loops, without an engine call between them
  std::uint32_t interrupted_at = 0;  ///< the worker's activity at the last one
  /// The locks it owns, the last taken last; null until it takes one.
  std::unique_ptr<std::vector<Ownable*>> held;
  std::unique_ptr<ErrorTrace> trace;  ///< of the error under way to the base or a block
};

class State final : public WorkerLocal {
 public:
  State(Worker& worker, const Settings& settings, bool main);
  ~State() override;

  static State& of(lua_State* L) {
    auto word = *static_cast<std::uintptr_t*>(lua_getextraspace(L));
    return *reinterpret_cast<State*>(word & ~(kParkedBit | kBaseBit));
  }
  static State& of(Worker& worker) { return *static_cast<State*>(worker.local()); }

  // A script's own coroutine that is suspended inside a blocking call is marked, so that nobody but
  // the engine resumes it.
  static void mark_parked(lua_State* co, bool parked) {
    auto& word = *static_cast<std::uintptr_t*>(lua_getextraspace(co));
    word = parked ? word | kParkedBit : word & ~kParkedBit;
  }
  /// The coroutine at the bottom of a task: to a script it is what the main thread is in Lua.
  static bool is_base(lua_State* co) {
    return (*static_cast<std::uintptr_t*>(lua_getextraspace(co)) & kBaseBit) != 0;
  }
  static void mark_base(lua_State* co) {
    *static_cast<std::uintptr_t*>(lua_getextraspace(co)) |= kBaseBit;
  }
  static bool is_parked(lua_State* co) {
    return (*static_cast<std::uintptr_t*>(lua_getextraspace(co)) & kParkedBit) != 0;
  }

  /// The coroutine that runs has a hook from now on, which lets the worker look for what presses.
  void interrupt() override;

  Worker& worker;
  const Settings& settings() const { return settings_; }
  Slab slab;  ///< memory of the Lua state, ops and fibers: before what uses it
  std::unique_ptr<MemoryBudget> memory;  ///< null: no limit
  lua_State* L = nullptr;                ///< the main thread: for values that belong to no task
  const bool is_main;                    ///< the state of the main script, not of a pool's worker
  const std::uint32_t number;
  LuaTask* running = nullptr;
  Fiber* fiber = nullptr;  ///< of the running task
  /// The coroutine whose code runs right now; read by signal handlers on this thread.
  lua_State* volatile innermost = nullptr;
  bool closing = false;  ///< no weak table is cleared any more
  /// Which of Lua's warnings reach the log. Those of scripts do not at first, as in Lua; an error
  /// in a finaliser does, because nobody else would hear of it.
  enum class Warnings : std::uint8_t { of_finalisers, all, none } warnings{};
  std::string warning;         ///< what there is of a message that comes in pieces
  bool warning_begun = false;  ///< the next piece belongs to the last
  bool warning_shown = false;
  bool parking = false;  ///< the yield under way is ours
  /// An error raised by a hook is on its way to whoever catches it: until then Lua calls no hooks,
  /// so that no script's message handler must run.
  bool raised_by_hook = false;
  /// No C call between the innermost coroutine and its task's base forbids suspending.
  bool chain_yieldable = true;
  std::uint32_t budget = 0;  ///< blocking calls left before the task gives way

  SiteCache sites;
  /// The anchors of what tm.locals of tasks is to be that have not started.
  std::unordered_map<const Task*, std::uint32_t> first_locals;
  Payload parcel;  ///< on its way in or out within one call of the API
  Encoder encoder;
  Decoder decoder;
  BlobCache blobs;

  /// From now on the memory limit of its settings counts.
  void limit_memory();
  /// The error at the top of `from` was caught with `status`: if the limit is behind it, it becomes
  /// one that says so. Does not raise.
  void tell_limit(lua_State* from, int status);
  /// A task has ended, or something is made in `in` that only a full collection gives back.
  void collect_if_due(lua_State* in);
  /// A job has ended. A table gets smaller only when something is added and there is no room: that
  /// of the handles, if it has held very many of them, would take memory from the jobs to come.
  void shrink_handles();
  std::uint32_t handles_made = 0;  ///< since that was last done, in a state with a limit

  /// What this state has for the jobs of a pool; made if there is none.
  Room& room(PoolSetup& setup);
  /// Pushes the globals over which the running job has its own.
  void push_job_globals(lua_State* to);

  /// In the set-up of the state.
  void open_vault();
  /// Pops a value from `from` and keeps it until released. On the state's thread. May raise in
  /// `from` for lack of memory.
  std::uint32_t anchor(lua_State* from);
  void push_anchored(lua_State* to, std::uint32_t slot);
  void release_anchor(std::uint32_t slot);

  /// Takes what is known about the error that has arrived; empty if nothing is.
  std::string take_trace(Fiber& of);

  /// The running task has taken, or given back, a lock that is missed if the task ends with it.
  void hold(Ownable& lock);
  void let_go(Ownable& lock);
  /// The running task's body has ended.
  void give_up_locks();

  /// A value of this state holds `bytes` more that Lua knows nothing of: its collector works as if
  /// it had allocated them. Otherwise a loop that drops large buffers, each a userdata of 16 bytes,
  /// would run out of memory long before a collection. May collect.
  void note_held(lua_State* running, std::size_t bytes);

  /// Does not fail: when memory is out it is the spare one, whose task must end at once.
  Fiber* new_fiber();
  bool is_spare(const Fiber* fiber) const { return fiber == spare_fiber_; }
  void recycle(Fiber* fiber);

  // Loaded functions of jobs are used again, by one job at a time, if nothing can remember them.
  /// Pushes an unused closure of `blob` and notes it in `lent`; false if there is none.
  bool check_out(lua_State* to, FunctionBlob& blob, LentClosure& lent);
  /// Notes the new closure at the top in `lent`, to be used again afterwards.
  void keep_checked_out(lua_State* from, FunctionBlob& blob, LentClosure& lent);
  void check_in(LentClosure& lent);
  /// Whoever has it keeps it.
  void keep_lent(LentClosure& lent);
  LentClosure lent;  ///< by the decode under way

  // Registry slots of things that every state has.
  enum Slot : int {
    kVault = 100,      ///< the thread that holds the anchors
    kEnvironments,     ///< weak set of the tables that are globals: the state's, and those of jobs
    kHandles,          ///< weak: object → userdata
    kPristine,         ///< global name → value as it was when the state was made
    kLibrary,          ///< name → library value
    kNames,            ///< library and module values → how the codec writes them
    kBlobs,            ///< weak: function → address of its blob, which `blobs` keeps
    kClasses,          ///< see class_api.cpp
    kClassOrigins,     ///< the same
    kFrozenBox,        ///< the metatable of Frozen
    kFrozenCache,      ///< the metatable of what a state has read of frozen tables
    kLastRaised,       ///< the last error that await raised
    kModule,           ///< the table that require "tidemill" gives
    kRunJob,           ///< the body of jobs that have more to do than their function
    kMetatables = 200  ///< + HandleKind
  };
  /// False if the object at this address is certainly not in kNames: most are not, and this is
  /// cheaper than a look.
  bool may_have_name(const void* object) const { return names_.test(name_hash(object)); }
  void note_name(const void* object) { names_.set(name_hash(object)); }

  /// The worker's globals; what jobs have as globals falls back to them.
  const void* globals() const { return globals_; }

  const void* metatables[static_cast<int>(HandleKind::count)] = {};
  /// Where the error in kLastRaised came from: its remote traceback.
  std::string last_raised_trace;
  std::uint32_t last_raised_by = 0;  ///< the task: in another an equal string is another error
  /// It is all there is to say about the error that is raised right now.
  bool trace_is_whole = false;
  std::string scratch;  ///< text on its way to Lua

 private:
  void open();
  static constexpr std::uintptr_t kParkedBit = 1, kBaseBit = 2;

  static std::size_t name_hash(const void* object) {
    return (reinterpret_cast<std::uintptr_t>(object) * 0x9E3779B97F4A7C15u) >> 52;
  }
  std::bitset<4096> names_;
  static void interrupted(lua_State* L, lua_Debug*);
  static void count(lua_State* L, lua_Debug*);
  void look_up(lua_State* L);
  // The hook that `interrupt` has replaced.
  lua_Hook script_hook_ = nullptr;
  int script_hook_mask_ = 0, script_hook_count_ = 0;
  // Preempt::count: what was seen when something was first found pressing.
  std::uint32_t seen_activity_ = 0;
  Nanoseconds seen_at_ = 0;

  std::size_t not_yet_told_ = 0;   // of what note_held was given
  std::size_t told_in_cycle_ = 0;  // since the collector last said that a cycle has ended
  Settings settings_;
  const void* globals_ = nullptr;
  lua_State* vault_ = nullptr;     // a thread whose only stack slot is the array of anchored values
  std::uint32_t free_anchor_ = 0;  // the first free slot; 0: none
  std::uint32_t anchors_ = 0;
  std::unordered_map<PoolSetup*, Room> rooms_;
  Fiber* make_fiber();
  void free_fiber(Fiber* fiber);
  std::vector<Fiber*> free_fibers_;
  Fiber* spare_fiber_ = nullptr;
  // Every coroutine is traversed twice in a collection, whole stack and all. With very many of them
  // the heap may grow to four times what survived the last one before the next, instead of two.
  static constexpr std::size_t kManyFibers = 20000;
  static constexpr std::size_t kKeptFibers = 512;  // at most, to be used again
  std::size_t fibers_ = 0;
  struct Loaded {
    Ref<FunctionBlob> blob;
    std::vector<std::uint32_t> unused = {};  // anchors
    std::uint32_t on_loan = 0;
  };
  void forget_unused();
  std::unordered_map<FunctionBlob*, Loaded> loaded_;
};

}  // namespace tidemill::lua
