/* node_files - see node_files.h */
/* SPDX-License-Identifier: Apache-2.0 */
#include "speaker/agent/node_files.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/io/files.h"
#include "common/io/log.h"
#include "speaker/agent/wire/exclude_yaml.h"
#include "speaker/agent/wire/timing_json.h"

#define FILE_MAX_BYTES (256u * 1024)
#define WHY_MAX 1024

/* *out_bytes stays NULL when there is no such file. */
static int read_file(const char *path, char **out_bytes, size_t *out_n, struct text *out_error)
{
	int rc = *path ? files_read(path, FILE_MAX_BYTES, out_bytes, out_n) : -ENOENT;

	if (rc == 0 || rc == -ENOENT)
		return 0;
	text_addf(out_error, "%s: %s", path, strerror(-rc));
	return rc;
}

static int finish(int rc, const char *path, char *bytes, struct text *why, struct text *out_error)
{
	if (rc != 0)
		text_addf(out_error, "%s: %s", path, why->s);
	text_done(why);
	free(bytes);
	return rc;
}

int node_files_exclude(const char *path, char *out_regex, size_t max, struct text *out_error)
{
	char *bytes = NULL;
	struct text why;
	size_t n;
	int rc = read_file(path, &bytes, &n, out_error);

	if (!bytes)
		return rc;
	text_init(&why, WHY_MAX);
	rc = exclude_from_yaml(bytes, n, out_regex, max, &why);
	return finish(rc, path, bytes, &why, out_error);
}

int node_files_timing(const char *path, uint32_t out_timing[TABLE_N_TIMINGS],
		      struct text *out_ignored, struct text *out_error)
{
	char *bytes = NULL;
	struct text why;
	size_t n;
	int rc = read_file(path, &bytes, &n, out_error);

	if (!bytes)
		return rc;
	text_init(&why, WHY_MAX);
	rc = timing_from_json(bytes, n, out_timing, out_ignored, &why);
	if (rc == 0)
		log_line(LOG_INFO, { "component", "MemberList" }, { "file", path },
			 { "msg", "membership's timings are read from a file" });
	return finish(rc, path, bytes, &why, out_error);
}
