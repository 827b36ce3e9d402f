// What one worker of a pipeline has of its Links: the chunk it reads and the chunk it fills.
//
// A chunk holds items in a form of its own: a tag, and the bytes of small values; anything else is
// a parcel beside the bytes. Each item is packed when it is added, not when the chunk goes: a
// function may give the same table again and again, and change it in between.
//
// A Port belongs to one state. The worker's task uses it, and now and then another task of the same
// state that sends a chunk off before it is full (`put` with it counts for nobody's time).
#pragma once

#include <cstdint>
#include <memory>
#include <utility>

#include "bindings/lua.hpp"
#include "engine/base/ref.hpp"
#include "engine/sync/link.hpp"

namespace tidemill::lua {

/// What became of an item that was to be added.
enum class Added : std::uint8_t {
  yes,
  refused,    ///< the reason is in the state's encoder
  no_memory,  ///< nothing has changed
};

class Port final : public Shared {
 public:
  /// Without `in` it is a source's, without `out` a sink's. `batch`: items are put together into
  /// lists of so many; 0: they are not.
  Port(Ref<Link> in, Ref<Link> out, std::uint32_t batch, Nanoseconds now)
      : in_(std::move(in)), out_(std::move(out)), batch_(batch), since_(now) {}

  Link* in() const { return in_.get(); }
  Link* out() const { return out_.get(); }
  bool is_source() const { return in_ == nullptr; }

  // --- reading ---

  /// The chunk read last, to be used again; null after the first call.
  std::unique_ptr<Chunk> take_read() {
    if (reading_ != nullptr) reading_->clear();
    return std::move(reading_);
  }
  void begin(std::unique_ptr<Chunk> chunk);
  std::uint32_t items() const { return reading_ == nullptr ? 0 : reading_->items; }
  /// Unpacks the items of the chunk into the table at `index`, 1 to n. What cannot be unpacked is
  /// an error in a second table, which is pushed; else nothing is. May raise for lack of memory.
  bool unpack(lua_State* L, int index);

  // --- writing ---

  /// Adds the value at `index`, which is not nil, under the number of the item at work. May raise.
  Added add(lua_State* L, int index, const char* noun);
  /// The item at work is done.
  void advance(std::uint64_t n = 1) { done_ += n; }
  std::uint64_t done() const { return done_; }
  /// The number in the source of the item at work, or of another of the chunk, from 0.
  std::uint64_t origin() const { return is_source() ? done_ + 1 : origin(done_); }
  std::uint64_t origin(std::uint64_t at) const;
  /// Whether a piece should go now.
  bool full() const { return building_ != nullptr && is_full(*building_); }
  void set_limit(std::uint32_t items) { limit_ = items; }
  /// Whether there is anything to put, be it only the end of a number.
  bool must_go(bool last) const {
    return (building_ != nullptr && building_->items > 0) || (last && out_->ordered());
  }
  /// Whether somebody is to be told that there is a chunk which could go before it is full; once
  /// until `disarm`.
  bool arm() {
    if (armed_ || building_ == nullptr || building_->items == 0 || done_ == items()) return false;
    return armed_ = true;
  }
  void disarm() { armed_ = false; }
  /// Nobody will ever have to be told.
  void never_arm() { armed_ = true; }
  /// What must go; null if there is nothing, or no memory for the end of a number.
  std::unique_ptr<Chunk> take_built(bool last);
  /// Keeps an empty chunk that came back.
  void reuse(std::unique_ptr<Chunk> chunk) {
    if (building_ == nullptr) building_ = std::move(chunk);
  }
  /// Takes back a chunk that was not put; it goes before what was added since. False: no memory.
  bool give_back(std::unique_ptr<Chunk> chunk);
  /// The items that are left over of a list become a shorter one: false if there is no memory.
  bool close_batch();
  /// No more is to come: true once.
  bool finish() { return !std::exchange(finished_, true); }

  // --- time ---

  /// Whatever passed since the last call was work. `computed`: and nothing else, not even a wait.
  void note_busy(Nanoseconds now, bool computed) {
    spent_.busy += now - since_;
    if (computed) spent_.computed += now - since_;
    since_ = now;
  }
  /// The worker's activity when work began.
  void begin_work(std::uint32_t activity) { activity_ = activity; }
  std::uint32_t activity() const { return activity_; }
  void note_wait(std::int64_t Link::Account::*as, Nanoseconds served, Nanoseconds now) {
    spent_.*as += served - since_;
    spent_.ready += now - served;
    since_ = now;
  }
  /// Passes on what was noted.
  void settle_account();

 private:
  ~Port() override = default;
  bool is_full(const Chunk& chunk) const {
    return chunk.items >= limit_ || chunk.bytes.size() >= kPieceBytes;
  }
  Added append(lua_State* L, int index, const char* noun, Chunk& to);
  void finish_list();
  bool unpack_one(lua_State* L, std::size_t& at, std::size_t& parcel);

  static constexpr std::size_t kPieceBytes = 64 * 1024;

  const Ref<Link> in_, out_;
  std::unique_ptr<Chunk> reading_, building_;
  Chunk list_;  // of a batch that is not complete
  const std::uint32_t batch_;
  std::uint32_t limit_ = UINT32_MAX;
  std::uint32_t unpacked_ = 0;            // how far the table of items is filled
  std::uint64_t done_ = 0;                // of the chunk; of a source: since the start
  std::uint64_t made_ = 0, settled_ = 0;  // for the account
  bool armed_ = false;
  Link::Account spent_;
  Nanoseconds since_;
  std::uint32_t activity_ = 0;
  bool finished_ = false;
};

}  // namespace tidemill::lua
