/* fuzz_kube_time - any text is refused or a time that is written and read back alike */
/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "common/api/wire/kube_time.h"

#define US_PER_S 1000000

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	char *text = mem_strndup((const char *)bytes, n), written[KUBE_TIME_MAX];
	int64_t us, again;

	if (kube_time_parse(text, &us) == 0) {
		CHECK(kube_time_parse(kube_time_format_micro(us, written), &again) == 0);
		CHECK(again == us);
		CHECK(kube_time_parse(kube_time_format(us, written), &again) == 0);
		CHECK(us - again >= 0 && us - again < US_PER_S);
	}
	free(text);
	return 0;
}
