/* fuzz_status_read - status pages of any shape are read, judged and shown without harm */
/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/wire/status_read.h"

#include "cli/core/overview.h"
#include "cli/core/who.h"
#include "cli/core/why.h"
#include "cli/wire/overview_json.h"
#include "cli/wire/who_json.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

static void show(const struct view *view)
{
	struct view_words none = { 0 };
	struct overview overview;
	struct who who;
	struct text t;

	text_init(&t, 1024 * 1024);
	who_of(view, NULL, &who);
	who_format(&who, 0, true, &t);
	who_json_write(&who, &none, &t);
	for (size_t i = 0; i < who.n; i++) {
		const struct why_question q = { .ip = &who.row[i].t.ip, .node = "n" };
		struct why why;

		why_of(view, &q, &why);
		why_format(&why, true, &t);
		why_done(&why);
	}
	who_done(&who);
	overview_of(view, 1, &overview);
	overview_format(&overview, true, &t);
	overview_json_write(&overview, &none, &t);
	overview_done(&overview);
	text_done(&t);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	struct view view = { .asked = VIEW_BIT(VIEW_PODS) };
	struct view_status *status;
	struct text error;

	text_init(&error, 4096);
	for (enum view_component i = 0; i < VIEW_N_COMPONENTS; i++) {
		if (status_read((const char *)bytes, n, &status, &error) == 0) {
			struct view_daemon *d = view_add_daemon(&view, i);

			d->name = mem_strdup("d");
			d->status = status;
		}
	}
	show(&view);
	view_done(&view);
	text_done(&error);
	return 0;
}
