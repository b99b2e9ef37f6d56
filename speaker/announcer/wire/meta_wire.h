/*
 * meta_wire - what a speaker says about itself, as bytes in memberlist's Meta
 *
 * Wire: no state. Four bytes "TLB" and the version, then flags, the hash of the
 * table, and the interfaces. Later versions add bytes behind: what is longer
 * than known is read as far as it is known.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TINLB_SPEAKER_ANNOUNCER_WIRE_META_WIRE_H
#define TINLB_SPEAKER_ANNOUNCER_WIRE_META_WIRE_H

#include "speaker/announcer/core/ring_meta.h"
#include "speaker/announcer/core/swim_msg.h"

void meta_encode(const struct ring_meta *meta, struct swim_meta *out_bytes);

/* 0, or -EPROTO: it is not ours, of version 0, or cut off. */
int meta_decode(const struct swim_meta *bytes, struct ring_meta *out_meta) MUST_CHECK;

#endif
