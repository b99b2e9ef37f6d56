/* main - tinlb-convert: a configuration from a ConfigMap to custom resources, or back */
/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/io/files.h"
#include "config/wire/convert_yaml.h"

#define MAX_BYTES (1024 * 1024)
#define FALLBACK_NAMESPACE "metallb-system"

static const char usage[] =
	"Usage: tinlb-convert FILE\n"
	"Turns a ConfigMap with address pools into IPAddressPools and an L2Advertisement, or\n"
	"such objects into a ConfigMap where it can say the same. FILE holds manifests, or\n"
	"only the document of the ConfigMap. The result goes to standard output, what is to\n"
	"be known about it to standard error. Exit status: 0; 1: it cannot be converted;\n"
	"2: usage.\n";

static int convert(const struct convert_source *source)
{
	const char *namespace = source->namespace ? source->namespace : FALLBACK_NAMESPACE;
	struct text yaml, notes;
	int rc = 0;

	text_init(&yaml, 64 * MAX_BYTES);
	text_init(&notes, MAX_BYTES);
	if (source->form == CONVERT_MAP)
		convert_to_objects(source->config, namespace, &yaml, &notes);
	else
		rc = convert_to_map(source->config, namespace, &yaml, &notes);
	fputs(notes.s, stderr);
	fputs(yaml.s, stdout);
	text_done(&yaml);
	text_done(&notes);
	return rc == 0 ? 0 : 1;
}

int main(int argc, char **argv)
{
	struct config_errors errors = { 0 };
	struct convert_source source;
	struct text said;
	char *bytes;
	size_t n;
	int rc, status = 1;

	if (argc != 2 || argv[1][0] == '-') {
		fputs(usage, argc == 2 && strcmp(argv[1], "--help") == 0 ? stdout : stderr);
		return argc == 2 && strcmp(argv[1], "--help") == 0 ? 0 : 2;
	}
	rc = files_read(argv[1], MAX_BYTES, &bytes, &n);
	if (rc != 0) {
		fprintf(stderr, "%s: %s\n", argv[1], strerror(-rc));
		return 1;
	}
	text_init(&said, MAX_BYTES);
	if (convert_read(bytes, n, &source, &errors) == 0) {
		status = convert(&source);
		convert_source_done(&source);
	} else {
		config_errors_format(&errors, &said);
		fprintf(stderr, "%s: %s\n", argv[1], said.s);
	}
	text_done(&said);
	config_errors_done(&errors);
	free(bytes);
	return status;
}
