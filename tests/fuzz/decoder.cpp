// The decoder against bytes that no encoder has made. `./mill fuzz` builds it with libFuzzer; built
// without, it replays the files it is given, or changes the seeds at random for some seconds:
//
//   tidemill-fuzz FILE...
//   tidemill-fuzz SECONDS [SEED]
#include <chrono>
#include <cinttypes>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "tests/fuzz/parcels.hpp"

namespace {

using tidemill::fuzz::Bytes;

tidemill::fuzz::ParcelWorld& world() {
  static auto* world = new tidemill::fuzz::ParcelWorld;  // the fuzzer leaves by _exit
  return *world;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  world().try_input({data, size});
  return 0;
}

#if defined(TIDEMILL_LIBFUZZER)

/// Writes the seeds into the corpus, which is the last argument.
extern "C" int LLVMFuzzerInitialize(int* argc, char*** argv) {
  const std::filesystem::path corpus = (*argv)[*argc - 1];
  if (!std::filesystem::is_directory(corpus)) return 0;
  for (std::size_t i = 0; i < world().seeds().size(); ++i) {
    const Bytes& seed = world().seeds()[i];
    std::ofstream file(corpus / ("seed-" + std::to_string(i)), std::ios::binary);
    file.write(reinterpret_cast<const char*>(seed.data()),
               static_cast<std::streamsize>(seed.size()));
  }
  return 0;
}

#else

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr, "usage: tidemill-fuzz FILE... | SECONDS [SEED]\n");
    return 2;
  }
  if (std::filesystem::exists(argv[1])) {
    for (int i = 1; i < argc; ++i) {
      std::ifstream file(argv[i], std::ios::binary);
      Bytes bytes{std::istreambuf_iterator<char>(file), {}};
      LLVMFuzzerTestOneInput(bytes.data(), bytes.size());
    }
    return 0;
  }
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(std::atoi(argv[1]));
  tidemill::fuzz::Mutator mutator(argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 1);
  std::uint64_t inputs = 0;
  for (; std::chrono::steady_clock::now() < end; ++inputs) {
    world().try_input(mutator.next(world().seeds()));
  }
  std::printf("%" PRIu64 " inputs, %zu of them twice valid\n", inputs, world().accepted() / 2);
}

#endif
