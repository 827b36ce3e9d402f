// The part of the encoder that deals with functions: their upvalues, and the script-defined globals
// that travel with them.
#include <cstring>
#include <utility>

#include "bindings/state.hpp"
#include "bindings/transfer/codec.hpp"

namespace tidemill::lua {

using namespace wire;

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
  if (environment_ != 0) return;
  lua_pushvalue(L, -1);
  lua_replace(L, environment_at_);
  environment_ = environment_at_;
}

/// The globals in a table, as in `setmetatable({}, {__index = _G})`: there they are the receiver's,
/// as they are for functions. Pops them.
bool Encoder::encode_environment(lua_State* L) {
  // A look at the table of environments for each table would cost a third of its encoding. Those of
  // jobs have metatables.
  if (lua_topointer(L, -1) != State::of(L).globals()) {
    if (!lua_getmetatable(L, -1)) return false;
    lua_pop(L, 1);
    if (!is_environment(L)) return false;
  }
  note_environment(L);
  if (!std::exchange(environment_seen_, true)) {
    for (Shared* object : references_) {
      if (object->parcel_tag() == kFunctionBlob) {
        want(static_cast<FunctionBlob*>(object)->constants, true);
      }
    }
  }
  put8(kEnvironment);
  lua_pop(L, 1);
  return true;
}

bool Encoder::begin_function(lua_State* L) {
  if (encode_named(L)) return true;
  if (lua_iscfunction(L, -1)) return refuse(L, "C function");
  if (back_reference(L)) return true;
  if (!lua_checkstack(L, 12)) return refuse(L, "a function nested too deeply");
  Ref<FunctionBlob> blob = FunctionBlob::of(L, -1);
  Frame frame{.kind = Frame::function,
              .at = lua_gettop(L),
              .id = static_cast<std::uint32_t>(objects_.size() - 1)};
  frame.blob = blob.get();
  frame.upvalues = static_cast<int>(blob->upvalues.size());
  put8(kFunction);
  put32(add_reference(blob.get()));
  put8(static_cast<std::uint8_t>(frame.upvalues));
  frames_.push_back(frame);
  if (environment_seen_) want(blob->constants, true);
  return true;
}

bool Encoder::advance_function(lua_State* L, Frame& frame) {
  while (frame.upvalue < frame.upvalues) {
    int n = ++frame.upvalue;
    if (lua_getupvalue(L, frame.at, n) == nullptr) return refuse(L, "a function without upvalues");
    if (is_environment(L)) {
      put8(kEnvironment);
      note_environment(L);
      want_globals(*frame.blob, frame.blob->upvalues[static_cast<std::size_t>(n - 1)]);
      lua_pop(L, 1);
      continue;
    }
    const void* cell = lua_upvalueid(L, frame.at, n);
    auto [found, is_new] =
        upvalue_ids_.try_emplace(cell, std::pair(frame.id, static_cast<std::uint8_t>(n - 1)));
    if (!is_new) {
      put8(kSharedUpvalue);
      put32(found->second.first);
      put8(found->second.second);
      flags_ |= kHasBackReferences;
      lua_pop(L, 1);
      continue;
    }
    put8(kValue);
    std::size_t depth = frames_.size();
    if (!encode_top(L)) return false;
    if (frames_.size() != depth) return true;
  }
  lua_settop(L, frame.at - 1);
  frames_.pop_back();
  return true;
}

void Encoder::want_globals(const FunctionBlob& blob, const FunctionBlob::Upvalue& environment) {
  bool any = environment.escapes;
  for (const std::string& name : environment.fields) any = any || name == "_G";
  want(environment.fields, false);
  if (any) want(blob.constants, true);
}

void Encoder::want(const std::vector<std::string>& names, bool guess) {
  for (const std::string& name : names) {
    if (wanted_names_.insert(name).second) wanted_.push_back({name, guess});
  }
}

Encoder::Mark Encoder::here() const {
  return {bytes_.size(), objects_.size(), references_.size(), frames_.size(), wanted_.size()};
}

/// As if nothing had been encoded since.
void Encoder::go_back(const Mark& mark) {
  bytes_.truncate(mark.bytes);
  objects_.resize(mark.objects);
  std::erase_if(object_ids_, [&](const auto& entry) { return entry.second >= mark.objects; });
  if (mark.objects <= kFewObjects) object_ids_.clear();  // they are searched in order again
  std::erase_if(upvalue_ids_,
                [&](const auto& entry) { return entry.second.first >= mark.objects; });
  for (std::size_t i = mark.references; i < references_.size(); ++i) references_[i]->release();
  references_.resize(mark.references);
  frames_.resize(mark.frames);
  for (std::size_t i = mark.wanted; i < wanted_.size(); ++i) wanted_names_.erase(wanted_[i].name);
  wanted_.resize(mark.wanted);
}

/// Appends the script-defined globals that the functions of this parcel name, and those that these
/// name in turn.
bool Encoder::encode_globals(lua_State* L) {
  std::size_t header = 0;
  std::uint32_t count = 0;
  for (std::size_t i = 0; i < wanted_.size(); ++i) {
    const std::string name = wanted_[i].name;  // wanted_ grows
    const bool guess = wanted_[i].guess;
    luaL_checkstack(L, 8, "too many globals");
    lua_rawgeti(L, LUA_REGISTRYINDEX, State::kPristine);
    lua_getfield(L, -1, name.c_str());
    // The job's own globals first, then those of its worker.
    lua_pushlstring(L, name.data(), name.size());
    if (lua_rawget(L, environment_) == LUA_TNIL) {
      lua_pop(L, 1);
      lua_rawgeti(L, LUA_REGISTRYINDEX, LUA_RIDX_GLOBALS);
      lua_pushlstring(L, name.data(), name.size());
      lua_rawget(L, -2);
      lua_remove(L, -2);
    }
    bool script_defined = !lua_isnil(L, -1) && !lua_rawequal(L, -1, -2) && !is_environment(L);
    if (!script_defined) {
      lua_pop(L, 3);
      continue;
    }
    if (header == 0) {
      header = bytes_.size();
      put32(0);
      flags_ |= kHasGlobals;
    }
    const Mark mark = here();
    const int top = lua_gettop(L);
    put_string(name.data(), name.size());
    global_ = name;
    root_ = {"global", -1};
    if (!encode_one(L)) {
      if (!guess) return false;
      // Only a string that looks like a global's name: what cannot cross stays behind.
      go_back(mark);
      lua_settop(L, top);
      lua_pop(L, 1);
    } else {
      ++count;
    }
    lua_pop(L, 2);
  }
  if (header != 0) std::memcpy(&bytes_[header], &count, 4);
  return true;
}

}  // namespace tidemill::lua
