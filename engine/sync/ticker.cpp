#include "engine/sync/ticker.hpp"

#include "engine/base/insist.hpp"
#include "engine/sched/worker.hpp"

namespace tidemill {

void Ticker::start_once(Worker& worker, Ref<Channel> channel, Nanoseconds moment, Pack pack) {
  start(worker, new Ticker(std::move(channel), moment, 0, pack));
}

void Ticker::start_every(Worker& worker, Ref<Channel> channel, Nanoseconds period, Pack pack) {
  start(worker, new Ticker(std::move(channel), worker.now() + period, period, pack));
}

void Ticker::start(Worker& worker, Ticker* ticker) {
  worker.timers().add(*ticker, ticker->moment_);
}

void Ticker::expire(Worker& worker) {
  const Nanoseconds now = worker.now();
  if (channel_->unshared()) return delete this;
  Payload value = pack_(now);
  const Passage passage = insist([&] {  // somebody may wait for this moment alone
    const Passage sent = channel_->send(value, nullptr);
    if (sent == Passage::no_memory) throw std::bad_alloc();
    return sent;
  });
  if (period_ == 0) channel_->close();
  if (period_ == 0 || passage == Passage::closed) return delete this;
  moment_ += ((now - moment_) / period_ + 1) * period_;
  worker.timers().add(*this, moment_);
}

void Ticker::abandon() {
  channel_->close();
  delete this;
}

}  // namespace tidemill
