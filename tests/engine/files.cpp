#include "engine/io/files.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "fixture.hpp"

using namespace tidemill;
using namespace tidemill::test;

namespace {

/// co_await requested(self, request): gives the request back when it is done.
template <class Request>
struct requested : Call {
  requested(Self self, std::unique_ptr<Request> what)
      : Call(self, kNever), request(std::move(what)) {}
  void detach() override { request.release()->abandon(); }
  bool await_ready() {
    self_.check_cancelled();
    return !request->start(self_.worker(), *this);
  }
  std::unique_ptr<Request> await_resume() {
    finish();
    return std::move(request);
  }
  std::unique_ptr<Request> request;
};

class Directory {
 public:
  Directory() {
    char name[] = "/tmp/tidemill-files-XXXXXX";
    path = mkdtemp(name);
  }
  ~Directory() { std::filesystem::remove_all(path); }
  std::string operator/(const std::string& name) const { return path + "/" + name; }
  void make(const std::string& name, const std::string& content) const {
    std::ofstream(path + "/" + name) << content;
  }
  std::string path;
};

}  // namespace

TEST_CASE("files: written, read back and examined") {
  in_every_world([](World& world) {
    Directory directory;
    for (std::size_t size :
         {std::size_t{0}, std::size_t{1}, std::size_t{4096}, std::size_t{300'000}}) {
      std::string path = directory / "file", content(size, 'x');
      world.run([&](Self self) -> Body {
        auto written = co_await requested(self, std::make_unique<WriteFile>(path, content));
        CHECK(written->error == 0);
        auto read = co_await requested(self, std::make_unique<ReadFile>(path));
        CHECK(read->error == 0);
        CHECK((read->content == content));
        auto stat = co_await requested(self, std::make_unique<StatFile>(path));
        CHECK(stat->error == 0);
        CHECK(stat->result.size == static_cast<std::int64_t>(size));
        CHECK(std::string(stat->result.type) == "file");
        CHECK(stat->result.mtime > 0);
      });
    }
  });
}

TEST_CASE("files: errors are reported, not thrown") {
  in_every_world([](World& world) {
    Directory directory;
    world.run([&](Self self) -> Body {
      auto missing = co_await requested(self, std::make_unique<ReadFile>(directory / "none"));
      CHECK(missing->error == UV_ENOENT);
      auto folder = co_await requested(self, std::make_unique<ReadFile>(directory.path));
      CHECK(folder->error == UV_EISDIR);
      CHECK(folder->content.empty());
      auto write = co_await requested(self, std::make_unique<WriteFile>(directory.path, "x"));
      CHECK(write->error == UV_EISDIR);
      auto full = co_await requested(self, std::make_unique<WriteFile>("/dev/full", "x"));
      CHECK(full->error == UV_ENOSPC);
      auto stat = co_await requested(self, std::make_unique<StatFile>(directory / "a/b"));
      CHECK(stat->error == UV_ENOENT);
      auto block =
          co_await requested(self, std::make_unique<ReadBlock>(directory / "none", Ref<File>()));
      CHECK(block->error == UV_ENOENT);
    });
  });
}

TEST_CASE("files: one whose size says nothing is read to its end") {
  World world(0);
  world.run([&](Self self) -> Body {
    auto read = co_await requested(self, std::make_unique<ReadFile>("/proc/self/status"));
    CHECK(read->error == 0);
    CHECK(read->content.find("Name:") == 0);
  });
}

TEST_CASE("files: read block by block") {
  World world(0);
  Directory directory;
  std::string content(ReadBlock::kBlock * 2 + 10, 'y');
  directory.make("big", content);
  world.run([&](Self self) -> Body {
    Ref<File> file;
    std::string all;
    for (;;) {
      auto block = co_await requested(self, std::make_unique<ReadBlock>(directory / "big", file));
      file = block->file;
      all += block->block;
      if (block->block.empty()) break;
    }
    CHECK((all == content));
  });
}

TEST_CASE("files: a walk is sorted, depth first, follows no links and survives what vanishes") {
  in_every_world([](World& world) {
    Directory directory;
    for (const char* folder : {"a", "a/inner", "c"}) mkdir((directory / folder).c_str(), 0755);
    for (const char* file : {"a/1", "a/inner/2", "b", "c/3"}) directory.make(file, "x");
    REQUIRE(symlink("..", (directory / "c/up").c_str()) == 0);
    std::vector<std::string> seen;
    world.run([&](Self self) -> Body {
      auto walk = std::make_unique<WalkTree>(directory.path);
      while (!walk->finished()) {
        walk = co_await requested(self, std::move(walk));
        for (auto& entry : walk->batch) {
          CHECK(entry.error == 0);
          seen.push_back(entry.path.substr(directory.path.size() + 1) + ' ' + entry.stat.type[0]);
        }
      }
      auto none = co_await requested(self, std::make_unique<WalkTree>(directory / "none"));
      REQUIRE(none->batch.size() == 1);
      CHECK(none->batch[0].error == UV_ENOENT);
      auto file = co_await requested(self, std::make_unique<WalkTree>(directory / "b"));
      REQUIRE(file->batch.size() == 1);
      CHECK(file->batch[0].error == UV_ENOTDIR);
    });
    CHECK(seen == std::vector<std::string>{"a d", "a/1 f", "a/inner d", "a/inner/2 f", "b f", "c d",
                                           "c/3 f", "c/up l"});
  });
}

TEST_CASE("files: a walk comes in batches that miss nothing") {
  World world(0);
  Directory directory;
  constexpr std::size_t kFiles = WalkTree::kBatch * 2;
  for (std::size_t i = 0; i < kFiles; ++i) directory.make(std::to_string(10'000 + i), "");
  std::vector<std::string> seen;
  world.run([&](Self self) -> Body {
    auto walk = std::make_unique<WalkTree>(directory.path);
    while (!walk->finished()) {
      walk = co_await requested(self, std::move(walk));
      CHECK(walk->batch.size() <= WalkTree::kBatch);
      for (auto& entry : walk->batch) seen.push_back(entry.path);
    }
  });
  CHECK(seen.size() == kFiles);
  CHECK(std::is_sorted(seen.begin(), seen.end()));
}

TEST_CASE("files: a request whose task is cancelled finishes alone, before its worker retires") {
  Directory directory;  // removed when all requests are back
  directory.make("file", std::string(100'000, 'z'));
  in_every_world([&](World& world) {
    for (int round = 0; round < 50; ++round) {
      world.run([&](Self self) -> Body {
        std::vector<Ref<TestTask>> readers;
        auto body = [&](Self task) -> Body {
          co_await requested(task, std::make_unique<ReadFile>(directory / "file"));
        };
        for (int i = 0; i < 4; ++i) {
          readers.push_back(spawn(self, body));
          readers.push_back(submit(&self, world.pool(), body));
        }
        for (int i = 0; i < round % 5; ++i) co_await yielded{self};
        for (auto& reader : readers) reader->cancel();
      });
    }
  });
}

// The sanitizers' allocators end the program where malloc returns null.
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
// Its size is all there is to see before the read; memory for that much cannot be had.
TEST_CASE("files: one that claims to be enormous is an error, not the end") {
  World world(0);
  Directory directory;
  directory.make("sparse", "x");
  if (truncate((directory / "sparse").c_str(), std::int64_t{1} << 43) != 0) return;
  world.run([&](Self self) -> Body {
    auto read = co_await requested(self, std::make_unique<ReadFile>(directory / "sparse"));
    CHECK(read->error == UV_ENOMEM);
  });
}
#endif
