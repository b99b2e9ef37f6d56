/* base - see base.h */
/* SPDX-License-Identifier: Apache-2.0 */
#include "common/core/base.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

_Noreturn void check_failed(const char *condition, const char *file, unsigned line,
			    const char *function)
{
	__assert_fail(condition, file, line, function);
}

instant instant_add_ms(instant t, int64_t ms)
{
	int64_t ns;
	instant sum;

	if (t == INSTANT_NEVER || __builtin_mul_overflow(ms, NS_PER_MS, &ns) ||
	    __builtin_add_overflow(t, ns, &sum))
		return INSTANT_NEVER;
	return sum;
}

void *mem_new(size_t n, size_t size)
{
	void *p = calloc(n ? n : 1, size ? size : 1);

	CHECK(p != NULL);
	return p;
}

void *mem_resize(void *old, size_t n, size_t size)
{
	void *p = reallocarray(old, n ? n : 1, size ? size : 1);

	CHECK(p != NULL);
	return p;
}

void *mem_grow(void *array, size_t n, size_t *inout_cap, size_t size)
{
	if (n < *inout_cap)
		return array;
	*inout_cap = *inout_cap ? *inout_cap + *inout_cap / 2 + 1 : 4;
	return mem_resize(array, *inout_cap, size);
}

char *mem_strdup(const char *s)
{
	return s ? mem_strndup(s, strlen(s)) : NULL;
}

char *mem_strndup(const char *s, size_t n)
{
	char *copy = mem_new(n + 1, 1);

	memcpy(copy, s, n);
	return copy;
}

void mem_replace(char **inout_text, const char *s)
{
	char *copy = mem_strdup(s);

	free(*inout_text);
	*inout_text = copy;
}

bool str_equal(const char *a, const char *b)
{
	if (!a || !b)
		return a == b;
	return strcmp(a, b) == 0;
}
