/*
 * lzw - unpacks what memberlist's compression made
 *
 * Wire: bytes to bytes, no state. Go's compress/lzw with LSB order and 8-bit
 * literals: clear 256, end 257, codes of 9 to 12 bits that widen when the next
 * code would not fit. We never compress, which peers accept.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TINLB_SPEAKER_ANNOUNCER_WIRE_LZW_H
#define TINLB_SPEAKER_ANNOUNCER_WIRE_LZW_H

#include "common/core/base.h"

/*
 * Unpack into out_bytes of `cap` bytes. 0; -EBADMSG: not a complete stream;
 * -EFBIG: it would not fit.
 */
int lzw_unpack(const uint8_t *bytes, size_t n, uint8_t *out_bytes, size_t cap, size_t *out_n)
	MUST_CHECK;

#endif
