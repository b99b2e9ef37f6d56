/* fuzz_arp - any frame is refused, or decodes to what encodes to its first 42 bytes */
/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "speaker/announcer/wire/arp.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	uint8_t again[ARP_FRAME_BYTES];
	struct arp_msg msg;

	if (arp_decode(bytes, n, &msg) != 0)
		return 0;
	arp_encode(&msg, again);
	CHECK(memcmp(again, bytes, ARP_FRAME_LEAST) == 0);
	return 0;
}
