/*
 * world - a network of the test's own, and a loop that turns until something is true
 *
 * Each test program runs in a user and a network namespace of its own, so it
 * needs no root and touches nothing of the machine. Where the kernel allows no
 * user namespaces every test is skipped with that reason.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TINLB_TESTS_SHELL_WORLD_H
#define TINLB_TESTS_SHELL_WORLD_H

#include "common/io/loop.h"

/* To be called first in main(): 0, or meson's exit code for skipped. */
int world_enter(void);

/* Runs `ip` with these words; the test fails when it does. */
void world_ip(const char *words);

/* So many changes of this interface that who does not read loses messages about them. */
void world_flood(const char *name);

/* Turns the loop until *done is true; the test fails after ten seconds. */
void world_until(struct loop *loop, const bool *done);

/* Turns the loop for a while in which something must not happen. */
void world_turn(struct loop *loop, int64_t ms);

#endif
