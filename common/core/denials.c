/* denials - see denials.h */
/* SPDX-License-Identifier: Apache-2.0 */
#include "common/core/denials.h"

#include <stdlib.h>
#include <string.h>

static size_t place_of(const struct denials *d, const char *sentence)
{
	size_t oldest = 0;

	for (size_t i = 0; i < d->n; i++) {
		if (strcmp(d->held[i].sentence, sentence) == 0)
			return i;
		if (d->held[i].at < d->held[oldest].at)
			oldest = i;
	}
	return d->n < DENIALS_MAX ? d->n : oldest;
}

void denials_add(struct denials *d, instant now, const char *message)
{
	const char *user = strstr(message, "User \"");
	const char *sentence = user ? user : message;
	size_t i = place_of(d, sentence);
	char *copy = mem_strdup(sentence);

	if (i == d->n)
		d->n++;
	free(d->held[i].sentence);
	d->held[i].sentence = copy;
	d->held[i].at = now;
}

const char *denials_next(const struct denials *d, instant now, size_t *at)
{
	while (*at < d->n) {
		size_t i = (*at)++;

		if (now < instant_add_ms(d->held[i].at, DENIALS_KEPT_MS))
			return d->held[i].sentence;
	}
	return NULL;
}

void denials_done(struct denials *d)
{
	for (size_t i = 0; i < d->n; i++)
		free(d->held[i].sentence);
	*d = (struct denials){ .n = 0 };
}
