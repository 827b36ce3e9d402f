#include "engine/shared/dict_table.hpp"

#include <new>

namespace tidemill {

Ref<DictEntry> DictEntry::make(const DictKey& key, std::uint64_t hash) {
  void* memory = ::operator new(sizeof(DictEntry) + key.text.size());
  auto* entry = new (memory) DictEntry(key, hash);
  if (!key.text.empty()) {
    std::memcpy(static_cast<char*>(memory) + sizeof(DictEntry), key.text.data(), key.text.size());
  }
  if (key.kind == DictKey::Kind::object) key.object()->retain();
  return Ref<DictEntry>::adopt(entry);
}

DictEntry::~DictEntry() {
  if (kind_ != DictKey::Kind::object) return;
  Shared* object = key().object();
  release_each({&object, 1});
}

void DictEntry::destroy() {
  this->~DictEntry();
  ::operator delete(this);
}

DictTable::~DictTable() {
  for (std::size_t i = 0; i < buckets_; ++i) {
    for (DictEntry* entry = *bucket(i); entry != nullptr;) {
      std::exchange(entry, entry->next)->release();
    }
  }
}

void DictTable::insert(DictEntry* entry) {
  DictEntry** head = bucket(index_of(entry->hash));
  entry->next = *head;
  *head = entry;
  ++size_;
  for (int i = 0; i < 2 && size_ > buckets_ && has_bucket(buckets_); ++i) split();
}

void DictTable::remove(DictEntry* entry) {
  DictEntry** link = bucket(index_of(entry->hash));
  while (*link != entry) link = &(*link)->next;
  *link = entry->next;
  --size_;
}

/// Adds bucket n = buckets_, with what belongs there of bucket n - m.
void DictTable::split() {
  const std::size_t n = buckets_, m = std::bit_floor(n);
  DictEntry** from = bucket(n - m);
  DictEntry** to = bucket(n);
  ++buckets_;
  while (*from != nullptr) {
    if (index_of((*from)->hash) == n) {
      DictEntry* moved = *from;
      *from = moved->next;
      moved->next = *to;
      *to = moved;
    } else {
      from = &(*from)->next;
    }
  }
}

DictTable::Room DictTable::make_room(std::size_t buckets) {
  Room room;
  room.buckets = buckets;
  // calloc: the kernel gives large blocks as zeros, a page when it is touched.
  room.segment.reset(static_cast<DictEntry**>(std::calloc(buckets, sizeof(DictEntry*))));
  if (buckets == kFirst) room.directory.reset(new (std::nothrow) Segment[kSegments]);
  return room;
}

void DictTable::give_room(Room& room) {
  if (directory_ == nullptr) directory_ = std::move(room.directory);
  if (directory_ == nullptr) return;
  Segment& place = directory_[segment_of(room.buckets)];
  if (place == nullptr) place = std::move(room.segment);
}

}  // namespace tidemill
