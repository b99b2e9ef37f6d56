/*
 * client - a machine on the LAN that asks for addresses and believes what it hears
 *
 * Client 0 takes every gratuitous frame; client 1 only those about addresses
 * that are in its cache already, as Linux does. The first asks often, the
 * second seldom, so that it depends on what is announced.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TINLB_TESTS_SIM_CLIENT_H
#define TINLB_TESTS_SIM_CLIENT_H

#include "tests/sim/world.h"

void client_start(struct world *w, unsigned client);
void client_ask(struct world *w, struct client *client);
void client_on_frame(struct world *w, unsigned client, const uint8_t *bytes, size_t n);

#endif
