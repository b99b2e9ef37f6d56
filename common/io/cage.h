/*
 * cage - the system calls that a process may make from now on
 *
 * I/O: a seccomp filter and process flags; no decision. Calls of one common list
 * are allowed, and what the process asks for beside them. Another call does not
 * take place: its name and number are written to standard error, with the name
 * of the process, and the process dies of SIGSYS. All threads and children made
 * afterwards are bound, programs that they run included; a second cage can only
 * be narrower than the first.
 *
 * No program of ours starts threads by clone3(), whose flags a filter cannot
 * see: it fails with ENOSYS, and the C library takes clone().
 */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TINLB_COMMON_IO_CAGE_H
#define TINLB_COMMON_IO_CAGE_H

#include "common/core/base.h"

struct cage {
	const char *const *call; /* names, beside the common list; those a machine has not are skipped */
	size_t n_call;
	bool children; /* may fork; else only threads */
	bool packets;  /* may open packet sockets */
};

/* No new privileges, no core dump, and nobody but root looks into the process. 0 or -errno. */
int cage_hide(void) MUST_CHECK;

/*
 * 0; -ENOSYS: this build has no filter (meson option seccomp, or sanitizers, which need many
 * more calls); another -errno: the kernel refused it.
 */
int cage_enter(const struct cage *cage) MUST_CHECK;

#endif
