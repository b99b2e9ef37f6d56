/* reasons - see reasons.h */
/* SPDX-License-Identifier: Apache-2.0 */
#include "speaker/agent/core/reasons.h"

const char *reasons_sentence(enum table_reason reason)
{
	static const char *const sentence[TABLE_N_REASONS] = {
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
	};

	CHECK(reason < TABLE_N_REASONS);
	return sentence[reason];
}
