/* about - see about.h */
/* SPDX-License-Identifier: Apache-2.0 */
#include "speaker/announcer/core/about.h"

#include <string.h>

#include "common/core/hash.h"

static void add_reach(struct ring_meta *about, const struct link *link, const struct ip *ip,
		      unsigned bits)
{
	struct ring_reach *reach;

	if (about->n_reach == RING_META_MAX_REACH) {
		about->partial = true;
		return;
	}
	reach = &about->reach[about->n_reach++];
	*reach = (struct ring_reach){ .name = ring_name_hash(link->news.name), .ip = *ip,
				      .bits = (uint8_t)bits };
	memcpy(reach->mac, link->news.mac, 6);
}

static void add_link(struct ring_meta *about, const struct link *link)
{
	static const struct ip none;

	for (size_t i = 0; i < link->n_address; i++)
		add_reach(about, link, &link->address[i], link->prefix_bits[i]);
	if (link->n_address == 0)
		add_reach(about, link, &none, 0);
}

void about_reach(const struct links *links, struct ring_meta *about)
{
	about->n_reach = 0;
	about->partial = false;
	for (size_t i = 0; i < LINKS_MAX; i++)
		if (links_is_usable(links, i))
			add_link(about, &links->at[i]);
}

uint64_t about_row(const struct vip *vip)
{
	uint64_t hash = hash_bytes(HASH_EMPTY, vip->row.ip.byte, vip->row.ip.len);
	uint8_t withheld = (uint8_t)vip->row.withheld;

	hash = hash_bytes(hash, &withheld, 1);
	for (size_t i = 0; i < vip->row.n_candidate; i++)
		hash = hash_field(hash, vip->candidate[i]->name);
	for (size_t i = 0; i < vip->row.n_interface && !vip->row.differs; i++)
		hash = hash_field(hash, vip->row.interface[i]);
	return hash;
}
