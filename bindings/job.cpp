#include "bindings/job.hpp"

#include <new>

#include "bindings/errors.hpp"
#include "bindings/park.hpp"
#include "bindings/state.hpp"
#include "engine/pool/pool.hpp"
#include "tidemill/engine.hpp"

namespace tidemill::lua {

// --- making one ---

Job::Blank Job::prepare(lua_State* L) {
  State& state = State::of(L);
  Blank blank;
  blank.site = state.sites.here(L, 1);
  push_new_handle(L, HandleKind::task, nullptr);
  lua_pushvalue(L, -1);
  blank.slot = state.anchor(L);
  blank.memory = ::operator new(sizeof(Job), std::nothrow);
  if (blank.memory == nullptr) {
    discard(state, blank);
    raise_text(L, "not enough memory");
  }
  return blank;
}

void Job::discard(State& state, Blank& blank) {
  ::operator delete(std::exchange(blank.memory, nullptr));
  if (blank.slot != 0) state.release_anchor(std::exchange(blank.slot, 0));
}

Job* Job::create(lua_State* L, Blank& blank, Scope& scope, Pool& pool, Payload call,
                 std::unique_ptr<JobExtras> extras) {
  auto* job = new (std::exchange(blank.memory, nullptr)) Job(scope, pool, std::move(call));
  job->site_ = blank.site;
  job->extras_ = std::move(extras);
  job->queued_at_ = pool.engine().clock().now();
  job->retain();  // the handle's
  static_cast<Handle*>(lua_touserdata(L, -1))->object = job;
  job->slot_ = std::exchange(blank.slot, 0);
  return job;
}

// --- running ---

Execution& Job::prepare(Worker& worker) {
  Execution& execution = LuaTask::prepare(worker);
  pool_.job_started(worker, execution, queued_at_);
  return execution;
}

int Job::push_body(lua_State* L, State& state) {
  if (extras_ != nullptr && !extras_->locals.empty()) {
    state.decoder.decode(L, extras_->locals);
    state.fiber->locals = state.anchor(L);
    extras_->locals.reset();
  }
  PoolSetup* setup = this->setup();
  const bool prepares =
      setup != nullptr && (setup->broken() || state.room(*setup).init != Room::Init::done);
  if (!prepares && (extras_ == nullptr || !extras_->guarded())) {
    const int count = push_call(L, state);
    parcel_.reset();
    return count - 1;
  }
  lua_rawgeti(L, LUA_REGISTRYINDEX, State::kRunJob);
  lua_pushboolean(L, prepares);
  if (extras_ == nullptr || !extras_->guarded()) return 1;
  lua_pushnumber(L, extras_->timeout);
  lua_pushinteger(L, extras_->retries);
  return 3;
}

int Job::push_call(lua_State* L, State& state) {
  state.check_in(lent_);       // of the attempt before
  state.check_in(state.lent);  // of a parcel that could not be unpacked
  const int count = state.decoder.decode(L, parcel_, Decoder::Environment::own);
  lent_ = std::exchange(state.lent, {});
  return count;
}

void Job::keep(lua_State* L, State& state, bool failed) {
  if (failed) {
    parcel_.reset();
    keep_error(L, state);
    return;
  }
  int count = lua_gettop(L) - kFirstResult + 1;
  if (state.encoder.encode_kept(L, kFirstResult, count, {"result", 1}, *this, parcel_)) return;
  if (auto* fiber = static_cast<Fiber*>(execution()); fiber->whole.cancelled()) {
    fiber->end = Status::cancelled;  // while a result's __transfer was at work
    return;
  }
  push_error(L, 0, "transfer", "%s", state.encoder.failure().c_str());
  keep_error(L, state);
}

int Job::push_results(lua_State* L, int) {
  return State::of(L).decoder.decode(L, parcel_, Decoder::Environment::receiver, this);
}

// --- its handle ---

bool Job::push_known_handle(lua_State* L) {
  // slot_ is written and read on the parent's worker only; the parent may be gone once it is 0.
  if (submitter_ != &State::of(L).worker || slot_ == 0) return false;
  State::of(L).push_anchored(L, slot_);
  return true;
}

void Job::parent_told() {
  State& state = State::of(*submitter_);
  if (known_elsewhere()) {
    MemoryBudget::Lifted lifted(state.memory.get());
    state.push_anchored(state.L, slot_);
    register_handle(state.L, -1);
    lua_pop(state.L, 1);
  }
  state.release_anchor(std::exchange(slot_, 0));
}

void Job::push_own_handle(lua_State* L) {
  set_known_elsewhere();
  if (push_known_handle(L)) return;
  retain();
  push_handle(L, HandleKind::task, this);
}

const std::string* Job::name() const {
  return extras_ == nullptr || extras_->name.empty() ? nullptr : &extras_->name;
}

// --- its end ---

void Job::discard(Worker&) { pool_.job_discarded(*this); }

bool Job::leave_queue() { return pool_.withdraw(*this); }

void Job::left_queue() { pool_.withdrawn(*this); }

Aftermath* Job::about_to_settle(Status& end) {
  State::of(*home()).check_in(lent_);
  auto* fiber = static_cast<Fiber*>(execution());  // is recycled with the rest
  pool_.job_ended(*home(), *fiber, fiber->end == Status::failed ? Status::failed : end);
  return LuaTask::about_to_settle(end);
}

}  // namespace tidemill::lua
