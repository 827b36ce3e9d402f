#include "engine/io/blocking.hpp"

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <mutex>
#include <new>
#include <vector>

#include "engine/sched/worker.hpp"

namespace tidemill {

/// libuv makes the threads for requests with the first of them, and ends the process if it cannot:
/// so whether it can is tried before, with as many that are there at once and end again.
static bool request_threads_can_start() {
  static std::mutex lock;
  static std::atomic<bool> proven{false};  // relaxed: it guards nothing
  if (proven.load(std::memory_order_relaxed)) return true;
  std::lock_guard guard(lock);
  if (proven.load(std::memory_order_relaxed)) return true;
  const char* set = std::getenv("UV_THREADPOOL_SIZE");  // as libuv reads it
  const int count = set == nullptr ? 4 : std::clamp(std::atoi(set), 1, 1024);
  uv_thread_options_t options{};
  options.flags = UV_THREAD_HAS_STACK_SIZE;
  options.stack_size = std::size_t{8} << 20;  // libuv's own choice
  uv_sem_t gate;
  if (uv_sem_init(&gate, 0) != 0) return false;
  std::vector<uv_thread_t> threads;
  try {
    threads.reserve(static_cast<std::size_t>(count));
  } catch (const std::bad_alloc&) {
    uv_sem_destroy(&gate);
    return false;
  }
  bool enough = true;
  for (int i = 0; i < count && enough; ++i) {
    uv_thread_t thread;
    enough =
        uv_thread_create_ex(
            &thread, &options,
            [](void* waits_for) { uv_sem_wait(static_cast<uv_sem_t*>(waits_for)); }, &gate) == 0;
    if (enough) threads.push_back(thread);
  }
  for (std::size_t i = 0; i < threads.size(); ++i) uv_sem_post(&gate);
  for (uv_thread_t& thread : threads) uv_thread_join(&thread);
  uv_sem_destroy(&gate);
  proven.store(enough, std::memory_order_relaxed);
  return enough;
}

bool BlockingRequest::start(Worker& worker, Wait& wait) {
  if (!request_threads_can_start()) return false;
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
