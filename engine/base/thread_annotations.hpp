// Clang thread-safety attributes, so that which lock guards what is part of the types.
// https://clang.llvm.org/docs/ThreadSafetyAnalysis.html; other compilers see nothing.
#pragma once

#if defined(__clang__)
#define TM_THREAD_ATTRIBUTE(x) __attribute__((x))
#else
#define TM_THREAD_ATTRIBUTE(x)
#endif

#define TM_CAPABILITY(name) TM_THREAD_ATTRIBUTE(capability(name))
#define TM_SCOPED_CAPABILITY TM_THREAD_ATTRIBUTE(scoped_lockable)
#define TM_GUARDED_BY(x) TM_THREAD_ATTRIBUTE(guarded_by(x))
#define TM_REQUIRES(...) TM_THREAD_ATTRIBUTE(requires_capability(__VA_ARGS__))
#define TM_EXCLUDES(...) TM_THREAD_ATTRIBUTE(locks_excluded(__VA_ARGS__))
#define TM_ACQUIRE(...) TM_THREAD_ATTRIBUTE(acquire_capability(__VA_ARGS__))
#define TM_TRY_ACQUIRE(...) TM_THREAD_ATTRIBUTE(try_acquire_capability(__VA_ARGS__))
#define TM_RELEASE(...) TM_THREAD_ATTRIBUTE(release_capability(__VA_ARGS__))
#define TM_NO_ANALYSIS TM_THREAD_ATTRIBUTE(no_thread_safety_analysis)
