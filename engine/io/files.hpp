// File system requests: each is one trip to libuv's thread pool, however many system calls it takes
// (a trip costs more than most of those).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/io/blocking.hpp"

namespace tidemill {

/// What lstat says, as scripts see it.
struct FileStat {
  const char* type = "unknown";  ///< file directory link fifo socket char block unknown
  std::int64_t size = 0;         ///< bytes
  double mtime = 0;              ///< seconds since the epoch
  std::uint32_t mode = 0;        ///< permission bits
};

/// 0, or a libuv error code (negative errno). A symbolic link is not followed if `follow` is false.
int stat_file(const char* path, bool follow, FileStat& result);

/// An open file that closes itself when nobody uses it any more.
class File final : public Shared {
 public:
  int descriptor = -1;  ///< < 0: none

 private:
  ~File() override;
};

/// Reads a whole file.
class ReadFile final : public BlockingRequest {
 public:
  explicit ReadFile(std::string path) : path(std::move(path)) {}
  const std::string path;
  std::string content;
  int error = 0;

 private:
  void work() override;
};

/// Replaces a file by `content`.
class WriteFile final : public BlockingRequest {
 public:
  WriteFile(std::string path, std::string content)
      : path(std::move(path)), content(std::move(content)) {}
  const std::string path;
  const std::string content;
  int error = 0;

 private:
  void work() override;
};

class StatFile final : public BlockingRequest {
 public:
  explicit StatFile(std::string path) : path(std::move(path)) {}
  const std::string path;
  FileStat result;
  int error = 0;

 private:
  void work() override;
};

/// Opens a file for reading (if `file` is null) and reads the next block of it.
class ReadBlock final : public BlockingRequest {
 public:
  static constexpr std::size_t kBlock = 64 * 1024;
  ReadBlock(std::string path, Ref<File> file) : path(std::move(path)), file(std::move(file)) {}
  const std::string path;
  Ref<File> file;
  std::string block;  ///< empty at the end of the file
  int error = 0;

 private:
  void work() override;
};

/// Walks a directory tree in depth-first order, names sorted, a batch of entries at a time.
/// Symbolic links are reported and not followed. An entry that vanishes under way is left out.
class WalkTree final : public BlockingRequest {
 public:
  static constexpr std::size_t kBatch = 512;
  struct Entry {
    std::string path;
    FileStat stat;
    int error = 0;  ///< the directory could not be read, or the entry not examined
  };
  explicit WalkTree(std::string root) : pending_{std::move(root)} { prepare(); }
  /// The next entries; empty at the end.
  std::vector<Entry> batch;
  /// Before it is started again: makes room for a batch. Throws std::bad_alloc, which `work` could
  /// not tell.
  void prepare() { batch.reserve(kBatch + 2); }
  bool finished() const { return pending_.empty(); }

 private:
  void work() override;
  bool scan(const std::string& directory);
  void list(const std::string& directory);

  std::vector<std::string> pending_;  // paths to examine, the next one last
  bool at_root_ = true;
};

}  // namespace tidemill
