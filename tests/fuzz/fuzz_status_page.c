/* fuzz_status_page - JSON as pages for people: whatever it holds, the page has only our own markup */
/* SPDX-License-Identifier: Apache-2.0 */
#include <ctype.h>
#include <string.h>

#include "common/api/wire/status_page.h"

static const char *const ours[] = { "!doctype ", "html ", "head", "meta ", "title", "style", "body", "a ", "header",
				    "h1", "h2 ", "nav ", "ul", "ul ", "li", "main ", "section", "p", "table ",
				    "thead ", "tbody ", "tr", "tr ", "th", "th ", "td", "td ", "time", "time ", "dl",
				    "dt", "dd", "strong" };

static bool is_ours(const char *tag)
{
	tag += *tag == '/';
	for (size_t i = 0; i < ARRAY_LEN(ours); i++) {
		size_t n = strlen(ours[i]);

		if (strncmp(tag, ours[i], n) == 0 && (ours[i][n - 1] == ' ' || !isalnum((unsigned char)tag[n])))
			return true;
	}
	return tag[-1] == '/' && isalnum((unsigned char)*tag); /* the end of one of ours */
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct text t;

	text_init(&t, 1 << 20);
	if (status_page_write((const char *)data, size, &t) == 0 && !text_is_cut(&t)) {
		for (const char *at = t.s; (at = strchr(at, '<')); at++)
			CHECK(is_ours(at + 1));
		CHECK(strcmp(t.s + t.n - strlen("</main></body></html>\n"), "</main></body></html>\n") == 0);
	}
	text_done(&t);
	return 0;
}
