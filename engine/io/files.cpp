#include "engine/io/files.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <exception>

namespace tidemill {

namespace {

/// A synchronous libuv request (no loop, no callback), cleaned up.
class SyncRequest {
 public:
  SyncRequest() = default;
  ~SyncRequest() { uv_fs_req_cleanup(&request); }
  SyncRequest(const SyncRequest&) = delete;
  SyncRequest& operator=(const SyncRequest&) = delete;
  uv_fs_t request{};
};

int open_file(const std::string& path, int flags, int mode) {
  SyncRequest open;
  return uv_fs_open(nullptr, &open.request, path.c_str(), flags | O_CLOEXEC, mode, nullptr);
}

int close_file(int descriptor) {
  SyncRequest close;
  return uv_fs_close(nullptr, &close.request, descriptor, nullptr);
}

/// Bytes read at the file's position, 0 at the end, or an error.
int read_some(int descriptor, char* to, std::size_t room) {
  SyncRequest read;
  uv_buf_t buffer = uv_buf_init(to, static_cast<unsigned>(std::min<std::size_t>(room, 1 << 30)));
  return static_cast<int>(uv_fs_read(nullptr, &read.request, descriptor, &buffer, 1, -1, nullptr));
}

const char* type_name(std::uint64_t mode) {
  switch (mode & S_IFMT) {
    case S_IFREG:
      return "file";
    case S_IFDIR:
      return "directory";
    case S_IFLNK:
      return "link";
    case S_IFIFO:
      return "fifo";
    case S_IFSOCK:
      return "socket";
    case S_IFCHR:
      return "char";
    case S_IFBLK:
      return "block";
    default:
      return "unknown";
  }
}

}  // namespace

int stat_file(const char* path, bool follow, FileStat& result) {
  SyncRequest stat;
  int error = follow ? uv_fs_stat(nullptr, &stat.request, path, nullptr)
                     : uv_fs_lstat(nullptr, &stat.request, path, nullptr);
  if (error < 0) return error;
  const uv_stat_t& from = stat.request.statbuf;
  result.type = type_name(from.st_mode);
  result.size = static_cast<std::int64_t>(from.st_size);
  result.mtime =
      static_cast<double>(from.st_mtim.tv_sec) + static_cast<double>(from.st_mtim.tv_nsec) * 1e-9;
  result.mode = static_cast<std::uint32_t>(from.st_mode & 07777);
  return 0;
}

File::~File() {
  if (descriptor >= 0) close_file(descriptor);
}

/// Memory for a file that claims to be larger than it can be is an error of the request.
void ReadFile::work() try {
  Ref<File> file = make_ref<File>();  // closes it, also if memory runs out
  const int descriptor = file->descriptor = open_file(path, O_RDONLY, 0);
  if (descriptor < 0) {
    error = descriptor;
    return;
  }
  SyncRequest stat;
  std::size_t expected = 0;
  if (uv_fs_fstat(nullptr, &stat.request, descriptor, nullptr) == 0) {
    expected = static_cast<std::size_t>(stat.request.statbuf.st_size);
  }
  // One byte more than its size, so that the read that finds the end needs no growth. The size is a
  // hint: the file may change, and those of /proc say 0.
  std::size_t length = 0;
  content.resize(expected + 1);
  for (;;) {
    int n = read_some(descriptor, content.data() + length, content.size() - length);
    if (n <= 0) {
      error = n;
      break;
    }
    length += static_cast<std::size_t>(n);
    if (length == content.size()) content.resize(content.size() * 2 + 4096);
  }
  content.resize(length);
} catch (const std::exception&) {  // bad_alloc, length_error
  content = {};
  error = UV_ENOMEM;
}

void WriteFile::work() {
  int descriptor = open_file(path, O_WRONLY | O_CREAT | O_TRUNC, 0666);
  if (descriptor < 0) {
    error = descriptor;
    return;
  }
  std::size_t written = 0;
  while (written < content.size()) {
    SyncRequest write;
    std::size_t left = std::min<std::size_t>(content.size() - written, 1 << 30);
    uv_buf_t buffer =
        uv_buf_init(const_cast<char*>(content.data()) + written, static_cast<unsigned>(left));
    int n =
        static_cast<int>(uv_fs_write(nullptr, &write.request, descriptor, &buffer, 1, -1, nullptr));
    if (n < 0) {
      error = n;
      break;
    }
    written += static_cast<std::size_t>(n);
  }
  int closed = close_file(descriptor);
  if (error == 0) error = closed;
}

void StatFile::work() { error = stat_file(path.c_str(), true, result); }

void ReadBlock::work() try {
  if (!file) {
    Ref<File> opened = make_ref<File>();
    opened->descriptor = open_file(path, O_RDONLY, 0);
    if (opened->descriptor < 0) {
      error = opened->descriptor;
      return;
    }
    file = std::move(opened);
  }
  block.resize(kBlock);
  int n = read_some(file->descriptor, block.data(), kBlock);
  if (n < 0) error = n;
  block.resize(static_cast<std::size_t>(std::max(n, 0)));
} catch (const std::bad_alloc&) {
  error = UV_ENOMEM;
}

/// False if memory runs out: then nothing in it is walked.
bool WalkTree::scan(const std::string& directory) {
  const std::size_t first = pending_.size();
  try {
    list(directory);
    return true;
  } catch (const std::bad_alloc&) {
    pending_.erase(pending_.begin() + static_cast<std::ptrdiff_t>(first), pending_.end());
    return false;
  }
}

void WalkTree::list(const std::string& directory) {
  SyncRequest scan;
  int count = uv_fs_scandir(nullptr, &scan.request, directory.c_str(), 0, nullptr);
  if (count < 0) {
    if (count == UV_ENOENT && !at_root_) return;
    batch.push_back({directory, {}, count});
    return;
  }
  std::size_t first = pending_.size();
  uv_dirent_t entry;
  while (uv_fs_scandir_next(&scan.request, &entry) != UV_EOF) {
    pending_.push_back(directory + (directory.ends_with('/') ? "" : "/") + entry.name);
  }
  // The first in order comes last, where it is taken from.
  std::sort(pending_.begin() + static_cast<std::ptrdiff_t>(first), pending_.end(),
            std::greater<>());
}

void WalkTree::work() {
  batch.clear();
  if (at_root_) {
    std::string root = pending_.back();
    pending_.pop_back();
    const bool scanned = scan(root);
    at_root_ = false;
    if (!scanned) batch.push_back({std::move(root), {}, UV_ENOMEM});
  }
  while (!pending_.empty() && batch.size() < kBatch) {
    Entry entry{std::move(pending_.back()), {}, 0};
    pending_.pop_back();
    entry.error = stat_file(entry.path.c_str(), false, entry.stat);
    if (entry.error == UV_ENOENT) continue;
    const bool directory = entry.error == 0 && entry.stat.type[0] == 'd';
    const std::size_t at = batch.size();
    batch.push_back(std::move(entry));
    if (directory && !scan(batch[at].path)) batch[at].error = UV_ENOMEM;
  }
}

}  // namespace tidemill
