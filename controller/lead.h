/*
 * lead - the Lease by which one of several controllers writes
 *
 * Hallway: wires the feed of the Lease and the requests that write it to
 * core/leader, and starts and ends the controller's time of writing.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TINLB_CONTROLLER_LEAD_H
#define TINLB_CONTROLLER_LEAD_H

#include "controller/controller.h"

void lead_start(struct controller *c);
void lead_stop(struct controller *c);

/* Look whether something is due; after whatever may have changed who leads. */
void lead_settle(struct controller *c);

/* Finish what is being written, give the Lease back, and stop the loop; 2 s at most. */
void lead_leave(struct controller *c);

/* May be asked before each write. */
bool lead_may_write(const struct controller *c);

#endif
