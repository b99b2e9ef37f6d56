/* fuzz_crd_status - status objects of any shape are read without harm */
/* SPDX-License-Identifier: Apache-2.0 */
#include "config/wire/crd_status.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

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
	free(json);
	return 0;
}
