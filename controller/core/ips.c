/* ips - see ips.h */
/* SPDX-License-Identifier: Apache-2.0 */
#include "controller/core/ips.h"

#include <stdio.h>

const char *ips_quote(const struct ip *ip, size_t n, char out[static IPS_TEXT_MAX])
{
	char first[IP_TEXT_MAX], second[IP_TEXT_MAX];

	ip_format(&ip[0], first);
	if (n == 1)
		snprintf(out, IPS_TEXT_MAX, "\"%s\"", first);
	else
		snprintf(out, IPS_TEXT_MAX, "[\"%s\" \"%s\"]", first, ip_format(&ip[1], second));
	return out;
}

bool ips_same(const struct ip *a, const struct ip *b, size_t n)
{
	if (n == 1)
		return ip_equal(&a[0], &b[0]);
	return (ip_equal(&a[0], &b[0]) && ip_equal(&a[1], &b[1])) ||
	       (ip_equal(&a[0], &b[1]) && ip_equal(&a[1], &b[0]));
}
