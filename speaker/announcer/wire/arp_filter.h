/*
 * arp_filter - the kernel's filter for ARP frames about our addresses
 *
 * Wire: classic BPF instructions out of ranges; no state. Lets through what is
 * ARP for IPv4 with a target or a sender in one of the ranges, except when the
 * target is one of `own`: those the kernel answers by itself, and nobody needs
 * to be woken for them.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TINLB_SPEAKER_ANNOUNCER_WIRE_ARP_FILTER_H
#define TINLB_SPEAKER_ANNOUNCER_WIRE_ARP_FILTER_H

#include <linux/filter.h>

#include "speaker/announcer/core/cover.h"

#define ARP_FILTER_MAX_OWN 64
#define ARP_FILTER_MAX_CODE (16 + ARP_FILTER_MAX_OWN * 2 + COVER_MAX * 8)

/* Returns the number of instructions. Own addresses beyond the limit are not excluded. */
size_t arp_filter_write(const struct cover *cover, const uint32_t *own, size_t n_own,
			struct sock_filter out_code[static ARP_FILTER_MAX_CODE]);

#endif
