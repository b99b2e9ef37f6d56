/* surroundings - see surroundings.h */
/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/io/surroundings.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/core/text.h"

#define PATH_MAX_BYTES 4096
#define CHUNK_BYTES 65536

static char *if_there(char *path)
{
	if (access(path, R_OK) == 0)
		return path;
	free(path);
	return NULL;
}

char *surroundings_kubeconfig(void)
{
	const char *list = getenv("KUBECONFIG"), *home = getenv("HOME");
	char *found = NULL;
	struct text path;

	if (list && *list) {
		while (*list && !found) {
			size_t n = strcspn(list, ":");

			if (n > 0)
				found = if_there(mem_strndup(list, n));
			list += n + (list[n] == ':');
		}
		return found;
	}
	if (!home || !*home)
		return NULL;
	text_init(&path, PATH_MAX_BYTES);
	text_addf(&path, "%s/.kube/config", home);
	return if_there(text_take(&path));
}

bool surroundings_want_colour(void)
{
	const char *no = getenv("NO_COLOR"), *term = getenv("TERM");

	return isatty(STDOUT_FILENO) && !(no && *no) && !(term && strcmp(term, "dumb") == 0);
}

int surroundings_read_input(size_t max_bytes, char **out_bytes, size_t *out_n)
{
	char *bytes = NULL;
	size_t n = 0;

	for (;;) {
		ssize_t got;

		bytes = mem_resize(bytes, n + CHUNK_BYTES + 1, 1);
		got = read(STDIN_FILENO, bytes + n, CHUNK_BYTES);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0 || n > max_bytes) {
			int rc = got < 0 ? -errno : -EFBIG;

			free(bytes);
			return rc;
		}
		if (got == 0)
			break;
		n += (size_t)got;
	}
	bytes[n] = '\0';
	*out_bytes = bytes;
	*out_n = n;
	return 0;
}
