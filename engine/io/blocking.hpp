// Work that blocks (file system calls), done on libuv's thread pool while the task that asked for
// it waits.
//
// A request outlives the call that waits for it: if the task is cancelled meanwhile, the request is
// abandoned, finishes in its own time and is thrown away. Both ends meet on the worker's thread
// only.
#pragma once

#include <uv.h>

#include "engine/sync/wait.hpp"

namespace tidemill {

class Worker;

class BlockingRequest {
 public:
  virtual ~BlockingRequest() = default;
  BlockingRequest(const BlockingRequest&) = delete;
  BlockingRequest& operator=(const BlockingRequest&) = delete;

  /// Queues the work; `wait` is completed with Outcome::value when it is done. From then on the
  /// caller owns the request again. On the worker's thread. False if libuv refuses.
  bool start(Worker& worker, Wait& wait);
  /// The call that waits has ended otherwise: deletes the request, now or when it is done.
  void abandon();

 protected:
  BlockingRequest() = default;
  /// On a thread of libuv's pool. Must not touch the engine.
  virtual void work() = 0;

 private:
  uv_work_t request_{};
  Worker* worker_ = nullptr;
  Wait* wait_ = nullptr;
  bool running_ = false;
};

}  // namespace tidemill
