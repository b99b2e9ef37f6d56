/*
 * crc32 - the checksum of memberlist's CRC frame
 *
 * Wire: no state. CRC-32 of IEEE 802.3, as Go's hash/crc32.ChecksumIEEE.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TINLB_SPEAKER_ANNOUNCER_WIRE_CRC32_H
#define TINLB_SPEAKER_ANNOUNCER_WIRE_CRC32_H

#include "common/core/base.h"

uint32_t crc32_ieee(const uint8_t *bytes, size_t n);

#endif
