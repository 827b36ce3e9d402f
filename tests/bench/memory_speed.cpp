// What memory gives without an engine, for buffer_bulk.lua: the best of five in GB/s. Argument: the
// number of doubles.
#include <sys/mman.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <limits>

template <class F>
void measure(const char* name, double bytes, F f) {
  using Clock = std::chrono::steady_clock;
  double best = std::numeric_limits<double>::infinity();
  for (int i = 0; i < 5; ++i) {
    const auto started = Clock::now();
    f();
    asm volatile("" ::: "memory");  // what was computed or written is not left out
    const double seconds = std::chrono::duration<double>(Clock::now() - started).count();
    if (seconds < best) best = seconds;
  }
  std::printf("%s %.3f\n", name, bytes / best / 1e9);
}

double* doubles(std::size_t bytes) {  // in huge pages, as those of buffers
  void* memory = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) std::exit(1);
  madvise(memory, bytes, MADV_HUGEPAGE);
  std::memset(memory, 1, bytes);
  return static_cast<double*>(memory);
}

int main(int, char** argv) {
  const std::size_t n = std::strtoull(argv[1], nullptr, 10) / 8 * 8, bytes = n * 8;
  double *a = doubles(bytes), *b = doubles(bytes);
  measure("memset", bytes, [=] { std::memset(a, 0, bytes); });
  measure("memcpy", 2.0 * bytes, [=] { std::memcpy(a, b, bytes); });
  volatile double total = 0;
  measure("sum", bytes, [&] {
    double lanes[8] = {};
    for (std::size_t i = 0; i < n; i += 8) {
      for (int lane = 0; lane < 8; ++lane) lanes[lane] += a[i + lane];
    }
    for (double lane : lanes) total = total + lane;
  });
}
