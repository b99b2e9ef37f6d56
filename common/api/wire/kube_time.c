/* kube_time - see kube_time.h */
/* SPDX-License-Identifier: Apache-2.0 */
#include "common/api/wire/kube_time.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define US_PER_S 1000000

/* Up to six digits of a fraction as microseconds; further digits are dropped. */
static const char *parse_fraction(const char *s, int64_t *out_us)
{
	int64_t unit = US_PER_S / 10;

	for (*out_us = 0; *s >= '0' && *s <= '9'; s++, unit /= 10)
		*out_us += (*s - '0') * unit;
	return s;
}

/* Z, +hh:mm or -hh:mm and nothing behind it, as seconds east of Greenwich. */
static int parse_zone(const char *s, int64_t *out_s)
{
	unsigned hours, minutes;
	int used = 0;

	if (strcmp(s, "Z") == 0) {
		*out_s = 0;
		return 0;
	}
	if ((*s != '+' && *s != '-') || sscanf(s + 1, "%2u:%2u%n", &hours, &minutes, &used) != 2 ||
	    used != 5 || s[6] != '\0' || hours > 23 || minutes > 59)
		return -EINVAL;
	*out_s = (int64_t)(hours * 3600 + minutes * 60) * (*s == '-' ? -1 : 1);
	return 0;
}

int kube_time_parse(const char *text, int64_t *out_us)
{
	struct tm tm = { 0 };
	int64_t fraction_us = 0, zone_s;
	const char *rest = strptime(text, "%Y-%m-%dT%H:%M:%S", &tm);

	if (!rest)
		return -EINVAL;
	if (*rest == '.')
		rest = parse_fraction(rest + 1, &fraction_us);
	if (parse_zone(rest, &zone_s) != 0)
		return -EINVAL;
	*out_us = ((int64_t)timegm(&tm) - zone_s) * US_PER_S + fraction_us;
	return 0;
}

static void format_seconds(int64_t us, char out[static 24])
{
	time_t seconds = (time_t)(us / US_PER_S);
	struct tm tm;

	CHECK(gmtime_r(&seconds, &tm) != NULL);
	CHECK(strftime(out, 24, "%Y-%m-%dT%H:%M:%S", &tm) > 0);
}

const char *kube_time_format(int64_t us, char out_text[static KUBE_TIME_MAX])
{
	char seconds[24];

	format_seconds(us, seconds);
	snprintf(out_text, KUBE_TIME_MAX, "%sZ", seconds);
	return out_text;
}

const char *kube_time_format_micro(int64_t us, char out_text[static KUBE_TIME_MAX])
{
	char seconds[24];

	format_seconds(us, seconds);
	snprintf(out_text, KUBE_TIME_MAX, "%s.%06uZ", seconds,
		 (unsigned)(us % US_PER_S) % US_PER_S);
	return out_text;
}
