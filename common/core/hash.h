/*
 * hash - of bytes and texts: FNV-1a, in 64 bits and in 32
 *
 * Core: no sockets, no clock, no logging. Begin with HASH_EMPTY and go on with
 * what the last call returned. The values never change: some are in names of
 * objects that outlive the program. Against who chooses the bytes it is no
 * protection.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TINLB_COMMON_CORE_HASH_H
#define TINLB_COMMON_CORE_HASH_H

#include "common/core/base.h"

#define HASH_EMPTY UINT64_C(0xcbf29ce484222325)

uint64_t hash_bytes(uint64_t hash, const void *bytes, size_t n);
uint64_t hash_text(uint64_t hash, const char *text);  /* "ab" and "c" are as "a" and "bc" */
uint32_t hash32_text(const char *text); /* the same in 32 bits, of the whole text */
uint64_t hash_field(uint64_t hash, const char *text); /* with its end: they are not */

#endif
