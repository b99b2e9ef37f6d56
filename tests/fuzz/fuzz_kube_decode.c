/* fuzz_kube_decode - any JSON is refused with a sentence or gives an object that has a key */
/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "common/api/wire/kube_decode.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

static void decode_object(enum kube_kind kind, const char *bytes, size_t n, struct text *error)
{
	void *object = NULL;

	if (kube_decode_bytes(kind, bytes, n, &object, error) != 0) {
		CHECK(!object && error->n > 0);
		return;
	}
	free(kube_key(kube_object_meta(kind, object)));
	kube_object_free(kind, object);
}

static void decode_page(const char *bytes, size_t n, struct text *error)
{
	struct kube_page page;

	if (kube_decode_page(bytes, n, &page, error) == 0)
		kube_page_done(&page);
	else
		CHECK(error->n > 0);
}

static void decode_group(const char *bytes, size_t n)
{
	bool has;

	if (kube_decode_group(bytes, n, "nodes", &has) == 0 && has)
		CHECK(memmem(bytes, n, "resources", 9) || memchr(bytes, '\\', n));
}

static void decode_event(const char *bytes, size_t n, struct text *error)
{
	struct kube_event event;

	if (kube_decode_event(bytes, n, &event, error) == 0)
		kube_event_done(&event);
	else
		CHECK(error->n > 0);
}

/* The first byte, from '0' on, chooses what the rest is taken for. */
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	const char *json = (const char *)bytes + 1;
	struct text said;
	unsigned choice;

	if (n == 0)
		return 0;
	text_init(&said, 4096);
	choice = (bytes[0] - (unsigned)'0') % (KUBE_N_KINDS + 4);
	if (choice < KUBE_N_KINDS)
		decode_object((enum kube_kind)choice, json, n - 1, &said);
	else if (choice == KUBE_N_KINDS)
		decode_page(json, n - 1, &said);
	else if (choice == KUBE_N_KINDS + 1)
		decode_event(json, n - 1, &said);
	else if (choice == KUBE_N_KINDS + 2)
		kube_decode_failure(json, n - 1, 500, &said);
	else
		decode_group(json, n - 1);
	text_done(&said);
	return 0;
}
