// Many readers or one writer, tasks of any worker and host threads, owner-checked (see mutex.hpp
// for owners). Readers and writers stand in one line: whoever comes while somebody waits stands
// behind, so neither kind is starved. Only one who reads already may read again at once: the writer
// in between waits for this very reader.
//
// Invariants, under lock_
//  R1  writer_ is set ⇒ nobody reads
//  R2  the first who waits is a reader ⇒ writer_ is set; a writer ⇒ writer_ is set or somebody
//      reads. Who leaves the line therefore calls `withdraw`, which lets in those behind.
//  R3  broken_ ⇒ nobody waits
#pragma once

#include <cstdint>
#include <vector>

#include "engine/base/ref.hpp"
#include "engine/base/thread_annotations.hpp"
#include "engine/sync/access.hpp"
#include "engine/sync/mutex.hpp"
#include "engine/sync/wait.hpp"

namespace tidemill {

class RwLock final : public Shared {
 public:
  struct Stats {
    OwnerId writer;
    std::size_t readers, waiting;
    bool broken;
  };

  // All: any thread; none blocks.

  /// `waiter->wait` must belong to `owner`.
  Access read(OwnerId owner, Waiter* waiter);
  Access write(OwnerId owner, Waiter* waiter);
  /// Gives back one read, or the write, of `owner`: false if it has none.
  bool unlock(OwnerId owner);
  /// Takes a waiter out of the line whose call has ended without value.
  void withdraw(Waiter& waiter);
  /// `owner` will never unlock: what it read is given back. If it was writing, what it was at may
  /// be half done: the lock is broken for good, those who wait are told so and so is who comes
  /// later.
  void owner_ended(OwnerId owner);
  Stats stats();

 private:
  ~RwLock() override = default;
  struct Reader {
    OwnerId owner;
    std::uint32_t depth;  // how often it may unlock
  };
  static constexpr std::uint32_t kRead = 0, kWrite = 1;  // Waiter::key
  std::vector<Reader>::iterator find_reader(OwnerId owner) TM_REQUIRES(lock_);
  void admit(WokenList& woken) TM_REQUIRES(lock_);

  SpinLock lock_;
  bool broken_ TM_GUARDED_BY(lock_) = false;
  OwnerId writer_ TM_GUARDED_BY(lock_) = kNobody;
  std::vector<Reader> readers_ TM_GUARDED_BY(lock_);
  WaitQueue waiters_ TM_GUARDED_BY(lock_);
};

}  // namespace tidemill
