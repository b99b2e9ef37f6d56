/*
 * controller_cluster - two controllers, one API that is late, forgetful and busy
 *
 * Virtual time. Watches lag, streams break and are listed anew, requests are
 * carried out late or answered never, objects change in between, controllers
 * stop for longer than their Lease, die and start again at any point. What the
 * API stores is checked after every step: an address never stands at two
 * services, and once it stands at one it stays there until that one is deleted.
 * At the end everybody is served and nothing is written any more. Prints its
 * seed; takes one as argument.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "controller/core/leader.h"
#include "controller/core/reconcile.h"
#include "tests/unit/controller/world.h"

#define RUNS 400
#define STEPS 500
#define N_SERVICES 6
#define N_CONTROLLERS 2
#define MAX_REQUESTS 64
#define MAX_CHANGES 20000
#define LATE_MS 900 /* a request that was sent is carried out until then, or never */
#define POOL "address-pools: [{name: p, protocol: layer2, addresses: [1.2.3.0/29]}]"

struct object {
	bool exists;
	uint64_t uid, version;
	char ip[IP_TEXT_MAX], note[8];
};

struct request { /* to write a service, on its way */
	bool used, answered; /* answered: somebody waits for it */
	unsigned from, life; /* controller, and which of its lives */
	size_t service;
	uint64_t number, base;
	char ip[IP_TEXT_MAX], note[8];
	instant due;
};

struct process {
	struct reconcile *r;
	struct leader *leader;
	bool leads, listing;
	unsigned life;
	size_t told; /* changes of services that it was told of */
	instant asleep_until;
};

struct world {
	struct prng prng;
	uint64_t seed, version;
	instant now;
	struct object object[N_SERVICES];
	struct object *change; /* log of what happened */
	size_t *changed, n_change;
	struct request request[MAX_REQUESTS];
	struct kube_lease lease; /* "" resource_version: there is none */
	char lease_version[24], holder[32];
	struct process process[N_CONTROLLERS];
	uint64_t writes;
	bool healthy;
};

static void fail(const struct world *w, const char *what, size_t i)
{
	printf("FAILED: %s (service %zu) with seed %" PRIu64 "\n", what, i, w->seed);
	exit(1);
}

static bool chance(struct world *w, int64_t one_in)
{
	return !w->healthy && prng_below(&w->prng, (uint64_t)one_in) == 0;
}

static const char *key_of(size_t i, char out[static 16])
{
	snprintf(out, 16, "default/s%zu", i);
	return out;
}

static void changed(struct world *w, size_t i)
{
	w->object[i].version = ++w->version;
	CHECK(w->n_change < MAX_CHANGES);
	w->changed[w->n_change] = i;
	w->change[w->n_change++] = w->object[i];
}

/* ---- the service's life ---- */

static void check(const struct world *w)
{
	for (size_t i = 0; i < N_SERVICES; i++)
		for (size_t k = 0; k < i; k++)
			if (w->object[i].exists && w->object[k].exists && *w->object[i].ip &&
			    strcmp(w->object[i].ip, w->object[k].ip) == 0)
				fail(w, "an address stands at two services", i);
}

static void carry_out(struct world *w, struct request *request)
{
	struct object *object = &w->object[request->service];
	struct process *from = &w->process[request->from];
	bool stored = object->exists && object->version == request->base;
	struct reconcile_write write = { .number = request->number };
	char key[16], version[24];

	request->used = false;
	if (stored) {
		if (*object->ip && strcmp(object->ip, request->ip) != 0)
			fail(w, "an address was taken from a service that has it", request->service);
		memcpy(object->ip, request->ip, sizeof(object->ip));
		memcpy(object->note, request->note, sizeof(object->note));
		changed(w, request->service);
		w->writes++;
		check(w);
	}
	if (!request->answered || from->life != request->life)
		return;
	snprintf(version, sizeof(version), "%" PRIu64, object->version);
	write.key = key_of(request->service, key);
	if (stored && !chance(w, 8))
		reconcile_on_written(from->r, w->now, &write, version);
	else
		reconcile_on_failed(from->r, w->now, &write);
}

/* ---- a controller ---- */

static struct kube_service *seen_as(const struct object *object, size_t i)
{
	char name[16], version[24], uid[24];
	struct kube_service *s;

	s = world_service(key_of(i, name) + strlen("default/"));
	snprintf(version, sizeof(version), "%" PRIu64, object->version);
	free(s->meta.resource_version);
	s->meta.resource_version = mem_strdup(version);
	snprintf(uid, sizeof(uid), "%" PRIu64, object->uid);
	free(s->meta.uid);
	s->meta.uid = mem_strdup(uid);
	if (*object->note)
		world_with_note(s, SERVICE_NOTE, object->note);
	return *object->ip ? world_with_stored(s, object->ip) : s;
}

static void list(struct world *w, struct process *p)
{
	char key[16];

	for (size_t i = 0; i < N_SERVICES; i++) {
		if (w->object[i].exists)
			reconcile_on_service(p->r, w->now, seen_as(&w->object[i], i));
		else
			reconcile_on_gone(p->r, w->now, key_of(i, key));
	}
	p->told = w->n_change;
	p->listing = false;
	if (p->leads)
		reconcile_on_all_services(p->r, w->now);
}

static void watch(struct world *w, struct process *p)
{
	char key[16];

	while (p->told < w->n_change && !chance(w, 3)) {
		size_t i = w->changed[p->told];
		const struct object *object = &w->change[p->told++];

		if (object->exists)
			reconcile_on_service(p->r, w->now, seen_as(object, i));
		else
			reconcile_on_gone(p->r, w->now, key_of(i, key));
	}
}

static void start(struct world *w, unsigned at)
{
	struct process *p = &w->process[at];
	char identity[32];
	struct leader_config config = { .identity = identity, .namespace = "n", .name = "l", .duration_s = 10,
					.seed = w->seed + p->life };

	snprintf(identity, sizeof(identity), "c%u_%u", at, ++p->life);
	p->r = reconcile_new("", w->seed);
	p->leader = leader_new(&config);
	p->leads = false;
	p->listing = true;
	p->told = w->n_change;
	reconcile_on_config(p->r, w->now, world_config(POOL));
	reconcile_on_standby(p->r);
}

static void die(struct process *p)
{
	reconcile_free(p->r);
	leader_free(p->leader);
}

static void see_lease(struct world *w, struct process *p)
{
	if (*w->lease_version)
		leader_on_lease(p->leader, w->now, &w->lease);
	else
		leader_on_no_lease(p->leader, w->now);
}

static void write_lease(struct world *w, struct process *p)
{
	struct kube_lease next;

	if (!leader_next_write(p->leader, w->now, w->now / 1000, &next))
		return;
	if (chance(w, 6) || !str_equal(next.meta.resource_version,
				       *w->lease_version ? w->lease_version : NULL)) {
		leader_on_written(p->leader, w->now, LEADER_CONFLICT, NULL);
		return;
	}
	snprintf(w->holder, sizeof(w->holder), "%s", next.holder);
	snprintf(w->lease_version, sizeof(w->lease_version), "%" PRIu64, ++w->version);
	w->lease = (struct kube_lease){ .meta.resource_version = w->lease_version, .holder = w->holder,
					.duration_s = next.duration_s, .renew_us = next.renew_us,
					.transitions = next.transitions };
	leader_on_written(p->leader, w->now, chance(w, 10) ? LEADER_FAILED : LEADER_WRITTEN, &w->lease);
}

static void look_who_leads(struct world *w, unsigned at)
{
	struct process *p = &w->process[at];
	bool leads = leader_may_write(p->leader, w->now);

	if (leads == p->leads)
		return;
	p->leads = leads;
	p->listing |= leads;
	if (leads)
		return;
	reconcile_on_standby(p->r);
	for (size_t i = 0; i < MAX_REQUESTS; i++) /* cut off: what is on its way may still arrive */
		w->request[i].answered &= w->request[i].from != at;
}

static void send(struct world *w, unsigned at, struct reconcile_write write)
{
	struct process *p = &w->process[at];
	struct request *request = w->request;
	size_t i = (size_t)(write.key[strlen("default/s")] - '0');
	const struct object *object = &w->object[i];
	char key[16];

	write.key = key_of(i, key);
	if (!write.raw && !object->exists) {
		reconcile_on_failed(p->r, w->now, &write);
		return;
	}
	if (!write.raw && !reconcile_on_reread(p->r, w->now, seen_as(object, i), &write))
		return;
	while (request->used)
		request++;
	CHECK(request < w->request + MAX_REQUESTS);
	*request = (struct request){ .used = true, .answered = true, .from = at, .life = p->life, .service = i,
				     .number = write.number,
				     .base = strtoull(reconcile_find(p->r, key)->version, NULL, 10),
				     .due = instant_add_ms(w->now, w->healthy ? 1 : prng_between(&w->prng, 1, LATE_MS)) };
	if (write.n_ip > 0)
		ip_format(&write.ip[0], request->ip);
	snprintf(request->note, sizeof(request->note), "%s", write.pool ? write.pool : "");
}

static void turn(struct world *w, unsigned at)
{
	struct process *p = &w->process[at];
	struct reconcile_write write;
	struct reconcile_note note;

	if (w->now < p->asleep_until)
		return;
	look_who_leads(w, at);
	if (!chance(w, 3))
		see_lease(w, p);
	write_lease(w, p);
	look_who_leads(w, at);
	if (p->listing && !chance(w, 3))
		list(w, p);
	else if (!p->listing)
		watch(w, p);
	if (chance(w, 40))
		p->listing = true; /* 410 */
	while (leader_may_write(p->leader, w->now) && p->leads &&
	       reconcile_next_write(p->r, w->now, &write))
		send(w, at, write);
	while (reconcile_next_note(p->r, &note))
		;
}

/* ---- what happens to them ---- */

static void happen(struct world *w)
{
	size_t i = prng_below(&w->prng, N_SERVICES);
	unsigned at = (unsigned)prng_below(&w->prng, N_CONTROLLERS);

	switch (prng_below(&w->prng, 12)) {
	case 0:
	case 1:
	case 2:
		if (!w->object[i].exists)
			w->object[i] = (struct object){ .exists = true, .uid = ++w->version };
		changed(w, i); /* made, or touched by somebody */
		break;
	case 3:
		if (w->object[i].exists) {
			w->object[i] = (struct object){ 0 };
			changed(w, i);
		}
		break;
	case 4:
		if (prng_below(&w->prng, 4) == 0) {
			die(&w->process[at]);
			start(w, at);
		}
		break;
	case 5:
		if (prng_below(&w->prng, 4) == 0)
			w->process[at].asleep_until =
				instant_add_ms(w->now, prng_between(&w->prng, 1000, 15000));
		break;
	default:
		break;
	}
}

static void step(struct world *w)
{
	w->now = instant_add_ms(w->now, prng_between(&w->prng, 1, w->healthy ? 400 : 700));
	if (!w->healthy)
		happen(w);
	for (size_t i = 0; i < MAX_REQUESTS; i++)
		if (w->request[i].used && w->request[i].due <= w->now)
			carry_out(w, &w->request[i]);
	for (unsigned at = 0; at < N_CONTROLLERS; at++)
		turn(w, at);
	check(w);
}

static void settle(struct world *w)
{
	uint64_t writes;

	w->healthy = true;
	for (unsigned n = 0; n < 200; n++)
		step(w);
	writes = w->writes;
	for (unsigned n = 0; n < 50; n++)
		step(w);
	if (w->writes != writes)
		fail(w, "writes without a change", 0);
	for (size_t i = 0; i < N_SERVICES; i++)
		if (w->object[i].exists && !*w->object[i].ip)
			fail(w, "is not served in the end", i);
}

static void run(uint64_t seed)
{
	struct world *w = mem_new(1, sizeof(*w));

	w->seed = seed;
	w->prng = prng_seeded(seed);
	w->now = NS_PER_S;
	w->change = mem_new(MAX_CHANGES, sizeof(*w->change));
	w->changed = mem_new(MAX_CHANGES, sizeof(*w->changed));
	for (unsigned at = 0; at < N_CONTROLLERS; at++)
		start(w, at);
	for (unsigned n = 0; n < STEPS; n++)
		step(w);
	settle(w);
	for (unsigned at = 0; at < N_CONTROLLERS; at++)
		die(&w->process[at]);
	free(w->change);
	free(w->changed);
	free(w);
}

int main(int argc, char **argv)
{
	uint64_t seed = argc > 1 ? strtoull(argv[1], NULL, 0) : 20260101;

	printf("seed %" PRIu64 "\n", seed);
	for (uint64_t n = 0; n < RUNS; n++)
		run(seed + n);
	printf("%d runs of %d steps\n", RUNS, STEPS);
	return 0;
}
