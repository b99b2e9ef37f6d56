/* fuzz_timing_json - any file is refused with a sentence or sets values within their limits */
/* SPDX-License-Identifier: Apache-2.0 */
#include "speaker/agent/wire/timing_json.h"

#define DAY_MS 86400000u

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	uint32_t timing[TABLE_N_TIMINGS] = { 0 };
	struct text ignored, error;

	text_init(&ignored, 4096);
	text_init(&error, 4096);
	if (timing_from_json((const char *)bytes, n, timing, &ignored, &error) == 0)
		for (size_t i = 0; i < TABLE_N_TIMINGS; i++)
			CHECK(timing[i] <= (i < TABLE_N_TIMES_MS ? DAY_MS : 100));
	else
		CHECK(error.n > 0);
	text_done(&ignored);
	text_done(&error);
	return 0;
}
