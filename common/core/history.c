/* history - see history.h */
/* SPDX-License-Identifier: Apache-2.0 */
#include "common/core/history.h"

#include <stdlib.h>

static void entry_done(struct history_entry *entry)
{
	free(entry->about);
	free(entry->message);
}

void history_add(struct history *h, int64_t at_ms, const char *about, const char *event,
		 const char *message)
{
	struct history_entry *at = &h->entry[h->next];

	entry_done(at);
	*at = (struct history_entry){ at_ms, mem_strdup(about), event, mem_strdup(message) };
	h->next = (h->next + 1) % HISTORY_MAX;
	if (h->n < HISTORY_MAX)
		h->n++;
}

void history_done(struct history *h)
{
	for (size_t i = 0; i < HISTORY_MAX; i++)
		entry_done(&h->entry[i]);
	*h = (struct history){ .n = 0 };
}

const struct history_entry *history_last(const struct history *h, size_t i)
{
	return i < h->n ? &h->entry[(h->next + HISTORY_MAX - 1 - i) % HISTORY_MAX] : NULL;
}
