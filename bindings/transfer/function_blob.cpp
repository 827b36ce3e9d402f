#include "bindings/transfer/function_blob.hpp"

#include <algorithm>
#include <cstring>
#include <span>
#include <utility>

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
  enum Opcode : unsigned { kGetUpvalue = 9, kSetUpvalue = 10, kGetTableUp = 11 };
  static unsigned field(std::uint32_t instruction, int position) {
    return (instruction >> position) & 0xFF;
  }
  static constexpr int kB = 16, kC = 24;
  struct Assignment {
    std::size_t instruction;
    FunctionBlob::Upvalue* upvalue;
  };

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
    const int line = static_cast<int>(size());
    size();    // last line
    at_ += 3;  // parameters, vararg, stack size
    std::size_t instructions = size();
    const char* code = at_;
    at_ += instructions * 4;
    std::vector<std::string> names = constants();
    std::vector<int> roots = upvalues(own_roots, outer_roots);
    std::vector<Assignment> assignments;
    for (std::size_t i = 0; i < instructions; ++i) {
      std::uint32_t instruction;
      std::memcpy(&instruction, code + i * 4, 4);
      note(instruction, i, names, roots, assignments);
    }
    std::size_t inner = size();
    if (inner > 0) blob_.has_inner = true;
    for (std::size_t i = 0; i < inner; ++i) function(nullptr, &roots);
    debug(line, assignments);
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

  void note(std::uint32_t instruction, std::size_t position, const std::vector<std::string>& names,
            const std::vector<int>& roots, std::vector<Assignment>& assignments) {
    auto root = [&](unsigned index) {
      int r = roots[index];
      return r < 0 ? nullptr : &blob_.upvalues[static_cast<std::size_t>(r)];
    };
    switch (instruction & 0x7F) {
      case kGetUpvalue:
        if (auto* up = root(field(instruction, kB))) up->escapes = true;
        break;
      case kSetUpvalue:
        if (auto* up = root(field(instruction, kB))) assignments.push_back({position, up});
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

  /// The lines of instructions are differences of a byte, from the function's own line on, but
  /// where one does not fit the line itself is in a second list. Stripped code has neither.
  void debug(int line, const std::vector<Assignment>& assignments) {
    constexpr signed char kInList = -128;
    const std::size_t count = size();
    const auto* differences = reinterpret_cast<const signed char*>(at_);
    at_ += count;
    std::vector<std::pair<std::size_t, int>> listed(size());
    for (auto& [instruction, its_line] : listed) {
      instruction = size();
      its_line = static_cast<int>(size());
    }
    std::size_t next = 0, from_list = 0;
    for (const auto& [instruction, upvalue] : assignments) {
      for (; next < count && next <= instruction; ++next) {
        if (differences[next] != kInList) {
          line += differences[next];
        } else {
          line = from_list < listed.size() ? listed[from_list++].second : line;
        }
      }
      if (count == 0 || upvalue->assigned_at != 0) continue;
      upvalue->assigned_at = line;
      blob_.assigns = true;
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

/// Most of what Lua dumps comes in pieces of a byte or a few.
int append(lua_State*, const void* data, std::size_t size, void* to) {
  std::uint8_t* at = static_cast<ByteBuffer*>(to)->extend(size);
  const auto* bytes = static_cast<const std::uint8_t*>(data);
  if (size <= 8) {
    for (std::size_t i = 0; i < size; ++i) at[i] = bytes[i];
  } else {
    std::memcpy(at, bytes, size);
  }
  return 0;
}

/// FNV-1a, by words (Fowler, Noll, Vo: http://www.isthe.com/chongo/tech/comp/fnv), with the high
/// bits folded in, because it carries none of them down. Equal hashes are compared.
std::uint64_t hash_of(std::span<const std::uint8_t> bytes) {
  std::uint64_t hash = 0xCBF29CE484222325u ^ bytes.size();
  std::size_t at = 0;
  for (; at + 8 <= bytes.size(); at += 8) {
    std::uint64_t word;
    std::memcpy(&word, bytes.data() + at, 8);
    hash = (hash ^ word) * 0x100000001B3u;
    hash ^= hash >> 29;
  }
  for (; at < bytes.size(); ++at) hash = (hash ^ bytes[at]) * 0x100000001B3u;
  return hash ^ (hash >> 32);
}

}  // namespace

FunctionBlob& BlobCache::of(lua_State* L, int index) {
  index = lua_absindex(L, index);
  lua_rawgeti(L, LUA_REGISTRYINDEX, State::kBlobs);
  lua_pushvalue(L, index);
  if (lua_rawget(L, -2) == LUA_TLIGHTUSERDATA) {
    auto* blob = static_cast<FunctionBlob*>(lua_touserdata(L, -1));
    lua_pop(L, 2);
    return *blob;
  }
  lua_pop(L, 1);
  lua_pushvalue(L, index);
  dumped_.clear();
  lua_dump(L, append, &dumped_, 0);
  lua_pop(L, 1);
  Known& known = find_or_add(L);
  FunctionBlob* blob = known.blob.get();
  // A closure that is sent again is found by itself; but of closures made anew each time only a few
  // should enter the table. Which of the two these are shows in how often this point is reached.
  const std::uint32_t dumps = ++known.dumps;
  if ((dumps & (dumps - 1)) == 0) {
    lua_pushvalue(L, index);
    lua_pushlightuserdata(L, blob);
    lua_rawset(L, -3);
  }
  lua_pop(L, 1);
  return *blob;
}

/// What is known of the code in dumped_. At the top of the stack is kBlobs.
BlobCache::Known& BlobCache::find_or_add(lua_State* L) {
  const std::span<const std::uint8_t> bytes = dumped_.bytes();
  const std::uint64_t hash = hash_of(bytes);
  auto [from, to] = known_.equal_range(hash);
  for (; from != to; ++from) {
    const std::vector<char>& code = from->second.blob->code;
    if (code.size() == bytes.size() && std::memcmp(code.data(), bytes.data(), code.size()) == 0) {
      return from->second;
    }
  }
  if (known_.size() >= kMost) {  // a program that makes code all the time
    lua_pop(L, 1);
    make_weak_table(L, "k");
    lua_pushvalue(L, -1);
    lua_rawseti(L, LUA_REGISTRYINDEX, State::kBlobs);
    known_.clear();
  }
  auto blob = make_ref<FunctionBlob>();
  blob->code.assign(bytes.begin(), bytes.end());
  DumpReader(*blob).read();
  return known_.emplace(hash, Known{std::move(blob)})->second;
}

}  // namespace tidemill::lua
