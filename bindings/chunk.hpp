// What a map over a pool sends out and gets back: chunks of items, and their results.
//
// A Chunk is one object on both sides. The caller fills it, one job works on it, the caller empties
// it; `owner_` hands it over, so that two states never use it at a time, whatever scripts do:
//
//   filling ──send──▶ sent ──begin──▶ running ──end──▶ ended ──open──▶ open
//   caller             nobody          job              nobody           caller
//
// A job that is cancelled leaves it running: then nobody opens it.
//
// Each item and each result is packed on its own, scalars as bytes, anything else as a parcel. So
// it is a copy of the value as it was then, what cannot cross is refused alone, and a job may stop
// after any item: the rest is a chunk of its own (`rest`) that can be cut into smaller ones
// (`cut`), which share the packed items and differ in where they begin.
//
// Invariants
//   1. done <= count; the results are those of items [first, first + done).
//   2. Nothing is added to Values while they are read: items only while filling, results only
//      while running.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <vector>

#include "bindings/lua.hpp"
#include "bindings/transfer/byte_buffer.hpp"
#include "bindings/transfer/codec.hpp"
#include "engine/base/clock.hpp"
#include "engine/base/payload.hpp"
#include "engine/base/ref.hpp"

namespace tidemill::lua {

/// Values in a row, each packed on its own. Never seen by anything but this process, so the bytes
/// are trusted.
class Values {
 public:
  /// Of a value, or of the mark before one.
  struct Place {
    std::size_t byte = 0, parcel = 0;
  };
  /// What is written before a value that is not simply one result of an item.
  enum class Mark : std::uint8_t {
    none,
    many,    ///< as many values as it says follow, all of one item
    failed,  ///< an error follows
  };

  /// Packs the value at `index`; raises if there is not enough memory. False if it cannot cross:
  /// then Encoder::failure() says why.
  bool put(lua_State* L, int index, Root root);
  void put_mark(lua_State* L, Mark mark, std::uint32_t count = 0);
  Place end() const { return {bytes_.size(), parcels_.size()}; }
  /// Takes back what was put after `place` was the end.
  void truncate(Place place);

  Mark mark_at(Place& place, std::uint32_t& count) const;
  /// Pushes the value at `place`, which moves on first. May raise, if it cannot be rebuilt here.
  void push(lua_State* L, Place& place, Decoder::Environment environment);
  void skip(Place& place) const;
  /// Bytes, those of long strings included.
  std::size_t weight() const { return bytes_.size() + parcel_bytes_; }
  void reserve(std::size_t bytes);
  void clear();

 private:
  ByteBuffer bytes_;
  std::vector<Payload> parcels_;
  Payload packing_;  // never moves: the encoder may come back here while it packs
  std::size_t parcel_bytes_ = 0;
};

class State;

class Chunk final : public Shared {
 public:
  /// Of the items `first`, `first` + 1, ...; `count` of them if each item is its own number.
  Chunk(State& owner, lua_Integer first, std::uint32_t numbers);

  enum class Phase : std::uint8_t { filling, sent, running, ended, open };

  /// Raises unless the chunk is in `phase`, owned by the calling state.
  static Chunk& check(lua_State* L, int index, Phase phase);
  /// From `from`, which nobody owns, to `to`, which the calling state does: false if it is not so.
  bool take_over(lua_State* L, Phase from, Phase to);
  void give_up(Phase to);

  /// A refusal travels as an item: whoever comes to it raises it.
  struct Items final : Shared {
    Values values;
  };

  lua_Integer first;
  std::uint32_t count = 0, done = 0;
  Ref<Items> items;      ///< null: the items are their numbers
  Values::Place next{};  ///< of the item that is neither done nor being worked on

  // running
  Values::Place kept{};  ///< the end of the results of whole items
  Nanoseconds begun = 0, budget = 0, looked_at = 0;
  std::uint32_t look_after = 0;  ///< items done

  // open
  Values results;
  Values::Place read{};
  std::uint32_t taken = 0;  ///< results that were read
  bool failed = false;      ///< the last result is an error, and what follows was not begun
  bool reading = false;     ///< a value is being rebuilt
  std::string trace;        ///< of that error
  Nanoseconds elapsed = 0;

 private:
  ~Chunk() override = default;
  std::atomic<State*> owner_;
  std::atomic<Phase> phase_;
};

}  // namespace tidemill::lua
