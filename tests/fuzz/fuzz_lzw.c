/* fuzz_lzw - any stream is refused or unpacks within the memory it was given */
/* SPDX-License-Identifier: Apache-2.0 */
#include "speaker/announcer/wire/lzw.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

/* The first byte, times 16, is the room for the result. */
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	uint8_t unpacked[256 * 16];
	size_t cap, n_out = SIZE_MAX;

	if (n == 0)
		return 0;
	cap = (size_t)bytes[0] * 16;
	if (lzw_unpack(bytes + 1, n - 1, unpacked, cap, &n_out) == 0)
		CHECK(n_out <= cap);
	else
		CHECK(n_out == SIZE_MAX);
	return 0;
}
