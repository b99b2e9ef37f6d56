/* remedies - see remedies.h */
/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/core/remedies.h"

#include <string.h>

static const struct remedy of_speaker[] = {
	{ "invalidIP",
	  "status.loadBalancer.ingress of the service holds something that is no IP "
	  "address (a host name, for one), or more than 16 addresses. None of its "
	  "addresses is announced for it",
	  "Let the controller write the status anew: is another controller at work "
	  "on the service?" },
	{ "noConfig",
	  "No configuration was read since the speaker started. Nothing is "
	  "announced before",
	  "Apply a ConfigMap or objects with address pools; tinlb check FILE says "
	  "what is wrong with them" },
	{ "ipNotAllowed",
	  "The addresses of the service do not all lie in one pool of the "
	  "configuration",
	  "Add the addresses to a pool, or remove the service's status so that the "
	  "controller chooses others" },
	{ "ipv6",
	  "IPv6 addresses are not announced yet",
	  "Use an IPv4 address, too" },
	{ "nodeAddress",
	  "A node has this address itself, as an InternalIP. Answering for it would "
	  "cut that node off",
	  "Take the address out of the pool" },
	{ "noMatchingAdvertisement",
	  "No L2Advertisement is for the pool of the address, for the service's "
	  "labels, or for any node that could answer. A ConfigMap advertises all of "
	  "its pools",
	  "Add an L2Advertisement, or widen one: an empty spec is for everything" },
	{ "sharedIPWithServiceSelector",
	  "The service has the annotation allow-shared-ip, and an L2Advertisement "
	  "with serviceSelectors is for it: its partners could have other "
	  "announcers, and two nodes would answer for one address",
	  "Remove the annotation, or the serviceSelectors" },
	{ "noEndpoints",
	  "No pod behind the service can take connections: none is ready, and none "
	  "is still serving while it terminates",
	  "Look at the readiness of the pods and at the selector of the service" },
	{ "noLocalEndpoints",
	  "externalTrafficPolicy is Local, and no pod that can take connections is "
	  "on a node that the API knows",
	  "Look at the readiness of the pods and on which nodes they are, or use "
	  "policy Cluster" },
	{ "noCandidate",
	  "There are pods, but no node may answer: of those that could, each has "
	  "the condition NetworkUnavailable, or none is alive",
	  "Look at the conditions of the nodes" },
	{ "notSynced",
	  "The announcer has not said anything about the address yet, its first "
	  "table is not complete, it still looks for the other speakers, or it "
	  "could not enter the membership",
	  "It passes by itself, once the API has answered; ring.message says "
	  "whether a port is in the way" },
	{ "nodeExcluded",
	  "This node may not answer: its label "
	  "node.kubernetes.io/exclude-from-external-load-balancers puts it behind "
	  "all others, its condition NetworkUnavailable takes it out, or the API "
	  "does not know it. Another one may",
	  "Nothing, if that is what you want; else remove the label or start the "
	  "speakers with --ignore-exclude-lb" },
	{ "notAdvertisedHere",
	  "The nodeSelectors of the L2Advertisements for the address leave this "
	  "node out. Another one may answer",
	  "Nothing, if that is what you want" },
	{ "noLocalEndpointHere",
	  "externalTrafficPolicy is Local, and this node has no pod of the service "
	  "that can take connections. Another one has",
	  "Nothing" },
	{ "noInterface",
	  "This node should answer, but has no interface that can carry the "
	  "address. The Event announceFailed says so, too",
	  "Look at links and at the list of excluded interfaces" },
	{ "linkDown",
	  "The interfaces of this node for the address are down",
	  "Look at cable and link" },
	{ "wrongSecret",
	  "The other speakers cannot be understood with our keys: ring.keyIds says "
	  "which those are. This node answers for nothing and is not ready",
	  "Make the Secret memberlist the same for all speakers and restart them" },
	{ "paused",
	  "The speaker stood still for so long (3 s, with fast probes less) that "
	  "it does not know what happened meanwhile",
	  "It passes once another speaker, or nobody, has answered" },
	{ "taking",
	  "This node comes first and is about to answer: the former owner has to "
	  "let go, or it makes sure that nobody else answers",
	  "It passes within a second; if not, claimants says who answers" },
	{ "notOwner",
	  "Another node comes first for this address",
	  "Nothing: owner says which" },
};

static const struct remedy of_controller[] = {
	{ "none",
	  "It has what it wants",
	  "Nothing" },
	{ "notOurs",
	  "It is no load balancer, or of another class",
	  "Set type: LoadBalancer and the class that the controller serves "
	  "(--lb-class)" },
	{ "standby",
	  "This controller does not lead: another one does, or it could not renew its "
	  "Lease",
	  "Ask the one that leader names; if that is this one, look why it cannot "
	  "write its Lease: its log says it" },
	{ "notSynced",
	  "The services, the configuration or the nodes have not all been read yet, "
	  "or the namespace of the service, for whose labels a pool asks",
	  "It passes by itself, once the API has answered" },
	{ "noConfig",
	  "No configuration was accepted yet",
	  "Apply a ConfigMap or objects with address pools; tinlb check FILE says "
	  "what is wrong with them" },
	{ "configRefused",
	  "There is a configuration and it is refused; the message has its line",
	  "Mend the line that the message names; tinlb check FILE finds all that is "
	  "wrong" },
	{ "noPools",
	  "The configuration has no pools",
	  "Add a pool" },
	{ "noClusterIP",
	  "The service is headless, or has no cluster IP yet",
	  "Give the service a cluster IP" },
	{ "familyUnknown",
	  "Its cluster IPs are no addresses; what is stored stays",
	  "Look at the cluster IPs of the service" },
	{ "notDualStack",
	  "It requires dual stack and has one cluster IP",
	  "Use a dual-stack cluster, or another policy" },
	{ "badRequest",
	  "What it asks for is no address, or two that do not go together",
	  "Mend loadBalancerIP or the annotation" },
	{ "familyMismatch",
	  "It asks for an address of a family that it has not",
	  "Ask for an address of its family" },
	{ "outsidePools",
	  "The requested address is in no pool",
	  "Add the address to a pool, or ask for another" },
	{ "buggyAddress",
	  "It ends in 0 or 255, and its pool avoids those",
	  "Ask for another, or set avoid-buggy-ips off" },
	{ "nodeAddress",
	  "It belongs to a node of this cluster",
	  "Take the address out of the pool" },
	{ "unknownPool",
	  "The requested pool does not exist; the message lists those that do",
	  "Mend the annotation" },
	{ "otherPool",
	  "The requested address is not in the requested pool",
	  "Mend the annotation of the pool, or that of the address" },
	{ "sharingKey",
	  "The requested address is held by a service with another key, or none; "
	  "the message names it",
	  "Give both services the same key" },
	{ "sharingBackend",
	  "Same key, but other traffic policy or selector",
	  "Make policy and selector equal, or use another address" },
	{ "portTaken",
	  "Same key, but a port is on both; the message names port and service",
	  "Use another port or address" },
	{ "poolFull",
	  "The requested pool has no free address of the family",
	  "Enlarge the pool" },
	{ "allPoolsFull",
	  "No pool with auto-assign has one",
	  "Enlarge a pool, or add addresses of the family of the service" },
	{ "noAutoAssignPool",
	  "Every pool has auto-assign off",
	  "Name a pool by annotation" },
	{ "poolForOtherNamespaces",
	  "The requested pool, or that of the requested address, is for services of "
	  "other namespaces (serviceAllocation)",
	  "Ask for another, or add the namespace to the pool" },
	{ "poolForOtherServices",
	  "The requested pool, or that of the requested address, is for services "
	  "with other labels",
	  "Ask for another, or label the service" },
	{ "noPoolForService",
	  "Every pool with auto-assign is for other namespaces or other labels",
	  "Add a pool, or widen one" },
	{ "oneFamilyOnly",
	  "It prefers two families and has one",
	  "Add addresses of the other family to the pool" },
};

const struct remedy *remedies_find(enum view_component component, const char *word)
{
	const struct remedy *list = component == VIEW_SPEAKER ? of_speaker : of_controller;
	size_t n = component == VIEW_SPEAKER ? ARRAY_LEN(of_speaker) : ARRAY_LEN(of_controller);

	for (size_t i = 0; word && i < n; i++)
		if (strcmp(list[i].word, word) == 0)
			return &list[i];
	return NULL;
}
