/*
 * host_files - the settings of this node's kernel, from /proc
 *
 * I/O: plain files only, of the network namespace that the process is in.
 * Whatever cannot be read is left as not known.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TINLB_SPEAKER_AGENT_IO_HOST_FILES_H
#define TINLB_SPEAKER_AGENT_IO_HOST_FILES_H

#include "speaker/agent/core/host.h"

/* proc: "/proc". `interface` names those to read: its values are not looked at. */
void host_files_read(const char *proc, const struct strmap *interface, struct host_facts *out_facts);

#endif
