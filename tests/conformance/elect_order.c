/* elect_order - prints the election's order of nodes for the keys on standard input */
/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "common/core/ip.h"
#include "speaker/agent/core/elect.h"

#define NODES_MAX 1024

/* An address is a key in its canonical text. */
static void print_order(const char *key, char *const *name, size_t n)
{
	struct elect_candidate candidate[NODES_MAX];
	char text[IP_TEXT_MAX];
	struct ip ip;

	if (ip_parse(key, &ip) == 0) {
		ip_format(&ip, text);
		key = text;
	}
	for (size_t i = 0; i < n; i++)
		candidate[i] = (struct elect_candidate){ .node = name[i], .index = (uint16_t)i };
	elect_sort(candidate, n, key);
	for (size_t i = 0; i < n; i++) {
		for (size_t k = 0; k < ELECT_DIGEST_BYTES; k++)
			printf("%02x", (unsigned)candidate[i].digest[k]);
		printf(" %s%s", candidate[i].node, i + 1 < n ? "\t" : "\n");
	}
}

int main(int argc, char **argv)
{
	char line[ELECT_KEY_MAX + 2];
	size_t n = (size_t)argc - 1;

	if (n == 0 || n > NODES_MAX) {
		fprintf(stderr, "usage: %s NODE... < KEYS\n", argv[0]);
		return 2;
	}
	while (fgets(line, sizeof(line), stdin)) {
		line[strcspn(line, "\n")] = '\0';
		print_order(line, argv + 1, n);
	}
	return 0;
}
