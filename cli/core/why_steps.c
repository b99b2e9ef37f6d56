/* why_steps - see why_steps.h */
/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/core/why_steps.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/core/gaps.h"
#include "cli/core/remedies.h"
#include "cli/core/who.h"
#include "cli/core/why_reasons.h"

#define SENTENCE_MAX_BYTES 4096

PRINTF_LIKE(4, 5)
static void say(struct why_work *w, enum why_link link, enum why_state state, const char *format, ...)
{
	struct why_step *step = &w->why->step[link];
	char sentence[SENTENCE_MAX_BYTES];
	va_list args;

	va_start(args, format);
	vsnprintf(sentence, sizeof(sentence), format, args);
	va_end(args);
	free(step->sentence);
	step->state = state;
	step->sentence = mem_strdup(sentence);
}

static void advise(struct why_work *w, enum why_link link, const char *advice)
{
	free(w->why->step[link].advice);
	w->why->step[link].advice = mem_strdup(advice);
}

/* A daemon's reason: its own sentence, for that has names and numbers, and our advice. */
static void say_reason(struct why_work *w, enum why_link link, enum view_component component,
		       const char *word, const char *message)
{
	const struct remedy *remedy = remedies_find(component, word);

	say(w, link, WHY_BROKEN, "%s", message ? message : remedy ? remedy->meaning : word);
	w->why->step[link].reason = word;
	if (remedy)
		advise(w, link, remedy->advice);
}

static bool is_broken(const struct why_work *w, enum why_link link)
{
	return w->why->step[link].state == WHY_BROKEN;
}

/* ---- service ---- */

/* Is the address one of these, by commas? NULL: none. */
static bool is_among(const char *list, const char *ip)
{
	while (list && *list) {
		size_t n = strcspn(list, ", ");

		if (n == strlen(ip) && strncmp(list, ip, n) == 0)
			return true;
		list += n;
		list += strspn(list, ", ");
	}
	return false;
}

static bool asks_for(const struct kube_service *s, const char *ip)
{
	static const char *const key[] = { "metallb.io/loadBalancerIPs",
					   "metallb.universe.tf/loadBalancerIPs" };
	bool asks = str_equal(s->load_balancer_ip, ip);

	for (size_t i = 0; i < ARRAY_LEN(key); i++)
		asks |= is_among(kube_label_find(&s->annotations, key[i]), ip);
	return asks && s->is_load_balancer;
}

/* Is there a service that waits for this address? Then that one is to be asked about. */
static bool say_asker(struct why_work *w, const char *ip)
{
	for (size_t i = 0; i < w->view->n_service; i++) {
		const struct kube_service *s = w->view->service[i];

		if (!asks_for(s, ip))
			continue;
		say(w, WHY_SERVICE, WHY_BROKEN, "no service has it, and %s/%s asks for it",
		    s->meta.namespace, s->meta.name);
		advise(w, WHY_SERVICE, "`tinlb why` that service: it says why the service has not got it");
		return true;
	}
	return false;
}

/* Of an address that no service has: what else it is. */
static void say_unused(struct why_work *w)
{
	const struct config_pool *pool =
		w->view->config ? config_pool_of(w->view->config, w->q->ip) : NULL;
	char ip[IP_TEXT_MAX];

	ip_format(w->q->ip, ip);
	for (size_t i = 0; i < w->view->n_node; i++) {
		const struct kube_node *node = w->view->node[i];

		for (size_t k = 0; k < node->n_internal_ip; k++) {
			if (strcmp(node->internal_ip[k], ip) != 0)
				continue;
			say(w, WHY_SERVICE, WHY_BROKEN, "it is the address of node %s itself, no "
			    "service has it", node->meta.name);
			return;
		}
	}
	if (say_asker(w, ip))
		return;
	if (pool)
		say(w, WHY_SERVICE, WHY_BROKEN, "no service has it; it is in pool \"%s\" and free",
		    pool->name);
	else
		say(w, WHY_SERVICE, WHY_BROKEN, "no service has it%s",
		    w->view->config ? ", and no pool contains it" : "");
	advise(w, WHY_SERVICE, "Look up the address with kubectl get services -A; a service gets a "
	       "certain one by the annotation metallb.io/loadBalancerIPs");
}

/* The controller gives it no thought: is it of a class that another one serves? */
static bool is_of_other_class(const struct why_work *w)
{
	const struct view_daemon *leader = view_leader(w->view);

	return w->q->object->class && *w->q->object->class && leader && leader->status->ready &&
	       !view_find_service(leader->status, w->q->service);
}

static void say_object(struct why_work *w)
{
	if (!w->q->object->is_load_balancer) {
		say(w, WHY_SERVICE, WHY_BROKEN, "it is no load balancer");
		advise(w, WHY_SERVICE, "Set type: LoadBalancer in the spec of the service");
	} else if (is_of_other_class(w)) {
		say(w, WHY_SERVICE, WHY_BROKEN, "it is of class \"%s\", which TinLB does not serve here",
		    w->q->object->class);
		advise(w, WHY_SERVICE, "Make the service anew without loadBalancerClass, or start "
		       "controller and speakers with --lb-class");
	} else {
		say(w, WHY_SERVICE, WHY_OK, "%s is a load balancer", w->q->service);
	}
}

void why_steps_service(struct why_work *w)
{
	if (w->q->service && w->q->object)
		say_object(w);
	else if (w->services.n > 0)
		say(w, WHY_SERVICE, WHY_OK, "%s", w->services.s);
	else if (w->q->service)
		say(w, WHY_SERVICE, WHY_OK, "%s, by the controller's page", w->q->service);
	else if (view_was_read(w->view, VIEW_SERVICES) || w->t.n_read > 0)
		say_unused(w);
	else
		say(w, WHY_SERVICE, WHY_UNKNOWN, "which services there are could not be read");
}

/* ---- configuration ---- */

/* The API has neither pools nor a ConfigMap, good or bad. */
static bool is_gone(const struct view *view)
{
	return view_was_read(view, VIEW_CONFIG) && !view->config && !view->config_refused;
}

void why_steps_config(struct why_work *w)
{
	const struct view_daemon *witness = view_config_witness(w->view);
	const struct view_status *s = witness ? witness->status : NULL;

	if (!s) {
		say(w, WHY_CONFIG, WHY_UNKNOWN, "neither controller nor speaker could be asked");
	} else if (!s->config_loaded && s->config_stale && s->config_error) {
		say(w, WHY_CONFIG, WHY_BROKEN, "the configuration is refused: %s", s->config_error);
		w->why->step[WHY_CONFIG].reason = "configRefused";
		advise(w, WHY_CONFIG, remedies_find(VIEW_CONTROLLER, "configRefused")->advice);
	} else if (!s->config_loaded) {
		say(w, WHY_CONFIG, WHY_BROKEN, "there is no configuration: %s does not exist",
		    s->config_source ? s->config_source : "its source");
		w->why->step[WHY_CONFIG].reason = "noConfig";
		advise(w, WHY_CONFIG, remedies_find(VIEW_CONTROLLER, "noConfig")->advice);
	} else if (s->config_stale && s->config_error && is_gone(w->view)) {
		say(w, WHY_CONFIG, WHY_DOUBTFUL, "%s", s->config_error);
		advise(w, WHY_CONFIG, remedies_find(VIEW_CONTROLLER, "noConfig")->advice);
	} else if (s->config_stale) {
		say(w, WHY_CONFIG, WHY_DOUBTFUL, "an older configuration is in force, the newest is %s%s",
		    s->config_error ? "refused: " : "gone", s->config_error ? s->config_error : "");
		advise(w, WHY_CONFIG, remedies_find(VIEW_CONTROLLER, "configRefused")->advice);
	} else {
		say(w, WHY_CONFIG, WHY_OK, "%s", s->config_source ? s->config_source : "in force");
	}
}

/* ---- address ---- */

/* No page of a controller: does none run, or could it not be asked? */
static void say_no_controller(struct why_work *w, enum why_state otherwise)
{
	const struct view_daemons *controllers = &w->view->daemon[VIEW_CONTROLLER];
	bool all_down = controllers->n > 0;

	for (size_t i = 0; i < controllers->n; i++)
		all_down = all_down && controllers->at[i].pod_trouble;
	if (all_down)
		say(w, WHY_ADDRESS, WHY_BROKEN, "the controller does not run (%s)",
		    controllers->at[0].pod_trouble);
	else if (controllers->n == 0 && view_was_read(w->view, VIEW_PODS))
		say(w, WHY_ADDRESS, WHY_BROKEN, "namespace %s has no controller", w->view->namespace);
	else
		say(w, WHY_ADDRESS, otherwise, "the controller could not be asked");
	if (is_broken(w, WHY_ADDRESS))
		advise(w, WHY_ADDRESS, "Look at the pods and the Deployment of the controller with "
		       "kubectl; --namespace names another namespace");
}

/* Which pools are full says more than that all are. */
static void name_full_pools(struct why_work *w, const struct view_status *s)
{
	struct why_step *step = &w->why->step[WHY_ADDRESS];
	struct text t;

	text_init(&t, SENTENCE_MAX_BYTES);
	for (size_t i = 0; i < s->n_pool; i++)
		if (s->pool[i].used >= s->pool[i].size)
			text_addf(&t, "%spool \"%s\" is full (%lld of %lld addresses in use)",
				  t.n > 0 ? ", " : "", s->pool[i].name, (long long)s->pool[i].used,
				  (long long)s->pool[i].size);
	if (t.n > 0) {
		free(step->sentence);
		step->sentence = mem_strdup(t.s);
	}
	text_done(&t);
}

static void say_without_address(struct why_work *w)
{
	const struct view_daemon *leader = view_leader(w->view);
	const struct view_service *mine =
		leader ? view_find_service(leader->status, w->q->service) : NULL;

	if (!leader) {
		say_no_controller(w, WHY_UNKNOWN);
		return;
	}
	if (mine && mine->reason) {
		say_reason(w, WHY_ADDRESS, VIEW_CONTROLLER, mine->reason, mine->message);
		if (strcmp(mine->reason, "allPoolsFull") == 0)
			name_full_pools(w, leader->status);
		return;
	}
	if (mine && mine->address.n > 0)
		say(w, WHY_ADDRESS, WHY_BROKEN, "the controller chose %s and has not written it yet%s%s",
		    mine->address.at[0], leader->status->api_trouble ? ": " : "",
		    leader->status->api_trouble ? leader->status->api_trouble : "");
	else
		say(w, WHY_ADDRESS, WHY_BROKEN, "the controller has not decided about it yet%s%s",
		    leader->status->api_trouble ? ": " : "",
		    leader->status->api_trouble ? leader->status->api_trouble : "");
}

void why_steps_address(struct why_work *w)
{
	const struct view_daemon *leader = view_leader(w->view);
	const char *pool = w->t.any && w->t.any->pool ? w->t.any->pool :
			   w->t.given		      ? w->t.given->pool :
							NULL;
	const struct view_service *mine;

	if (is_broken(w, WHY_SERVICE) || (is_broken(w, WHY_CONFIG) && !w->q->ip))
		return;
	if (!w->q->ip) {
		say_without_address(w);
		return;
	}
	mine = leader && w->q->service ? view_find_service(leader->status, w->q->service) : NULL;
	if (mine && mine->reason) {
		say_reason(w, WHY_ADDRESS, VIEW_CONTROLLER, mine->reason, mine->message);
		w->why->step[WHY_ADDRESS].state = WHY_DOUBTFUL;
	} else if (pool) {
		say(w, WHY_ADDRESS, WHY_OK, "out of pool \"%s\"", pool);
	} else {
		say(w, WHY_ADDRESS, WHY_OK, "in the status of the service");
	}
}

/* ---- who answers ---- */

/* No speaker was read, or none knows the address. */
static void say_no_speaker(struct why_work *w)
{
	size_t n = w->view->daemon[VIEW_SPEAKER].n;

	if (n == 0 && view_was_read(w->view, VIEW_PODS)) {
		say(w, WHY_CANDIDATES, WHY_BROKEN, "namespace %s has no speakers", w->view->namespace);
		advise(w, WHY_CANDIDATES, "Install the DaemonSet speaker; --namespace names another "
		       "namespace");
	} else if (w->t.n_read == 0) {
		say(w, WHY_CANDIDATES, WHY_UNKNOWN, "no speaker could be asked");
	} else {
		say(w, WHY_CANDIDATES, WHY_BROKEN, "no speaker knows the address");
		advise(w, WHY_CANDIDATES, "Look at the field api of the speakers' status: do they read "
		       "the services? If not, the API server or their role is in the way");
	}
}

/* Of a service without a usable address the speakers may have a reason of their own. */
static bool say_of_service(struct why_work *w)
{
	const struct view_daemons *speakers = &w->view->daemon[VIEW_SPEAKER];

	for (size_t i = 0; w->q->service && i < speakers->n; i++) {
		const struct view_service *mine =
			view_find_service(speakers->at[i].status, w->q->service);

		if (mine && mine->reason &&
		    why_reasons_scope(mine->reason) == WHY_SCOPE_EVERYBODY) {
			say_reason(w, WHY_CANDIDATES, VIEW_SPEAKER, mine->reason, mine->message);
			return true;
		}
	}
	return false;
}

void why_steps_candidates(struct why_work *w)
{
	const struct view_daemon *speaker = NULL;
	const struct view_address *entry =
		w->q->ip ? why_reasons_gravest(w->view, w->q->ip, w->t.owner, &speaker) : NULL;

	if (is_broken(w, WHY_SERVICE) || w->owner) {
		if (w->owner)
			say(w, WHY_CANDIDATES, WHY_OK, "%s%s", w->t.any && w->t.any->next ?
			    "more than one node may answer, next is " : "only one node may answer",
			    w->t.any && w->t.any->next ? w->t.any->next : "");
		return;
	}
	if (say_of_service(w) || !w->q->ip)
		return;
	if (!entry)
		say_no_speaker(w);
	else if (why_reasons_scope(entry->reason) == WHY_SCOPE_EVERYBODY)
		say_reason(w, WHY_CANDIDATES, VIEW_SPEAKER, entry->reason, entry->message);
	else
		say(w, WHY_CANDIDATES, WHY_OK, "there are nodes that may answer");
	if (is_broken(w, WHY_CANDIDATES) && is_broken(w, WHY_CONFIG) &&
	    str_equal(w->why->step[WHY_CANDIDATES].reason, "noConfig")) /* blamed already */
		w->why->step[WHY_CANDIDATES].state = WHY_SKIPPED;
}

static void say_two(struct why_work *w)
{
	struct text nodes;

	text_init(&nodes, SENTENCE_MAX_BYTES);
	together_announcers(w->view, w->q->ip, &nodes);
	say(w, WHY_OWNER, WHY_BROKEN, "%s all answer for it: they do not hear each other", nodes.s);
	advise(w, WHY_OWNER, "Open port 7946, UDP and TCP, between the nodes, and make the Secret "
	       "memberlist the same for all speakers; tinlb status shows who sees whom");
	text_done(&nodes);
}

static void say_nobody(struct why_work *w)
{
	const struct view_daemon *speaker = NULL;
	const struct view_address *entry =
		why_reasons_gravest(w->view, w->q->ip, w->t.owner, &speaker);
	const char *message = entry->message ? entry->message : entry->reason;
	const struct remedy *remedy = remedies_find(VIEW_SPEAKER, entry->reason);
	enum why_link link = why_reasons_scope(entry->reason) == WHY_SCOPE_LINK ? WHY_INTERFACE :
										   WHY_OWNER;

	if (link == WHY_INTERFACE)
		say(w, WHY_OWNER, WHY_OK, "%s is to answer", view_place(speaker));
	say(w, link, WHY_BROKEN, "%s: %s", view_place(speaker), message ? message : "it gives no reason");
	w->why->step[link].reason = entry->reason;
	if (remedy)
		advise(w, link, remedy->advice);
}

static void say_one(struct why_work *w)
{
	if (w->is_hearsay)
		say(w, WHY_OWNER, WHY_DOUBTFUL, "%s answers, as the others say; its own page was not read",
		    w->owner);
	else if (w->t.differs)
		say(w, WHY_OWNER, WHY_DOUBTFUL, "%s answers, and not all others think so", w->owner);
	else
		say(w, WHY_OWNER, WHY_OK, "%s answers%s", w->owner, w->t.own->label_ignored ?
		    ", although it has the exclude label: nobody without it lives" : "");
	if (w->t.differs && !w->is_hearsay)
		advise(w, WHY_OWNER, "It passes within seconds; if not, tinlb status shows who sees whom");
}

void why_steps_owner(struct why_work *w)
{
	if (w->why->step[WHY_CANDIDATES].state != WHY_OK)
		return;
	if (w->t.n_announce > 1)
		say_two(w);
	else if (w->owner)
		say_one(w);
	else
		say_nobody(w);
}

void why_steps_interface(struct why_work *w)
{
	struct text names, macs;

	if (!w->t.own)
		return;
	text_init(&names, SENTENCE_MAX_BYTES);
	text_init(&macs, SENTENCE_MAX_BYTES);
	together_interfaces(&w->t, &names, &macs);
	if (names.n > 0)
		say(w, WHY_INTERFACE, WHY_OK, "%s (%s)", names.s, macs.n > 0 ? macs.s : "MAC not known");
	else
		say(w, WHY_INTERFACE, WHY_UNKNOWN, "%s does not say on which interface", w->owner);
	text_done(&names);
	text_done(&macs);
}

void why_steps_alone(struct why_work *w)
{
	const struct view_address *told = w->t.own ? w->t.own : w->t.any;

	if (told && told->claimant.n > 0) {
		say(w, WHY_ALONE, WHY_BROKEN, "%s, a machine outside of the ring, answers for it%s",
		    told->claimant.at[0], w->owner ? ", too" : "");
		advise(w, WHY_ALONE, "Find the machine by its hardware address and take the address from "
		       "it, or take the address out of the pools");
	} else if (w->t.own) {
		say(w, WHY_ALONE, WHY_OK, "nobody else was seen to answer");
	}
}

/* ---- one node ---- */

static void say_entry(struct why_work *w, const struct view_address *entry)
{
	enum why_scope scope = why_reasons_scope(entry->reason);
	const struct remedy *remedy = remedies_find(VIEW_SPEAKER, entry->reason);

	if (scope == WHY_SCOPE_NONE) {
		say(w, WHY_NODE, WHY_OK, "%s answers", w->q->node);
		return;
	}
	say(w, WHY_NODE, scope == WHY_SCOPE_FINE ? WHY_OK : WHY_BROKEN, "%s does not answer: %s",
	    w->q->node, entry->message ? entry->message : entry->reason);
	w->why->step[WHY_NODE].reason = entry->reason;
	if (remedy && scope != WHY_SCOPE_FINE)
		advise(w, WHY_NODE, remedy->advice);
}

void why_steps_node(struct why_work *w)
{
	const struct view_daemon *speaker = w->q->node ? view_speaker_on(w->view, w->q->node) : NULL;
	const struct view_address *entry =
		speaker && w->q->ip ? view_find_address(speaker->status, w->q->ip) : NULL;

	if (!w->q->node || !w->q->ip)
		return;
	if (!speaker && view_was_read(w->view, VIEW_PODS)) {
		say(w, WHY_NODE, WHY_BROKEN, "no speaker runs on a node %s", w->q->node);
		advise(w, WHY_NODE, "`tinlb status` lists the nodes that have a speaker; if that node should "
		       "have one, `tinlb doctor` says why it has none");
	} else if (!speaker)
		say(w, WHY_NODE, WHY_UNKNOWN, "no speaker of node %s was asked", w->q->node);
	else if (!speaker->status)
		say(w, WHY_NODE, WHY_UNKNOWN, "the speaker on %s could not be asked: %s", w->q->node,
		    speaker->error ? speaker->error : "");
	else if (!entry)
		say(w, WHY_NODE, WHY_BROKEN, "the speaker on %s does not know the address", w->q->node);
	else
		say_entry(w, entry);
}
