/* creds - see creds.h */
/* SPDX-License-Identifier: Apache-2.0 */
#include "common/api/io/creds.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/io/files.h"

#define FILE_MAX_BYTES 65536

bool creds_in_cluster(struct text *out_base)
{
	const char *host = getenv("KUBERNETES_SERVICE_HOST");
	const char *port = getenv("KUBERNETES_SERVICE_PORT");
	bool is_v6;

	if (!host || !*host || !port || !*port)
		return false;
	is_v6 = strchr(host, ':') != NULL;
	text_addf(out_base, "https://%s%s%s:%s", is_v6 ? "[" : "", host, is_v6 ? "]" : "", port);
	return true;
}

int creds_read_word(const char *path, char **out_word)
{
	char *bytes, *start, *end;
	size_t n;
	int rc = files_read(path, FILE_MAX_BYTES, &bytes, &n);

	if (rc != 0)
		return rc;
	start = bytes;
	while (isspace((unsigned char)*start))
		start++;
	end = start;
	while (*end && !isspace((unsigned char)*end))
		end++;
	*out_word = mem_strndup(start, (size_t)(end - start));
	explicit_bzero(bytes, n);
	free(bytes);
	return 0;
}
