// What the encoder says when it refuses a value: the reason, and the path to it.
#include <cctype>
#include <cstring>

#include "bindings/state.hpp"
#include "bindings/transfer/codec.hpp"

namespace tidemill::lua {

namespace {

/// `name` as it would be written after a table: .name or ["odd name"].
std::string field_path(const std::string& name) {
  bool plain = !name.empty() && std::isdigit(static_cast<unsigned char>(name[0])) == 0;
  for (char c : name) plain = plain && (std::isalnum(static_cast<unsigned char>(c)) || c == '_');
  return plain ? "." + name : "[\"" + name.substr(0, 40) + "\"]";
}

/// A path through a table of great depth, or a long chain of functions: both ends of it.
void shorten(std::string& path) {
  constexpr std::size_t kKept = 400;
  if (path.size() > 3 * kKept) path.replace(kKept, path.size() - 2 * kKept, " ... ");
}

}  // namespace

std::string Encoder::describe_key(lua_State* L, int index) {
  switch (lua_type(L, index)) {
    case LUA_TSTRING:
      return field_path(lua_tostring(L, index));
    case LUA_TNUMBER:
      lua_pushvalue(L, index);  // tostring would change the key under lua_next
      {
        std::string text = std::string("[") + lua_tostring(L, -1) + "]";
        lua_pop(L, 1);
        return text;
      }
    case LUA_TBOOLEAN:
      return lua_toboolean(L, index) ? "[true]" : "[false]";
    default:
      return std::string("[a ") + luaL_typename(L, index) + "]";
  }
}

/// The reason and the path: "cannot send argument 2.handlers[3]: function at app.lua:12 captures
/// 'f' (file)".
bool Encoder::refuse(lua_State* L, const char* what) {
  std::string where = root_.noun;
  if (!global_.empty()) {
    where += " '" + global_ + "'";
  } else if (root_.first == 0) {
    where = "the function";
  } else if (root_.first > 0) {
    where += " " + std::to_string(root_.first);
  }
  nested_failure_.clear();
  std::string through;  // "function at ... captures 'f'", from the innermost function on the path
  for (std::size_t i = 0; i < frames_.size(); ++i) {
    const Frame& frame = frames_[i];
    // What is being encoded in the place of the key is the metatable.
    const bool in_metatable = i + 1 < frames_.size() && frames_[i + 1].at == frame.at + 1;
    if (frame.kind == Frame::function) {
      lua_Debug info;
      lua_pushvalue(L, frame.at);
      lua_getinfo(L, ">S", &info);
      const char* name = lua_getupvalue(L, frame.at, frame.upvalue);
      if (name != nullptr) lua_pop(L, 1);
      if (!through.empty()) through += ": ";
      through += std::string("function at ") + info.short_src + ":" +
                 std::to_string(info.linedefined) + " captures '" + (name == nullptr ? "?" : name) +
                 "'";
    } else {
      std::string& path = through.empty() ? where : through;
      if (frame.value_pending) {
        path += "[a key]";
      } else if (in_metatable) {
        path += " (its metatable)";
      } else {
        path += describe_key(L, frame.at + 1);
      }
    }
  }
  shorten(where);
  shorten(through);
  if (through.empty()) {
    failure_ = "cannot send " + where + ": a " + what;
    if (std::strncmp(what, "a ", 2) == 0) failure_ = "cannot send " + where + ": " + what;
  } else {
    failure_ = "cannot send " + where + ": " + through + " (" + what + ")";
  }
  return false;
}

}  // namespace tidemill::lua
