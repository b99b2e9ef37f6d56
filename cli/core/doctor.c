/* doctor - see doctor.h */
/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/core/doctor.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/core/doctor_rules.h"
#include "cli/core/remedies.h"
#include "cli/core/who.h"

#define SENTENCE_MAX_BYTES 4096

static const struct {
	const char *word;
	enum doctor_severity severity;
	const char *remedy;
} entries[DOCTOR_N_WORDS] = {
	[DOCTOR_API_AWAY] = { "apiAway", DOCTOR_ERROR,
		"find out why the API server does not answer, or which kubeconfig is meant; addresses that "
		"were announced stay announced, and `tinlb --speaker NODE:7472 doctor` asks the speakers "
		"themselves" },
	[DOCTOR_API_TROUBLE] = { "apiTrouble", DOCTOR_WARNING,
		"what it knew stays in force; look at the network between that node and the API server" },
	[DOCTOR_ROLE_DENIED] = { "roleDenied", DOCTOR_WARNING,
		"apply the roles of config/deploy/tinlb.yaml again" },
	[DOCTOR_NOTHING_RUNS] = { "nothingRuns", DOCTOR_ERROR,
		"apply config/deploy/tinlb.yaml, or name its namespace with --namespace" },
	[DOCTOR_CONTROLLER_MISSING] = { "controllerMissing", DOCTOR_ERROR,
		"look at the Deployment controller (kubectl -n metallb-system describe deployment "
		"controller); services keep the addresses that they have, new ones wait" },
	[DOCTOR_CONTROLLER_SILENT] = { "controllerSilent", DOCTOR_WARNING,
		"look at its log (kubectl -n metallb-system logs), and restart the pod" },
	[DOCTOR_NO_LEADER] = { "noLeader", DOCTOR_ERROR,
		"a dead one's Lease ends by itself within seconds; if not, look at the Lease tinlb-controller "
		"and at the controllers' logs" },
	[DOCTOR_WITHOUT_LEASE] = { "controllersWithoutLease", DOCTOR_ERROR,
		"apply the role controller-leader of config/deploy/tinlb.yaml, or run one controller only" },
	[DOCTOR_VERSIONS_DIFFER] = { "versionsDiffer", DOCTOR_NOTE,
		"finish the rollout, so that all run one image (kubectl -n metallb-system get pods -o wide)" },
	[DOCTOR_SPEAKER_MISSING] = { "speakerMissing", DOCTOR_WARNING,
		"look at the DaemonSet speaker and its pods: taints, node selectors, image, and the Secret "
		"memberlist, without which no pod starts (kubectl -n metallb-system describe pod). Nothing, if "
		"the node is left out on purpose; the other nodes answer" },
	[DOCTOR_SPEAKER_SILENT] = { "speakerSilent", DOCTOR_WARNING,
		"look at its log and at the node's network; restart the pod if both are well" },
	[DOCTOR_CONFIG_MISSING] = { "configMissing", DOCTOR_ERROR,
		"apply address pools: config/deploy/samples has examples" },
	[DOCTOR_CONFIG_REFUSED] = { "configRefused", DOCTOR_ERROR,
		"mend that place; `tinlb check FILE` says whether it will be accepted. The last good one "
		"stays in force until then" },
	[DOCTOR_NO_POOLS] = { "noPools", DOCTOR_ERROR,
		"add a pool with protocol layer2 to the configuration" },
	[DOCTOR_CONFIG_DIFFERS] = { "configDiffers", DOCTOR_WARNING,
		"it passes within seconds; if not, look at the log of the one that is behind" },
	[DOCTOR_SECRETS_DIFFER] = { "secretsDiffer", DOCTOR_ERROR,
		"speakers read the Secret memberlist when they start: restart those with the old one "
		"(kubectl -n metallb-system rollout restart daemonset speaker)" },
	[DOCTOR_RING_PORT] = { "gossipPortTaken", DOCTOR_WARNING,
		"find the process with port 7946 on that node (ss -lntup), or give speakers another port" },
	[DOCTOR_RING_REFUSED] = { "nodeNameTaken", DOCTOR_WARNING,
		"look for a second speaker with that name; after a change of the node's address it passes "
		"within a minute" },
	[DOCTOR_GOSSIP_ONE_WAY] = { "gossipBlockedOneWay", DOCTOR_ERROR,
		"open port 7946 for UDP and TCP between all nodes, in both directions: firewalls, security "
		"groups, NetworkPolicies of the host" },
	[DOCTOR_GOSSIP_CUT] = { "gossipBlocked", DOCTOR_ERROR,
		"open port 7946 for UDP and TCP between all nodes; several nodes may answer for one address "
		"until then" },
	[DOCTOR_GOSSIP_INDIRECT] = { "gossipIndirect", DOCTOR_WARNING,
		"open port 7946 for UDP and TCP between these nodes, in both directions; addresses move late "
		"between them until then" },
	[DOCTOR_IPVS_LOOSE] = { "ipvsWithoutStrictArp", DOCTOR_ERROR,
		"set ipvs.strictARP: true in kube-proxy's configuration and restart kube-proxy" },
	[DOCTOR_PATH_FILTER] = { "reversePathFilter", DOCTOR_ERROR,
		"set net.ipv4.conf.INTERFACE.rp_filter to 2 (loose) there, and keep it in /etc/sysctl.d" },
	[DOCTOR_NODE_NOT_READY] = { "nodeNotReady", DOCTOR_WARNING,
		"look at the kubelet of that node (kubectl describe node)" },
	[DOCTOR_NODE_UNAVAILABLE] = { "nodeNetworkUnavailable", DOCTOR_WARNING,
		"look at the network plugin's pod on that node, which sets and clears this condition" },
	[DOCTOR_ALL_EXCLUDED] = { "allNodesExcluded", DOCTOR_NOTE,
		"remove the label node.kubernetes.io/exclude-from-external-load-balancers from the nodes that "
		"should answer, or start the speakers with --ignore-exclude-lb" },
	[DOCTOR_NODE_EXCLUDED] = { "nodeExcluded", DOCTOR_NOTE,
		"nothing, if that is what you want; else remove the label "
		"node.kubernetes.io/exclude-from-external-load-balancers" },
	[DOCTOR_OVERWRITTEN] = { "statusOverwritten", DOCTOR_ERROR,
		"find who else gives addresses to services (another load-balancer controller, a script) and "
		"tell them apart by loadBalancerClass, or remove one" },
	[DOCTOR_CLAIMED] = { "addressClaimed", DOCTOR_ERROR,
		"find the machine with that hardware address and give it another IP address, or take the "
		"address out of the pool" },
	[DOCTOR_TWO_OWNERS] = { "twoOwners", DOCTOR_ERROR,
		"it passes when ownership moves; if not, look at the port 7946 between the two" },
	[DOCTOR_LINK_DOWN] = { "linkDown", DOCTOR_WARNING,
		"look at cable, switch port and `ip link` on that node" },
	[DOCTOR_NO_INTERFACE] = { "noInterface", DOCTOR_ERROR,
		"look at `links` of its /status, at the interfaces of the L2Advertisements and at the list of "
		"excluded interfaces" },
	[DOCTOR_NO_SUBNET] = { "noSubnet", DOCTOR_WARNING,
		"use addresses of a subnet of the nodes, or make sure that the routers have a route for these "
		"that ends on the nodes' LAN" },
	[DOCTOR_NOT_ANNOUNCED] = { "notAnnounced", DOCTOR_ERROR,
		"`tinlb why SERVICE` shows the whole chain; docs/reasons.md has each reason" },
	[DOCTOR_WAITING] = { "serviceWaiting", DOCTOR_ERROR,
		"`tinlb why SERVICE` shows the whole chain; docs/reasons.md has each reason" },
	[DOCTOR_CLASS_UNSERVED] = { "classUnserved", DOCTOR_WARNING,
		"remove spec.loadBalancerClass, or run the controller of that class (ours takes one with "
		"--lb-class)" },
};

const char *doctor_word(enum doctor_word word)
{
	CHECK(word < DOCTOR_N_WORDS);
	return entries[word].word;
}

void doctor_add_remedy(const struct doctor_finding *finding, struct text *out)
{
	const struct remedy *own = NULL; /* of the reason */

	CHECK(finding->word < DOCTOR_N_WORDS);
	if (finding->word == DOCTOR_WAITING)
		own = remedies_find(VIEW_CONTROLLER, finding->reason);
	else if (finding->word == DOCTOR_NOT_ANNOUNCED)
		own = remedies_find(VIEW_SPEAKER, finding->reason);
	if (own)
		text_addf(out, "%s; `tinlb why %s` shows the whole chain", own->advice, finding->subject);
	else
		text_add(out, entries[finding->word].remedy);
}

const char *doctor_severity_word(enum doctor_severity severity)
{
	static const char *const words[] = { "error", "warning", "note" };

	CHECK(severity < ARRAY_LEN(words));
	return words[severity];
}

void doctor_add(struct doctor *d, enum doctor_word word, struct doctor_about about,
		const char *format, ...)
{
	struct doctor_finding finding = { .word = word,
					  .severity = entries[word].severity,
					  .subject = mem_strdup(about.subject ? about.subject : ""),
					  .node = mem_strdup(about.node),
					  .reason = mem_strdup(about.reason) };
	char sentence[SENTENCE_MAX_BYTES];
	va_list args;

	va_start(args, format);
	vsnprintf(sentence, sizeof(sentence), format, args);
	va_end(args);
	finding.sentence = mem_strdup(sentence);
	d->at = mem_resize(d->at, d->n + 1, sizeof(*d->at));
	d->at[d->n++] = finding;
}

bool doctor_has(const struct doctor *d, enum doctor_word word)
{
	for (size_t i = 0; i < d->n; i++)
		if (d->at[i].word == word)
			return true;
	return false;
}

static bool has_severity(const struct doctor *d, enum doctor_severity severity)
{
	for (size_t i = 0; i < d->n; i++)
		if (d->at[i].severity == severity)
			return true;
	return false;
}

bool doctor_is_healthy(const struct doctor *d)
{
	return !has_severity(d, DOCTOR_ERROR) && !has_severity(d, DOCTOR_WARNING);
}

/* Is there an address of which no speaker that was asked knows who answers? */
static bool has_unanswered(const struct view *view)
{
	size_t n;
	struct ip *all = together_addresses(view, &n);
	bool found = false, hearsay;

	for (size_t i = 0; i < n && !found; i++) {
		struct together t;

		together_of(view, &all[i], &t);
		found = !who_owner(view, &t, &hearsay);
	}
	free(all);
	return found;
}

/* An address that nobody answers for is as bad as it gets: what may explain it is no mere warning. */
static void raise_warnings(const struct view *view, struct doctor *d)
{
	if (has_severity(d, DOCTOR_ERROR) || !has_unanswered(view))
		return;
	for (size_t i = 0; i < d->n; i++)
		if (d->at[i].severity == DOCTOR_WARNING)
			d->at[i].severity = DOCTOR_ERROR;
}

static int worst_first(const void *a, const void *b)
{
	const struct doctor_finding *one = a, *other = b;

	if (one->severity != other->severity)
		return one->severity < other->severity ? -1 : 1;
	if (one->word != other->word)
		return one->word < other->word ? -1 : 1;
	return strcmp(one->subject, other->subject);
}

void doctor_examine(const struct view *view, int64_t now_us, struct doctor *out_doctor)
{
	*out_doctor = (struct doctor){ 0 };
	doctor_cluster(view, out_doctor);
	if (!doctor_has(out_doctor, DOCTOR_API_AWAY) && !doctor_has(out_doctor, DOCTOR_NOTHING_RUNS)) {
		doctor_speakers(view, out_doctor);
		doctor_ring(view, out_doctor);
		doctor_services(view, now_us, out_doctor);
	}
	raise_warnings(view, out_doctor);
	if (out_doctor->n > 1)
		qsort(out_doctor->at, out_doctor->n, sizeof(*out_doctor->at), worst_first);
}

static void finding_done(struct doctor_finding *finding)
{
	free(finding->subject);
	free(finding->node);
	free(finding->reason);
	free(finding->sentence);
}

void doctor_only(struct doctor *d, const char *node)
{
	size_t kept = 0;

	for (size_t i = 0; i < d->n; i++)
		if (d->at[i].node && strcmp(d->at[i].node, node) != 0)
			finding_done(&d->at[i]);
		else
			d->at[kept++] = d->at[i];
	d->n = kept;
}

void doctor_drop(struct doctor *d, enum doctor_word word)
{
	size_t kept = 0;

	for (size_t i = 0; i < d->n; i++)
		if (d->at[i].word == word)
			finding_done(&d->at[i]);
		else
			d->at[kept++] = d->at[i];
	d->n = kept;
}

void doctor_done(struct doctor *d)
{
	for (size_t i = 0; i < d->n; i++)
		finding_done(&d->at[i]);
	free(d->at);
	*d = (struct doctor){ 0 };
}
