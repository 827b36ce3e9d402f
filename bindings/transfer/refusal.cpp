// What the encoder says when it refuses a value: the reason, and the path to it.
#include "bindings/transfer/refusal.hpp"

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

}  // namespace

void shorten(std::string& path) {
  constexpr std::size_t kKept = 400;
  if (path.size() > 3 * kKept) path.replace(kKept, path.size() - 2 * kKept, " ... ");
}

std::string describe_key(lua_State* L, int index) {
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

/// "function at app.lua:12 captures 'f'"
std::string Encoder::describe_capture(lua_State* L, const Frame& frame) {
  lua_Debug info;
  lua_pushvalue(L, frame.at);
  lua_getinfo(L, ">S", &info);
  const char* name = lua_getupvalue(L, frame.at, frame.item);
  if (name != nullptr) lua_pop(L, 1);
  return std::string("function at ") + info.short_src + ":" + std::to_string(info.linedefined) +
         " captures '" + (name == nullptr ? "?" : name) + "'";
}

/// The reason and the path: "cannot send argument 2.handlers[3]: function at app.lua:12 captures
/// 'f' (file)".
bool Encoder::refuse(lua_State* L, const char* what) {
  std::string where = root_.noun;
  if (!global_.empty()) {
    where += " '" + global_ + "'";
  } else if (root_.first == 0) {
    where = std::strcmp(root_.noun, "argument") == 0 ? "the function" : root_.noun;
  } else if (root_.first > 0) {
    where += " " + std::to_string(root_.first);
  }
  nested_failure_.clear();
  std::string through;  // "function at ... captures 'f'", from the innermost function on the path
  for (std::size_t i = 0; i < frames_.size(); ++i) {
    const Frame& frame = frames_[i];
    std::string& path = through.empty() ? where : through;
    if (frame.kind == Frame::function) {
      if (!through.empty()) through += ": ";
      through += describe_capture(L, frame);
    } else if (frame.kind == Frame::transfer) {
      path += " (value " + std::to_string(frame.item) + " of its __transfer)";
    } else {
      if (frame.value_pending) {
        path += "[a key]";
      } else if (frame.in_metatable) {
        path += " (its metatable)";
      } else {
        path += describe_key(L, frame.at + 1);
      }
    }
  }
  shorten(where);
  shorten(through);
  if (through.empty()) {
    const bool has_article = std::strncmp(what, "a ", 2) == 0;
    failure_ = "cannot send " + where + (has_article ? ": " : ": a ") + what;
  } else {
    failure_ = "cannot send " + where + ": " + through + " (" + what + ")";
  }
  return false;
}

}  // namespace tidemill::lua
