/*
 * records - whole records over a SEQPACKET socket
 *
 * I/O: no parsing. The socket is made non-blocking and stays the caller's.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TINLB_SPEAKER_AGENT_IO_RECORDS_H
#define TINLB_SPEAKER_AGENT_IO_RECORDS_H

#include "common/core/base.h"

/* 0, or -errno: fd is no SEQPACKET socket. */
int records_prepare(int fd) MUST_CHECK;

/* 0, -EAGAIN: not now, -EPIPE: the other side is gone, or -errno. */
int records_send(int fd, const void *bytes, size_t n) MUST_CHECK;

/* 0, -EAGAIN: none, -EPIPE: the other side is gone, -EMSGSIZE: longer than max and lost. */
int records_receive(int fd, void *out_bytes, size_t max, size_t *out_n) MUST_CHECK;

/* Wait until there is a record, at most so long; false: there was none. */
bool records_wait(int fd, int timeout_ms);

#endif
