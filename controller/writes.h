/*
 * writes - status updates and Events on their way to the API
 *
 * Hallway: takes from reconcile what must be written, many at a time, and tells
 * it what became of each.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TINLB_CONTROLLER_WRITES_H
#define TINLB_CONTROLLER_WRITES_H

struct controller;

/* Send as much as may be under way at once. */
void writes_pump(struct controller *c);
void writes_cancel(struct controller *c); /* of status updates, what is under way */

#endif
