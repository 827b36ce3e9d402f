#include "engine/observe/census.hpp"

#include <algorithm>
#include <cstdio>
#include <map>

#include "engine/sched/worker.hpp"
#include "tidemill/engine.hpp"

namespace tidemill {

std::string TaskReport::text(Nanoseconds now) const {
  std::string line = title + " ";
  if (waits_for.empty()) {
    line += to_string(status);
  } else {
    line += "waits for " + waits_for;
  }
  if (!where.empty()) line += " at " + where;
  if (since != kNever && !waits_for.empty()) {
    char length[32];
    std::snprintf(length, sizeof length, ", for %.1f s",
                  static_cast<double>(std::max<Nanoseconds>(now - since, 0)) / 1e9);
    line += length;
  }
  return line;
}

Ref<Census> Census::of_all(Engine& engine, std::function<void(Census&)> finished) {
  Ref<Census> census = Ref<Census>::adopt(new Census);
  census->finished_ = std::move(finished);
  Worker& main = engine.main_worker();
  auto begin = [census, &engine] {
    for (const Ref<Task>& root : engine.roots()) {
      if (!root->settled()) census->visit(*root, root->status(), 0, true);
    }
    census->answered();
  };
  if (Worker::current() == &main) {
    begin();
  } else {
    main.post(begin);
  }
  return census;
}

Ref<Census> Census::of_one(Task& task) {
  Ref<Census> census = Ref<Census>::adopt(new Census);
  census->send(task, 0, false);
  census->answered();
  return census;
}

/// On the task's worker, or with a status that says that it had not started or has ended.
void Census::visit(Task& task, Status status, std::uint32_t parent, bool children) {
  const bool started = has_started(status) && !is_settled(status);
  insist([&] {  // whoever asked waits for it
    TaskReport report;
    report.id = task.id();
    report.parent = parent;
    report.status = status;
    report.title = task.title();
    if (started) task.report(report);
    add(std::move(report));
  });
  if (!started || !children) return;
  task.each_child([&](Task& child) { send(child, task.id(), true); });
}

/// From the worker of the task's parent.
void Census::send(Task& task, std::uint32_t parent, bool children) {
  const Status status = task.status();
  if (!has_started(status) || is_settled(status) || task.home() == Worker::current()) {
    visit(task, status, parent, children);
    return;
  }
  insist([&] {
    TaskReport known;
    known.id = task.id();
    known.parent = parent;
    known.status = status;
    known.title = task.title();
    add(std::move(known));  // replaced by what it says itself
  });
  {
    SpinGuard guard(lock_);
    ++open_;
  }
  Ref<Census> self(this);
  Ref<Task> keep(&task);
  if (!task.post_home([self, keep, parent, children] {
        self->visit(*keep, keep->status(), parent, children);
        self->answered();
      })) {
    answered();
  }
}

void Census::add(TaskReport report) {
  std::lock_guard guard(reports_lock_);
  reports_.push_back(std::move(report));
}

void Census::answered() {
  {
    WokenList woken;
    SpinGuard guard(lock_);
    if (--open_ > 0) return;
    woken.claim_all(joiners_, Outcome::value);
  }
  if (finished_) finished_(*this);
}

bool Census::join(Waiter& waiter) {
  SpinGuard guard(lock_);
  if (open_ == 0) return false;
  joiners_.push_back(waiter, lock_);
  return true;
}

bool Census::complete() {
  SpinGuard guard(lock_);
  return open_ == 0;
}

std::vector<TaskReport> Census::reports() {
  std::map<std::uint32_t, TaskReport> last;
  std::map<std::uint32_t, std::vector<std::uint32_t>> children;
  {
    std::lock_guard guard(reports_lock_);
    for (const TaskReport& report : reports_) last[report.id] = report;
  }
  for (const auto& [id, report] : last) children[report.parent].push_back(id);
  std::vector<TaskReport> ordered;
  std::vector<std::uint32_t> open(children[0].rbegin(), children[0].rend());
  while (!open.empty()) {
    const std::uint32_t id = open.back();
    open.pop_back();
    ordered.push_back(last[id]);
    open.insert(open.end(), children[id].rbegin(), children[id].rend());
  }
  return ordered;
}

std::string Census::tree(Nanoseconds now) {
  std::map<std::uint32_t, std::size_t> depth;
  std::string text;
  for (const TaskReport& report : reports()) {
    const std::size_t at = report.parent == 0 ? 0 : depth[report.parent] + 1;
    depth[report.id] = at;
    text += std::string(2 * at, ' ') + report.text(now) + "\n";
  }
  return text;
}

}  // namespace tidemill
