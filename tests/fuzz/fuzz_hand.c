/* fuzz_hand - any user message is refused, or what is read of it is written and read back alike */
/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "speaker/announcer/wire/hand_wire.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	uint8_t first[HAND_WIRE_MAX], second[HAND_WIRE_MAX];
	struct hand_msg msg, again;
	size_t n_first;

	if (hand_decode(bytes, n, &msg) != 0)
		return 0;
	CHECK(msg.n <= HAND_MAX_ENTRIES);
	n_first = hand_encode(&msg, first);
	CHECK(hand_decode(first, n_first, &again) == 0);
	CHECK(hand_encode(&again, second) == n_first);
	CHECK(memcmp(first, second, n_first) == 0);
	return 0;
}
