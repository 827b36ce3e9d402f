#include "engine/sync/ownable.hpp"

#include <atomic>

#include "engine/observe/log.hpp"
#include "engine/sched/task.hpp"

namespace tidemill {

OwnerId new_thread_owner() {
  static std::atomic<OwnerId> next{OwnerId{1} << 63};  // ids of tasks have 32 bits
  return next.fetch_add(1, std::memory_order_relaxed);
}

void tell_of_forgotten(const Holder& holder, std::string_view what) {
  if (holder.task == nullptr) return;
  std::string text = holder.task->title() + " has ended without giving back " + std::string(what);
  if (holder.site != nullptr) text += ", which it had taken at " + holder.site->text();
  log_warning(text);
}

}  // namespace tidemill
