/* fuzz_convert_yaml - what can be read can be written for the other generation and read again */
/* SPDX-License-Identifier: Apache-2.0 */
#include "config/wire/convert_yaml.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

static void read_again(const struct text *yaml, size_t n_pool)
{
	struct config_errors errors = { 0 };
	struct convert_source source;

	CHECK(convert_read(yaml->s, yaml->n, &source, &errors) == 0);
	CHECK(source.config->n_pool == n_pool);
	convert_source_done(&source);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	struct config_errors errors = { 0 };
	struct convert_counts counts;
	struct convert_source source;
	struct text yaml, notes;
	bool is_good = convert_check((const char *)bytes, n, &counts, &errors) == 0;

	config_errors_done(&errors);
	if (convert_read((const char *)bytes, n, &source, &errors) != 0) {
		CHECK(errors.n > 0);
		config_errors_done(&errors);
		return 0;
	}
	CHECK(is_good); /* what can be converted is right */
	text_init(&yaml, 1024 * 1024);
	text_init(&notes, 1024 * 1024);
	if (source.form == CONVERT_MAP) {
		convert_to_objects(source.config, "lb", &yaml, &notes);
		read_again(&yaml, source.config->n_pool);
	} else if (convert_to_map(source.config, "lb", &yaml, &notes) == 0) {
		CHECK(yaml.n > 0);
	}
	text_done(&yaml);
	text_done(&notes);
	convert_source_done(&source);
	return 0;
}
