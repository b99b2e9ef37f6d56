/* effects - see effects.h */
/* SPDX-License-Identifier: Apache-2.0 */
#include "speaker/agent/effects.h"

#include "common/io/log.h"
#include "speaker/agent/core/reasons.h"

#define MESSAGE_MAX 1024
#define PROTOCOL "layer2"

static void post(struct events *events, const struct plan_effect *effect, const char *type,
		 const char *reason, const char *message)
{
	struct events_about about = { .service = effect->service, .uid = effect->uid,
				      .type = type, .reason = reason, .message = message };

	events_post(events, &about);
}

/* A warning about what may have been told by the agent before this one. */
static void post_once(struct events *events, const struct plan_effect *effect, const char *reason,
		      const char *message)
{
	struct events_about about = { .service = effect->service, .uid = effect->uid, .type = "Warning",
				      .reason = reason, .message = message,
				      .once = effect->may_be_known };

	events_post(events, &about);
}

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

void effects_tell(const struct plan_effect *effect, const char *node, struct events *events)
{
	char ip[IP_TEXT_MAX];
	struct text text;

	ip_format(&effect->ip, ip);
	log_effect(effect, ip, node);
	text_init(&text, MESSAGE_MAX);
	switch (effect->kind) {
	case PLAN_ANNOUNCED:
		text_addf(&text, "announcing from node \"%s\" with protocol \"%s\"", node,
			  PROTOCOL);
		post(events, effect, "Normal", "nodeAssigned", text.s);
		break;
	case PLAN_NO_INTERFACE:
		text_addf(&text, "the interfaces specified by LB IP \"%s\" doesn't exist in "
			  "assigned node \"%s\" with protocol \"%s\"", ip, node, PROTOCOL);
		post(events, effect, "Warning", "announceFailed", text.s);
		break;
	case PLAN_CLAIMED:
		text_addf(&text, "the machine with hardware address %s answers for \"%s\", too, which "
			  "node \"%s\" announces: find it and give it another address", effect->claimant,
			  ip, node);
		post_once(events, effect, "addressClaimed", text.s);
		break;
	case PLAN_LABEL_IGNORED:
		text_addf(&text, "every node alive that could announce \"%s\" carries the label "
			  "node.kubernetes.io/exclude-from-external-load-balancers; announcing from "
			  "node \"%s\" all the same. Remove the label from a node, or start the "
			  "speakers with --ignore-exclude-lb", ip, node);
		post(events, effect, "Warning", "excludeLabelIgnored", text.s);
		break;
	case PLAN_MOVED:
		text_addf(&text, "\"%s\" moved from node \"%s\" to node \"%s\": ", ip, effect->from, node);
		reasons_of_cause(&text, effect->cause, effect->from);
		post(events, effect, "Normal", "addressMoved", text.s);
		break;
	case PLAN_SILENT:
		text_addf(&text, "no node announces \"%s\" for this service: %s", ip, effect->why);
		post_once(events, effect, "nobodyAnnounces", text.s);
		break;
	case PLAN_WITHDRAWN:
		break;
	}
	text_done(&text);
}
