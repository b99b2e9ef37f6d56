/*
 * config_address - one entry of a pool's list of addresses: a prefix, or first-last
 *
 * Core: no sockets, no clock, no logging.
 *
 * Always true: reading what config_address_format() wrote gives the same range.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TINLB_CONFIG_CORE_CONFIG_ADDRESS_H
#define TINLB_CONFIG_CORE_CONFIG_ADDRESS_H

#include "common/core/ip.h"
#include "config/core/config_errors.h"

/* False, and an error at `place` noted, when the text is neither. Host bits are masked off. */
bool config_address_parse(const char *text, const struct config_place *place,
			  struct config_errors *inout_errors, struct ip_range *out_range) MUST_CHECK;

/* As a prefix where it is one, else as first-last. */
void config_address_format(const struct ip_range *range, struct text *out_text);

#endif
