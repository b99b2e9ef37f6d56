/* fuzz_kubeconfig - any file is refused with a sentence or names a server */
/* SPDX-License-Identifier: Apache-2.0 */
#include "common/api/wire/kubeconfig.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	struct kubeconfig config;
	struct text error;

	text_init(&error, 4096);
	if (kubeconfig_parse((const char *)bytes, n, n % 2 ? "c" : NULL, &config, &error) == 0) {
		CHECK(config.server);
		CHECK(!config.ca_file || !config.ca_data);
		CHECK(!config.key_file || !config.key_data);
		kubeconfig_done(&config);
	} else {
		CHECK(error.n > 0);
	}
	text_done(&error);
	return 0;
}
