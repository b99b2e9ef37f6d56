/* doctor_json - see doctor_json.h */
/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/wire/doctor_json.h"

#include "cli/wire/head_json.h"
#include "common/core/json_text.h"

#define REMEDY_MAX_BYTES 1024

void doctor_json_write(const struct doctor *doctor, const struct view_words *gaps, struct text *t)
{
	head_json_open(t, "doctor", gaps);
	json_text_bool(t, "healthy", doctor_is_healthy(doctor));
	json_text_open(t, "findings", '[');
	for (size_t i = 0; i < doctor->n; i++) {
		const struct doctor_finding *finding = &doctor->at[i];
		struct text remedy;

		text_init(&remedy, REMEDY_MAX_BYTES);
		doctor_add_remedy(finding, &remedy);
		json_text_open(t, NULL, '{');
		json_text_string(t, "finding", doctor_word(finding->word));
		json_text_string(t, "severity", doctor_severity_word(finding->severity));
		json_text_string(t, "subject", finding->subject);
		json_text_string(t, "node", finding->node);
		json_text_string(t, "reason", finding->reason);
		json_text_string(t, "message", finding->sentence);
		json_text_string(t, "remedy", remedy.s);
		json_text_close(t, '}');
		text_done(&remedy);
	}
	json_text_close(t, ']');
	head_json_close(t);
}
