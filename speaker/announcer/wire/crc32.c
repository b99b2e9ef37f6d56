/* crc32 - see crc32.h */
/* SPDX-License-Identifier: Apache-2.0 */
#include "speaker/announcer/wire/crc32.h"

uint32_t crc32_ieee(const uint8_t *bytes, size_t n)
{
	uint32_t crc = UINT32_MAX;

	/* Bit by bit: a gossip packet is short and there are a few each second. */
	for (size_t i = 0; i < n; i++) {
		crc ^= bytes[i];
		for (unsigned bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? 0xedb88320u : 0);
	}
	return ~crc;
}
