/* links - see links.h */
/* SPDX-License-Identifier: Apache-2.0 */
#include "speaker/announcer/core/links.h"

#include <stdlib.h>
#include <string.h>

void links_init(struct links *links)
{
	memset(links, 0, sizeof(*links));
}

static void drop_exclude(struct links *links)
{
	if (links->has_exclude)
		regfree(&links->exclude);
	links->has_exclude = false;
}

void links_done(struct links *links)
{
	drop_exclude(links);
	free(links->other);
	free(links->own);
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
	drop_exclude(links);
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

/* ---- addresses of a slot ---- */

static size_t find_address(const struct link *link, const struct ip *ip)
{
	size_t i = 0;

	while (i < link->n_address && !ip_equal(&link->address[i], ip))
		i++;
	return i;
}

/* Or replaces it. False: there is no room, or it is no address. */
static bool add_address(struct link *link, const struct link_address *address)
{
	size_t i = find_address(link, &address->ip);
	struct ip_range subnet;

	if (i == LINKS_MAX_ADDRESSES ||
	    ip_prefix_range(&address->ip, address->prefix_bits, &subnet) != 0)
		return false;
	link->address[i] = address->ip;
	link->subnet[i] = subnet;
	link->prefix_bits[i] = (uint8_t)address->prefix_bits;
	link->n_address += i == link->n_address;
	return true;
}

static void drop_address(struct link *link, size_t i)
{
	size_t last = --link->n_address;

	link->address[i] = link->address[last];
	link->subnet[i] = link->subnet[last];
	link->prefix_bits[i] = link->prefix_bits[last];
}

/* ---- those without a slot ---- */

static struct link_news *find_other(const struct links *links, uint32_t ifindex)
{
	for (size_t i = 0; i < links->n_other; i++)
		if (links->other[i].ifindex == ifindex)
			return &links->other[i];
	return NULL;
}

static void put_other(struct links *links, const struct link_news *news)
{
	struct link_news *other = find_other(links, news->ifindex);

	if (!other) {
		links->other = mem_grow(links->other, links->n_other, &links->cap_other,
					sizeof(*links->other));
		other = &links->other[links->n_other++];
	}
	*other = *news;
}

static void drop_other(struct links *links, uint32_t ifindex)
{
	struct link_news *other = find_other(links, ifindex);

	if (other)
		*other = links->other[--links->n_other];
}

static struct link_address *find_own(const struct links *links, const struct link_address *address)
{
	for (size_t i = 0; i < links->n_own; i++)
		if (links->own[i].ifindex == address->ifindex &&
		    ip_equal(&links->own[i].ip, &address->ip))
			return &links->own[i];
	return NULL;
}

/* True when it is new, or gone. */
static bool set_own(struct links *links, const struct link_address *address)
{
	struct link_address *own = find_own(links, address);

	if (address->gone) {
		if (own)
			*own = links->own[--links->n_own];
		return own != NULL;
	}
	if (own) {
		own->prefix_bits = address->prefix_bits;
		return false;
	}
	links->own = mem_grow(links->own, links->n_own, &links->cap_own, sizeof(*links->own));
	links->own[links->n_own++] = *address;
	return true;
}

/* The addresses of an interface go into its slot, as far as there is room, or away. True: some. */
static bool take_own(struct links *links, uint32_t ifindex, struct link *into)
{
	size_t kept = 0, n = links->n_own;

	for (size_t i = 0; i < n; i++) {
		const struct link_address *own = &links->own[i];

		if (own->ifindex != ifindex || (into && !add_address(into, own)))
			links->own[kept++] = *own;
	}
	links->n_own = kept;
	return kept < n;
}

/* ---- slots ---- */

static void take_slot(struct links *links, int i, const struct link_news *news)
{
	links->at[i] = (struct link){ .known = true };
	links->at[i].news = *news;
	links->at[i].excluded = is_excluded(links, news->name);
	take_own(links, news->ifindex, &links->at[i]);
	drop_other(links, news->ifindex);
}

static void leave_slot(struct links *links, int i)
{
	struct link *link = &links->at[i];
	struct link_address address = { .ifindex = link->news.ifindex };

	link->known = false;
	put_other(links, &link->news);
	for (size_t k = 0; k < link->n_address; k++) {
		address.ip = link->address[k];
		address.prefix_bits = link->prefix_bits[k];
		set_own(links, &address);
	}
}

bool links_on_link(struct links *links, const struct link_news *news)
{
	int i = links_find(links, news->ifindex);

	if (i >= 0 && memcmp(&links->at[i].news, news, sizeof(*news)) == 0)
		return false;
	if (i >= 0) {
		links->at[i].news = *news;
		links->at[i].excluded = is_excluded(links, news->name);
		return true;
	}
	i = find_free(links);
	if (i >= 0)
		take_slot(links, i, news);
	else
		put_other(links, news);
	return i >= 0;
}

bool links_on_gone(struct links *links, uint32_t ifindex)
{
	int i = links_find(links, ifindex);
	bool some = take_own(links, ifindex, NULL);

	drop_other(links, ifindex);
	if (i >= 0)
		links->at[i].known = false;
	return some || i >= 0;
}

static bool could_be_used(const struct links *links, const struct link_news *news)
{
	return news->up && news->ethernet && !news->enslaved && !is_excluded(links, news->name);
}

size_t links_n_waiting(const struct links *links)
{
	size_t n = 0;

	for (size_t i = 0; i < links->n_other; i++)
		n += could_be_used(links, &links->other[i]);
	return n;
}

/* A slot of one that is of no use: of one that is only down as the last choice, people ask for it. */
static int find_idle(const struct links *links)
{
	int idle = -1;

	for (int i = LINKS_MAX - 1; i >= 0; i--) {
		const struct link *link = &links->at[i];

		if (link->excluded || link->news.enslaved || !link->news.ethernet)
			return i;
		if (!link->news.up)
			idle = i;
	}
	return idle;
}

int links_seat(struct links *links, struct link_news *out_left)
{
	struct link_news news;
	size_t k = 0;
	int i = find_free(links);

	while (k < links->n_other && !could_be_used(links, &links->other[k]))
		k++;
	if (k == links->n_other)
		return -1;
	news = links->other[k];
	*out_left = (struct link_news){ 0 };
	if (i < 0) {
		i = find_idle(links);
		if (i < 0)
			return -1;
		*out_left = links->at[i].news;
		leave_slot(links, i);
	}
	take_slot(links, i, &news);
	return i;
}

/* ---- addresses ---- */

/* kube-proxy in IPVS mode and kube-router put the addresses of all services there, on every node. */
static bool holds_services(const struct link_news *news)
{
	return strcmp(news->name, "kube-ipvs0") == 0 || strcmp(news->name, "kube-dummy-if") == 0;
}

bool links_on_address(struct links *links, const struct link_address *address)
{
	int at = links_find(links, address->ifindex);
	const struct link_news *news = at >= 0 ? &links->at[at].news :
						 find_other(links, address->ifindex);
	struct link *link = at >= 0 ? &links->at[at] : NULL;
	size_t i;

	if (!news || holds_services(news))
		return false;
	i = link ? find_address(link, &address->ip) : 0;
	if (!link || (i == link->n_address && (address->gone || i == LINKS_MAX_ADDRESSES)))
		return set_own(links, address);
	if (address->gone) {
		drop_address(link, i);
		return true;
	}
	if (i < link->n_address && link->prefix_bits[i] == address->prefix_bits)
		return false;
	return add_address(link, address);
}

bool links_has_address(const struct links *links, const struct ip *ip)
{
	for (size_t i = 0; i < LINKS_MAX; i++)
		for (size_t k = 0; links->at[i].known && k < links->at[i].n_address; k++)
			if (ip_equal(&links->at[i].address[k], ip))
				return true;
	for (size_t i = 0; i < links->n_own; i++)
		if (ip_equal(&links->own[i].ip, ip))
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
