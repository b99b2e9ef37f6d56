/* fuzz_crd_status - status objects of any shape are read without harm */
/* SPDX-License-Identifier: Apache-2.0 */
#include "config/wire/crd_status.h"

#include <stdlib.h>
#include <string.h>

#include "common/api/wire/kube_decode.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

/* What a feed hands on can be read. */
static void check_read(const char *json)
{
	struct crd_l2_seen seen;
	struct text error;
	void *object;
	char *mark;

	text_init(&error, 4096);
	if (kube_decode_bytes(KUBE_RAW, json, strlen(json), &object, &error) == 0) {
		mark = crd_state_mark_of(((struct kube_raw *)object)->json);
		CHECK(mark != NULL);
		free(mark);
		CHECK(crd_l2_read(((struct kube_raw *)object)->json, &seen) == 0);
		crd_l2_seen_done(&seen);
		kube_object_free(KUBE_RAW, object);
	}
	text_done(&error);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	const struct crd_owner owner = { "pod", "uid" };
	char *json = mem_strndup((const char *)bytes, n);
	struct crd_pool_counts counts;
	struct crd_l2_seen seen;

	(void)!crd_pool_counts_read(json, &counts);
	(void)!crd_is_owned(json, &owner);
	free(crd_state_mark_of(json));
	if (crd_l2_read(json, &seen) == 0)
		crd_l2_seen_done(&seen);
	check_read(json);
	free(json);
	return 0;
}
