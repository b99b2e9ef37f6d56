/* commands - see commands.h */
/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/commands.h"

#include <errno.h>
#include <stdlib.h>

#include "cli/core/doctor_text.h"
#include "cli/core/gaps.h"
#include "cli/core/overview.h"
#include "cli/core/who.h"
#include "cli/core/why.h"
#include "cli/wire/doctor_json.h"
#include "cli/wire/overview_json.h"
#include "cli/wire/who_json.h"
#include "cli/wire/why_json.h"

/* What is missing goes to standard error, a line each; the answer stands without it. */
static void say_gaps(struct command_context *c, const struct view_words *gaps)
{
	for (size_t i = 0; i < gaps->n; i++)
		text_addf(&c->errors, "%s%s", c->errors.n > 0 ? "\n" : "", gaps->at[i]);
}

/* COMMAND_OK and the target of the one operand, or what to end with. */
static enum command_status find_target(struct command_context *c, struct target *out_target)
{
	int rc = target_find(&c->view, c->arguments->operand.at[0], out_target, &c->errors);

	return rc == 0	     ? COMMAND_OK :
	       rc == -EINVAL ? COMMAND_USAGE :
	       rc == -ENOENT ? COMMAND_BROKEN :
			       COMMAND_UNKNOWN;
}

static enum command_status say_who(struct command_context *c, const struct target *target)
{
	enum command_status status = COMMAND_OK;
	struct view_words gaps = { 0 };
	struct who who;

	gaps_of(&c->view, &gaps);
	who_of(&c->view, target, &who);
	if (!gaps_has_page(&c->view, VIEW_SPEAKER))
		status = COMMAND_UNKNOWN;
	else if (!who_is_well(&who))
		status = COMMAND_BROKEN;
	if (c->json)
		who_json_write(&who, &gaps, &c->out);
	else if (status != COMMAND_UNKNOWN || who.n > 0)
		who_format(&who, c->now_us, c->colour, &c->out);
	say_gaps(c, &gaps);
	who_done(&who);
	view_words_done(&gaps);
	return status;
}

enum command_status commands_who(struct command_context *c)
{
	struct target target = { 0 };
	enum command_status status;

	if (c->arguments->operand.n == 0)
		return say_who(c, NULL);
	status = find_target(c, &target);
	if (status == COMMAND_OK && target.n_ip == 0) {
		text_addf(&c->errors, "%s has no address (tinlb why %s says why)", target.service,
			  target.service);
		status = COMMAND_BROKEN;
	} else if (status == COMMAND_OK) {
		status = say_who(c, &target);
	}
	target_done(&target);
	return status;
}

static enum command_status status_of(enum why_state state)
{
	return state == WHY_OK	    ? COMMAND_OK :
	       state == WHY_UNKNOWN ? COMMAND_UNKNOWN :
				      COMMAND_BROKEN;
}

/* One answer for each address, those with something broken first; one for a service without any. */
static size_t ask_why(struct command_context *c, const struct target *target,
		      struct why answer[TARGET_MAX_IPS])
{
	struct why_question question = { .service = target->service, .object = target->object,
					 .node = arguments_text(c->arguments, "node") };
	size_t n = target->n_ip > 0 ? target->n_ip : 1, n_bad = 0;

	for (size_t i = 0; i < n; i++) {
		struct why why;

		question.ip = target->n_ip > 0 ? &target->ip[i] : NULL;
		why_of(&c->view, &question, &why);
		answer[i] = why;
		if (why_state(&why) != WHY_OK) {
			answer[i] = answer[n_bad];
			answer[n_bad++] = why;
		}
	}
	return n;
}

static enum command_status say_why(struct command_context *c, const struct target *target)
{
	struct why answer[TARGET_MAX_IPS];
	struct view_words gaps = { 0 };
	size_t n = ask_why(c, target, answer);
	enum command_status status = status_of(why_state(&answer[0]));

	gaps_of(&c->view, &gaps);
	if (c->json)
		why_json_write(answer, n, &gaps, &c->out);
	for (size_t i = 0; i < n; i++) {
		text_add(&c->out, i > 0 && !c->json ? "\n" : "");
		if (!c->json)
			why_format(&answer[i], c->colour, &c->out);
		why_done(&answer[i]);
	}
	say_gaps(c, &gaps);
	view_words_done(&gaps);
	return status;
}

enum command_status commands_why(struct command_context *c)
{
	struct target target = { 0 };
	enum command_status status = find_target(c, &target);

	if (status == COMMAND_OK)
		status = say_why(c, &target);
	target_done(&target);
	return status;
}

enum command_status commands_status(struct command_context *c)
{
	enum command_status status = COMMAND_OK;
	struct view_words gaps = { 0 };
	struct overview overview;

	gaps_of(&c->view, &gaps);
	overview_of(&c->view, c->now_us, &overview);
	if (!gaps_has_page(&c->view, VIEW_SPEAKER) && !gaps_has_page(&c->view, VIEW_CONTROLLER))
		status = COMMAND_UNKNOWN;
	else if (!doctor_is_healthy(&overview.doctor) || overview.n_waiting > 0 || gaps.n > 0 ||
		 overview.n_answered < overview.n_address)
		status = COMMAND_BROKEN;
	if (c->json)
		overview_json_write(&overview, &gaps, &c->out);
	else if (status != COMMAND_UNKNOWN)
		overview_format(&overview, c->colour, &c->out);
	say_gaps(c, &gaps);
	overview_done(&overview);
	view_words_done(&gaps);
	return status;
}

/* To the API or to a speaker; a name with a mistake in it would be healthy. */
static bool is_known(const struct view *view, const char *node)
{
	const struct view_daemons *speakers = &view->daemon[VIEW_SPEAKER];
	bool known = view_speaker_on(view, node) != NULL;

	for (size_t i = 0; i < view->n_node && !known; i++)
		known = str_equal(view->node[i]->meta.name, node);
	for (size_t i = 0; i < speakers->n && !known; i++)
		known = speakers->at[i].status && view_find_member(speakers->at[i].status, node);
	return known;
}

enum command_status commands_doctor(struct command_context *c)
{
	const char *node = arguments_text(c->arguments, "node");
	struct view_words gaps = { 0 };
	enum command_status status;
	struct doctor doctor;

	if (node && gaps_has_page(&c->view, VIEW_SPEAKER) && !c->view.error[VIEW_NODES] &&
	    !is_known(&c->view, node)) {
		text_addf(&c->errors, "neither the API nor a speaker knows a node \"%.253s\"", node);
		return COMMAND_BROKEN;
	}
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

enum command_status commands_version(struct command_context *c)
{
	text_add(&c->out, "tinlb " TINLB_VERSION "\n");
	return COMMAND_OK;
}
