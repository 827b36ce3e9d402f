#include "engine/sched/worker.hpp"

#include <algorithm>
#include <cassert>
#include <stdexcept>
#include <thread>

#include "engine/pool/pool.hpp"
#include "tidemill/engine.hpp"

namespace tidemill {

namespace {

thread_local Worker* current_worker = nullptr;

/// Sets Worker::current for the time of a step; steps of several workers nest in tests.
class CurrentScope {
 public:
  explicit CurrentScope(Worker* worker) : previous_(std::exchange(current_worker, worker)) {}
  ~CurrentScope() { current_worker = previous_; }

 private:
  Worker* previous_;
};

constexpr std::uint32_t kInjectionPeriod = 61;
constexpr std::uint32_t kPollPeriod = 64;
constexpr std::uint32_t kTimerPeriod = 8;
constexpr std::uint32_t kLifoStreak = 3;

}  // namespace

Worker* Worker::current() { return current_worker; }

Worker::Worker(Engine& engine, Pool* pool, std::uint32_t index)
    : engine_(engine), pool_(pool), index_(index), spins_(engine.parallel()) {
  if (int error = uv_loop_init(&loop_); error < 0) throw std::runtime_error(uv_strerror(error));
  if (int error = uv_async_init(&loop_, &async_, [](uv_async_t*) {}); error < 0) {
    uv_loop_close(&loop_);
    throw std::runtime_error(uv_strerror(error));
  }
  uv_timer_init(&loop_, &sleep_timer_);
  engine_.worker_added();
}

Worker::~Worker() {
  // acquire: pairs with the end of the last visit
  while (visitors_.load(std::memory_order_acquire) > 0) std::this_thread::yield();
  {
    CurrentScope scope(this);
    retire();
    handle_posts();  // releases that came while the local part was closing
  }
  assert(inbox_.empty() && ready_.empty() && lifo_slot_ == nullptr && timers_.empty());
  uv_close(reinterpret_cast<uv_handle_t*>(&async_), nullptr);
  uv_close(reinterpret_cast<uv_handle_t*>(&sleep_timer_), nullptr);
  uv_run(&loop_, UV_RUN_DEFAULT);
  [[maybe_unused]] int busy = uv_loop_close(&loop_);
  assert(busy == 0);
}

void Worker::retire() {
  local_.reset();
  while (Timed* timed = timers_.pop_due(kNever)) timed->abandon();
}

Nanoseconds Worker::now() { return engine_.clock().now(); }

void Worker::begin_busy() {
  moment_ = now();
  moment_turn_ = turn_;
  busy_since_.store(moment_, std::memory_order_release);
}

void Worker::rest() {
  const Nanoseconds since = busy_since_.load(std::memory_order_relaxed);
  if (since == kNever) return;
  // Added before the stretch is over, so that busy_time can tell (release: in this order).
  busy_time_.store(busy_time_.load(std::memory_order_relaxed) + now() - since,
                   std::memory_order_release);
  busy_since_.store(kNever, std::memory_order_release);
}

Nanoseconds Worker::busy_time() const {
  // If a stretch has been added between the two looks at the sum, `since` may be that one's.
  Nanoseconds before = 0, since = 0, sum = busy_time_.load(std::memory_order_acquire);
  do {
    before = sum;
    since = busy_since_.load(std::memory_order_acquire);
    sum = busy_time_.load(std::memory_order_acquire);
  } while (sum != before);
  if (since == kNever) return sum;
  return sum + std::max<Nanoseconds>(engine_.clock().now() - since, 0);
}

Nanoseconds Worker::job_started(Execution& job) {
  job.previous_job = nullptr;
  job.next_job = first_job_;
  if (first_job_ != nullptr) first_job_->previous_job = &job;
  first_job_ = &job;
  open_jobs_.store(open_jobs() + 1, std::memory_order_relaxed);
  return turn_ - moment_turn_ <= 1 ? moment_ : now();
}

Nanoseconds Worker::job_ended(Execution& job) {
  (job.previous_job == nullptr ? first_job_ : job.previous_job->next_job) = job.next_job;
  if (job.next_job != nullptr) job.next_job->previous_job = job.previous_job;
  open_jobs_.store(open_jobs() - 1, std::memory_order_relaxed);
  jobs_ended_.fetch_add(1, std::memory_order_seq_cst);
  moment_ = now();
  moment_turn_ = turn_;
  return moment_;
}

std::vector<Ref<Task>> Worker::jobs() const {
  std::vector<Ref<Task>> jobs;
  for (Execution* job = first_job_; job != nullptr; job = job->next_job) {
    insist([&] { jobs.emplace_back(&job->whole.task()); });
  }
  return jobs;
}

void Worker::wake(Task& task) {
  if (this == current_worker) {
    if (lifo_slot_ == nullptr && lifo_streak_ < kLifoStreak) {
      lifo_slot_ = &task;
    } else {
      ready_.push_back(task);
    }
    return;
  }
  Visit visit(*this);
  if (inbox_.push(task)) notify();
}

void Worker::post_ended(Task& task) {
  Visit visit(*this);
  if (inbox_.push(task)) notify();
}

void Worker::post_made(std::function<void()> message) {
  {
    std::lock_guard guard(posts_lock_);
    posts_.push_back(std::move(message));
    // seq_cst: before the look at sleep_ in notify; pairs with park
    has_posts_.store(true, std::memory_order_seq_cst);
  }
  notify();
}

void Worker::notify() {
  // The work was published before (seq_cst); if the worker is parked in the total order before this
  // look, it has to be woken; if it parks after, its own look finds the work. (engine/README.md)
  Sleep state = sleep_.load(std::memory_order_seq_cst);
  if (state != Sleep::parked && state != Sleep::quiet) return;
  state = sleep_.exchange(Sleep::notified, std::memory_order_seq_cst);
  if (state == Sleep::quiet) engine_.worker_not_quiet();
  if (state == Sleep::parked || state == Sleep::quiet) uv_async_send(&async_);
}

bool Worker::has_news() const {
  return !inbox_.looks_empty() || has_posts_.load(std::memory_order_relaxed) ||
         (pool_ != nullptr && pool_->has_jobs(*this));
}

bool Worker::has_work() {
  return !inbox_.empty() || has_posts_.load(std::memory_order_seq_cst) || !ready_.empty() ||
         lifo_slot_ != nullptr || !visiting_.empty() ||
         (pool_ != nullptr && pool_->has_jobs(*this));
}

void Worker::park(Nanoseconds deadline) {
  sleep_.store(Sleep::parked, std::memory_order_seq_cst);  // announce, then look again
  if (!inbox_.empty() || has_posts_.load(std::memory_order_seq_cst) ||
      called_.load(std::memory_order_seq_cst) || (pool_ != nullptr && pool_->has_jobs(*this))) {
    sleep_.store(Sleep::awake, std::memory_order_relaxed);
    return;
  }
  CurrentScope scope(this);
  if (deadline == kNever && waits_for_others() && engine_.detects_deadlocks()) {
    Sleep parked = Sleep::parked;
    if (!sleep_.compare_exchange_strong(parked, Sleep::quiet, std::memory_order_seq_cst) ||
        !engine_.worker_quiet(*this)) {
      come_back();
      return;
    }
  }
  deadline = std::min(deadline, timers_.next_deadline());
  uv_run_mode mode = UV_RUN_ONCE;
  if (deadline != kNever) {
    Nanoseconds left = deadline - now();
    if (left <= 0) {
      mode = UV_RUN_NOWAIT;
    } else {
      // If this thread is held up here until the timer is due, libuv before 1.45 runs it before it
      // polls, and would then wait without a timer: the stop makes that a look.
      uv_update_time(&loop_);
      // uv_run runs timers before it computes how long to poll. If the moment comes between here
      // and there, no timer is left by then and it would poll for ever: uv_stop makes that 0.
      uv_timer_start(
          &sleep_timer_, [](uv_timer_t* timer) { uv_stop(timer->loop); },
          static_cast<std::uint64_t>((left + 999'999) / 1'000'000), 0);
    }
  }
  uv_run(&loop_, mode);
  uv_timer_stop(&sleep_timer_);
  come_back();
}

void Worker::come_back() {
  // Later pushes are found by the next step whatever they read here.
  if (sleep_.exchange(Sleep::awake, std::memory_order_seq_cst) == Sleep::quiet) {
    engine_.worker_not_quiet();
  }
}

void Worker::press_at(Nanoseconds moment) {
  Nanoseconds at = pressing_at_.load(std::memory_order_relaxed);
  while (moment < at && !pressing_at_.compare_exchange_weak(at, moment, std::memory_order_seq_cst,
                                                            std::memory_order_relaxed)) {
  }
  engine_.pressing(moment);
}

/// What was pressing is to be looked at by the caller; what is still to come are deadlines. False
/// if nothing was.
bool Worker::relax(Nanoseconds now) {
  Nanoseconds at = pressing_at_.load(std::memory_order_relaxed);
  if (at > now) return false;
  // Before the look, so that whoever presses during it is not forgotten.
  const Nanoseconds next = std::max(timers_.next_deadline(), now + 1);
  if (pressing_at_.compare_exchange_strong(at, next, std::memory_order_seq_cst) && next != kNever) {
    engine_.pressing(next);
  }
  return true;
}

void Worker::look_now() {
  relax(now());
  if (!inbox_.looks_empty()) handle_inbox();
  handle_posts();
  fire_timers();
  engine_.look(*this);
}

void Worker::poll_io() {
  CurrentScope scope(this);
  uv_run(&loop_, UV_RUN_NOWAIT);
}

void Worker::handle_inbox() {
  Task* task = inbox_.take_all();
  while (task != nullptr) {
    Task* next = task->next;
    if (task->settled()) {
      deliver_end(*task);
      task->release();
    } else {
      ready_.push_back(*task);
    }
    task = next;
  }
}

bool Worker::handle_posts() {
  if (!has_posts_.load(std::memory_order_relaxed)) return false;
  std::vector<std::function<void()>> messages;
  {
    std::lock_guard guard(posts_lock_);
    messages.swap(posts_);
    has_posts_.store(false, std::memory_order_relaxed);  // under the lock, as the writes of true
  }
  for (auto& message : messages) message();
  return true;
}

void Worker::fire_timers() {
  if (timers_.empty() && pressing_at_.load(std::memory_order_relaxed) == kNever) return;
  Nanoseconds moment = now();
  // It may have been a signal, and the task that is next may run for ever.
  if (relax(moment)) engine_.look(*this);
  while (Timed* timed = timers_.pop_due(moment)) timed->expire(*this);
}

void Worker::start_visiting(Task& job, double priority) {
  try {
    visiting_.push(job, priority, visits_++);
  } catch (const std::bad_alloc&) {
    ready_.push_back(job);
  }
}

void Worker::drop_cancelled() {
  TaskList listed = std::exchange(ready_, {});
  while (Task* task = listed.pop_front()) {
    if (task->settled()) {
      task->run(*this);  // which discards it
    } else {
      ready_.push_back(*task);
    }
  }
}

void Worker::deliver_end(Task& task) {
  if (spreading_ends_) {
    insist([&] { ends_.emplace_back(&task); });
    return;
  }
  spreading_ends_ = true;
  task.tell_parent_here();
  while (!ends_.empty()) {
    Ref<Task> ended = std::move(ends_.back());
    ends_.pop_back();
    ended->tell_parent_here();
  }
  spreading_ends_ = false;
}

void Worker::deliver_cancel(Task& task, Ref<Reason> reason) {
  insist([&] { cancels_.push_back({Ref<Task>(&task), reason}); });
  if (std::exchange(spreading_cancels_, true)) return;
  while (!cancels_.empty()) {
    Cancel next = std::move(cancels_.back());
    cancels_.pop_back();
    next.task->cancel_here(next.reason);
  }
  spreading_cancels_ = false;
}

Task* Worker::next_task() {
  if (turn_ % kInjectionPeriod == 0) {
    if (Task* task = visiting_.pop()) return task;
    Task* task = pool_ == nullptr ? nullptr : pool_->next_job(*this);
    if (task != nullptr) return task;
  }
  if (lifo_slot_ != nullptr) {
    ++lifo_streak_;
    return std::exchange(lifo_slot_, nullptr);
  }
  lifo_streak_ = 0;
  if (Task* task = ready_.pop_front()) return task;
  if (Task* task = visiting_.pop()) return task;
  return pool_ == nullptr ? nullptr : pool_->next_job(*this);
}

Progress Worker::step() {
  CurrentScope scope(this);
  ++turn_;
  note_call();
  if (is_pressed()) fire_timers();
  if (turn_ % kPollPeriod == 0) uv_run(&loop_, UV_RUN_NOWAIT);
  if (turn_ % kTimerPeriod == 0) fire_timers();
  bool news = false;
  if (!inbox_.looks_empty()) {
    handle_inbox();
    news = true;
  }
  news |= handle_posts();
  Task* task = next_task();
  if (task == nullptr) {
    fire_timers();
    if (open_requests > 0) uv_run(&loop_, UV_RUN_NOWAIT);
    task = next_task();
    if (task == nullptr) return news ? Progress::ran : Progress::idle;
  }
  in_task_.store(true, std::memory_order_release);
  task->run(*this);
  in_task_.store(false, std::memory_order_relaxed);
  return Progress::ran;
}

}  // namespace tidemill
