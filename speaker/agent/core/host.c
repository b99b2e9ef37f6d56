/* host - see host.h */
/* SPDX-License-Identifier: Apache-2.0 */
#include "speaker/agent/core/host.h"

#include <stdlib.h>
#include <string.h>

#define STRICT 1
#define ROUTE_FIELDS 8 /* of /proc/net/route: interface, destination, gateway, 4 others, mask */

const char *host_trouble_word(enum host_trouble trouble)
{
	static const char *const word[HOST_N_TROUBLES] = {
		[HOST_IPVS_LOOSE] = "ipvsWithoutStrictArp",
		[HOST_PATH_FILTER] = "reversePathFilter",
	};

	CHECK(trouble < HOST_N_TROUBLES);
	return word[trouble];
}

void host_facts_done(struct host_facts *facts)
{
	strmap_done_values(&facts->interface);
}

/* What counts for an interface: the larger one, or -1. */
static struct host_setting effective(const struct host_facts *facts, const char *interface)
{
	const struct host_setting *own = strmap_get(&facts->interface, interface);
	struct host_setting found = facts->all;

	if (own && own->arp_ignore > found.arp_ignore)
		found.arp_ignore = own->arp_ignore;
	if (own && own->rp_filter > found.rp_filter)
		found.rp_filter = own->rp_filter;
	return found;
}

static bool is_ipvs_loose(const struct host_facts *facts)
{
	return facts->ipvs && effective(facts, facts->by_default).arp_ignore == 0;
}

/* Would rp_filter there drop what a router passes on? */
static bool is_filtered(const struct host_facts *facts, const struct host_subnet *subnet)
{
	return facts->by_default[0] && strcmp(subnet->interface, facts->by_default) != 0 &&
	       effective(facts, subnet->interface).rp_filter == STRICT;
}

static bool is_announced(const struct snapshot_row *row)
{
	const struct plan_row *mine = row->of_plan;

	return mine && mine->has_verdict && mine->verdict == TABLE_OK;
}

static bool announces_in(const struct plan *plan, const struct host_subnet *subnet)
{
	for (size_t i = 0; i < plan->cluster.n_row; i++)
		if (is_announced(plan->cluster.row[i]) &&
		    ip_range_contains(&subnet->range, &plan->cluster.row[i]->ip))
			return true;
	return false;
}

static bool is_inside(const struct host_facts *facts, const struct ip *ip)
{
	for (size_t i = 0; i < facts->n_subnet; i++)
		if (ip_range_contains(&facts->subnet[i].range, ip))
			return true;
	return false;
}

size_t host_n_outside(const struct host_facts *facts, const struct plan *plan)
{
	size_t n = 0;

	for (size_t i = 0; facts->n_subnet > 0 && i < plan->cluster.n_row; i++)
		n += is_announced(plan->cluster.row[i]) &&
		     !is_inside(facts, &plan->cluster.row[i]->ip);
	return n;
}

bool host_has_trouble(const struct host_facts *facts, const struct plan *plan,
		      enum host_trouble trouble)
{
	if (trouble == HOST_IPVS_LOOSE)
		return is_ipvs_loose(facts);
	for (size_t i = 0; i < facts->n_subnet; i++)
		if (is_filtered(facts, &facts->subnet[i]) &&
		    announces_in(plan, &facts->subnet[i]))
			return true;
	return false;
}

/* The kernel prints an address as a number of the host's byte order. */
static bool read_v4(const char *hex, struct ip *out_ip)
{
	char *end;
	unsigned long number = strtoul(hex, &end, 16);
	uint32_t v = (uint32_t)number;
	uint8_t byte[4];

	if (end != hex + 8 || *end != '\0')
		return false;
	memcpy(byte, &v, sizeof(byte));
	*out_ip = ip_from_v4(byte);
	return true;
}

static unsigned bits_of(const struct ip *mask)
{
	unsigned bits = 0;

	while (bits < 32 && mask->byte[bits / 8] & (0x80u >> bits % 8))
		bits++;
	return bits;
}

static void take_route(struct host_facts *facts, const char *interface, const char *const *hex)
{
	struct host_subnet *subnet = &facts->subnet[facts->n_subnet];
	struct ip to, gateway, mask;

	if (!read_v4(hex[0], &to) || !read_v4(hex[1], &gateway) || !read_v4(hex[2], &mask))
		return;
	if (bits_of(&mask) == 0 && !facts->by_default[0])
		memcpy(facts->by_default, interface, strlen(interface) + 1);
	if (bits_of(&mask) == 0 || bits_of(&mask) > 31 || gateway.byte[0] != 0 ||
	    facts->n_subnet == HOST_MAX_SUBNETS)
		return;
	subnet->bits = bits_of(&mask);
	if (ip_prefix_range(&to, subnet->bits, &subnet->range) != 0)
		return;
	memcpy(subnet->interface, interface, strlen(interface) + 1);
	facts->n_subnet++;
}

/* The next word of a line, cut off behind HOST_NAME_MAX; "" when there is none. */
static const char *next_word(const char *at, char *out_word)
{
	size_t n;

	at += strspn(at, " \t");
	n = strcspn(at, " \t\n");
	memcpy(out_word, at, n < HOST_NAME_MAX ? n : HOST_NAME_MAX - 1);
	out_word[n < HOST_NAME_MAX ? n : HOST_NAME_MAX - 1] = '\0';
	return at + n;
}

void host_take_routes(struct host_facts *facts, const char *text)
{
	char field[ROUTE_FIELDS][HOST_NAME_MAX];
	const char *const hex[] = { field[1], field[2], field[7] };

	while (*text) {
		for (size_t i = 0; i < ROUTE_FIELDS; i++)
			text = next_word(text, field[i]);
		take_route(facts, field[0], hex);
		text += strcspn(text, "\n");
		text += *text == '\n';
	}
}
