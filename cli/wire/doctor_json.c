/* doctor_json - see doctor_json.h */
/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/wire/doctor_json.h"

#include "cli/wire/head_json.h"
#include "common/core/json_text.h"

void doctor_json_write(const struct doctor *doctor, const struct view_words *gaps, struct text *t)
{
	head_json_open(t, "doctor", gaps);
	json_text_bool(t, "healthy", doctor_is_healthy(doctor));
	json_text_open(t, "findings", '[');
	for (size_t i = 0; i < doctor->n; i++) {
		const struct doctor_finding *finding = &doctor->at[i];

		json_text_open(t, NULL, '{');
		json_text_string(t, "finding", doctor_word(finding->word));
		json_text_string(t, "severity", doctor_severity_word(finding->severity));
		json_text_string(t, "subject", finding->subject);
		json_text_string(t, "node", finding->node);
		json_text_string(t, "reason", finding->reason);
		json_text_string(t, "message", finding->sentence);
		json_text_string(t, "remedy", doctor_remedy(finding->word));
		json_text_close(t, '}');
	}
	json_text_close(t, ']');
	head_json_close(t);
}
