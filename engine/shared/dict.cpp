#include "engine/shared/dict.hpp"

namespace tidemill {

Dict::Seen Dict::look(const DictKey& key) {
  const std::uint64_t hash = key.hash();
  Shard& shard = shard_of(hash);
  SpinGuard guard(shard.lock);
  const DictEntry* entry = shard.table.find(key, hash);
  if (entry == nullptr) return {{}, 0};
  return {entry->value.share(), entry->stamp};
}

/// The one way in which entries change. `decide` looks at the entry, or null, and says what is to
/// be done; it may be asked twice. To store exchanges `value` with the entry's: what was there
/// before goes, with `value`, when no lock is held any more.
template <class Decide>
void Dict::edit(const DictKey& key, DictValue& value, Decide decide) {
  const std::uint64_t hash = key.hash();
  Shard& shard = shard_of(hash);
  Ref<DictEntry> spare, removed;
  bool lacks_entry = false, lacks_room = false;
  do {
    if (lacks_entry) spare = DictEntry::make(key, hash);
    SpinGuard guard(shard.lock);
    DictEntry* entry = shard.table.find(key, hash);
    const Edit what = decide(entry);
    lacks_entry = what == Edit::store && entry == nullptr && !spare;
    if (lacks_entry || what == Edit::keep) continue;
    if (what == Edit::store) {
      if (entry == nullptr) {
        entry = spare.leak();
        shard.table.insert(entry);
        ++shard.members_changed;
        size_.fetch_add(1, std::memory_order_relaxed);  // see size()
        lacks_room = shard.table.lacks_room();
      }
      std::swap(entry->value, value);
      entry->stamp = ++shard.last_stamp;
    } else if (entry != nullptr) {
      shard.table.remove(entry);
      ++shard.members_changed;
      size_.fetch_sub(1, std::memory_order_relaxed);
      std::swap(entry->value, value);  // whoever lists keys may keep the entry for a while
      removed = Ref<DictEntry>::adopt(entry);
    }
  } while (lacks_entry);
  if (lacks_room) add_room(shard);
}

void Dict::add_room(Shard& shard) {
  std::size_t buckets = 0;
  {
    SpinGuard guard(shard.lock);
    buckets = shard.table.next_segment();
  }
  DictTable::Room room = DictTable::make_room(buckets);
  SpinGuard guard(shard.lock);
  shard.table.give_room(room);
}

void Dict::set(const DictKey& key, DictValue value) {
  const Edit what = value.is_nothing() ? Edit::remove : Edit::store;
  edit(key, value, [what](const DictEntry*) { return what; });
}

bool Dict::remove(const DictKey& key) {
  bool found = false;
  DictValue value;
  edit(key, value, [&found](const DictEntry* entry) {
    found = entry != nullptr;
    return Edit::remove;
  });
  return found;
}

Dict::Sum Dict::add(const DictKey& key, Number& n) {
  {  // what counters do nearly always; half the time of `edit`
    const std::uint64_t hash = key.hash();
    Shard& shard = shard_of(hash);
    SpinGuard guard(shard.lock);
    DictEntry* entry = shard.table.find(key, hash);
    if (entry != nullptr && entry->value.is_number()) {
      n = entry->value.number() + n;
      entry->value = n;
      entry->stamp = ++shard.last_stamp;
      return Sum::done;
    }
  }
  Sum result = Sum::done;
  DictValue sum;
  edit(key, sum, [&](const DictEntry* entry) {
    if (entry != nullptr) {
      if (!entry->value.is_number()) {
        result = Sum::not_a_number;
        return Edit::keep;
      }
      n = entry->value.number() + n;
    }
    sum = n;
    return Edit::store;
  });
  return result;
}

bool Dict::replace(const DictKey& key, std::uint64_t stamp, DictValue& value) {
  const Edit what = value.is_nothing() ? Edit::remove : Edit::store;
  bool unchanged = false;
  edit(key, value, [&](const DictEntry* entry) {
    unchanged = (entry == nullptr ? 0 : entry->stamp) == stamp;
    return unchanged ? what : Edit::keep;
  });
  return unchanged;
}

/// Adds the shard's keys to `keys`, a piece at a time: the shard's `members_changed` at the
/// beginning. Only if it has not changed afterwards are these the keys of one moment.
std::uint64_t Dict::collect(Shard& shard, std::vector<Ref<DictEntry>>& keys) {
  constexpr std::size_t kPiece = 64;
  std::uint64_t members = 0;
  std::size_t classes = 0;
  for (std::size_t at = 0;;) {
    std::size_t crowd = 0;  // in the next class, if they found no room
    {
      SpinGuard guard(shard.lock);
      if (classes == 0) {
        classes = shard.table.classes();
        members = shard.members_changed;
      }
      for (std::size_t taken = 0; at < classes && taken < kPiece; ++at) {
        crowd = 0;
        shard.table.visit_class(at, classes, [&crowd](DictEntry&) { ++crowd; });
        if (crowd > keys.capacity() - keys.size()) break;
        shard.table.visit_class(at, classes, [&](DictEntry& entry) { keys.emplace_back(&entry); });
        taken += crowd;
      }
      if (at == classes) return members;
    }
    if (crowd > keys.capacity() - keys.size()) keys.reserve(2 * keys.capacity() + crowd);
  }
}

/// False if keys were added or removed meanwhile. If not, the list was true from the last shard's
/// turn to the first comparison.
bool Dict::collect_undisturbed(std::vector<Ref<DictEntry>>& keys) {
  std::uint64_t members[kShards];
  for (int i = 0; i < kShards; ++i) members[i] = collect(shards_[i], keys);
  for (int i = 0; i < kShards; ++i) {
    SpinGuard guard(shards_[i].lock);
    if (shards_[i].members_changed != members[i]) return false;
  }
  return true;
}

/// With everybody else kept out; false if there are more than `keys` has room for. (The compiler
/// cannot follow a lock in a loop.)
bool Dict::collect_locked(std::vector<Ref<DictEntry>>& keys) TM_NO_ANALYSIS {
  for (Shard& shard : shards_) shard.lock.lock();
  const bool fits = size() <= keys.capacity();
  for (Shard& shard : shards_) {
    const std::size_t classes = fits ? shard.table.classes() : 0;
    for (std::size_t at = 0; at < classes; ++at) {
      shard.table.visit_class(at, classes, [&](DictEntry& entry) { keys.emplace_back(&entry); });
    }
  }
  for (Shard& shard : shards_) shard.lock.unlock();
  return fits;
}

std::vector<Ref<DictEntry>> Dict::keys() {
  constexpr int kAttempts = 3;
  std::vector<Ref<DictEntry>> keys;
  for (int i = 0; i < kAttempts; ++i) {
    keys.clear();
    keys.reserve(size());
    if (collect_undisturbed(keys)) return keys;
  }
  do {
    keys.clear();
    keys.reserve(size() + size() / 8 + 64);
  } while (!collect_locked(keys));
  return keys;
}

void Dict::clear() {
  for (const Ref<DictEntry>& entry : keys()) remove(entry->key());
}

}  // namespace tidemill
