/* kube_time - see kube_time.h */
/* SPDX-License-Identifier: Apache-2.0 */
#include "common/api/wire/kube_time.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define US_PER_S 1000000
#define FIRST_S INT64_C(-62167219200) /* the year 0 begins */
#define LAST_S INT64_C(253402300799)  /* the year 9999 ends */

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
	int64_t fraction_us = 0, zone_s, seconds;
	const char *rest = strptime(text, "%Y-%m-%dT%H:%M:%S", &tm);

	if (!rest || strspn(text, "0123456789") != 4) /* strptime takes blanks and shorter years, too */
		return -EINVAL;
	if (*rest == '.')
		rest = parse_fraction(rest + 1, &fraction_us);
	if (parse_zone(rest, &zone_s) != 0)
		return -EINVAL;
	seconds = (int64_t)timegm(&tm) - zone_s;
	if (seconds < FIRST_S || seconds > LAST_S)
		return -EINVAL;
	*out_us = seconds * US_PER_S + fraction_us;
	return 0;
}

/* The end of what was written; *out_fraction_us: what is left of a second. */
static char *format_seconds(int64_t us, char out_text[static KUBE_TIME_MAX], unsigned *out_fraction_us)
{
	int64_t fraction = us % US_PER_S;
	time_t seconds = (time_t)(us / US_PER_S - (fraction < 0));
	struct tm tm;

	CHECK(seconds >= FIRST_S && seconds <= LAST_S && gmtime_r(&seconds, &tm) != NULL);
	*out_fraction_us = (unsigned)(fraction < 0 ? fraction + US_PER_S : fraction);
	snprintf(out_text, KUBE_TIME_MAX, "%04d", tm.tm_year + 1900);
	return out_text + 4 + strftime(out_text + 4, KUBE_TIME_MAX - 4, "-%m-%dT%H:%M:%S", &tm);
}

const char *kube_time_format(int64_t us, char out_text[static KUBE_TIME_MAX])
{
	unsigned fraction_us;

	memcpy(format_seconds(us, out_text, &fraction_us), "Z", 2);
	return out_text;
}

const char *kube_time_format_micro(int64_t us, char out_text[static KUBE_TIME_MAX])
{
	unsigned fraction_us;
	char *end = format_seconds(us, out_text, &fraction_us);

	snprintf(end, (size_t)(out_text + KUBE_TIME_MAX - end), ".%06uZ", fraction_us);
	return out_text;
}
