/* effects - see effects.h */
/* SPDX-License-Identifier: Apache-2.0 */
#include "speaker/agent/effects.h"

#include <string.h>

#include "common/io/log.h"
#include "speaker/agent/core/reasons.h"

#define MESSAGE_MAX 1024
#define PROTOCOL "layer2"

/* The Event of each kind; no reason: none is posted. */
static const struct {
	const char *type, *reason;
} event_of[] = {
	[PLAN_ANNOUNCED] = { "Normal", "nodeAssigned" },
	[PLAN_WITHDRAWN] = { NULL, NULL },
	[PLAN_NO_INTERFACE] = { "Warning", "announceFailed" },
	[PLAN_LABEL_IGNORED] = { "Warning", "excludeLabelIgnored" },
	[PLAN_CLAIMED] = { "Warning", "addressClaimed" },
	[PLAN_MOVED] = { "Normal", "addressMoved" },
	[PLAN_SILENT] = { "Warning", "nobodyAnnounces" },
};

static void log_effect(const struct plan_effect *effect, const char *ip, const char *node)
{
	if (effect->kind == PLAN_ANNOUNCED)
		log_line(LOG_INFO, { "event", "serviceAnnounced" }, { "service", effect->service },
			 { "ip", ip }, { "pool", effect->pool }, { "protocol", PROTOCOL },
			 { "node", node }, { "msg", "this node answers for the address now" });
	else if (effect->kind == PLAN_WITHDRAWN)
		log_line(LOG_INFO, { "event", "serviceWithdrawn" }, { "service", effect->service },
			 { "ip", ip }, { "reason", effect->reason }, { "node", node },
			 { "msg", "this node answers for the address no longer" });
	else if (effect->kind == PLAN_NO_INTERFACE)
		log_line(LOG_WARN, { "event", "announceFailed" }, { "service", effect->service },
			 { "ip", ip }, { "node", node },
			 { "msg", "this node has no interface that can carry the address" });
	else if (effect->kind == PLAN_CLAIMED)
		log_line(LOG_WARN, { "event", "addressClaimed" }, { "service", effect->service },
			 { "ip", ip }, { "node", node }, { "claimant", effect->claimant },
			 { "msg", "another machine answers for the address, too" });
	else if (effect->kind == PLAN_SILENT)
		log_line(LOG_WARN, { "event", "nobodyAnnounces" }, { "service", effect->service },
			 { "ip", ip }, { "reason", effect->reason }, { "msg", effect->why });
	else if (effect->kind == PLAN_MOVED)
		log_line(LOG_INFO, { "event", "addressMoved" }, { "service", effect->service },
			 { "ip", ip }, { "from", effect->from }, { "node", node },
			 { "reason", table_cause_word(effect->cause) },
			 { "msg", "this node answers for what another one answered for" });
	else
		log_line(LOG_WARN, { "event", "excludeLabelIgnored" },
			 { "service", effect->service }, { "ip", ip }, { "node", node },
			 { "msg", "the label would leave no node; announcing all the same" });
}

static void write_message(const struct plan_effect *effect, const char *ip, const char *node,
			  struct text *out_text)
{
	switch (effect->kind) {
	case PLAN_ANNOUNCED:
		text_addf(out_text, "announcing from node \"%s\" with protocol \"%s\"", node, PROTOCOL);
		break;
	case PLAN_NO_INTERFACE:
		text_addf(out_text, "the interfaces specified by LB IP \"%s\" doesn't exist in "
			  "assigned node \"%s\" with protocol \"%s\"", ip, node, PROTOCOL);
		break;
	case PLAN_CLAIMED:
		text_addf(out_text, "the machine with hardware address %s answers for \"%s\", too, which "
			  "node \"%s\" announces: find it and give it another address", effect->claimant,
			  ip, node);
		break;
	case PLAN_LABEL_IGNORED:
		text_addf(out_text, "every node alive that could announce \"%s\" carries the label "
			  "node.kubernetes.io/exclude-from-external-load-balancers; announcing from "
			  "node \"%s\" all the same. Remove the label from a node, or start the "
			  "speakers with --ignore-exclude-lb", ip, node);
		break;
	case PLAN_MOVED:
		text_addf(out_text, "\"%s\" moved from node \"%s\" to node \"%s\": ", ip, effect->from, node);
		reasons_of_cause(out_text, effect->cause, effect->from);
		break;
	case PLAN_SILENT:
		text_addf(out_text, "no node announces \"%s\" for this service: %s", ip, effect->why);
		break;
	case PLAN_WITHDRAWN:
		break;
	}
}

void effects_tell(const struct plan_effect *effect, const char *node, struct events *events)
{
	char ip[IP_TEXT_MAX];
	struct text message;

	ip_format(&effect->ip, ip);
	log_effect(effect, ip, node);
	if (!event_of[effect->kind].reason)
		return;
	text_init(&message, MESSAGE_MAX);
	write_message(effect, ip, node, &message);
	events_post(events, &(struct events_about){
				    .service = effect->service,
				    .uid = effect->uid,
				    .type = event_of[effect->kind].type,
				    .reason = event_of[effect->kind].reason,
				    .message = message.s,
				    .lasts = effect->kind == PLAN_CLAIMED || effect->kind == PLAN_SILENT,
				    .once = effect->may_be_known,
			    });
	text_done(&message);
}

void effects_tell_member(const struct table_member *member, struct limiter *say, instant now)
{
	char held[LIMITER_HELD_MAX];

	if (!limiter_allows_line(say, now, held))
		return;
	log_line(LOG_INFO, { "component", "MemberList" }, { "node name", member->name },
		 { "node event", member->alive ? "NodeJoin" : "NodeLeave" },
		 { "=suppressed", strcmp(held, "0") != 0 ? held : NULL },
		 { "msg", "the membership has changed" });
}
