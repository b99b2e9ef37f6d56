/* history_json - see history_json.h */
/* SPDX-License-Identifier: Apache-2.0 */
#include "common/api/wire/history_json.h"

#include "common/api/wire/kube_time.h"
#include "common/core/json_text.h"

void history_json_write(struct text *t, const struct history *history)
{
	const struct history_entry *entry;
	char time[KUBE_TIME_MAX];

	json_text_open(t, "history", '[');
	for (size_t i = 0; (entry = history_last(history, i)); i++) {
		json_text_open(t, NULL, '{');
		json_text_string(t, "time", kube_time_format(entry->at_ms * 1000, time));
		json_text_string(t, "about", entry->about);
		json_text_string(t, "event", entry->event);
		json_text_string(t, "message", entry->message);
		json_text_close(t, '}');
	}
	json_text_close(t, ']');
}
