#include "engine/io/blocking.hpp"

#include "engine/sched/worker.hpp"

namespace tidemill {

bool BlockingRequest::start(Worker& worker, Wait& wait) {
  worker_ = &worker;
  wait_ = &wait;
  request_.data = this;
  running_ = true;
  ++worker.open_requests;
  int error = uv_queue_work(
      worker.loop(), &request_,
      [](uv_work_t* request) { static_cast<BlockingRequest*>(request->data)->work(); },
      [](uv_work_t* request, int) {
        auto* self = static_cast<BlockingRequest*>(request->data);
        --self->worker_->open_requests;
        self->running_ = false;
        if (self->wait_ == nullptr) {
          delete self;
        } else if (self->wait_->claim(Outcome::value)) {
          self->wait_->wake();
        }
      });
  if (error == 0) return true;
  running_ = false;
  --worker.open_requests;
  return false;
}

void BlockingRequest::abandon() {
  if (!running_) {
    delete this;
    return;
  }
  wait_ = nullptr;
  uv_cancel(reinterpret_cast<uv_req_t*>(&request_));  // only if it has not begun
}

}  // namespace tidemill
