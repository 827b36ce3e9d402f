// What a parcel has by name or has made by a call: library values, modules, classes, globals, and
// values that are rebuilt.
#include <cstring>

#include "bindings/class.hpp"
#include "bindings/transfer/reader.hpp"

namespace tidemill::lua {

using namespace wire;

namespace {

/// Pops the function at the top; pushes its `_ENV` if that is a table of globals.
bool push_environment_of_top(lua_State* L) {
  const int function = lua_gettop(L);
  lua_rawgeti(L, LUA_REGISTRYINDEX, State::kEnvironments);
  for (int i = 1; lua_getupvalue(L, function, i) != nullptr; ++i) {
    lua_pushvalue(L, -1);
    if (lua_rawget(L, function + 1) != LUA_TNIL) {
      lua_pop(L, 1);
      lua_replace(L, function);
      lua_settop(L, function);
      return true;
    }
    lua_pop(L, 2);
  }
  lua_settop(L, function - 1);
  return false;
}

}  // namespace

void push_globals_of_caller(lua_State* L) {
  lua_Debug info;
  for (int level = 0; lua_getstack(L, level, &info); ++level) {
    lua_getinfo(L, "Sf", &info);
    if (info.what[0] == 'C' || std::strcmp(info.source, "=[tidemill]") == 0) {
      lua_pop(L, 1);
      continue;
    }
    if (push_environment_of_top(L)) return;
    break;
  }
  lua_rawgeti(L, LUA_REGISTRYINDEX, LUA_RIDX_GLOBALS);
}

void push_globals_over(lua_State* L) {
  lua_createtable(L, 0, 4);
  lua_pushvalue(L, -1);
  lua_setfield(L, -2, "_G");
  lua_createtable(L, 0, 1);
  lua_rotate(L, -3, -1);  // new, its metatable, old
  lua_setfield(L, -2, "__index");
  lua_setmetatable(L, -2);
  lua_rawgeti(L, LUA_REGISTRYINDEX, State::kEnvironments);
  lua_pushvalue(L, -2);
  lua_pushboolean(L, 1);
  lua_rawset(L, -3);
  lua_pop(L, 1);
}

void Decoder::Reader::push_environment() {
  if (lua_type(L, base + 2) != LUA_TNIL) {
    lua_pushvalue(L, base + 2);
    return;
  }
  push_receiver_environment();
  if (environment == Environment::own) push_globals_over(L);
  lua_pushvalue(L, -1);
  lua_replace(L, base + 2);
}

void Decoder::Reader::push_receiver_environment() {
  if (environment == Environment::receiver) {
    push_globals_of_caller(L);
  } else {
    state.push_job_globals(L);
  }
}

void Decoder::Reader::begin_transfer() {
  const std::uint32_t values = get_count();
  if (values == 0 || at >= end) fail("a value made of nothing");
  if (*at != kFunction && *at != kCallee && *at != kBackReference) fail("a call of no function");
  need_stack(std::size_t{values} + 12, "a value made of so many");
  Frame& frame = push_frame();
  frame.kind = kTransfer;
  frame.at = lua_gettop(L);
  frame.array = values;
  frame.number = ++objects;
}

void Decoder::Reader::push_callee(const StringBlob& name) {
  const std::uint8_t* const after = at;
  const std::uint8_t* const parcel_end = end;
  at = reinterpret_cast<const std::uint8_t*>(name.text());
  end = at + name.size();
  begin_value();
  at = after;
  end = parcel_end;
}

void Decoder::Reader::end_transfer(const Frame& frame) {
  if (!lua_isfunction(L, frame.at + 1)) fail("a call of no function");
  lua_call(L, static_cast<int>(frame.array) - 1, 1);
  if (!numbering) return;
  lua_pushvalue(L, -1);
  lua_rawseti(L, base + 1, frame.number);
}

void Decoder::Reader::end_class_definition() {
  if (lua_type(L, -1) != LUA_TTABLE) fail("a class that is no table");
  if (find_class(L, -2)) {
    lua_replace(L, -3);
    lua_pop(L, 1);
    return;
  }
  if (lua_isnil(L, base + 4)) {
    lua_newtable(L);
    lua_replace(L, base + 4);
  }
  lua_pushvalue(L, -1);
  lua_rotate(L, -3, 1);  // metatable, name, metatable
  lua_rawset(L, base + 4);
}

void Decoder::Reader::adopt_classes() {
  for (lua_pushnil(L); lua_next(L, base + 4) != 0; lua_pop(L, 1)) {
    lua_pushvalue(L, -2);
    lua_insert(L, -2);
    adopt_class(L);
  }
}

void Decoder::Reader::load(FunctionBlob& blob) {
  struct Code {
    const char* data;
    std::size_t size;
  } code{blob.code.data(), blob.code.size()};
  auto read = [](lua_State*, void* from, std::size_t* size) {
    auto* code = static_cast<Code*>(from);
    *size = std::exchange(code->size, 0);
    return code->data;
  };
  if (lua_load(L, read, &code, "=(a function that travelled)", "b") != LUA_OK) lua_error(L);
}

void Decoder::Reader::push_received(HandleKind kind, Shared& object) {
  if (kind == HandleKind::task &&
      static_cast<LuaTask&>(static_cast<Task&>(object)).push_known_handle(L)) {
    return;
  }
  object.retain();
  push_handle(L, kind, &object);
}

void Decoder::Reader::push_library() {
  lua_rawgeti(L, LUA_REGISTRYINDEX, State::kLibrary);
  push_string();
  if (lua_rawget(L, -2) == LUA_TNIL) fail("an unknown library value");
  lua_remove(L, -2);
}

void Decoder::Reader::push_class() {
  if (!metatable_is_next()) fail("a class as a value");
  push_string();
  if (find_class(L, -1)) {
    lua_replace(L, -2);
    skip_string();
    return;
  }
  push_module();
  lua_pop(L, 1);
  if (!find_class(L, -1)) {
    raise(L, "transfer", "cannot receive an object of class '%s': its module does not register it",
          lua_tostring(L, -1));
  }
  lua_replace(L, -2);
}

void Decoder::Reader::push_module() {
  lua_rawgeti(L, LUA_REGISTRYINDEX, State::kPristine);
  lua_getfield(L, -1, "require");
  lua_remove(L, -2);
  push_string();
  lua_pushvalue(L, -1);
  lua_insert(L, -3);  // name, require, name
  const int status = lua_pcall(L, 1, 1, 0);
  if (status == LUA_ERRRUN && lua_type(L, -1) == LUA_TSTRING) {
    raise(L, "transfer", "cannot receive a value of module '%s', which does not load here: %s",
          lua_tostring(L, -2), lua_tostring(L, -1));
  }
  if (status != LUA_OK) lua_error(L);
  lua_remove(L, -2);
}

void Decoder::Reader::push_module_field() {
  const std::uint8_t* name = at;
  push_module();
  push_string();
  const char* field = lua_tostring(L, -1);
  if (lua_istable(L, -2)) {
    lua_pushvalue(L, -1);
    if (lua_gettable(L, -3) != LUA_TNIL) {
      lua_replace(L, -3);
      lua_pop(L, 1);
      return;
    }
  }
  at = name;
  push_string();
  raise(L, "transfer", "cannot receive '%s.%s': the module has no such field here",
        lua_tostring(L, -1), field);
}

}  // namespace tidemill::lua
