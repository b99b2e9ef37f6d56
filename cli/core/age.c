/* age - see age.h */
/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/core/age.h"

#include <stdio.h>

#define US_PER_S INT64_C(1000000)
#define LONG_DAYS 100 /* from here on hours do not matter */

const char *age_format(int64_t us, char out_text[static AGE_MAX])
{
	int64_t s = us > 0 ? us / US_PER_S : 0;
	int64_t minutes = s / 60, hours = minutes / 60, days = hours / 24;

	if (minutes == 0)
		snprintf(out_text, AGE_MAX, "%llds", (long long)s);
	else if (hours == 0)
		snprintf(out_text, AGE_MAX, "%lldm%llds", (long long)minutes, (long long)(s % 60));
	else if (days == 0)
		snprintf(out_text, AGE_MAX, "%lldh%lldm", (long long)hours, (long long)(minutes % 60));
	else if (days < LONG_DAYS)
		snprintf(out_text, AGE_MAX, "%lldd%lldh", (long long)days, (long long)(hours % 24));
	else
		snprintf(out_text, AGE_MAX, "%lldd", (long long)days);
	return out_text;
}
