#include "bindings/transfer/function_blob.hpp"

#include <algorithm>
#include <cstring>

#include "bindings/state.hpp"

namespace tidemill::lua {

namespace {

/// Reads the dump format of Lua 5.4 (ldump.c). The input is our own dump, not foreign data.
class DumpReader {
 public:
  DumpReader(FunctionBlob& blob) : blob_(blob), at_(blob.code.data()) {}

  void read() {
    constexpr std::size_t kHeader = 4 + 1 + 1 + 6 + 3 + 8 + 8;
    at_ += kHeader;
    std::size_t count = byte();
    blob_.upvalues.resize(count);
    std::vector<int> roots(count);
    for (std::size_t i = 0; i < count; ++i) roots[i] = static_cast<int>(i);
    function(&roots, nullptr);
  }

 private:
  // Instruction layout and opcode numbers of Lua 5.4 (lopcodes.h).
  enum Opcode : unsigned { kGetUpvalue = 9, kGetTableUp = 11 };
  static unsigned field(std::uint32_t instruction, int position) {
    return (instruction >> position) & 0xFF;
  }
  static constexpr int kB = 16, kC = 24;

  unsigned byte() { return static_cast<unsigned char>(*at_++); }
  std::size_t size() {
    std::size_t value = 0;
    for (;;) {
      unsigned b = byte();
      value = (value << 7) | (b & 0x7F);
      if ((b & 0x80) != 0) return value;
    }
  }
  std::string string() {
    std::size_t length = size();
    if (length == 0) return {};
    std::string text(at_, length - 1);
    at_ += length - 1;
    return text;
  }
  void skip_string() {
    std::size_t length = size();
    if (length > 0) at_ += length - 1;
  }

  /// `roots` maps the function's upvalues to those of the outermost one, or -1. An inner function
  /// passes null and the map of the function around it: its own is known only after its code.
  void function(const std::vector<int>* own_roots, const std::vector<int>* outer_roots) {
    skip_string();  // source
    size();         // line, last line
    size();
    at_ += 3;  // parameters, vararg, stack size
    std::size_t instructions = size();
    const char* code = at_;
    at_ += instructions * 4;
    std::vector<std::string> names = constants();
    std::vector<int> roots = upvalues(own_roots, outer_roots);
    for (std::size_t i = 0; i < instructions; ++i) {
      std::uint32_t instruction;
      std::memcpy(&instruction, code + i * 4, 4);
      note(instruction, names, roots);
    }
    std::size_t inner = size();
    if (inner > 0) blob_.has_inner = true;
    for (std::size_t i = 0; i < inner; ++i) function(nullptr, &roots);
    debug();
  }

  std::vector<std::string> constants() {
    std::vector<std::string> names(size());
    for (std::string& name : names) {
      switch (byte()) {
        case 0x13:
        case 0x03:
          at_ += 8;
          break;  // float, integer
        case 0x04:
        case 0x14:  // short string, long string
          name = string();
          if (!name.empty()) blob_.constants.push_back(name);
          break;
        default:
          break;  // nil, booleans
      }
    }
    return names;
  }

  std::vector<int> upvalues(const std::vector<int>* own, const std::vector<int>* outer) {
    std::size_t count = size();
    std::vector<int> roots(count, -1);
    for (std::size_t i = 0; i < count; ++i) {
      bool in_stack = byte() != 0;
      unsigned index = byte();
      byte();  // kind
      if (own != nullptr) {
        roots[i] = (*own)[i];
      } else if (!in_stack) {
        roots[i] = (*outer)[index];
      }
    }
    return roots;
  }

  void note(std::uint32_t instruction, const std::vector<std::string>& names,
            const std::vector<int>& roots) {
    auto root = [&](unsigned index) {
      int r = roots[index];
      return r < 0 ? nullptr : &blob_.upvalues[static_cast<std::size_t>(r)];
    };
    switch (instruction & 0x7F) {
      case kGetUpvalue:
        if (auto* up = root(field(instruction, kB))) up->escapes = true;
        break;
      case kGetTableUp:
        if (auto* up = root(field(instruction, kB))) {
          const std::string& name = names[field(instruction, kC)];
          if (std::find(up->fields.begin(), up->fields.end(), name) == up->fields.end()) {
            up->fields.push_back(name);
          }
        }
        break;
      default:
        break;
    }
  }

  void debug() {
    at_ += size();  // line info: a byte each
    for (std::size_t n = size(); n > 0; --n) {
      size();
      size();
    }
    for (std::size_t n = size(); n > 0; --n) {  // local variables
      skip_string();
      size();
      size();
    }
    for (std::size_t n = size(); n > 0; --n) skip_string();  // upvalue names
  }

  FunctionBlob& blob_;
  const char* at_;
};

int append(lua_State*, const void* data, std::size_t size, void* to) {
  auto& code = *static_cast<std::vector<char>*>(to);
  const char* bytes = static_cast<const char*>(data);
  code.insert(code.end(), bytes, bytes + size);
  return 0;
}

constexpr const char* kBox = "tidemill.blob";

int collect(lua_State* L) {
  static_cast<FunctionBlob**>(luaL_checkudata(L, 1, kBox))[0]->release();
  return 0;
}

}  // namespace

Ref<FunctionBlob> FunctionBlob::of(lua_State* L, int index) {
  index = lua_absindex(L, index);
  lua_rawgeti(L, LUA_REGISTRYINDEX, State::kBlobs);
  lua_pushvalue(L, index);
  if (lua_rawget(L, -2) == LUA_TUSERDATA) {
    Ref<FunctionBlob> blob(*static_cast<FunctionBlob**>(lua_touserdata(L, -1)));
    lua_pop(L, 2);
    return blob;
  }
  lua_pop(L, 1);
  auto** box = static_cast<FunctionBlob**>(lua_newuserdatauv(L, sizeof(FunctionBlob*), 0));
  auto blob = make_ref<FunctionBlob>();
  *box = Ref<FunctionBlob>(blob).leak();
  if (luaL_newmetatable(L, kBox)) {
    lua_pushcfunction(L, collect);
    lua_setfield(L, -2, "__gc");
  }
  lua_setmetatable(L, -2);
  lua_pushvalue(L, index);
  lua_dump(L, append, &blob->code, 0);
  DumpReader(*blob).read();
  lua_insert(L, -2);  // blobs, function, box
  lua_rawset(L, -3);
  lua_pop(L, 1);
  return blob;
}

}  // namespace tidemill::lua
