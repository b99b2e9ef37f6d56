/* cover - see cover.h */
/* SPDX-License-Identifier: Apache-2.0 */
#include "speaker/announcer/core/cover.h"

#include <string.h>

uint32_t cover_number(const struct ip *v4)
{
	return (uint32_t)v4->byte[0] << 24 | (uint32_t)v4->byte[1] << 16 |
	       (uint32_t)v4->byte[2] << 8 | v4->byte[3];
}

static void drop(struct cover *c, size_t i)
{
	c->n--;
	memmove(&c->range[i], &c->range[i + 1], (c->n - i) * sizeof(*c->range));
}

/* Join ranges that came near each other, and the nearest two when there are too many. */
static void join(struct cover *c)
{
	size_t nearest = 0;

	for (size_t i = 0; i + 1 < c->n;) {
		if (c->range[i + 1].first - c->range[i].last <= COVER_NEAR) {
			c->range[i].last = c->range[i + 1].last;
			drop(c, i + 1);
		} else {
			i++;
		}
	}
	if (c->n <= COVER_MAX)
		return;
	for (size_t i = 1; i + 1 < c->n; i++)
		if (c->range[i + 1].first - c->range[i].last <
		    c->range[nearest + 1].first - c->range[nearest].last)
			nearest = i;
	c->range[nearest].last = c->range[nearest + 1].last;
	drop(c, nearest + 1);
}

bool cover_add(struct cover *c, const struct ip *ip)
{
	uint32_t v = cover_number(ip);
	size_t i = 0;

	if (ip->len != IP_V4)
		return false;
	while (i < c->n && c->range[i].last < v)
		i++;
	if (i < c->n && c->range[i].first <= v)
		return false;
	memmove(&c->range[i + 1], &c->range[i], (c->n - i) * sizeof(*c->range));
	c->range[i] = (struct cover_range){ v, v };
	c->n++;
	join(c);
	return true;
}
