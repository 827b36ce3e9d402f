// The thread sanitizer follows longjmp, by which Lua yields and raises, but not the checked variant
// that Debian's Lua is compiled to call: without this its shadow stack grows with every yield.
#if defined(__SANITIZE_THREAD__)

#include <csetjmp>

extern "C" [[noreturn]] __attribute__((visibility("default"))) void __longjmp_chk(
    struct __jmp_buf_tag* environment, int value) {
  longjmp(environment, value);
}

#endif
