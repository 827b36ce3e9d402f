// A dictionary that tasks of any worker and host threads share: keys to parcels.
//
// It is divided into shards by the hash of the key, each a table under a lock of its own, so that
// those who use different keys hardly ever meet. A SpinLock: nothing under it allocates, frees,
// calls out, or copies more than a few bytes. What an operation puts in is made before, what it
// drops is destroyed after. A value that came in larger than a few words is never changed again,
// and reading it takes a reference (DictValue).
//
// Invariants, under a shard's lock
//  D1  An entry is in the table if and only if it has a value.
//  D2  Each time an entry gets a value its `stamp` is a number the shard has not used before. So a
//      change that was prepared without the lock holds if the stamp is still the one seen then
//      (`replace`). An absent key has the stamp 0.
//  D3  `members_changed` has another value after every change of which keys there are.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "engine/base/spin_lock.hpp"
#include "engine/base/thread_annotations.hpp"
#include "engine/shared/dict_table.hpp"

namespace tidemill {

class Dict final : public Shared {
 public:
  Dict() = default;

  // All: any thread; none blocks. Each is one step for everybody else, but for `clear`.

  struct Seen {
    DictValue value;  ///< nothing if there is no such key
    std::uint64_t stamp;
  };
  Seen look(const DictKey& key);
  /// Nothing as a value removes the key.
  void set(const DictKey& key, DictValue value);
  /// Whether there was one.
  bool remove(const DictKey& key);

  enum class Sum : std::uint8_t {
    done,
    not_a_number,  ///< the value is something else: no change
  };
  /// Adds `n` to the number under `key`, 0 if there is none. `n` becomes the new number.
  Sum add(const DictKey& key, Number& n);
  /// As set, if the key has not changed since it had this stamp: whether that was so. Then `value`
  /// becomes what was there before, otherwise it stays.
  bool replace(const DictKey& key, std::uint64_t stamp, DictValue& value);

  std::size_t size() const {
    // relaxed: it is changed under the lock of the shard, which orders it for those who have seen
    // the change there; nothing else depends on it
    return size_.load(std::memory_order_relaxed);
  }
  /// The keys as they are at one moment, in no order. If others keep adding and removing keys, that
  /// moment stops them for as long as it takes to copy as many pointers.
  std::vector<Ref<DictEntry>> keys();
  /// Removes every key that is there at the beginning, one after the other.
  void clear();

 private:
  static constexpr int kShardBits = 5;
  static constexpr int kShards = 1 << kShardBits;

  // Two lines: the processor fetches them in pairs.
  struct alignas(128) Shard {
    SpinLock lock;
    std::uint64_t last_stamp TM_GUARDED_BY(lock) = 0;
    std::uint64_t members_changed TM_GUARDED_BY(lock) = 0;
    DictTable table TM_GUARDED_BY(lock);
  };

  enum class Edit : std::uint8_t { keep, store, remove };

  ~Dict() override = default;
  Shard& shard_of(std::uint64_t hash) { return shards_[hash >> (64 - kShardBits)]; }
  template <class Decide>
  void edit(const DictKey& key, DictValue& value, Decide decide);
  void add_room(Shard& shard);
  std::uint64_t collect(Shard& shard, std::vector<Ref<DictEntry>>& keys);
  bool collect_undisturbed(std::vector<Ref<DictEntry>>& keys);
  bool collect_locked(std::vector<Ref<DictEntry>>& keys);

  Shard shards_[kShards];
  std::atomic<std::size_t> size_{0};  // of all shards; written under the lock of one
};

}  // namespace tidemill
