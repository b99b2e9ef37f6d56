/*
 * surroundings - what the shell says: which kubeconfig, whether colours are wanted
 *
 * I/O: environment, files that are there or not, and whether the output is a
 * terminal.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TINLB_CLI_IO_SURROUNDINGS_H
#define TINLB_CLI_IO_SURROUNDINGS_H

#include "common/core/base.h"

/*
 * The first file of KUBECONFIG's list that is there, else ~/.kube/config when
 * that is there. NULL: neither. The caller frees.
 */
char *surroundings_kubeconfig(void) MUST_CHECK;

/* A terminal, and NO_COLOR (no-color.org) is not set. */
bool surroundings_want_colour(void);

/* All of standard input, at most max_bytes, with a NUL behind it; the caller frees. 0 or -errno. */
int surroundings_read_input(size_t max_bytes, char **out_bytes, size_t *out_n) MUST_CHECK;

#endif
