// The part of the encoder that deals with functions: their upvalues, and the script-defined globals
// that travel with them.
#include <cstdio>
#include <cstring>
#include <utility>

#include "bindings/state.hpp"
#include "bindings/transfer/codec.hpp"
#include "engine/observe/log.hpp"

namespace tidemill::lua {

using namespace wire;

namespace {

// Up to so many are searched in order, which is cheaper than a hash table to be cleared.
constexpr std::size_t kFewNames = 16;
// A copy takes about a tenth of a millisecond.
constexpr std::size_t kLargeCapture = 1 << 20;

}  // namespace

bool Encoder::is_environment(lua_State* L) {
  if (lua_type(L, -1) != LUA_TTABLE) return false;
  lua_rawgeti(L, LUA_REGISTRYINDEX, State::kEnvironments);
  lua_pushvalue(L, -2);
  bool known = lua_rawget(L, -2) != LUA_TNIL;
  lua_pop(L, 2);
  return known;
}

/// Notes that the value at the top is what the functions of this parcel have as globals.
void Encoder::note_environment(lua_State* L) {
  // Those of a job fall back to the worker's, which functions of modules have.
  if (environment_ != 0 && lua_topointer(L, environment_at_) != state_->globals()) return;
  lua_pushvalue(L, -1);
  lua_replace(L, environment_at_);
  environment_ = environment_at_;
}

/// The globals in a table, as in `setmetatable({}, {__index = _G})`: there they are the receiver's,
/// as they are for functions. Pops them.
bool Encoder::encode_environment(lua_State* L, const void* address, bool has_metatable) {
  // A look at the table of environments for each table would cost a third of its encoding. Those of
  // jobs have metatables.
  if (address != state_->globals() && !(has_metatable && is_environment(L))) {
    return false;
  }
  note_environment(L);
  if (!std::exchange(environment_seen_, true)) {
    for (Shared* object : references_) {
      if (object->parcel_tag() == kFunctionBlob) want_all(*static_cast<FunctionBlob*>(object));
    }
  }
  put8(kEnvironment);
  lua_pop(L, 1);
  return true;
}

bool Encoder::begin_function(lua_State* L) {
  const void* address = lua_topointer(L, -1);
  if (encode_named(L, address)) return true;
  if (lua_iscfunction(L, -1)) return refuse(L, "C function");
  const Seen seen = back_reference(L, address);
  if (seen != Seen::never) return seen == Seen::before;
  if (!lua_checkstack(L, 12)) return refuse(L, "a function nested too deeply");
  FunctionBlob& blob = state_->blobs.of(L, -1);
  Frame& frame = frames_.emplace_back();
  frame.kind = Frame::function;
  frame.at = lua_gettop(L);
  frame.id = objects_.size() - 1;
  frame.blob = &blob;
  frame.items = static_cast<int>(blob.upvalues.size());
  put8(kFunction);
  put32(add_reference(&blob));
  put8(static_cast<std::uint8_t>(frame.items));
  if (root_.first == 0 && frames_.size() == 1 && job_ == nullptr) job_ = &blob;
  if (job_ != nullptr && blob.assigns) tell_of_assignment(L, frame);
  if (environment_seen_) want_all(blob);
  return true;
}

bool Encoder::advance_function(lua_State* L, Frame& frame) {
  const std::size_t depth = frames_.size();
  if (job_ != nullptr && frame.item > 0 && size_so_far() - frame.item_begun >= kLargeCapture) {
    tell_of_size(describe_capture(L, frame), size_so_far() - frame.item_begun);
  }
  while (frame.item < frame.items) {
    const int n = ++frame.item;
    if (lua_getupvalue(L, frame.at, n) == nullptr) return refuse(L, "a function without upvalues");
    frame.item_begun = size_so_far();
    const int type = lua_type(L, -1);
    if (type == LUA_TTABLE && is_environment(L)) {
      put8(kEnvironment);
      note_environment(L);
      want_globals(*frame.blob, frame.blob->upvalues[static_cast<std::size_t>(n - 1)]);
      lua_pop(L, 1);
      continue;
    }
    if (shared_cell(L, frame)) {
      lua_pop(L, 1);
      continue;
    }
    put8(kValue);
    if (encode_scalar(L, -1, type)) {
      lua_pop(L, 1);
      if (size_so_far() - frame.item_begun >= kLargeCapture && job_ != nullptr) {
        tell_of_size(describe_capture(L, frame), size_so_far() - frame.item_begun);
      }
      continue;
    }
    if (!encode_composite(L, type)) return false;
    if (frames_.size() != depth) return true;
  }
  lua_settop(L, frame.at - 1);
  frames_.pop_back();
  return true;
}

/// Whether the current upvalue is also one of a function before, which is written then. Otherwise
/// it is remembered.
bool Encoder::shared_cell(lua_State* L, const Frame& frame) {
  const std::uint32_t id = cell_ids_.find_or_add(lua_upvalueid(L, frame.at, frame.item));
  if (id == cells_.size()) {
    cells_.push_back({frame.id, static_cast<std::uint8_t>(frame.item - 1)});
    return false;
  }
  put8(kSharedUpvalue);
  put32(cells_[id].function);
  put8(cells_[id].index);
  flags_ |= kHasBackReferences;
  return true;
}

// --- what is said once about the function of a job ---

/// The frame's function assigns a variable that it captures, which most likely was meant to be seen
/// by whoever sends it.
void Encoder::tell_of_assignment(lua_State* L, const Frame& frame) {
  if (job_->told_of_assignment.load(std::memory_order_relaxed)) return;
  if (root_.remark != nullptr && !root_.remark->empty()) return;
  for (std::size_t i = 0; i < frame.blob->upvalues.size(); ++i) {
    const int line = frame.blob->upvalues[i].assigned_at;
    const char* name = line == 0 ? nullptr : lua_getupvalue(L, frame.at, static_cast<int>(i) + 1);
    if (name == nullptr) continue;
    const bool of_globals = is_environment(L);
    lua_pop(L, 1);
    if (of_globals) continue;
    lua_Debug info;
    lua_pushvalue(L, frame.at);
    lua_getinfo(L, ">S", &info);
    std::string text = std::string(info.short_src) + ":" + std::to_string(line) +
                       " assigns captured '" + name +
                       "'; only this job's copy changes, see tm.atomic";
    if (root_.remark != nullptr) {
      *root_.remark = std::move(text);
      return;
    }
    job_->told_of_assignment.store(true, std::memory_order_relaxed);
    log_warning(text);
    return;
  }
}

void Encoder::tell_of_size(const std::string& what, std::size_t size) {
  if (job_->told_of_size.exchange(true, std::memory_order_relaxed)) return;
  char amount[32];
  std::snprintf(amount, sizeof amount, "%.1f MiB", static_cast<double>(size) / (1 << 20));
  log_warning(what + ", " + amount + " that are copied along; see tm.freeze");
}

// --- globals ---

void Encoder::want_global(const std::string& name, bool guess) {
  bool known = false;
  if (wanted_.size() < kFewNames) {
    for (const Wanted& wanted : wanted_) known = known || *wanted.name == name;
  } else {
    for (std::size_t i = wanted_names_.size(); i < wanted_.size(); ++i) {
      wanted_names_.insert(*wanted_[i].name);
    }
    known = !wanted_names_.insert(name).second;
  }
  if (!known) {
    wanted_.push_back({&name, guess});
    return;
  }
  if (guess) return;
  for (Wanted& wanted : wanted_) {  // it may have been a guess until now
    if (*wanted.name != name || !std::exchange(wanted.guess, false)) continue;
    if (wanted.left_out) wanted_.push_back({&name, false});
    return;
  }
}

void Encoder::want_globals(const FunctionBlob& blob, const FunctionBlob::Upvalue& environment) {
  bool any = environment.escapes;
  for (const std::string& name : environment.fields) {
    if (name == "_G") any = true;
    want_global(name, false);
  }
  if (any) want_all(blob);
}

/// Any of its strings may name a global.
void Encoder::want_all(const FunctionBlob& blob) {
  for (const std::string& name : blob.constants) want_global(name, true);
}

Encoder::Mark Encoder::mark() const {
  return {bytes_.size(),   blob_bytes_,      references_.size(), wanted_.size(),
          objects_.size(), cell_ids_.size(), environment_seen_};
}

/// Forgets what was encoded since; no frame was open then.
void Encoder::go_back(const Mark& mark) {
  bytes_.truncate(mark.bytes);
  blob_bytes_ = mark.blob_bytes;
  frames_.clear();
  transfers_ = 0;
  environment_seen_ = mark.environment_seen;
  objects_.truncate(mark.objects);
  cell_ids_.truncate(mark.cells);
  cells_.resize(mark.cells);
  while (wanted_.size() > mark.wanted) {
    wanted_names_.erase(*wanted_.back().name);
    wanted_.pop_back();
  }
  while (references_.size() > mark.references) {  // after the names, which are in blobs
    references_.back()->release();
    references_.pop_back();
  }
}

/// With a name at the top: pushes what the globals at `environment` have by it, and where they have
/// nothing, those below them: a job's fall back to its worker's.
static void push_global(lua_State* L, int environment) {
  const int name = lua_gettop(L);
  lua_pushvalue(L, environment);
  for (;;) {
    lua_pushvalue(L, name);
    if (lua_rawget(L, name + 1) != LUA_TNIL) break;
    lua_settop(L, name + 1);
    if (lua_getmetatable(L, name + 1) == 0) break;
    lua_pushliteral(L, "__index");
    lua_rawget(L, -2);
    lua_rawgeti(L, LUA_REGISTRYINDEX, State::kEnvironments);
    lua_pushvalue(L, -2);
    if (lua_isnil(L, -1) || lua_rawget(L, -2) == LUA_TNIL) break;
    lua_pushvalue(L, name + 3);
    lua_replace(L, name + 1);
    lua_settop(L, name + 1);
  }
  if (lua_gettop(L) != name + 2) {  // found nowhere
    lua_settop(L, name);
    lua_pushnil(L);
    return;
  }
  lua_replace(L, name + 1);
}

/// Appends the script-defined globals that the functions of this parcel name, and those that these
/// name in turn.
bool Encoder::encode_globals(lua_State* L) {
  std::size_t header = 0;
  std::uint32_t count = 0;
  luaL_checkstack(L, 12, "too many globals");
  lua_rawgeti(L, LUA_REGISTRYINDEX, State::kPristine);
  const int pristine = lua_gettop(L);
  for (std::size_t i = 0; i < wanted_.size(); ++i) {
    if (wanted_[i].left_out) continue;
    const std::string& name = *wanted_[i].name;
    const bool guess = wanted_[i].guess;
    const int top = lua_gettop(L);
    lua_pushlstring(L, name.data(), name.size());
    push_global(L, environment_);
    lua_insert(L, -2);
    lua_rawget(L, pristine);  // value, what the library has by that name
    const bool script_defined =
        !lua_isnil(L, -2) && !lua_rawequal(L, -1, -2) && (lua_pop(L, 1), !is_environment(L));
    if (!script_defined) {
      lua_settop(L, top);
      continue;
    }
    if (header == 0) {
      header = bytes_.size();
      put32(0);
      flags_ |= kHasGlobals;
    }
    const Mark mark = this->mark();
    const std::size_t begun = size_so_far();
    put_string(name.data(), name.size());
    global_ = name;
    root_ = {"global", -1, root_.remark};
    if (encode_one(L)) {
      ++count;
      if (job_ != nullptr && size_so_far() - begun >= kLargeCapture) {
        tell_of_size("a job uses global '" + name + "'", size_so_far() - begun);
      }
    } else if (!guess) {
      return false;
    } else {
      go_back(mark);  // only a string that looks like its name: it stays behind
      wanted_[i].left_out = true;
    }
    lua_settop(L, top);
  }
  if (header != 0) std::memcpy(&bytes_[header], &count, 4);
  return true;
}

/// Packs all again, now that the globals are known, with them in front: what rebuilds a value is
/// called as soon as that has arrived, and may use them. No `__transfer` is called again.
bool Encoder::encode_globals_first(lua_State* L, int first, int count, Root root) {
  before_.swap(references_);  // the names lie in blobs
  bytes_.clear();
  blob_bytes_ = 0;
  objects_.clear();
  cell_ids_.clear();
  cells_.clear();
  flags_ = kVersion | kGlobalsFirst;
  put_count(count);
  if (!encode_globals(L)) return false;
  global_.clear();
  return encode_each(L, first, count, root);
}

}  // namespace tidemill::lua
