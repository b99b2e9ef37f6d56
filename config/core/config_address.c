/* config_address - see config_address.h */
/* SPDX-License-Identifier: Apache-2.0 */
#include "config/core/config_address.h"

#include <stdlib.h>
#include <string.h>

/* What is being read, and where it is told when that is no range. */
struct entry {
	const char *text;
	const struct config_place *place;
	struct config_errors *errors;
};

static bool read_prefix(const struct entry *e, struct ip_range *out)
{
	const char *slash = strchr(e->text, '/');
	char *base = mem_strndup(e->text, (size_t)(slash - e->text)), *end = NULL;
	unsigned long bits = strtoul(slash + 1, &end, 10);
	struct ip ip;
	bool ok = false;

	if (ip_parse(base, &ip) != 0)
		config_error_at(e->errors, e->place,
				"\"%s\" is not an address: write a prefix like 192.168.1.0/24", base);
	else if (slash[1] < '0' || slash[1] > '9' || *end || bits > 128 ||
		 ip_prefix_range(&ip, (unsigned)bits, out) != 0)
		config_error_at(e->errors, e->place,
				"\"%s\" is not a prefix: the length after the slash goes from 0 to %d",
				e->text, ip.len * 8);
	else
		ok = true;
	free(base);
	return ok;
}

static char *trimmed(const char *start, size_t n)
{
	while (n > 0 && *start == ' ') {
		start++;
		n--;
	}
	while (n > 0 && start[n - 1] == ' ')
		n--;
	return mem_strndup(start, n);
}

static bool read_range(const struct entry *e, struct ip_range *out)
{
	const char *dash = strchr(e->text, '-');
	char *first = trimmed(e->text, (size_t)(dash - e->text));
	char *last = trimmed(dash + 1, strlen(dash + 1));
	struct ip_range range;
	bool ok = false;

	if (ip_parse(first, &range.first) != 0) {
		config_error_at(e->errors, e->place,
				"the start of the range, \"%s\", is not an address", first);
	} else if (ip_parse(last, &range.last) != 0) {
		config_error_at(e->errors, e->place,
				"the end of the range, \"%s\", is not an address", last);
	} else if (range.first.len != range.last.len) {
		config_error_at(e->errors, e->place,
				"\"%s\" mixes IPv4 and IPv6: both ends must be of one family", e->text);
	} else if (ip_compare(&range.first, &range.last) > 0) {
		config_error_at(e->errors, e->place,
				"the range ends before it starts: write %s-%s", last, first);
	} else {
		*out = range;
		ok = true;
	}
	free(first);
	free(last);
	return ok;
}

bool config_address_parse(const char *text, const struct config_place *place,
			  struct config_errors *inout_errors, struct ip_range *out_range)
{
	struct entry e = { text, place, inout_errors };
	struct ip ip;

	if (strchr(text, '-'))
		return read_range(&e, out_range);
	if (strchr(text, '/'))
		return read_prefix(&e, out_range);
	if (ip_parse(text, &ip) == 0)
		config_error_at(inout_errors, place,
				"a single address needs a length: write %s/%d", text, ip.len * 8);
	else
		config_error_at(inout_errors, place,
				"invalid CIDR or range \"%s\": write 192.168.1.0/24 or "
				"192.168.1.10-192.168.1.20",
				text);
	return false;
}

void config_address_format(const struct ip_range *range, struct text *out_text)
{
	char first[IP_TEXT_MAX], last[IP_TEXT_MAX];
	unsigned bits = range->first.len * 8U;
	struct ip_range prefix;

	ip_format(&range->first, first);
	for (unsigned i = 0; i <= bits; i++) {
		if (ip_prefix_range(&range->first, i, &prefix) == 0 &&
		    ip_equal(&prefix.first, &range->first) && ip_equal(&prefix.last, &range->last)) {
			text_addf(out_text, "%s/%u", first, i);
			return;
		}
	}
	text_addf(out_text, "%s-%s", first, ip_format(&range->last, last));
}
