/* examine - see examine.h */
/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/examine.h"

#include "cli/core/doctor_text.h"
#include "cli/core/gaps.h"
#include "cli/wire/doctor_json.h"

enum command_status examine_doctor(struct command_context *c)
{
	const char *node = arguments_text(c->arguments, "node");
	struct view_words gaps = { 0 };
	enum command_status status;
	struct doctor doctor;

	gaps_of(&c->view, &gaps);
	doctor_examine(&c->view, c->now_us, &doctor);
	if (node)
		doctor_only(&doctor, node);
	status = doctor_is_healthy(&doctor) ? COMMAND_OK : COMMAND_BROKEN;
	if (c->json)
		doctor_json_write(&doctor, &gaps, &c->out);
	else
		doctor_format(&doctor, &c->view, c->colour, &c->out);
	doctor_done(&doctor);
	view_words_done(&gaps);
	return status;
}
