// tm.dict and the methods of dictionaries. None waits, so none is a point of cancellation.
//
// What a Dict gives out has to be released, and Lua leaves by longjmp. So wherever a call that may
// raise is made while something is held, it is made by `held_call`.
#include "bindings/arguments.hpp"
#include "bindings/errors.hpp"
#include "bindings/frozen.hpp"
#include "bindings/library.hpp"
#include "bindings/lua_task.hpp"
#include "bindings/memory.hpp"
#include "bindings/number.hpp"
#include "bindings/state.hpp"
#include "engine/shared/dict.hpp"

namespace tidemill::lua {

namespace {

Dict& check_dict(lua_State* L) { return check<Dict>(L, 1, HandleKind::dict); }

/// Calls `function` with the address of what is held: its one result, or an error, is at the top
/// afterwards. Does not raise.
template <class Held>
int held_call(lua_State* L, lua_CFunction function, Held& held) {
  lua_pushcfunction(L, function);
  lua_pushlightuserdata(L, const_cast<std::remove_const_t<Held>*>(&held));
  return lua_pcall(L, 1, 1, 0);
}

// --- keys ---

/// The key at `index`; a text is that of the value there. A key that is to be stored may be pushed
/// in other states, and in this one as the same value.
DictKey check_key(lua_State* L, int index, bool storing) {
  switch (lua_type(L, index)) {
    case LUA_TSTRING: {
      std::size_t length = 0;
      const char* text = lua_tolstring(L, index, &length);
      return DictKey::of(std::string_view(text, length));
    }
    case LUA_TNUMBER: {
      lua_Integer integer = 0;
      if (lua_isinteger(L, index)) return DictKey::of(std::int64_t{lua_tointeger(L, index)});
      const lua_Number real = lua_tonumber(L, index);
      if (lua_numbertointeger(real, &integer) && static_cast<lua_Number>(integer) == real) {
        return DictKey::of(std::int64_t{integer});
      }
      luaL_argcheck(L, real == real, index, "NaN cannot be a key");
      return DictKey::of(real);
    }
    case LUA_TBOOLEAN:
      return DictKey::of(lua_toboolean(L, index) != 0);
    default:
      break;
  }
  const HandleKind kind = handle_kind(L, index);
  if (!can_travel(kind)) {
    luaL_typeerror(L, index, "string, number, boolean or handle as key");
  }
  Shared* object = static_cast<Handle*>(lua_touserdata(L, index))->object;
  luaL_argcheck(L, object != nullptr, index, "a handle that has been collected");
  if (storing) {
    if (kind == HandleKind::task)
      static_cast<LuaTask*>(static_cast<Task*>(object))->share(L, index);
    register_handle(L, index);
  }
  return DictKey::of(object, static_cast<std::uint8_t>(kind));
}

void push_key(lua_State* L, const DictKey& key) {
  switch (key.kind) {
    case DictKey::Kind::boolean:
      return lua_pushboolean(L, key.bits != 0);
    case DictKey::Kind::integer:
      return lua_pushinteger(L, key.integer());
    case DictKey::Kind::real:
      return lua_pushnumber(L, key.real());
    case DictKey::Kind::text:
      lua_pushlstring(L, key.text.data(), key.text.size());
      return;
    case DictKey::Kind::object:
      break;
  }
  const auto kind = static_cast<HandleKind>(key.tag);
  Shared* object = key.object();
  if (kind == HandleKind::task &&
      static_cast<LuaTask*>(static_cast<Task*>(object))->push_known_handle(L)) {
    return;
  }
  object->retain();
  push_handle(L, kind, object);
}

// --- values ---

/// Gets the value at `index` ready for `take_value`. Raises if it cannot cross.
void prepare_value(lua_State* L, int index, Root root) {
  if (lua_isnil(L, index) || lua_type(L, index) == LUA_TNUMBER) return;
  State& state = State::of(L);
  if (!state.encoder.encode(L, index, 1, root, state.parcel)) {
    raise(L, "transfer", "%s", state.encoder.failure().c_str());
  }
}

/// The value at `index`, which has just been prepared. Does not raise.
DictValue take_value(lua_State* L, int index) {
  if (lua_isnil(L, index)) return {};
  if (lua_type(L, index) == LUA_TNUMBER) return to_number(L, index);
  return DictValue(std::move(State::of(L).parcel));
}

int decode_value(lua_State* L) {
  const auto& parcel = *static_cast<const Payload*>(lua_touserdata(L, 1));
  return State::of(L).decoder.decode(L, parcel);
}

/// Pushes what is under the key, or nil: its stamp.
std::uint64_t push_value(lua_State* L, Dict& dict, const DictKey& key) {
  luaL_checkstack(L, 4, "too many values");
  State& state = State::of(L);
  std::uint64_t stamp = 0;
  int status = LUA_OK;
  bool small = false;
  {
    const Dict::Seen seen = dict.look(key);
    stamp = seen.stamp;
    if (seen.value.is_nothing()) {
      lua_pushnil(L);
    } else if (seen.value.is_number()) {
      push_number(L, seen.value.number());
    } else if (const Parcel* parcel = seen.value.parcel(); parcel != nullptr) {
      status = held_call(L, decode_value, parcel->content);
    } else {
      state.parcel = seen.value.bytes();  // needs no memory, so that it may stay there
      small = true;
    }
  }
  if (status != LUA_OK) lua_error(L);
  if (small) state.decoder.decode(L, state.parcel);
  return stamp;
}

// --- methods ---

int dict(lua_State* L) {
  check_at_most(L, "tm.dict", 0);
  return push_new_object<Dict>(L, HandleKind::dict, sizeof(Dict));
}

/// get(key [, default])
int get(lua_State* L) {
  Dict& dict = check_dict(L);
  const DictKey key = check_key(L, 2, false);
  lua_settop(L, 3);
  push_value(L, dict, key);
  if (lua_isnil(L, -1)) lua_pop(L, 1);
  return 1;
}

int set(lua_State* L) {
  Dict& dict = check_dict(L);
  luaL_checkany(L, 3);
  const DictKey key = check_key(L, 2, true);
  prepare_value(L, 3, {"argument", 2});
  if (!within_memory([&] { dict.set(key, take_value(L, 3)); })) return raise_no_memory(L);
  return 0;
}

int remove(lua_State* L) {
  Dict& dict = check_dict(L);
  lua_pushboolean(L, dict.remove(check_key(L, 2, false)));
  return 1;
}

/// Raises that there is no number under the key at index 2.
int raise_not_a_number(lua_State* L, Dict& dict, const DictKey& key) {
  push_value(L, dict, key);
  const char* type = luaL_typename(L, -1);
  const char* quote = lua_type(L, 2) == LUA_TSTRING ? "'" : "";
  std::size_t length = 0;
  const char* name = luaL_tolstring(L, 2, &length);
  constexpr std::size_t kShown = 60;
  if (length > kShown) name = lua_pushfstring(L, "%s...", lua_pushlstring(L, name, kShown));
  return raise_text(L, "cannot add to the value of key %s%s%s: it is a %s, not a number", quote,
                    name, quote, type);
}

/// incr(key [, n = 1])
int incr(lua_State* L) {
  Dict& dict = check_dict(L);
  Number n = opt_number(L, 3, 1);
  const DictKey key = check_key(L, 2, true);
  Dict::Sum sum = Dict::Sum::done;
  if (!within_memory([&] { sum = dict.add(key, n); })) return raise_no_memory(L);
  if (sum == Dict::Sum::not_a_number) return raise_not_a_number(L, dict, key);
  return push_number(L, n);
}

/// Puts the value at `value` under the key at index 2, if what is there has the stamp: whether that
/// was so. Looks at the arguments anew, because the script has run since they were checked, and the
/// debug library lets it change them.
bool replace_value(lua_State* L, std::uint64_t stamp, int value, Root root) {
  prepare_value(L, value, root);
  Dict& dict = check_dict(L);
  const DictKey key = check_key(L, 2, true);
  bool replaced = false;
  if (!within_memory([&] {
        DictValue taken = take_value(L, value);
        replaced = dict.replace(key, stamp, taken);
      })) {
    raise_no_memory(L);
  }
  return replaced;
}

/// update(key, fn). Not in the prelude, because fn must not wait: called from here it cannot.
int update(lua_State* L) {
  check_dict(L);
  luaL_checktype(L, 3, LUA_TFUNCTION);
  for (;;) {
    lua_settop(L, 3);
    lua_pushvalue(L, 3);
    const std::uint64_t stamp = push_value(L, check_dict(L), check_key(L, 2, true));
    lua_call(L, 1, 1);
    if (replace_value(L, stamp, 4, {"the new value", -1})) return 1;
  }
}

/// cas(key, old, new)
int cas(lua_State* L) {
  check_dict(L);
  luaL_checkany(L, 4);
  const int type = lua_type(L, 3);
  if ((type == LUA_TTABLE && frozen_at(L, 3) == nullptr) || type == LUA_TFUNCTION ||
      type == LUA_TTHREAD) {
    // What the dictionary gives out is a copy and never equal to it.
    luaL_typeerror(L, 3, "nil, boolean, number, string, handle or frozen table");
  }
  for (;;) {
    lua_settop(L, 4);
    const std::uint64_t stamp = push_value(L, check_dict(L), check_key(L, 2, true));
    const bool equal = lua_rawequal(L, 3, 5) != 0;
    const bool replaced = equal && replace_value(L, stamp, 4, {"argument", 3});
    if (equal && !replaced) continue;  // somebody else was quicker
    lua_pushboolean(L, replaced);
    return 1;
  }
}

using Keys = std::vector<Ref<DictEntry>>;

int list_keys(lua_State* L) {
  const auto& keys = *static_cast<const Keys*>(lua_touserdata(L, 1));
  lua_createtable(L, keys.size() > INT32_MAX ? 0 : static_cast<int>(keys.size()), 0);
  lua_Integer at = 0;
  for (const Ref<DictEntry>& entry : keys) {
    push_key(L, entry->key());
    lua_rawseti(L, -2, ++at);
  }
  return 1;
}

int keys(lua_State* L) {
  Dict& dict = check_dict(L);
  bool listed = false;
  int status = LUA_OK;
  {
    Keys keys;
    listed = within_memory([&] { keys = dict.keys(); });
    if (listed) status = held_call(L, list_keys, keys);
  }
  if (!listed) return raise_no_memory(L);
  return status == LUA_OK ? 1 : lua_error(L);
}

/// Upvalues: the dictionary, the list of its keys, how far it is.
int next_pair(lua_State* L) {
  lua_settop(L, 0);
  lua_pushvalue(L, lua_upvalueindex(1));
  Dict& dict = check_dict(L);
  lua_Integer at = lua_tointeger(L, lua_upvalueindex(3));
  if (!lua_istable(L, lua_upvalueindex(2))) return 0;  // the debug library lets scripts set it
  for (;;) {
    lua_settop(L, 1);
    if (lua_rawgeti(L, lua_upvalueindex(2), ++at) == LUA_TNIL) return 1;
    lua_pushinteger(L, at);
    lua_replace(L, lua_upvalueindex(3));
    push_value(L, dict, check_key(L, 2, false));
    if (!lua_isnil(L, 3)) return 2;  // nil: it is gone
  }
}

int pairs(lua_State* L) {
  lua_settop(L, 1);
  keys(L);
  lua_pushinteger(L, 0);
  lua_pushcclosure(L, guarded<next_pair>, 3);
  return 1;
}

int length(lua_State* L) {
  lua_pushinteger(L, static_cast<lua_Integer>(check_dict(L).size()));
  return 1;
}

int clear(lua_State* L) {
  Dict& dict = check_dict(L);
  if (!within_memory([&] { dict.clear(); })) return raise_no_memory(L);
  return 0;
}

/// dict of 3 keys
int dict_tostring(lua_State* L) {
  const auto size = static_cast<LUAI_UACINT>(check_dict(L).size());
  lua_pushfstring(L, "dict of %I key%s", size, size == 1 ? "" : "s");
  return 1;
}

}  // namespace

void open_dict(lua_State* L) {
  static const luaL_Reg methods[] = {{"get", guarded<get>},       {"set", guarded<set>},
                                     {"delete", guarded<remove>}, {"incr", guarded<incr>},
                                     {"cas", guarded<cas>},       {"update", guarded<update>},
                                     {"keys", guarded<keys>},     {"len", guarded<length>},
                                     {"clear", guarded<clear>},   {nullptr, nullptr}};
  static const luaL_Reg metamethods[] = {{"__len", guarded<length>},
                                         {"__pairs", guarded<pairs>},
                                         {"__tostring", guarded<dict_tostring>},
                                         {nullptr, nullptr}};
  define_handle(L, HandleKind::dict, "dict", methods, metamethods);
  lua_pop(L, 1);
  lua_pushcfunction(L, guarded<dict>);
  lua_setfield(L, -2, "dict");
}

}  // namespace tidemill::lua
