/*
 * status_read - the /status page of a daemon (docs/status.md) out of JSON
 *
 * Wire: jansson, no state. Fields that are not known are skipped and fields
 * that are missing are empty, so that pages of older and newer daemons can be
 * read; an entry without its name or address is left out.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TINLB_CLI_WIRE_STATUS_READ_H
#define TINLB_CLI_WIRE_STATUS_READ_H

#include "cli/core/view.h"
#include "common/core/text.h"

#define STATUS_READ_SCHEMA 1

/* 0 and the status (the caller frees), or -EINVAL with a sentence. */
int status_read(const char *bytes, size_t n, struct view_status **out_status,
		struct text *out_error) MUST_CHECK;

#endif
