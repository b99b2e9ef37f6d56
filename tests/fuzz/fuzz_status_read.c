/* fuzz_status_read - status pages of any shape are read, judged and shown without harm */
/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/wire/status_read.h"

#include "cli/core/doctor_text.h"
#include "cli/core/overview.h"
#include "cli/core/who.h"
#include "cli/core/why.h"
#include "cli/wire/doctor_json.h"
#include "cli/wire/overview_json.h"
#include "cli/wire/who_json.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

/* Of a second speaker, which is well: much is judged by comparing. */
static const char other[] =
	"{\"schema\":1,\"component\":\"speaker\",\"version\":\"1\",\"node\":\"n\",\"ready\":true,"
	"\"config\":{\"loaded\":true,\"hash\":\"h\"},\"ring\":{\"state\":\"joined\",\"keyIds\":[\"k\"]},"
	"\"members\":[{\"name\":\"n\",\"alive\":true,\"returnsAgoMs\":[1,2]},{\"name\":\"node1\",\"alive\":false}],"
	"\"links\":[{\"name\":\"eth0\",\"usable\":false}],"
	"\"addresses\":[{\"ip\":\"172.17.255.1\",\"state\":\"announced\"}]}";

static void show(const struct view *view)
{
	struct view_words none = { 0 };
	struct overview overview;
	struct doctor doctor;
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
	doctor_examine(view, 1, &doctor);
	doctor_format(&doctor, view, true, &t);
	doctor_json_write(&doctor, &none, &t);
	doctor_done(&doctor);
	text_done(&t);
}

static void add(struct view *view, enum view_component component, const char *page, size_t n)
{
	struct view_status *status;
	struct text error;

	text_init(&error, 4096);
	if (status_read(page, n, &status, &error) == 0) {
		struct view_daemon *d = view_add_daemon(view, component);

		d->name = mem_strdup("d");
		d->node = mem_strdup(status->node);
		d->status = status;
	}
	text_done(&error);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	struct view view = { .asked = VIEW_BIT(VIEW_PODS) };

	for (enum view_component i = 0; i < VIEW_N_COMPONENTS; i++)
		add(&view, i, (const char *)bytes, n);
	add(&view, VIEW_SPEAKER, other, sizeof(other) - 1);
	show(&view);
	view_done(&view);
	return 0;
}
