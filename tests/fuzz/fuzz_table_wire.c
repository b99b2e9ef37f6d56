/* fuzz_table_wire - whatever bytes arrive, a message is refused or comes back as the same bytes */
/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "speaker/table/wire/table_wire.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	uint8_t again[TABLE_MESSAGE_MAX];
	struct table_message m;

	if (table_decode(bytes, n, &m) != 0)
		return 0;
	CHECK(table_encode(&m, again, sizeof(again)) == (int)n);
	CHECK(memcmp(again, bytes, n) == 0);
	table_message_done(&m);
	return 0;
}
