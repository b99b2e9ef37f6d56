/* fuzz_config_yaml - any document is refused with at least one error or gives a whole config */
/* SPDX-License-Identifier: Apache-2.0 */
#include "config/wire/config_yaml.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	struct config_errors errors = { 0 };
	struct config *config = NULL;
	struct text said;

	text_init(&said, 4096);
	if (config_from_yaml((const char *)bytes, n, &config, &errors) != 0) {
		CHECK(!config);
		config_errors_format(&errors, &said);
		CHECK(said.n > 0);
	} else {
		CHECK(config);
	}
	config_free(config);
	config_errors_done(&errors);
	text_done(&said);
	return 0;
}
