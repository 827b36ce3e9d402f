// tm.select and channel:sending.
//
// While a select waits, the stack of its call holds for every case its key and its value, so that
// the caller's table may be changed. A case's number, which is the key of its Waiter, leads to
// both. The debug library lets scripts change them too: so the op holds the objects itself.
#include <algorithm>
#include <cstring>

#include "bindings/channel.hpp"
#include "bindings/errors.hpp"
#include "bindings/frozen.hpp"
#include "bindings/library.hpp"
#include "bindings/memory.hpp"
#include "bindings/park.hpp"
#include "bindings/state.hpp"
#include "engine/sync/channel.hpp"
#include "engine/sync/event.hpp"
#include "engine/sync/pipe.hpp"
#include "engine/sync/queue.hpp"
#include "engine/sync/select.hpp"
#include "tidemill/engine.hpp"

namespace tidemill::lua {

namespace {

// --- channel:sending ---

constexpr const char* kSending = "sending";

/// The userdata that describes a send. User values: the channel, then what is to be sent.
struct Sending {
  const void* tag;  ///< &sending_tag: an address in this program, so no other userdata has it
  int values;
};
const char sending_tag = 0;

const Sending* to_sending(lua_State* L, int index) {
  if (lua_type(L, index) != LUA_TUSERDATA || lua_rawlen(L, index) != sizeof(Sending)) {
    return nullptr;
  }
  auto* sending = static_cast<const Sending*>(lua_touserdata(L, index));
  return sending->tag == &sending_tag ? sending : nullptr;
}

int sending(lua_State* L) {
  check<Channel>(L, 1, HandleKind::channel);
  luaL_argcheck(L, !lua_isnoneornil(L, 2), 2, "the first value sent must not be nil");
  const int count = lua_gettop(L);
  constexpr int kMost = 65534;  // user values of a userdata
  luaL_argcheck(L, count <= kMost, kMost, "too many values");
  auto* sending = static_cast<Sending*>(lua_newuserdatauv(L, sizeof(Sending), count));
  *sending = {&sending_tag, count - 1};
  lua_insert(L, 1);
  for (int i = count; i > 0; --i) lua_setiuservalue(L, 1, i);
  luaL_setmetatable(L, kSending);
  return 1;
}

/// sending on channel "jobs" 3/16 open
int sending_tostring(lua_State* L) {
  luaL_checkudata(L, 1, kSending);
  lua_pushliteral(L, "sending on ");
  lua_getiuservalue(L, 1, 1);
  luaL_tolstring(L, -1, nullptr);
  lua_remove(L, -2);
  lua_concat(L, 2);
  return 1;
}

/// The object of the handle at `index`; null if that is beyond use, in a finaliser.
Shared* object_at(lua_State* L, int index) {
  return static_cast<Handle*>(lua_touserdata(L, index))->object;
}

/// The channel of the sending at `index`, which keeps it alive; or null, as object_at.
Channel* channel_of(lua_State* L, int index) {
  lua_getiuservalue(L, index, 1);
  Shared* channel = object_at(L, -1);
  lua_pop(L, 1);
  return static_cast<Channel*>(channel);
}

// --- the cases on the stack ---

constexpr int kFirstCase = 3;  // above the table and the timeout
int key_at(std::uint32_t number) { return kFirstCase + 2 * static_cast<int>(number); }
int value_at(std::uint32_t number) { return key_at(number) + 1; }

/// How a message calls the case whose key is at `index`: pushes "case 1" or "case 'name'".
const char* push_case_name(lua_State* L, int index) {
  if (lua_type(L, index) == LUA_TSTRING) {
    return lua_pushfstring(L, "case '%s'", lua_tostring(L, index));
  }
  lua_pushvalue(L, index);
  const char* number = lua_tostring(L, -1);
  lua_pushfstring(L, "case %s", number);
  lua_remove(L, -2);
  return lua_tostring(L, -1);
}

struct Counts {
  std::uint32_t cases = 0, sends = 0, names = 0;
};

bool can_be_case(HandleKind kind) {
  return kind == HandleKind::channel || kind == HandleKind::task || kind == HandleKind::event ||
         kind == HandleKind::queue || kind == HandleKind::pipe;
}

/// Pushes key and value of every case in the table at 1, all of them checked.
Counts push_cases(lua_State* L) {
  Counts counts;
  for (lua_pushnil(L); lua_next(L, 1) != 0; lua_pushvalue(L, -2)) {
    luaL_checkstack(L, 8, "too many cases");
    const int key = lua_gettop(L) - 1, value = key + 1;
    if (lua_type(L, key) == LUA_TSTRING) {
      ++counts.names;
    } else if (!lua_isinteger(L, key)) {
      luaL_argerror(L, 1,
                    lua_pushfstring(L, "the key of a case must be a string or an integer, not a %s",
                                    luaL_typename(L, key)));
    }
    const bool sends = to_sending(L, value) != nullptr;
    const HandleKind kind = sends ? HandleKind::channel : handle_kind(L, value);
    if (!can_be_case(kind)) {
      const char* name = push_case_name(L, key);
      const char* found =
          kind == HandleKind::count ? luaL_typename(L, value) : luaL_tolstring(L, value, nullptr);
      luaL_argerror(
          L, 1,
          lua_pushfstring(
              L,
              "%s: expected a channel, channel:sending(...), a task, an event, a queue or a pipe "
              "end, got %s",
              name, found));
    }
    if ((sends ? channel_of(L, value) : object_at(L, value)) == nullptr) {
      luaL_argerror(L, 1, lua_pushfstring(L, "%s was collected", push_case_name(L, key)));
    }
    if (kind == HandleKind::pipe &&
        static_cast<PipeEnd*>(object_at(L, value))->inbound() == nullptr) {
      luaL_argerror(L, 1, lua_pushfstring(L, "%s only sends", push_case_name(L, key)));
    }
    if (sends) ++counts.sends;
    ++counts.cases;
  }
  return counts;
}

// --- the call ---

/// Followed in memory by the cases in the order in which they are numbered when one is chosen, the
/// same in the order of locks, the cases themselves, and the parcels of those that send.
class SelectOp final : public Op {
 public:
  static std::size_t extra_bytes(const Counts& counts) {
    return counts.cases * (2 * sizeof(SelectCase*) + sizeof(Slot)) + counts.sends * sizeof(Payload);
  }
  SelectOp(Task& self, const Counts& counts) : Op(self), counts_(counts) {
    std::uninitialized_default_construct_n(parcels(), counts.sends);
  }
  ~SelectOp() override {
    for (SelectCase* each : cases()) {
      Shared* object = slot_of(*each).object;
      each->~SelectCase();
      object->release();
    }
    std::destroy_n(parcels(), counts_.sends);
  }

  /// Makes the cases of what is on the stack. Pushes an error and gives false if something cannot
  /// be sent.
  bool build(lua_State* L);
  Selection run(Chooser& chooser, bool may_wait) {
    return select(cases(), {pointers() + counts_.cases, counts_.cases}, chooser, may_wait);
  }
  /// Pushes what the script gets, as finish.
  int push_results(lua_State* L, Outcome outcome, std::uint32_t number);

  int finish(lua_State* L) override {
    detach();  // the cases that lost
    return push_results(L, outcome(), key);
  }
  void detach() override {
    for (SelectCase* each : cases()) tidemill::detach(each->waiter);
  }
  std::string describe() const override;

 private:
  struct Slot {
    alignas(
        void*) std::byte memory[std::max({sizeof(ReceiveCase), sizeof(SendCase), sizeof(EndCase),
                                          sizeof(EventCase), sizeof(GetCase)})];
    Shared* object;    ///< with a count
    HandleKind gives;  ///< count: it is a channel that is sent on
  };
  SelectCase** pointers() { return reinterpret_cast<SelectCase**>(this + 1); }
  std::span<SelectCase*> cases() { return {pointers(), built_}; }
  const Slot* slots() const { return const_cast<SelectOp*>(this)->slots(); }
  Slot* slots() { return reinterpret_cast<Slot*>(pointers() + 2 * counts_.cases); }
  Slot& slot_of(const SelectCase& made) { return slots()[made.waiter.key]; }
  Payload* parcels() { return reinterpret_cast<Payload*>(slots() + counts_.cases); }

  const Counts counts_;
  std::uint32_t built_ = 0;
  Payload received_;  // whichever case it is
};

/// What a case is about, in words.
std::string case_title(HandleKind gives, const Shared& object) {
  const auto named = [](const char* what, const char* unnamed, const std::string& name) {
    return name.empty() ? unnamed : std::string(what) + " \"" + name + '"';
  };
  switch (gives) {
    case HandleKind::count:
      return "sending on " +
             named("channel", "a channel", static_cast<const Channel&>(object).name());
    case HandleKind::channel:
      return named("channel", "a channel", static_cast<const Channel&>(object).name());
    case HandleKind::queue:
      return named("queue", "a queue", static_cast<const Queue&>(object).name());
    case HandleKind::pipe: {
      const Queue* inbound = static_cast<const PipeEnd&>(object).inbound();
      return named("pipe", "a pipe", inbound->name());
    }
    case HandleKind::event:
      return "an event";
    default:
      return static_cast<const Task&>(object).title();
  }
}

std::string SelectOp::describe() const {
  constexpr std::uint32_t kMost = 8;  // of a hundred cases nobody reads the names
  std::string text = counts_.cases == 1
                         ? "the one case of select ("
                         : "one of " + std::to_string(counts_.cases) + " cases of select (";
  for (std::uint32_t i = 0; i < std::min(built_, kMost); ++i) {
    if (i > 0) text += ", ";
    text += case_title(slots()[i].gives, *slots()[i].object);
  }
  return text + (built_ > kMost ? ", ...)" : ")");
}

bool SelectOp::build(lua_State* L) {
  State& state = State::of(L);
  Payload* parcel = parcels();
  while (built_ < counts_.cases) {
    const int value = value_at(built_);
    Slot* slot = slots() + built_;
    SelectCase* made = nullptr;
    HandleKind kind = HandleKind::count;
    Shared* object = nullptr;
    if (const Sending* sending = to_sending(L, value)) {
      luaL_checkstack(L, sending->values, "too many values");
      const int top = lua_gettop(L);
      for (int i = 1; i <= sending->values; ++i) lua_getiuservalue(L, value, i + 1);
      if (!state.encoder.encode(L, top + 1, sending->values, {"argument", 1}, *parcel)) {
        const char* name = push_case_name(L, key_at(built_));
        push_error(L, 1, "transfer", "%s: %s", name, state.encoder.failure().c_str());
        return false;
      }
      lua_settop(L, top);
      object = channel_of(L, value);
      made = new (slot) SendCase(*this, static_cast<Channel&>(*object), *parcel++);
    } else {
      object = object_at(L, value);
      kind = handle_kind(L, value);
      switch (kind) {
        case HandleKind::channel:
          made = new (slot) ReceiveCase(*this, static_cast<Channel&>(*object), received_);
          break;
        case HandleKind::event:
          made = new (slot) EventCase(*this, static_cast<Event&>(*object));
          break;
        case HandleKind::queue:
          made = new (slot) GetCase(*this, static_cast<Queue&>(*object), received_);
          break;
        case HandleKind::pipe:
          made = new (slot) GetCase(*this, *static_cast<PipeEnd&>(*object).inbound(), received_);
          break;
        default: {
          auto& awaited = static_cast<Task&>(*object);
          if (&awaited == &task()) {
            const char* name = push_case_name(L, key_at(built_));
            push_error(L, 1, "deadlock", "%s: task #%d waits for itself", name,
                       static_cast<int>(awaited.id()));
            return false;
          }
          made = new (slot) EndCase(*this, awaited);
        }
      }
    }
    object->retain();
    slot->object = object;
    slot->gives = kind;
    made->waiter.key = built_;
    pointers()[built_++] = made;
  }
  // A table gives its names in an order that differs from run to run; a seed has to fix the choice.
  if (counts_.names > 0) {
    std::sort(pointers(), pointers() + built_, [L](SelectCase* a, SelectCase* b) {
      const int left = key_at(a->waiter.key), right = key_at(b->waiter.key);
      const bool left_named = lua_type(L, left) == LUA_TSTRING;
      const bool right_named = lua_type(L, right) == LUA_TSTRING;
      if (left_named != right_named) return right_named;
      if (!left_named) return lua_tointeger(L, left) < lua_tointeger(L, right);
      return std::strcmp(lua_tostring(L, left), lua_tostring(L, right)) < 0;
    });
  }
  return true;
}

int SelectOp::push_results(lua_State* L, Outcome outcome, std::uint32_t number) {
  switch (outcome) {
    case Outcome::pending:  // a poll that found nothing
    case Outcome::timeout:
      lua_pushnil(L);
      lua_pushliteral(L, "timeout");
      return 2;
    case Outcome::value:
    case Outcome::closed:
      break;
    default:
      return raise_cancelled(L, task());
  }
  const Slot& chosen = slots()[number];
  const bool sends = chosen.gives == HandleKind::count;
  if (outcome == Outcome::closed && sends) {
    push_closed(L, static_cast<const Channel&>(*chosen.object));
    return kRaise;
  }
  lua_pushvalue(L, key_at(number));
  if (outcome == Outcome::closed) {
    lua_pushnil(L);
    lua_pushliteral(L, "closed");
    return 3;
  }
  if (sends) {
    lua_pushboolean(L, 1);
    return 2;
  }
  switch (chosen.gives) {
    case HandleKind::channel:
    case HandleKind::queue:
    case HandleKind::pipe:
      return 1 + State::of(L).decoder.decode(L, received_);
    default:  // a task or an event
      lua_pushvalue(L, value_at(number));
      return 2;
  }
}

int select(lua_State* L) {
  luaL_checktype(L, 1, LUA_TTABLE);
  // Its cases are not in the table that stands for it.
  luaL_argcheck(L, frozen_at(L, 1) == nullptr, 1,
                "a plain table of cases expected, got a frozen table");
  const Timeout timeout = check_timeout(L, 2);
  const bool may_wait = !timeout.poll();
  lua_settop(L, 2);
  const Counts counts = push_cases(L);
  luaL_argcheck(L, counts.cases > 0, 1, "no case to wait for");
  if (may_wait) {
    check_may_wait(L);
  } else {
    check_cancelled(L);
  }
  State& state = State::of(L);
  auto* op = new_op_with<SelectOp>(L, SelectOp::extra_bytes(counts), counts);
  int results = Op::kRaise;
  if (op->build(L)) {
    Selection selection;
    if (!within_memory([&] { selection = op->run(state.worker.engine().chooser(), may_wait); })) {
      drop_op(state, op);
      return raise_no_memory(L);
    }
    if (selection.outcome == Outcome::pending && may_wait) return park(L, op, timeout);
    results = op->push_results(L, selection.outcome, selection.key);
  }
  drop_op(state, op);
  if (results == Op::kRaise) return lua_error(L);
  return may_wait ? ready(L, results) : results;
}

}  // namespace

void open_select(lua_State* L) {
  luaL_newmetatable(L, kSending);
  lua_pushcfunction(L, guarded<sending_tostring>);
  lua_setfield(L, -2, "__tostring");
  lua_pushboolean(L, false);
  lua_setfield(L, -2, "__metatable");
  lua_pop(L, 1);
  lua_getfield(L, -1, "channel_methods");
  lua_pushcfunction(L, guarded<sending>);
  lua_setfield(L, -2, "sending");
  lua_pop(L, 1);
  lua_pushnil(L);
  lua_setfield(L, -2, "channel_methods");
  lua_pushcfunction(L, guarded<select>);
  lua_setfield(L, -2, "select");
}

}  // namespace tidemill::lua
