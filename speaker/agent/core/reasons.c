/* reasons - see reasons.h */
/* SPDX-License-Identifier: Apache-2.0 */
#include "speaker/agent/core/reasons.h"

static const char *const sentence_of[TABLE_N_REASONS] = {
	[TABLE_NOT_OWNER] = "another node comes first for this address",
	[TABLE_NO_CONFIG] = "no configuration was read yet: apply the ConfigMap with the "
		"address pools",
	[TABLE_IP_NOT_ALLOWED] = "the addresses of the service do not lie in one pool of "
		"the configuration: add them to a pool, or let the controller choose "
		"others",
	[TABLE_INVALID_IP] = "status.loadBalancer.ingress holds something that is no IP "
		"address: let the controller write it anew",
	[TABLE_NODE_ADDRESS] = "a node has this address itself: take it out of the pools",
	[TABLE_IPV6] = "IPv6 addresses are not announced yet",
	[TABLE_NO_ENDPOINTS] = "no pod behind the service can take connections: look at "
		"the readiness of its pods and at its selector",
	[TABLE_NO_LOCAL_ENDPOINTS] = "externalTrafficPolicy is Local, and no pod that can "
		"take connections is on a node that the API knows",
	[TABLE_NO_CANDIDATE] = "there are pods, but no node that may answer is alive: look "
		"at the conditions of the nodes",
	[TABLE_NO_INTERFACE] = "this node has no interface that can carry the address: "
		"look at its links and at the list of excluded interfaces",
	[TABLE_LINK_DOWN] = "the interfaces of this node for the address are down: look at "
		"cables and links",
	[TABLE_NOT_SYNCED] = "the first table is not complete yet: this passes by itself "
		"once the API answered",
	[TABLE_NO_LOCAL_ENDPOINT_HERE] = "externalTrafficPolicy is Local, and this node "
		"has no pod of the service that can take connections",
	[TABLE_NODE_EXCLUDED] = "this node may not answer: its label "
		"exclude-from-external-load-balancers or its condition NetworkUnavailable "
		"takes it out, or the API does not know it",
	[TABLE_TAKING] = "this node is about to answer: it waits for the former owner to "
		"let go, or makes sure that nobody answers",
	[TABLE_WRONG_SECRET] = "the other speakers cannot be understood, so this node "
		"answers for nothing: make the Secret memberlist the same on all nodes",
	[TABLE_PAUSED] = "the speaker stood still for seconds and answers nothing until it "
		"has heard what the others did meanwhile",
	[TABLE_NO_ADVERTISEMENT] = "no L2Advertisement is for this address: look at the "
		"pools, services and nodes that they select",
	[TABLE_SHARED_SELECTED] = "the service may share its address, and an L2Advertisement "
		"for it selects services: who shares the address could have other "
		"announcers. Remove the annotation allow-shared-ip or the serviceSelectors",
	[TABLE_NOT_ADVERTISED_HERE] = "the nodeSelectors of the L2Advertisements for this "
		"address leave this node out",
};

const char *reasons_sentence(enum table_reason reason)
{
	CHECK(reason < TABLE_N_REASONS);
	return sentence_of[reason];
}

const char *reasons_of_ring(enum table_ring_state state)
{
	static const char *const sentence[TABLE_N_RING_STATES] = {
		[TABLE_RING_WAITING] = "the membership is entered once the first table is complete",
		[TABLE_RING_PORT] = "the port of the membership cannot be opened: another process "
			"has it, or METALLB_ML_BIND_ADDR is no address of this node; it is tried again",
		[TABLE_RING_SECRET] = "the gossip of the other speakers cannot be opened with the "
			"keys whose ids stand here, and ours not with theirs: make the Secret "
			"memberlist the same for all speakers and restart them",
		[TABLE_RING_REFUSED] = "the other speakers know another address by the name of this "
			"node: a second speaker uses the name, or the address of the node has "
			"changed, which passes half a minute after the old one is dead",
		[TABLE_RING_ALONE] = "no other speaker is known: is the port of the membership open "
			"between the nodes, UDP and TCP?",
	};

	CHECK(state < TABLE_N_RING_STATES);
	return sentence[state];
}

void reasons_of_cause(struct text *out_text, enum table_cause cause, const char *from)
{
	static const char *const sentence[TABLE_N_CAUSES] = {
		[TABLE_CAUSE_NONE] = "it had it all along",
		[TABLE_CAUSE_FREE] = "nobody was known to have it",
		[TABLE_CAUSE_DEAD] = " died",
		[TABLE_CAUSE_GIVEN] = " handed it over",
		[TABLE_CAUSE_LINK] = " has no interface for it any more",
		[TABLE_CAUSE_SILENT] = " says nothing about it and does not answer on the LAN",
		[TABLE_CAUSE_LOST] = " lost it: it was started anew, or could not answer for it any more",
	};

	CHECK(cause < TABLE_N_CAUSES);
	text_addf(out_text, "%s%s", cause > TABLE_CAUSE_FREE ? from : "", sentence[cause]);
}
