/* lead - see lead.h */
/* SPDX-License-Identifier: Apache-2.0 */
#include "controller/lead.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "common/api/wire/kube_encode.h"
#include "common/io/files.h"
#include "common/io/log.h"
#include "controller/writes.h"

#define TIMEOUT_MS 3000
#define LEAVE_MS 2000         /* for all of it */
#define LEAVE_WRITES_MS 1200  /* for what is being written */
#define WRITING "writing the Lease"
#define LEASES "/apis/coordination.k8s.io/v1/namespaces/"

static instant now_of(const struct controller *c)
{
	return loop_now(c->loop);
}

bool lead_may_write(const struct controller *c)
{
	return c->leads && !c->leave_by && leader_may_write(c->leader, now_of(c));
}

/* ---- writing the Lease ---- */

static enum leader_outcome outcome_of(const struct http_answer *answer)
{
	if (answer->error != 0)
		return LEADER_FAILED;
	if (answer->status == 200 || answer->status == 201)
		return LEADER_WRITTEN;
	if (answer->status == 409 || answer->status == 404)
		return LEADER_CONFLICT;
	return answer->status == 403 ? LEADER_FORBIDDEN : LEADER_FAILED;
}

/* Said when it begins, and on the page for as long as it lasts; NULL: it is over. */
static void note_failure(struct controller *c, const char *error)
{
	if (!error) {
		free(strmap_remove(&c->trouble, WRITING));
	} else if (!strmap_get(&c->trouble, WRITING)) {
		strmap_put(&c->trouble, WRITING, mem_strdup(error));
		log_line(LOG_WARN, { "op", "writeLease" }, { "error", error },
			 { "msg", "the Lease cannot be written, it is tried again" });
	}
}

static void on_written(void *ctx, const struct http_answer *answer)
{
	struct controller *c = ctx;
	enum leader_outcome outcome = outcome_of(answer);
	void *lease = NULL;
	struct text error;

	c->lease_request = NULL;
	text_init(&error, 1024);
	if (outcome == LEADER_WRITTEN &&
	    kube_decode_bytes(KUBE_LEASE, answer->bytes, answer->n, &lease, &error) != 0)
		outcome = LEADER_FAILED;
	else if (outcome == LEADER_FAILED || outcome == LEADER_FORBIDDEN)
		kube_client_explain(c->client, answer, &error);
	if (outcome == LEADER_FORBIDDEN)
		log_line(LOG_WARN, { "op", "writeLease" }, { "error", error.s },
			 { "msg", "the role does not allow it" });
	note_failure(c, outcome == LEADER_FAILED ? error.s : NULL);
	text_done(&error);
	leader_on_written(c->leader, now_of(c), outcome, lease);
	kube_object_free(KUBE_LEASE, lease);
	if (outcome == LEADER_CONFLICT)
		kube_feed_relist(c->leases); /* see who was faster */
	lead_settle(c);
}

static void write_lease(struct controller *c, const struct kube_lease *lease)
{
	bool is_new = !lease->meta.resource_version;
	struct http_call call = { .method = is_new ? "POST" : "PUT",
				  .content_type = "application/json", .timeout_ms = TIMEOUT_MS,
				  .on_done = on_written, .ctx = c };
	struct text target, body;

	text_init(&target, 1024);
	text_init(&body, 4096);
	text_addf(&target, LEASES "%s/leases%s%s", lease->meta.namespace, is_new ? "" : "/",
		  is_new ? "" : lease->meta.name);
	kube_encode_lease(lease, &body);
	call.target = target.s;
	call.body = body.s;
	c->lease_request = kube_client_send(c->client, &call);
	text_done(&target);
	text_done(&body);
}

/* ---- who leads ---- */

static void log_role(struct controller *c, enum leader_role role)
{
	static const char *const said[] = {
		[LEADER_STANDBY] = "another controller leads: this one stands by",
		[LEADER_LEADS] = "this controller leads",
		[LEADER_ALONE] = "the role does not allow Leases (coordination.k8s.io): this controller "
				 "leads without one, run no second one",
		[LEADER_LEFT] = "the Lease is given back",
	};
	const char *holder = leader_holder(c->leader), *what = said[role];
	bool run_out = role == LEADER_STANDBY && leader_is_holder(c->leader);

	if (role == c->role)
		return;
	c->role = role;
	if (run_out)
		what = "the Lease could not be renewed in time: this controller stands by until it is";
	if (!what)
		return;
	log_line(role == LEADER_ALONE || run_out ? LOG_WARN : LOG_INFO, { "event", "leader" },
		 { "role", leader_role_word(role) }, { "holder", holder ? holder : "" }, { "msg", what });
	history_add(&c->history, loop_wall_us() / 1000, holder ? holder : "", "leader", what);
}

static void leave(struct controller *c)
{
	instant now = now_of(c);
	bool in_time = now < c->leave_by - (LEAVE_MS - LEAVE_WRITES_MS) * NS_PER_MS;

	/* While something is still being written nobody else may begin. */
	if (c->n_writes == 0 && in_time && c->role != LEADER_LEFT)
		leader_leave(c->leader, now);
	if (leader_is_released(c->leader) || now >= c->leave_by || (c->n_writes > 0 && !in_time))
		loop_stop(c->loop);
}

void lead_settle(struct controller *c)
{
	instant now = now_of(c), due;
	struct kube_lease lease;
	bool leads;

	if (c->leave_by)
		leave(c);
	leads = leader_may_write(c->leader, now);
	log_role(c, leader_role(c->leader, now));
	if (leads != c->leads && !c->leave_by) {
		c->leads = leads;
		if (leads)
			controller_begin(c);
		else
			controller_end(c);
	}
	if (leader_next_write(c->leader, now, loop_wall_us(), &lease))
		write_lease(c, &lease);
	else if (c->role == LEADER_STANDBY && !c->lease_request)
		controller_watch(c);
	due = leader_deadline(c->leader);
	if (c->leave_by)
		due = instant_min(due, instant_add_ms(now, 20));
	loop_timer_set(c->lead_timer, due);
}

void lead_leave(struct controller *c)
{
	if (!c->leads || c->leave_by || leader_role(c->leader, now_of(c)) != LEADER_LEADS) {
		loop_stop(c->loop);
		return;
	}
	c->leave_by = instant_add_ms(now_of(c), LEAVE_MS);
	lead_settle(c);
}

static void on_timer(void *ctx, instant now)
{
	(void)now;
	lead_settle(ctx);
}

/* ---- reading the Lease ---- */

static void on_lease(void *ctx, void *object)
{
	struct controller *c = ctx;

	c->lease_seen = true;
	leader_on_lease(c->leader, now_of(c), object);
	kube_lease_free(object);
	lead_settle(c);
}

static void on_lease_gone(void *ctx, const char *key)
{
	struct controller *c = ctx;

	(void)key;
	c->lease_seen = false;
	leader_on_no_lease(c->leader, now_of(c));
	lead_settle(c);
}

static void on_leases_synced(void *ctx)
{
	struct controller *c = ctx;

	if (!c->lease_seen)
		leader_on_no_lease(c->leader, now_of(c));
	lead_settle(c);
}

static void on_leases_trouble(void *ctx, enum kube_trouble trouble, const char *text)
{
	struct controller *c = ctx;
	bool forbidden = trouble == KUBE_TROUBLE_DENIED || trouble == KUBE_TROUBLE_MISSING;

	if (!forbidden)
		controller_log_trouble(c, "leases", trouble, text);
	else if (!kube_feed_is_synced(c->leases))
		leader_on_forbidden(c->leader, now_of(c));
	if (forbidden)
		log_line(LOG_WARN, { "op", "watch" }, { "resource", "leases" }, { "error", text },
			 { "msg", "the role does not allow it" });
	lead_settle(c);
}

/* ---- start and stop ---- */

void lead_start(struct controller *c)
{
	struct kube_feed_config leases = {
		KUBE_LEASE, NULL, NULL,
		{ on_lease, on_lease_gone, on_leases_synced, on_leases_trouble, c }, NULL
	};
	struct leader_config config = { .namespace = c->config.namespace, .name = CONTROLLER_LEASE,
					.duration_s = c->config.lease_s };
	struct text identity, former;
	uint64_t unique;

	files_random(&unique, sizeof(unique));
	text_init(&identity, 512); /* a pod's name has up to 253 bytes */
	text_init(&former, 512);
	if (c->config.pod && *c->config.pod) {
		text_addf(&former, "%s_", c->config.pod);
		config.former = former.s;
	}
	text_addf(&identity, "%s_%016" PRIx64, config.former ? c->config.pod : "tinlb-controller",
		  unique);
	config.identity = identity.s;
	files_random(&config.seed, sizeof(config.seed));
	c->leader = leader_new(&config);
	text_done(&identity);
	text_done(&former);
	c->lead_timer = loop_timer_new(c->loop, on_timer, c);
	text_init(&c->lease_path, 1024);
	text_addf(&c->lease_path, LEASES "%s/leases", c->config.namespace);
	leases.path = c->lease_path.s;
	leases.selectors = "fieldSelector=metadata.name%3D" CONTROLLER_LEASE;
	c->leases = kube_feed_new(c->client, &leases);
}

void lead_stop(struct controller *c)
{
	if (c->lease_request)
		http_cancel(c->lease_request);
	kube_feed_free(c->leases);
	loop_timer_free(c->lead_timer);
	leader_free(c->leader);
	text_done(&c->lease_path);
}
