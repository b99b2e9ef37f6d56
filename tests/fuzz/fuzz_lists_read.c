/* fuzz_lists_read - lists of services, nodes, endpoints and configuration objects of any shape */
/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/wire/lists_read.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	const char *s = (const char *)bytes;
	struct lists_config parts = { 0 };
	struct view view = { 0 };
	struct text error;

	text_init(&error, 4096);
	(void)!lists_read_services(s, n, &view, &error);
	(void)!lists_read_nodes(s, n, &view, &error);
	(void)!lists_read_slices(s, n, &view, &error);
	(void)!lists_read_map(s, n, &parts, &error);
	(void)!lists_read_pools(s, n, &parts, &error);
	(void)!lists_read_adverts(s, n, &parts, &error);
	config_free(lists_config_of(&parts, &error));
	lists_config_done(&parts);
	view_done(&view);
	text_done(&error);
	return 0;
}
