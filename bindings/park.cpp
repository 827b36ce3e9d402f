#include "bindings/park.hpp"

#include "bindings/errors.hpp"
#include "engine/sync/wait_graph.hpp"
#include "tidemill/engine.hpp"

namespace tidemill::lua {

namespace {

struct HeldParcel final : Op {
  using Op::Op;
  int finish(lua_State*) override { return 0; }
  std::string describe() const override { return "a value"; }
  Payload parcel;
};

}  // namespace

bool cancel_pending(const State& state) { return state.fiber->interrupted; }

EdgeOp::~EdgeOp() {
  if (in_graph) task().home()->engine().wait_graph()->remove(task());
}

static void free_first(State& state, Op*& list);

/// `add` puts the op into the graph: the report, empty if that closes no circle.
template <class Add>
static bool add_edge(lua_State* L, EdgeOp* op, Add add) {
  State& state = State::of(L);
  WaitGraph* graph = state.worker.engine().wait_graph();
  if (graph == nullptr) return false;
  // Nobody can wait for a root that holds no lock and has given nobody its handle.
  const Fiber& fiber = *state.fiber;
  if (op->task().scope() == nullptr && !fiber.handle_known &&
      (fiber.held == nullptr || fiber.held->empty())) {
    return false;
  }
  // As in suspend: what an error in a finish has left may still be in the graph, for this task.
  while (op->below != nullptr) free_first(state, op->below);
  std::string report = add(*graph, op->site != nullptr ? op->site : state.sites.here(L, 1));
  op->in_graph = report.empty();
  // If it has been given meanwhile there was no circle after all.
  if (op->in_graph || !op->claim(Outcome::deadlock)) return false;
  op->detach();
  lua_pushlstring(L, report.data(), report.size());
  return true;
}

bool closes_circle(lua_State* L, EdgeOp* op, Ownable* lock, Task* target) {
  return add_edge(L, op, [&](WaitGraph& graph, const Site* site) {
    return lock != nullptr ? graph.add_lock(op->task(), *op, *lock, site)
                           : graph.add_join(op->task(), *op, *target, site);
  });
}

bool closes_circle(lua_State* L, EdgeOp* op, Block& block) {
  return add_edge(L, op, [&](WaitGraph& graph, const Site* site) {
    return graph.add_closing(op->task(), block, site);
  });
}

void check_cancelled(lua_State* L) {
  State& state = State::of(L);
  if (state.running == nullptr) {
    raise_text(L, "this can only be called from a task");
  }
  state.worker.note_call();
  // Not in a finaliser, which may run in the middle of anything.
  Worker& worker = state.worker;
  const bool pressed = worker.is_pressed() ||
                       // Without a monitor nobody says that a moment has come.
                       (worker.activity() % 64 == 0 && worker.pressing_at() <= worker.now());
  if (pressed && state.chain_yieldable && lua_isyieldable(L)) {
    worker.look_now();
  }
  if (cancel_pending(state)) raise_interrupted(L);
}

void check_may_wait(lua_State* L) {
  check_cancelled(L);
  check_can_suspend(L);
}

void check_can_suspend(lua_State* L) {
  if (!State::of(L).chain_yieldable || !lua_isyieldable(L)) {
    raise_text(L,
               "cannot wait here: Lua cannot suspend inside a sort comparator, a gsub callback, "
               "a metamethod called from C (__tostring, __gc, __transfer), a message handler, "
               "require or the function given to dict:update");
  }
}

/// Takes the first op off the list and frees it.
static void free_first(State& state, Op*& list) {
  Op* op = std::exchange(list, list->below);
  std::size_t bytes = op->bytes();
  op->~Op();
  state.slab.release(op, bytes);
}

void drop_op(State& state, Op* op) {
  while (state.fiber->op != op) free_first(state, state.fiber->op);
  free_first(state, state.fiber->op);
}

void drop_ops(State& state) {
  while (state.fiber->op != nullptr) free_first(state, state.fiber->op);
}

int decode_held(lua_State* L, Payload& parcel) {
  State& state = State::of(L);
  if (!parcel.on_heap()) return state.decoder.decode(L, parcel);  // which copies it
  auto* held = new_op<HeldParcel>(L);
  held->parcel = std::move(parcel);
  int results = state.decoder.decode(L, held->parcel);
  held->parcel.spend();
  parcel = std::move(held->parcel);
  drop_op(state, held);
  return results;
}

static int finish_wait(lua_State* L, int, lua_KContext) {
  State& state = State::of(L);
  Op* op = state.fiber->op;  // nothing has run in this task since it parked
  state.worker.timers().remove(*op);
  int results = op->finish(L);
  drop_op(state, op);
  return results == Op::kRaise ? lua_error(L) : results;
}

int park(lua_State* L, Op* op, Timeout timeout) {
  if (!timeout.forever()) {
    Worker& worker = State::of(L).worker;
    worker.timers().add(*op, worker.now() + timeout.length);
  }
  return park_then(L, op, guarded_continuation<finish_wait>);
}

static int suspend(lua_State* L, Op* op, lua_KFunction continuation) {
  State& state = State::of(L);
  // A call that can suspend is no finaliser's, so what is below was left by an error in a finish.
  while (op->below != nullptr) free_first(state, op->below);
  state.fiber->wait = op;
  state.fiber->waits_since = state.worker.engine().clock().coarse_now();
  op->parked_in = L;
  return park_regardless(L, continuation);
}

int park_regardless(lua_State* L, lua_KFunction continuation) {
  State& state = State::of(L);
  state.running->suspended();
  state.parking = true;
  return lua_yieldk(L, 0, 0, continuation);
}

int park_then(lua_State* L, Op* op, lua_KFunction continuation) {
  State::of(L).fiber->wait_shielded = false;
  return suspend(L, op, continuation);
}

int park_shielded(lua_State* L, Op* op, lua_KFunction continuation) {
  State::of(L).fiber->wait_shielded = true;
  return suspend(L, op, continuation);
}

static int after_giving_way(lua_State* L, int, lua_KContext results) {
  check_cancelled(L);
  return static_cast<int>(results);
}

int give_way_then(lua_State* L, lua_KFunction continuation, lua_KContext context) {
  State& state = State::of(L);
  drop_ops(state);  // as in park_then
  state.worker.start(*state.running);
  state.running->suspended();
  state.parking = true;
  return lua_yieldk(L, 0, context, continuation);
}

int give_way(lua_State* L, int results) {
  return give_way_then(L, guarded_continuation<after_giving_way>, results);
}

/// What has been received is not lost to a cancellation meanwhile: the next call raises.
static int after_ready(lua_State*, int, lua_KContext results) { return static_cast<int>(results); }

int give_way_ready(lua_State* L, int results) {
  return give_way_then(L, guarded_continuation<after_ready>, results);
}

}  // namespace tidemill::lua
