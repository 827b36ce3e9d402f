// A channel that a worker's timers feed: one value at a moment, or one in every period.
#pragma once

#include "engine/base/ref.hpp"
#include "engine/sync/channel.hpp"
#include "engine/sync/wait.hpp"

namespace tidemill {

/// Belongs to the timers of its worker from `start` on; deletes itself when there is nothing left
/// to do: the one value is sent, the channel was closed, or nobody else has the channel any more.
class Ticker final : public Timed {
 public:
  /// Makes the parcel that is sent at a moment.
  using Pack = Payload (*)(Nanoseconds moment);

  /// Sends once at `moment`, then closes the channel. On the worker's thread, as the other.
  static void start_once(Worker& worker, Ref<Channel> channel, Nanoseconds moment, Pack pack);
  /// Sends after each `period` (> 0). A value that finds the channel full is dropped. The moments
  /// do not drift: they are whole periods from now, and those that were missed are left out.
  static void start_every(Worker& worker, Ref<Channel> channel, Nanoseconds period, Pack pack);

  void expire(Worker& worker) override;
  void abandon() override;

 private:
  Ticker(Ref<Channel> channel, Nanoseconds moment, Nanoseconds period, Pack pack)
      : channel_(std::move(channel)), moment_(moment), period_(period), pack_(pack) {}
  ~Ticker() = default;
  static void start(Worker& worker, Ticker* ticker);

  const Ref<Channel> channel_;
  Nanoseconds moment_;
  const Nanoseconds period_;  // 0: once
  const Pack pack_;
};

}  // namespace tidemill
