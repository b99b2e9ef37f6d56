/* fuzz_config_crd - objects of any shape are refused with at least one error or give a whole config */
/* SPDX-License-Identifier: Apache-2.0 */
#include "config/wire/config_crd.h"

#include <stdlib.h>
#include <string.h>

#include "common/api/wire/kube_decode.h"

#define MAX_OBJECTS 64

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

/* What a feed hands on has an essence. */
static void check_essence(const char *json)
{
	struct text error;
	void *object;

	text_init(&error, 4096);
	if (kube_decode_bytes(KUBE_RAW, json, strlen(json), &object, &error) == 0) {
		char *essence = config_crd_essence(((struct kube_raw *)object)->json);

		CHECK(essence != NULL);
		free(essence);
		kube_object_free(KUBE_RAW, object);
	}
	text_done(&error);
}

/* One object a line; the first byte of a line says which kind it is. */
static size_t read_objects(char *lines, struct config_crd_object object[MAX_OBJECTS])
{
	size_t n = 0;

	for (char *line = lines; line && *line && n < MAX_OBJECTS;) {
		char *end = strchr(line, '\n');

		if (end)
			*end = '\0';
		object[n].kind = *line == 'a' ? CONFIG_CRD_ADVERT : CONFIG_CRD_POOL;
		check_essence(line + 1);
		object[n].essence = config_crd_essence(line + 1);
		n += object[n].essence != NULL;
		line = end ? end + 1 : NULL;
	}
	return n;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	char *lines = mem_strndup((const char *)bytes, n);
	struct config_crd_object object[MAX_OBJECTS];
	size_t n_object = read_objects(lines, object);
	struct config_errors errors = { 0 };
	struct config *config = NULL;
	struct text said;

	text_init(&said, 4096);
	if (config_from_objects(object, n_object, &config, &errors) != 0) {
		CHECK(!config);
		config_errors_format(&errors, &said);
		CHECK(said.n > 0);
	} else {
		CHECK(config);
	}
	config_free(config);
	config_errors_done(&errors);
	text_done(&said);
	for (size_t i = 0; i < n_object; i++)
		free((char *)(uintptr_t)object[i].essence);
	free(lines);
	return 0;
}
