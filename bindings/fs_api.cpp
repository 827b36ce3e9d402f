// The requests behind tm.fs. A request that fails gives nil, "path: message", errno, as Lua's io.
#include <memory>

#include "bindings/errors.hpp"
#include "bindings/library.hpp"
#include "bindings/park.hpp"
#include "bindings/state.hpp"
#include "engine/io/files.hpp"

namespace tidemill::lua {

namespace {

int push_failure(lua_State* L, const std::string& path, int error) {
  lua_pushnil(L);
  lua_pushfstring(L, "%s: %s", path.c_str(), uv_strerror(error));
  lua_pushinteger(L, -error);
  return 3;
}

/// Waits for a request; what its result is in Lua is the part that differs.
template <class Request>
struct RequestOp : Op {
  RequestOp(Task& self, std::unique_ptr<Request> made) : Op(self), request(std::move(made)) {}
  void detach() override { request.release()->abandon(); }
  int finish(lua_State* L) override {
    if (outcome() != Outcome::value) return raise_cancelled(L, task());
    return give(L, *request);
  }
  virtual int give(lua_State* L, Request& done) = 0;
  std::string describe() const override { return "the file system"; }
  std::unique_ptr<Request> request;
};

template <class T>
int start_request(lua_State* L, T* op) {
  State& state = State::of(L);
  if (op->request->start(state.worker, *op)) return park(L, op, {kNever});
  drop_op(state, op);
  return raise_text(L, "cannot start a file request");
}

/// A path argument: zeros in it would cut it short.
const char* check_path(lua_State* L, int index) {
  std::size_t length = 0;
  const char* path = luaL_checklstring(L, index, &length);
  luaL_argcheck(L, std::char_traits<char>::length(path) == length, index,
                "path contains a zero byte");
  return path;
}

// --- whole files ---

struct ReadOp final : RequestOp<ReadFile> {
  using RequestOp::RequestOp;
  int give(lua_State* L, ReadFile& done) override {
    if (done.error < 0) return push_failure(L, done.path, done.error);
    lua_pushlstring(L, done.content.data(), done.content.size());
    return 1;
  }
};

int read(lua_State* L) {
  const char* path = check_path(L, 1);
  check_may_wait(L);
  return start_request(L, new_op<ReadOp>(L, std::make_unique<ReadFile>(path)));
}

struct WriteOp final : RequestOp<WriteFile> {
  using RequestOp::RequestOp;
  int give(lua_State* L, WriteFile& done) override {
    if (done.error < 0) return push_failure(L, done.path, done.error);
    lua_pushboolean(L, 1);
    return 1;
  }
};

int write(lua_State* L) {
  const char* path = check_path(L, 1);
  std::size_t size = 0;
  const char* content = luaL_checklstring(L, 2, &size);
  check_may_wait(L);
  return start_request(
      L, new_op<WriteOp>(L, std::make_unique<WriteFile>(path, std::string(content, size))));
}

void push_stat(lua_State* L, const FileStat& stat) {
  lua_createtable(L, 0, 4);
  lua_pushstring(L, stat.type);
  lua_setfield(L, -2, "type");
  lua_pushinteger(L, stat.size);
  lua_setfield(L, -2, "size");
  lua_pushnumber(L, stat.mtime);
  lua_setfield(L, -2, "mtime");
  lua_pushinteger(L, stat.mode);
  lua_setfield(L, -2, "mode");
}

struct StatOp final : RequestOp<StatFile> {
  using RequestOp::RequestOp;
  int give(lua_State* L, StatFile& done) override {
    if (done.error < 0) return push_failure(L, done.path, done.error);
    push_stat(L, done.result);
    return 1;
  }
};

int stat(lua_State* L) {
  const char* path = check_path(L, 1);
  check_may_wait(L);
  return start_request(L, new_op<StatOp>(L, std::make_unique<StatFile>(path)));
}

// --- iterators ---
// The debug library gives scripts their __gc: it checks what it gets, and what it has destroyed is
// no iterator any more, which whoever waited with it must find out.

/// The end of a __gc.
int forget_metatable(lua_State* L) {
  lua_pushnil(L);
  lua_setmetatable(L, 1);
  return 0;
}

/// For a call that waited when its iterator was destroyed.
int raise_collected(lua_State* L, State& state, Op* op) {
  drop_op(state, op);
  return raise_text(L, "the iterator was collected");
}

// --- lines ---

/// What `tm.fs.lines` returns: calling it gives the next line.
struct LineReader {
  std::string path;
  Ref<File> file;
  std::string text;  // read and not given out yet, from `at` on
  std::size_t at = 0;
  bool ended = false, busy = false;
};

constexpr const char* kLineReader = "tidemill.lines";

LineReader& check_reader(lua_State* L) {
  return *static_cast<LineReader*>(luaL_checkudata(L, 1, kLineReader));
}

/// Pushes the next line if it is there; with `last`, also one without a newline.
bool push_line(lua_State* L, LineReader& reader, bool last) {
  std::size_t newline = reader.text.find('\n', reader.at);
  if (newline == std::string::npos) {
    if (!last || reader.at == reader.text.size()) return false;
    newline = reader.text.size();
  }
  lua_pushlstring(L, reader.text.data() + reader.at, newline - reader.at);
  reader.at = std::min(newline + 1, reader.text.size());
  return true;
}

int next_line(lua_State* L);

struct BlockOp final : RequestOp<ReadBlock> {
  using RequestOp::RequestOp;
  int give(lua_State* L, ReadBlock& done) override {
    auto& reader = *static_cast<LineReader*>(lua_touserdata(L, 1));  // checked by after_block
    if (done.error < 0) {
      reader.ended = true;
      push_position(L, 1);
      lua_pushfstring(L, "%s: %s", done.path.c_str(), uv_strerror(done.error));
      lua_concat(L, 2);
      return kRaise;
    }
    const bool opened = !reader.file;
    reader.file = done.file;
    reader.text.erase(0, reader.at);
    reader.at = 0;
    reader.text += done.block;
    if (done.block.empty()) {
      reader.ended = true;
      reader.file = nullptr;
    }
    if (opened) {  // tm.fs.lines itself: the reader is its result
      lua_pushvalue(L, 1);
      return 1;
    }
    return kAgain;
  }
  static constexpr int kAgain = -2;
};

int read_block(lua_State* L, LineReader& reader);

int after_block(lua_State* L, int, lua_KContext) {
  State& state = State::of(L);
  auto* op = static_cast<BlockOp*>(state.fiber->op);
  auto* reader = static_cast<LineReader*>(luaL_testudata(L, 1, kLineReader));
  if (reader == nullptr) return raise_collected(L, state, op);
  reader->busy = false;
  int results = op->finish(L);
  drop_op(state, op);
  if (results == Op::kRaise) return lua_error(L);
  return results == BlockOp::kAgain ? next_line(L) : results;
}

int read_block(lua_State* L, LineReader& reader) {
  check_may_wait(L);
  if (reader.busy) return raise_text(L, "another task is reading lines from this file");
  State& state = State::of(L);
  auto* op = new_op<BlockOp>(L, std::make_unique<ReadBlock>(reader.path, reader.file));
  if (!op->request->start(state.worker, *op)) {
    drop_op(state, op);
    return raise_text(L, "cannot start a file request");
  }
  reader.busy = true;
  return park_then(L, op, guarded_continuation<after_block>);
}

int next_line(lua_State* L) {
  LineReader& reader = check_reader(L);
  lua_settop(L, 1);
  if (push_line(L, reader, reader.ended)) return ready(L, 1);
  if (reader.ended) return 0;
  return read_block(L, reader);
}

int open_lines(lua_State* L) {
  const char* path = check_path(L, 1);
  check_may_wait(L);
  auto* reader = new (lua_newuserdatauv(L, sizeof(LineReader), 0)) LineReader;
  reader->path = path;
  luaL_setmetatable(L, kLineReader);
  lua_replace(L, 1);
  lua_settop(L, 1);
  return read_block(L, *reader);
}

int close_reader(lua_State* L) {
  LineReader& reader = check_reader(L);
  reader.ended = true;
  reader.file = nullptr;
  reader.text.clear();
  reader.at = 0;
  return 0;
}

int collect_reader(lua_State* L) {
  check_reader(L).~LineReader();
  return forget_metatable(L);
}

// --- walk ---

struct Walker {
  std::unique_ptr<WalkTree> tree;  // null while a request has it, and at the end
  std::vector<WalkTree::Entry> batch;
  std::size_t at = 0;
  bool busy = false;
};

constexpr const char* kWalker = "tidemill.walker";

Walker& check_walker(lua_State* L) { return *static_cast<Walker*>(luaL_checkudata(L, 1, kWalker)); }

int next_entry(lua_State* L);

struct WalkOp final : RequestOp<WalkTree> {
  using RequestOp::RequestOp;
  int give(lua_State* L, WalkTree& done) override {
    auto& walker = *static_cast<Walker*>(lua_touserdata(L, 1));  // checked by after_batch
    walker.batch = std::move(done.batch);
    walker.at = 0;
    if (!done.finished()) walker.tree = std::move(request);
    return 0;
  }
};

int after_batch(lua_State* L, int, lua_KContext) {
  State& state = State::of(L);
  Op* op = state.fiber->op;
  auto* walker = static_cast<Walker*>(luaL_testudata(L, 1, kWalker));
  if (walker == nullptr) return raise_collected(L, state, op);
  walker->busy = false;
  int results = op->finish(L);
  drop_op(state, op);
  return results == Op::kRaise ? lua_error(L) : next_entry(L);
}

/// walker(): path, stat | path, nil, message, errno | nothing at the end
int next_entry(lua_State* L) {
  Walker& walker = check_walker(L);
  lua_settop(L, 1);
  if (walker.at < walker.batch.size()) {
    const WalkTree::Entry& entry = walker.batch[walker.at++];
    lua_pushlstring(L, entry.path.data(), entry.path.size());
    if (entry.error < 0) {
      lua_pushnil(L);
      lua_pushstring(L, uv_strerror(entry.error));
      lua_pushinteger(L, -entry.error);
      return 4;
    }
    push_stat(L, entry.stat);
    return ready(L, 2);
  }
  if (walker.busy) return raise_text(L, "another task is walking with this iterator");
  if (walker.tree == nullptr) return 0;
  check_may_wait(L);
  walker.tree->prepare();
  auto* op = new_op<WalkOp>(L, std::move(walker.tree));
  if (!op->request->start(State::of(L).worker, *op)) {
    drop_op(State::of(L), op);
    return raise_text(L, "cannot start a file request");
  }
  walker.busy = true;
  return park_then(L, op, guarded_continuation<after_batch>);
}

int new_walker(lua_State* L) {
  const char* root = check_path(L, 1);
  auto* walker = new (lua_newuserdatauv(L, sizeof(Walker), 0)) Walker;
  luaL_setmetatable(L, kWalker);
  walker->tree = std::make_unique<WalkTree>(root);
  return 1;
}

int collect_walker(lua_State* L) {
  check_walker(L).~Walker();
  return forget_metatable(L);
}

void define_iterator(lua_State* L, const char* name, lua_CFunction call, lua_CFunction collect,
                     lua_CFunction close) {
  luaL_newmetatable(L, name);
  lua_pushboolean(L, false);  // getmetatable gives nothing away
  lua_setfield(L, -2, "__metatable");
  lua_pushcfunction(L, call);
  lua_setfield(L, -2, "__call");
  lua_pushcfunction(L, collect);
  lua_setfield(L, -2, "__gc");
  if (close != nullptr) {
    lua_pushcfunction(L, close);
    lua_setfield(L, -2, "__close");
  }
  lua_pop(L, 1);
}

}  // namespace

void open_fs(lua_State* L) {
  define_iterator(L, kLineReader, guarded<next_line>, guarded<collect_reader>,
                  guarded<close_reader>);
  define_iterator(L, kWalker, guarded<next_entry>, guarded<collect_walker>, nullptr);
  static const luaL_Reg functions[] = {
      {"read", guarded<read>},         {"write", guarded<write>},
      {"stat", guarded<stat>},         {"open_lines", guarded<open_lines>},
      {"walker", guarded<new_walker>}, {nullptr, nullptr}};
  luaL_setfuncs(L, functions, 0);
}

}  // namespace tidemill::lua
