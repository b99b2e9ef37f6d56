/* histogram - see histogram.h */
/* SPDX-License-Identifier: Apache-2.0 */
#include "common/core/histogram.h"

uint32_t histogram_bound_ms(size_t class)
{
	static const uint32_t bound[HISTOGRAM_CLASSES] = {
		1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000, 30000, 60000, 0,
	};

	CHECK(class < HISTOGRAM_CLASSES);
	return bound[class];
}

void histogram_add(struct histogram *h, int64_t us)
{
	size_t class = 0;

	if (us < 0)
		us = 0;
	while (class < HISTOGRAM_CLASSES - 1 && us > (int64_t)histogram_bound_ms(class) * 1000)
		class++;
	h->n[class]++;
	h->sum_us += (uint64_t)us;
}
