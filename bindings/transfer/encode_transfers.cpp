// The parts of the encoder that run script code or have to do with what a parcel refers to: values
// that are rebuilt (`__transfer`), handles and other userdata, long strings; and what guards
// callers that no error may reach.
#include <new>
#include <string>

#include "bindings/interruption.hpp"
#include "bindings/state.hpp"
#include "bindings/transfer/codec.hpp"
#include "bindings/transfer/string_blob.hpp"

namespace tidemill::lua {

using namespace wire;

bool Encoder::put_blob(wire::Tag as, StringBlob* blob) {
  if (blob == nullptr) return false;
  put8(as);
  put32(add_reference(blob));
  blob->release();  // the parcel has its own
  return true;
}

bool Encoder::put_blob_string(const char* text, std::size_t length) {
  blob_bytes_ += length;
  return put_blob(kBlobString, StringBlob::make(text, length));
}

/// What is kept until all is packed: a list of values, and by value what its `__transfer` gave.
/// Tables are known by their address meanwhile, so nothing that was packed may go.
int Encoder::kept_table(lua_State* L) {
  const int kept = environment_at_ + 1;
  if (lua_type(L, kept) == LUA_TNIL) {
    lua_newtable(L);
    lua_replace(L, kept);
  }
  return kept;
}

void Encoder::keep_alive(lua_State* L, int index) {
  const int kept = kept_table(L);
  lua_pushvalue(L, index);
  lua_rawseti(L, kept, static_cast<lua_Integer>(lua_rawlen(L, kept)) + 1);
}

/// Stack: `__transfer`, value at `at`. Replaces the former by nothing and pushes what it gives for
/// the value, behind that. False if it was refused.
bool Encoder::push_transfer(lua_State* L, int at) {
  const int kept = kept_table(L);
  lua_pushvalue(L, at + 1);
  if (lua_rawget(L, kept) == LUA_TTABLE) {  // from the first attempt
    const int given = lua_gettop(L);
    lua_getfield(L, given, "n");
    const int items = static_cast<int>(lua_tointeger(L, -1));
    lua_pop(L, 1);
    if (!lua_checkstack(L, items + 12)) return refuse(L, "a value nested too deeply");
    for (int i = 1; i <= items; ++i) lua_rawgeti(L, given, i);
    lua_remove(L, given);
    lua_remove(L, at);
    return true;
  }
  lua_pop(L, 1);
  lua_pushvalue(L, at);
  lua_pushvalue(L, at + 1);
  if (lua_pcall(L, 1, LUA_MULTRET, 0) != LUA_OK) {
    if (is_own_interruption(L, -1)) {  // it was cancelled, and is not to blame
      abandon();
      lua_error(L);
    }
    const char* message = lua_type(L, -1) == LUA_TSTRING ? lua_tostring(L, -1) : "(no text)";
    return refuse(L, (std::string("a value whose __transfer failed: ") + message).c_str());
  }
  lua_remove(L, at);
  const int items = lua_gettop(L) - at;
  if (!lua_checkstack(L, 12)) return refuse(L, "a value nested too deeply");
  lua_pushvalue(L, at);
  lua_createtable(L, items, 1);
  for (int i = 1; i <= items; ++i) {
    lua_pushvalue(L, at + i);
    lua_rawseti(L, -2, i);
  }
  lua_pushinteger(L, items);
  lua_setfield(L, -2, "n");
  lua_rawset(L, kept);
  return true;
}

/// Stack: value, its metatable, `__transfer` of that. The value becomes what that returns.
bool Encoder::begin_transfer(lua_State* L) {
  lua_replace(L, -2);
  lua_insert(L, -2);  // __transfer, value
  const Seen seen = back_reference(L, lua_topointer(L, -1));
  if (seen != Seen::never) {
    lua_settop(L, -2);
    return seen == Seen::before;
  }
  const auto id = objects_.size() - 1;
  const int at = lua_gettop(L) - 1;
  if (!lua_checkstack(L, 12)) return refuse(L, "a value nested too deeply");
  if (!push_transfer(L, at)) return false;
  const int items = lua_gettop(L) - at;
  if (items == 0 || !lua_isfunction(L, at + 1)) {
    const char* what = items == 0 ? "nothing" : luaL_typename(L, at + 1);
    return refuse(
        L,
        (std::string("a value whose __transfer gave ") + what + " in place of a function").c_str());
  }
  Frame& frame = frames_.emplace_back();
  frame.kind = Frame::transfer;
  frame.at = at;
  frame.id = id;
  frame.items = items;
  ++transfers_;
  transferred_ = true;
  put8(kTransfer);
  put32(static_cast<std::uint32_t>(items));
  return true;
}

/// Stack: value, function, arguments.
bool Encoder::advance_transfer(lua_State* L, Frame& frame) {
  const std::size_t depth = frames_.size();
  while (frame.item < frame.items) {
    lua_pushvalue(L, frame.at + ++frame.item);
    if (frame.item == 1 && find_name(L, lua_topointer(L, -1))) {
      std::size_t length = 0;
      const char* name = lua_tolstring(L, -1, &length);
      if (!put_blob(kCallee, StringBlob::make(name, length, kCalleeName))) {
        return refuse(L, "a value for which there is not enough memory");
      }
      lua_pop(L, 2);
      continue;
    }
    if (!encode_top(L)) return false;
    if (frames_.size() != depth) return true;
  }
  lua_settop(L, frame.at - 1);
  frames_.pop_back();
  --transfers_;
  return true;
}

bool Encoder::encode_kept(lua_State* L, int first, int count, Root root, Shared& owner,
                          Payload& out) {
  owner_ = &owner;
  met_owner_ = false;
  const bool encoded = encode_safely(L, first, count, root, out);
  owner_ = nullptr;
  return encoded;
}

bool Encoder::encode_safely(lua_State* L, int first, int count, Root root, Payload& out) {
  struct Call {
    Encoder& encoder;
    int count;
    Root root;
    Payload& out;
    bool encoded = false;
  } call{*this, count, root, out};
  first = lua_absindex(L, first);
  luaL_checkstack(L, count + 2, "too many values");
  lua_pushcfunction(L, guarded_lambda([](lua_State* L2) {
                      auto& it = *static_cast<Call*>(lua_touserdata(L2, 1));
                      it.encoded = it.encoder.encode(L2, 2, it.count, it.root, it.out);
                      return 0;
                    }));
  lua_pushlightuserdata(L, &call);
  for (int i = 0; i < count; ++i) lua_pushvalue(L, first + i);
  if (lua_pcall(L, count + 1, 0, 0) == LUA_OK) return call.encoded;
  const char* message = lua_type(L, -1) == LUA_TSTRING ? lua_tostring(L, -1) : "an error value";
  failure_ = std::string("cannot send: ") + message;
  nested_failure_.clear();
  lua_pop(L, 1);
  abandon();
  return false;
}

bool Encoder::encode_userdata(lua_State* L) {
  HandleKind kind = handle_kind(L, -1);
  if (kind == HandleKind::block) return refuse(L, "scope");
  if (!can_travel(kind)) {
    if (encode_named(L, lua_topointer(L, -1))) return true;
    if (lua_getmetatable(L, -1) != 0) {
      lua_pushliteral(L, "__transfer");
      if (lua_rawget(L, -2) != LUA_TNIL) return begin_transfer(L);
      lua_pop(L, 2);
    }
    if (luaL_testudata(L, -1, LUA_FILEHANDLE) != nullptr) return refuse(L, "file");
    if (luaL_getmetafield(L, -1, "__name") == LUA_TSTRING) {
      std::string name = std::string("userdata ") + lua_tostring(L, -1);
      return refuse(L, name.c_str());
    }
    return refuse(L, "userdata");
  }
  Shared* object = static_cast<Handle*>(lua_touserdata(L, -1))->object;
  if (object == nullptr) return refuse(L, "a handle that has been collected");
  if (object == owner_) {
    met_owner_ = true;
    register_handle(L, -1);
    put8(kOwner);
    lua_pop(L, 1);
    return true;
  }
  if (kind == HandleKind::task) static_cast<LuaTask*>(static_cast<Task*>(object))->share(L, -1);
  register_handle(L, -1);
  object->set_parcel_tag(handle_tag(kind));
  put8(kHandle);
  put8(static_cast<std::uint8_t>(kind));
  put32(add_reference(object));
  lua_pop(L, 1);
  return true;
}

}  // namespace tidemill::lua
