// A pipe: two ends, each of which receives what the other one sends, whole messages in order. One
// way or both.
//
// Each direction is a bounded Queue that both ends hold; the ends know nothing of each other, so
// an end that nobody has a handle of any more is deleted, and that closes it.
//
// An end that is closed sends and receives no more. What it has sent can still be received, then
// the other end meets the end of the messages; what was on the way to it is dropped.
#pragma once

#include <atomic>
#include <string>
#include <utility>

#include "engine/base/ref.hpp"
#include "engine/sync/queue.hpp"

namespace tidemill {

class PipeEnd final : public Shared {
 public:
  /// Either may be null: then it does not receive, or does not send.
  PipeEnd(Ref<Queue> inbound, Ref<Queue> outbound)
      : inbound_(std::move(inbound)), outbound_(std::move(outbound)) {}

  // All: any thread; none blocks.

  void close();
  /// Whether this end was; not the other one.
  bool closed() const { return closed_.load(std::memory_order_relaxed); }
  Queue* inbound() const { return inbound_.get(); }
  Queue* outbound() const { return outbound_.get(); }
  const std::string& name() const { return (inbound_ ? inbound_ : outbound_)->name(); }

 private:
  ~PipeEnd() override { close(); }

  const Ref<Queue> inbound_, outbound_;
  std::atomic<bool> closed_{false};  // relaxed: only says why; the queues' locks order the rest
};

/// Two ends, each direction with room for `capacity` messages. If not `duplex` the first only
/// receives and the second only sends.
std::pair<Ref<PipeEnd>, Ref<PipeEnd>> make_pipe(std::size_t capacity, bool duplex,
                                                const std::string& name = {});

}  // namespace tidemill
