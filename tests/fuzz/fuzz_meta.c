/* fuzz_meta - any Meta is refused, or what is read of it is written and read back alike */
/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "speaker/announcer/wire/meta_wire.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	struct swim_meta in = { 0 }, out;
	struct ring_meta meta, again;

	if (n > sizeof(in.byte))
		return 0;
	in.n = (uint16_t)n;
	memcpy(in.byte, bytes, n);
	if (meta_decode(&in, &meta) != 0)
		return 0;
	CHECK(meta.n_reach <= RING_META_MAX_REACH);
	meta_encode(&meta, &out);
	CHECK(meta_decode(&out, &again) == 0);
	CHECK(ring_meta_equal(&meta, &again));
	return 0;
}
