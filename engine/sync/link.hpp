// What is between two stages of a pipeline: chunks of items, in order, and never too many.
//
// A stage has one or several producers, which all put into the one Link behind it; the consumers of
// the next stage all take from that. A chunk that is taken is given the next number, 0, 1, 2, ...;
// its taker puts the results into the Link behind its own stage under that same number, in one
// piece or several, the last marked `last`. Every number that was taken is put.
//
// A Link that restores the order (`Options::ordered`) gives out the pieces by number, whoever comes
// first: what comes early is kept aside, in the window, until its turn. Other Links give out what
// comes as it comes, and the numbers under which it was put do not matter. As takes are numbered
// anew, neither the next stage nor this one's losses leave a gap.
//
// Bounded: `held` counts the items in line, and each piece in the window as at least one, so that a
// stage which drops everything cannot run ahead for ever. A piece gets in if it fits: held + its
// items
// <= capacity. One whose turn it is (in a Link that does not restore the order, each) also gets in
// if nothing is in line. So the bound is capacity + one piece. Who does not get in waits.
//
// Nobody waits for ever because of order. Let h be the number whose turn it is (`head_`).
//  * If the producer of h waits, then something is in line. A consumer takes it; when nothing is in
//    line any more, that producer is let in whatever the window holds.
//  * If another waits, with number n > h, then h is being worked on: numbers are given out in
//    order, so h was taken before n, and its producer waits at most as above. When it has put its
//    last piece the turn passes on, at the latest to n.
// So as long as stages return and the consumers take, everything moves; and consumers that stop
// taking are what makes producers wait: that is back-pressure.
//
// Fair: pieces that wait for room are let in by number, those of the same number and those of a
// Link that does not restore the order as they came. A piece that arrives goes behind those.
//
// Invariants, under lock_
//  L1  takers wait ⇒ nothing is in line, and producers_ > 0
//  L2  the first of putters_ (as above) does not fit
//  L3  every piece in the window has a number > head_, or = head_ only within one call
//  L4  the window is empty, and head_ = 0, if the order is not restored
// ("waits" as in channel.hpp)
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>

#include "engine/base/clock.hpp"
#include "engine/base/thread_annotations.hpp"
#include "engine/sync/channel.hpp"
#include "engine/sync/chunk.hpp"
#include "engine/sync/wait.hpp"

namespace tidemill {

class alignas(64) Link final : public Shared {
 public:
  struct Options {
    std::size_t capacity = 256;   ///< items, at least 1
    std::uint32_t producers = 1;  ///< at least 1
    bool ordered = false;         ///< whether it restores the order
    std::string name;             ///< what takes from it, for messages: stage "parse"
  };

  /// Where the time of those who take from it went, in nanoseconds, summed over all of them; for
  /// the first Link of a pipeline there is another one, of who feeds it.
  struct Account {
    std::int64_t busy = 0;  ///< in their functions
    std::int64_t computed =
        0;                     ///< the part of it in chunks that were done without any call of ours
    std::int64_t starved = 0;  ///< waiting for a chunk
    std::int64_t blocked = 0;  ///< waiting for room behind them
    std::int64_t ready = 0;    ///< served, and waiting for their thread, which ran something else
    std::int64_t items = 0;    ///< that they have dealt with
    std::int64_t made = 0;     ///< what that gave, before it was put together in any way
    void add(const Account& other);
  };

  struct Stats {
    std::size_t held, peak;       ///< items now, and at most so far
    std::uint64_t put, taken;     ///< items
    std::uint32_t producers;      ///< that have not ended
    Account consumers, producer;  ///< of those who take, of the first producer if it is the source
  };

  /// The link of a call that puts. `chunk` is what it puts; afterwards a used one, or null.
  struct Putter : Waiter {
    using Waiter::Waiter;
    std::unique_ptr<Chunk> chunk;
    Nanoseconds served = 0;  ///< when it was, if it had to wait
  };
  /// The link of a call that takes. `chunk` is the one that was read before, to be used again, or
  /// null; afterwards what was taken.
  struct Taker : Waiter {
    using Waiter::Waiter;
    std::unique_ptr<Chunk> chunk;
    Nanoseconds served = 0;  ///< when it was, if it had to wait
  };

  explicit Link(Options options) : options_(std::move(options)), producers_(options_.producers) {}

  // All: any thread; none blocks. `now` is the time, for those who wait.

  /// Puts `chunk`, in its place with `number` and `last` set. Done: `chunk` is a used one or null.
  /// Waiting: it has gone into the putter, which must stay valid until its call has ended.
  Passage put(std::unique_ptr<Chunk>& chunk, Nanoseconds now, Putter* putter);
  /// Takes the next chunk into `chunk`, where one that was read may be for use again. Closed: there
  /// are no producers any more, and nothing is left.
  Passage take(std::unique_ptr<Chunk>& chunk, Nanoseconds now, Taker* taker);
  /// One of the producers will put no more.
  void producer_done();
  /// Adds to the account of those who take, or of the source.
  void note(const Account& spent, bool by_source);

  /// Whether a take would not have to wait; whether anything is held: without the lock, what was
  /// true a moment ago.
  bool has_news_hint() const { return news_.load(std::memory_order_relaxed); }
  std::size_t held_hint() const { return held_.load(std::memory_order_relaxed); }
  Stats stats();
  const std::string& name() const { return options_.name; }
  std::size_t capacity() const { return options_.capacity; }
  bool ordered() const { return options_.ordered; }

 private:
  ~Link() override = default;
  std::size_t held() const { return held_.load(std::memory_order_relaxed); }
  void hold(std::size_t items) TM_REQUIRES(lock_);
  void let_go(std::size_t items) TM_REQUIRES(lock_);
  bool is_turn(const Chunk& chunk) const TM_REQUIRES(lock_);
  bool fits(const Chunk& chunk) const TM_REQUIRES(lock_);
  Putter* first_putter() TM_REQUIRES(lock_);
  bool must_queue(const Chunk& chunk) TM_REQUIRES(lock_);
  void let_in(std::unique_ptr<Chunk> chunk) TM_REQUIRES(lock_);
  void line_up(std::unique_ptr<Chunk> chunk) TM_REQUIRES(lock_);
  void end_turn() TM_REQUIRES(lock_);
  std::unique_ptr<Chunk> pop() TM_REQUIRES(lock_);
  void keep_spare(std::unique_ptr<Chunk> chunk) TM_REQUIRES(lock_);
  void settle(Nanoseconds now, WokenList& woken) TM_REQUIRES(lock_);
  bool ended() const TM_REQUIRES(lock_) { return producers_ == 0 && line_.empty(); }

  static constexpr std::uint32_t kSparesKept = 8;

  SpinLock lock_;
  std::atomic<bool> news_{false};     // written under lock_; relaxed, it publishes nothing
  std::atomic<std::size_t> held_{0};  // likewise
  ChunkList line_ TM_GUARDED_BY(lock_);
  ChunkList window_ TM_GUARDED_BY(lock_);  // by number
  std::uint64_t head_ TM_GUARDED_BY(lock_) = 0;
  std::uint64_t next_number_ TM_GUARDED_BY(lock_) = 0;  // of the next chunk that is taken
  WaitQueue putters_ TM_GUARDED_BY(lock_);
  WaitQueue takers_ TM_GUARDED_BY(lock_);
  ChunkList spares_ TM_GUARDED_BY(lock_);
  std::uint32_t spare_count_ TM_GUARDED_BY(lock_) = 0;
  const Options options_;
  std::uint32_t producers_ TM_GUARDED_BY(lock_);
  std::size_t peak_ TM_GUARDED_BY(lock_) = 0;
  std::uint64_t put_ TM_GUARDED_BY(lock_) = 0;
  std::uint64_t taken_ TM_GUARDED_BY(lock_) = 0;
  Account consumers_ TM_GUARDED_BY(lock_), producer_ TM_GUARDED_BY(lock_);
};

}  // namespace tidemill
