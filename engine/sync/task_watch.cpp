#include "engine/sync/task_watch.hpp"

#include "engine/base/insist.hpp"

namespace tidemill {

class TaskWatch::Entry final : public Shared, public Wait {
 public:
  Entry(Ref<Channel> ends, Task& task, Payload parcel)
      : waiter(*this), ends_(std::move(ends)), task_(&task), parcel_(std::move(parcel)) {}

  void wake() override {
    insist([&] {
      if (ends_->send(parcel_, nullptr) == Passage::no_memory) throw std::bad_alloc();
    });
    release();  // the count of the one who completed it
  }

  Waiter waiter;

 private:
  Ref<Channel> ends_;
  Ref<Task> task_;  // whose lock the waiter's links are under
  Payload parcel_;
};

void TaskWatch::add(Task& task, Payload parcel) {
  if (entries_.size() == entries_.capacity()) entries_.reserve(2 * entries_.size() + 1);
  auto* entry = new Entry(ends_, task, std::move(parcel));
  entry->retain();  // for whoever completes it
  entries_.push_back(entry);
  if (!task.join(entry->waiter) && entry->claim(Outcome::value)) entry->wake();
}

void TaskWatch::end() {
  for (Entry* entry : entries_) {
    detach(entry->waiter);
    if (entry->claim(Outcome::cancelled)) entry->release();  // nobody else will
    entry->release();
  }
  entries_.clear();
}

}  // namespace tidemill
