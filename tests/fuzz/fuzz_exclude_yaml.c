/* fuzz_exclude_yaml - any file is refused with a sentence or gives an expression that compiles */
/* SPDX-License-Identifier: Apache-2.0 */
#include <regex.h>
#include <string.h>

#include "speaker/agent/wire/exclude_yaml.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	char out_regex[256];
	struct text error;
	regex_t regex;

	text_init(&error, 1024);
	if (exclude_from_yaml((const char *)bytes, n, out_regex, sizeof(out_regex), &error) != 0) {
		CHECK(error.n > 0);
	} else if (out_regex[0]) {
		CHECK(regcomp(&regex, out_regex, REG_EXTENDED | REG_NOSUB) == 0);
		regfree(&regex);
	}
	text_done(&error);
	return 0;
}
