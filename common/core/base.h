/*
 * base - the words every other file uses: time, checks, memory
 *
 * Core: no sockets, no clock, no logging.
 *
 * Time is an `instant`: nanoseconds since a start that only common/io/loop.c
 * knows. Cores are handed `now` and never keep it to use it as "now" later.
 *
 * Memory: the allocating calls never return NULL; when memory runs out the
 * process aborts. State is rebuilt from the API and from the peers.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TINLB_COMMON_CORE_BASE_H
#define TINLB_COMMON_CORE_BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MUST_CHECK __attribute__((warn_unused_result))
#define PRINTF_LIKE(fmt, args) __attribute__((format(printf, fmt, args)))
#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

/* The struct that holds `member` at address `ptr`. */
#define CONTAINER_OF(ptr, type, member) ((type *)(void *)((char *)(ptr) - offsetof(type, member)))

/* Programmer errors only, never input; stays on in release builds. */
#define CHECK(condition) \
	((condition) ? (void)0 : check_failed(#condition, __FILE__, __LINE__, __func__))
_Noreturn void check_failed(const char *condition, const char *file, unsigned line,
			    const char *function);

typedef int64_t instant;

#define INSTANT_NEVER INT64_MAX
#define NS_PER_MS INT64_C(1000000)
#define NS_PER_S INT64_C(1000000000)

/* t + ms; INSTANT_NEVER stays INSTANT_NEVER, and nothing wraps. */
instant instant_add_ms(instant t, int64_t ms);

/* The first multiple of grid_ms at or after t (>= 0), so that what is not urgent shares a wake-up. */
static inline instant instant_on_grid(instant t, int64_t grid_ms)
{
	int64_t grid = grid_ms * NS_PER_MS;

	return t < INSTANT_NEVER - grid ? (t + grid - 1) / grid * grid : INSTANT_NEVER;
}

static inline instant instant_min(instant a, instant b)
{
	return a < b ? a : b;
}

static inline instant instant_max(instant a, instant b)
{
	return a < b ? b : a;
}

/* Zeroed memory for n elements of `size` bytes; n * size is checked. */
void *mem_new(size_t n, size_t size) MUST_CHECK;

/* `old` (may be NULL) with room for n elements; what is new is not zeroed. */
void *mem_resize(void *old, size_t n, size_t size) MUST_CHECK;

/*
 * Make room for one more element: grows *inout_cap geometrically when
 * n == *inout_cap. Returns the array, which may have moved.
 */
void *mem_grow(void *array, size_t n, size_t *inout_cap, size_t size) MUST_CHECK;

char *mem_strdup(const char *s) MUST_CHECK; /* NULL stays NULL */
char *mem_strndup(const char *s, size_t n) MUST_CHECK;
void mem_replace(char **inout_text, const char *s); /* by a copy of s, which may be a part of the text */

/* Equal, where NULL equals only NULL. */
bool str_equal(const char *a, const char *b);

#endif
