/* links - see links.h */
/* SPDX-License-Identifier: Apache-2.0 */
#include "speaker/announcer/core/links.h"

#include <string.h>

void links_init(struct links *links)
{
	memset(links, 0, sizeof(*links));
}

void links_done(struct links *links)
{
	if (links->has_exclude)
		regfree(&links->exclude);
	links->has_exclude = false;
}

static bool is_excluded(const struct links *links, const char *name)
{
	return links->has_exclude && regexec(&links->exclude, name, 0, NULL, 0) == 0;
}

bool links_set_exclude(struct links *links, const char *regex)
{
	regex_t compiled;

	if (*regex && regcomp(&compiled, regex, REG_EXTENDED | REG_NOSUB) != 0)
		return false;
	links_done(links);
	if (*regex) {
		links->exclude = compiled;
		links->has_exclude = true;
	}
	for (size_t i = 0; i < LINKS_MAX; i++)
		links->at[i].excluded = is_excluded(links, links->at[i].news.name);
	return true;
}

int links_find(const struct links *links, uint32_t ifindex)
{
	for (int i = 0; i < LINKS_MAX; i++)
		if (links->at[i].known && links->at[i].news.ifindex == ifindex)
			return i;
	return -1;
}

static int find_free(const struct links *links)
{
	for (int i = 0; i < LINKS_MAX; i++)
		if (!links->at[i].known)
			return i;
	return -1;
}

bool links_on_link(struct links *links, const struct link_news *news)
{
	int i = links_find(links, news->ifindex);

	if (i < 0) {
		i = find_free(links);
		if (i < 0) {
			links->n_refused++;
			return false;
		}
		links->at[i] = (struct link){ .known = true };
	} else if (memcmp(&links->at[i].news, news, sizeof(*news)) == 0) {
		return false;
	}
	links->at[i].news = *news;
	links->at[i].excluded = is_excluded(links, news->name);
	return true;
}

bool links_on_gone(struct links *links, uint32_t ifindex)
{
	int i = links_find(links, ifindex);

	if (i < 0)
		return false;
	links->at[i].known = false;
	return true;
}

/* kube-proxy in IPVS mode and kube-router put the addresses of all services there, on every node. */
static bool holds_services(const struct link *link)
{
	return strcmp(link->news.name, "kube-ipvs0") == 0 ||
	       strcmp(link->news.name, "kube-dummy-if") == 0;
}

bool links_on_address(struct links *links, const struct link_address *address)
{
	int at = links_find(links, address->ifindex);
	struct link *link;
	size_t i = 0;

	if (at < 0 || holds_services(&links->at[at]))
		return false;
	link = &links->at[at];
	while (i < link->n_address && !ip_equal(&link->address[i], &address->ip))
		i++;
	if (address->gone) {
		if (i == link->n_address)
			return false;
		link->n_address--;
		link->address[i] = link->address[link->n_address];
		link->subnet[i] = link->subnet[link->n_address];
		link->prefix_bits[i] = link->prefix_bits[link->n_address];
		return true;
	}
	if (i == LINKS_MAX_ADDRESSES)
		return false;
	link->address[i] = address->ip;
	link->prefix_bits[i] = (uint8_t)address->prefix_bits;
	if (ip_prefix_range(&address->ip, address->prefix_bits, &link->subnet[i]) != 0)
		return false;
	link->n_address += i == link->n_address;
	return true;
}

bool links_has_address(const struct links *links, const struct ip *ip)
{
	for (size_t i = 0; i < LINKS_MAX; i++)
		for (size_t k = 0; links->at[i].known && k < links->at[i].n_address; k++)
			if (ip_equal(&links->at[i].address[k], ip))
				return true;
	return false;
}

bool links_is_eligible(const struct links *links, size_t at)
{
	const struct link *link = &links->at[at];

	return link->known && link->news.up && link->news.ethernet && !link->news.enslaved &&
	       !link->excluded;
}

bool links_is_usable(const struct links *links, size_t at)
{
	return links_is_eligible(links, at) && links->at[at].news.carrier;
}

static bool subnet_contains(const struct link *link, const struct ip *ip)
{
	for (size_t i = 0; i < link->n_address; i++)
		if (ip_range_contains(&link->subnet[i], ip))
			return true;
	return false;
}

static bool is_named(const struct link *link, const char (*name)[LINKS_NAME_MAX], size_t n_name)
{
	for (size_t i = 0; i < n_name; i++)
		if (strcmp(link->news.name, name[i]) == 0)
			return true;
	return n_name == 0;
}

struct links_choice links_choose(const struct links *links, const struct ip *ip,
				 const char (*name)[LINKS_NAME_MAX], size_t n_name)
{
	uint64_t eligible = 0, usable = 0, right = 0;

	for (size_t i = 0; i < LINKS_MAX; i++) {
		uint64_t bit = UINT64_C(1) << i;

		if (!links_is_eligible(links, i) || !is_named(&links->at[i], name, n_name))
			continue;
		eligible |= bit;
		if (links->at[i].news.carrier)
			usable |= bit;
		if (subnet_contains(&links->at[i], ip))
			right |= bit;
	}
	if (right == 0)
		right = eligible;
	return (struct links_choice){ right, right & usable };
}
