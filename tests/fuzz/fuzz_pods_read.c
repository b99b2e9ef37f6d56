/* fuzz_pods_read - lists of pods of any shape are read without harm, and ports stay ports */
/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/wire/pods_read.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	struct view view = { 0 };
	struct text error;

	text_init(&error, 4096);
	(void)!pods_read((const char *)bytes, n, &view, &error);
	view_sort(&view);
	for (size_t c = 0; c < VIEW_N_COMPONENTS; c++)
		for (size_t i = 0; i < view.daemon[c].n; i++)
			CHECK(view.daemon[c].at[i].port > 0 && view.daemon[c].at[i].port < 65536);
	view_done(&view);
	text_done(&error);
	return 0;
}
