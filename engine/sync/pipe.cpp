#include "engine/sync/pipe.hpp"

namespace tidemill {

void PipeEnd::close() {
  // Whoever calls this second also leaves only when all of it is done, so nobody looks at what
  // was there before.
  closed_.store(true, std::memory_order_relaxed);
  if (outbound_) outbound_->shut_down(false);
  // Also so that an end that was sent to here, and with it what it holds, does not stay for ever.
  if (inbound_) inbound_->shut_down(true);
}

std::pair<Ref<PipeEnd>, Ref<PipeEnd>> make_pipe(std::size_t capacity, bool duplex,
                                                const std::string& name) {
  auto to_first = make_ref<Queue>(capacity, Queue::Order::fifo, name);
  Ref<Queue> to_second;
  if (duplex) to_second = make_ref<Queue>(capacity, Queue::Order::fifo, name);
  return {make_ref<PipeEnd>(to_first, to_second), make_ref<PipeEnd>(to_second, to_first)};
}

}  // namespace tidemill
