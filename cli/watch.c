/* watch - see watch.h */
/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/watch.h"

#include <errno.h>
#include <stdio.h>

#include "cli/core/gaps.h"
#include "cli/core/grid.h"
#include "cli/core/moves.h"
#include "cli/wire/moves_json.h"
#include "common/api/wire/kube_time.h"
#include "common/io/loop.h"

#define EVERY_MS 1000
#define LINE_MAX_BYTES 65536

/* False: nobody reads any more. */
static bool say(struct command_context *c, const struct moves_list *list)
{
	int64_t now_us = loop_wall_us();
	char time[KUBE_TIME_MAX];
	struct text line;

	for (size_t i = 0; i < list->n; i++) {
		if (c->json) {
			moves_json_write(&list->at[i], now_us, &c->out);
			continue;
		}
		text_init(&line, LINE_MAX_BYTES);
		moves_format(&list->at[i], &line);
		grid_paint(&c->out, kube_time_format(now_us, time), GRID_FAINT, c->colour);
		text_add(&c->out, " ");
		grid_paint(&c->out, line.s, list->at[i].to ? GRID_PLAIN : GRID_BAD, c->colour);
		text_add(&c->out, "\n");
		text_done(&line);
	}
	fputs(c->out.s, stdout);
	text_clear(&c->out);
	return fflush(stdout) == 0;
}

/* Once, when the speakers cannot be asked any more, and once when they can. */
static void say_blindness(struct command_context *c, bool was_blind, bool is_blind)
{
	struct view_words gaps = { 0 };
	struct text line;

	if (was_blind == is_blind)
		return;
	gaps_of(&c->view, &gaps);
	text_init(&line, LINE_MAX_BYTES);
	text_add(&line, "tinlb: ");
	text_add(&line, is_blind ? "no speaker can be asked: " : "speakers can be asked again");
	if (is_blind)
		grid_paint(&line, gaps.n > 0 ? gaps.at[0] : "there is none", GRID_PLAIN, false);
	fprintf(stderr, "%s\n", line.s);
	text_done(&line);
	view_words_done(&gaps);
}

/* COMMAND_OK: the target is there, or all addresses are meant. */
static enum command_status find(struct command_context *c, struct target *out_target)
{
	int rc;

	if (c->arguments->operand.n == 0)
		return COMMAND_OK;
	rc = target_find(&c->view, c->arguments->operand.at[0], out_target, &c->errors);
	return rc == 0 ? COMMAND_OK : rc == -EINVAL ? COMMAND_USAGE : COMMAND_UNKNOWN;
}

/* A service may get other addresses meanwhile; while it cannot be found, the last ones count. */
static void find_anew(struct command_context *c, struct target *target)
{
	struct target now;
	struct text ignored;

	text_init(&ignored, LINE_MAX_BYTES);
	target->object = NULL; /* it was the last view's */
	if (target_find(&c->view, c->arguments->operand.at[0], &now, &ignored) == 0) {
		target_done(target);
		*target = now;
	}
	text_done(&ignored);
}

enum command_status watch_run(struct command_context *c)
{
	struct target target = { 0 };
	const struct target *wanted = c->arguments->operand.n > 0 ? &target : NULL;
	enum command_status status = find(c, &target);
	struct moves moves = { 0 };
	bool goes_on = status == COMMAND_OK;

	while (goes_on) {
		struct moves_list list = { 0 };
		bool was_blind = moves.is_blind;

		moves_look(&moves, &c->view, wanted, &list);
		say_blindness(c, was_blind, moves.is_blind);
		goes_on = say(c, &list);
		moves_list_done(&list);
		gather_wait(c->gather, EVERY_MS);
		view_done(&c->view);
		gather_run(c->gather, VIEW_BIT(VIEW_STATUS), &c->view);
		if (wanted)
			find_anew(c, &target);
	}
	moves_done(&moves);
	target_done(&target);
	return status;
}
