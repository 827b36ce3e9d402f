// A hash table that never does much at a time, because it is used under a SpinLock: no operation
// allocates or frees, and none moves more than the entries of two buckets.
//
// It grows by linear hashing. With n buckets, m <= n < 2m, m a power of two, an entry is in bucket
// hash mod 2m, or hash mod m where that is n or more. To grow by one, bucket n - m is split: its
// entries stay or go to bucket n. Every insertion splits up to two until there is a bucket per
// entry. Buckets are in segments, each as large as all before, so that none ever moves; the memory
// for the next is allocated by the caller without the lock (`lacks_room`, `give_room`). Without it
// the table works on with longer chains.
//
// T1  An entry whose hash is c modulo m at one time is in one of the buckets c, c + m, c + 2m, ...
//     ever after ("class c of m"), because n and m never become smaller. So whoever visits the
//     classes of one m one after the other, with changes in between, meets each entry that stays
//     exactly once.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>

#include "engine/shared/dict_value.hpp"

namespace tidemill {

/// A key and its value. The key does not change; the rest belongs to the table's lock. Shared with
/// those who list the keys.
class DictEntry final : public Shared {
 public:
  /// One that holds a copy of `key`: a text, or a count of an object.
  static Ref<DictEntry> make(const DictKey& key, std::uint64_t hash);

  /// For as long as the entry lives.
  DictKey key() const {
    DictKey key{kind_, tag_, bits_, {}};
    if (kind_ == DictKey::Kind::text) key.text = {text(), bits_};
    return key;
  }
  bool has(const DictKey& key, std::uint64_t key_hash) const {
    return hash == key_hash && kind_ == key.kind && bits_ == key.bits &&
           (kind_ != DictKey::Kind::text || std::memcmp(text(), key.text.data(), bits_) == 0);
  }

 private:
  DictEntry(const DictKey& key, std::uint64_t hash)
      : kind_(key.kind), tag_(key.tag), bits_(key.bits), hash(hash) {}
  ~DictEntry() override;
  void destroy() override;
  const char* text() const { return reinterpret_cast<const char*>(this + 1); }  // behind it

  const DictKey::Kind kind_;
  const std::uint8_t tag_;
  const std::uint64_t bits_;

 public:
  const std::uint64_t hash;
  DictEntry* next = nullptr;
  DictValue value;
  std::uint64_t stamp = 0;  ///< see Dict
};

class DictTable {
 public:
  DictTable() = default;
  DictTable(const DictTable&) = delete;
  DictTable& operator=(const DictTable&) = delete;
  ~DictTable();

  DictEntry* find(const DictKey& key, std::uint64_t hash) const {
    DictEntry* entry = *bucket_of(hash);
    while (entry != nullptr && !entry->has(key, hash)) entry = entry->next;
    return entry;
  }
  /// Takes over the count. There must be none with this key.
  void insert(DictEntry* entry);
  /// Gives the count back.
  void remove(DictEntry* entry);

  // Classes: see T1.
  std::size_t classes() const { return std::bit_floor(buckets_); }
  /// Calls `visit` for every entry in class `at` of `classes`; it may remove that entry.
  template <class Visit>
  void visit_class(std::size_t at, std::size_t classes, Visit visit) {
    for (; at < buckets_; at += classes) {
      for (DictEntry* entry = *bucket(at); entry != nullptr;) {
        DictEntry* next = entry->next;
        visit(*entry);
        entry = next;
      }
    }
  }

  struct Free {
    void operator()(void* memory) const { std::free(memory); }
  };
  using Segment = std::unique_ptr<DictEntry*[], Free>;
  static constexpr int kSegments = 40;
  using Directory = std::unique_ptr<Segment[]>;
  /// What a growing table needs.
  struct Room {
    std::size_t buckets = 0;  ///< how many the segment has; also says which it is
    Segment segment;
    Directory directory;
  };

  /// Whether it would grow if it had room.
  bool lacks_room() const { return size_ > buckets_ && !has_bucket(buckets_); }
  /// How many buckets its next segment has.
  std::size_t next_segment() const { return std::bit_floor(buckets_); }
  /// What `give_room` takes; without the lock. Has no segment if there is no memory.
  static Room make_room(std::size_t buckets);
  /// Takes from `room` what is still missing.
  void give_room(Room& room);

 private:
  static constexpr std::size_t kFirst = 8;

  // Segment s > 0 has the buckets from kFirst << (s - 1) on, as many as that is.
  static int segment_of(std::size_t bucket) {
    return static_cast<int>(std::bit_width(bucket / kFirst)) - 1;
  }
  bool has_bucket(std::size_t at) const {
    return at < kFirst || (directory_ != nullptr && directory_[segment_of(at)] != nullptr);
  }
  DictEntry** bucket(std::size_t at) {
    if (at < kFirst) return &first_[at];
    return &directory_[segment_of(at)][at - std::bit_floor(at)];
  }
  DictEntry* const* bucket(std::size_t at) const {
    return const_cast<DictTable*>(this)->bucket(at);
  }
  std::size_t index_of(std::uint64_t hash) const {
    const std::size_t m = std::bit_floor(buckets_);
    const std::size_t at = hash & (2 * m - 1);
    return at < buckets_ ? at : hash & (m - 1);
  }
  DictEntry* const* bucket_of(std::uint64_t hash) const { return bucket(index_of(hash)); }
  void split();

  std::size_t size_ = 0;
  std::size_t buckets_ = kFirst;
  Directory directory_;
  DictEntry* first_[kFirst] = {};
};

}  // namespace tidemill
