/* asked - see asked.h */
/* SPDX-License-Identifier: Apache-2.0 */
#include "controller/core/asked.h"

#include <string.h>

static bool parse_one(const char *text, size_t n, struct ip *out_ip)
{
	char one[IP_TEXT_MAX];

	while (n > 0 && *text == ' ') {
		text++;
		n--;
	}
	while (n > 0 && text[n - 1] == ' ')
		n--;
	if (n >= sizeof(one))
		return false;
	memcpy(one, text, n);
	one[n] = '\0';
	return ip_parse(one, out_ip) == 0;
}

static bool parse_list(const char *list, struct ip out_ip[ALLOC_MAX_IPS], size_t *out_n)
{
	const char *at = list;
	size_t n = 0;

	while (at) {
		const char *comma = strchr(at, ',');

		if (n == ALLOC_MAX_IPS ||
		    !parse_one(at, comma ? (size_t)(comma - at) : strlen(at), &out_ip[n]))
			return false;
		n++;
		at = comma ? comma + 1 : NULL;
	}
	*out_n = n;
	return true;
}

enum asked_verdict asked_parse(const struct service *s, struct ip out_ip[ALLOC_MAX_IPS],
			       size_t *out_n)
{
	bool has_list = s->asked_ips && *s->asked_ips;

	*out_n = 0;
	if (s->asked_ip && has_list)
		return ASKED_TWICE;
	if (has_list)
		return parse_list(s->asked_ips, out_ip, out_n) ? ASKED_OK : ASKED_BAD_LIST;
	if (!s->asked_ip)
		return ASKED_OK;
	if (ip_parse(s->asked_ip, &out_ip[0]) != 0)
		return ASKED_BAD_FIELD;
	*out_n = 1;
	return ASKED_OK;
}
