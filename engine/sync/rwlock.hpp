// Many readers or one writer, tasks of any worker and host threads, owner-checked. Readers and
// writers stand in one line: whoever comes while somebody waits stands behind, so neither kind is
// starved. Only one who reads already may read again at once: the writer in between waits for this
// very reader.
//
// A task that ends while it writes breaks the lock, as it would a mutex: what it was at may be half
// done. A read that a task does not give back is taken from it at its end.
//
// Invariants, under lock_
//  R1  writer_ is set ⇒ nobody reads
//  R2  the first who waits is a reader ⇒ writer_ is set; a writer ⇒ writer_ is set or somebody
//      reads. Who leaves the line therefore calls `withdraw`, which lets in those behind.
//  R3  broken_ ⇒ nobody waits, reads or writes
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/base/thread_annotations.hpp"
#include "engine/sync/access.hpp"
#include "engine/sync/ownable.hpp"
#include "engine/sync/wait.hpp"

namespace tidemill {

class RwLock final : public Ownable {
 public:
  struct Stats {
    OwnerId writer;
    std::size_t readers, waiting;
    bool broken;
  };

  // All: any thread; none blocks.

  /// `waiter->wait` must belong to `owner`.
  Access read(OwnerId owner, Waiter* waiter, const Holder& holder = {});
  Access write(OwnerId owner, Waiter* waiter, const Holder& holder = {});
  /// Gives back one read, or the write, of `owner`.
  Unlocking unlock(OwnerId owner);
  /// Takes a waiter out of the line whose call has ended without value.
  void withdraw(Waiter& waiter);
  /// Gives a broken one to `owner` to write, sound again; false if it is not broken.
  bool repair(OwnerId owner, const Holder& holder = {});
  Breakage breakage();
  Stats stats();

  /// The writer: one of several readers alone cannot let a waiter in.
  Ref<Task> owner_task() override;
  const Site* taken_at() override;
  void owner_ended(OwnerId owner) override;
  std::string title() const override { return "a rwlock"; }

 private:
  ~RwLock() override = default;
  void destroy() override;
  struct Reader {
    OwnerId owner;
    std::uint32_t depth;  // how often it may unlock
    Holder holder;        // of its first read
  };
  static constexpr std::uint32_t kRead = 0, kWrite = 1;  // Waiter::key
  std::vector<Reader>::iterator find_reader(OwnerId owner) TM_REQUIRES(lock_);
  void admit(WokenList& woken) TM_REQUIRES(lock_);
  void give_to_writer(OwnerId owner, const Holder& holder) TM_REQUIRES(lock_);
  bool held_by_tasks() const TM_REQUIRES(lock_);

  SpinLock lock_;
  bool broken_ TM_GUARDED_BY(lock_) = false;
  bool orphaned_ TM_GUARDED_BY(lock_) = false;  // no reference is left
  OwnerId writer_ TM_GUARDED_BY(lock_) = kNobody;
  Holder writer_holder_ TM_GUARDED_BY(lock_);  // of the writer; of a broken one: the last
  OwnerId broken_by_ TM_GUARDED_BY(lock_) = kNobody;
  std::vector<Reader> readers_ TM_GUARDED_BY(lock_);
  WaitQueue waiters_ TM_GUARDED_BY(lock_);
};

}  // namespace tidemill
