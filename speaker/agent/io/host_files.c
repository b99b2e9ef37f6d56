/* host_files - see host_files.h */
/* SPDX-License-Identifier: Apache-2.0 */
#include "speaker/agent/io/host_files.h"

#include <stdio.h>
#include <stdlib.h>

#include "common/io/files.h"

#define NUMBER_MAX_BYTES 32
#define ROUTES_MAX_BYTES (256u * 1024)
#define PATH_MAX_BYTES 512
#define IPVS "kube-ipvs0"

static int number(const char *proc, const char *interface, const char *setting)
{
	char path[PATH_MAX_BYTES], *text;
	size_t n;
	int value;

	snprintf(path, sizeof(path), "%s/sys/net/ipv4/conf/%s/%s", proc, interface, setting);
	if (files_read(path, NUMBER_MAX_BYTES, &text, &n) != 0)
		return -1;
	value = (int)strtol(text, NULL, 10);
	free(text);
	return value;
}

static struct host_setting settings(const char *proc, const char *interface)
{
	return (struct host_setting){ number(proc, interface, "arp_ignore"),
				      number(proc, interface, "rp_filter") };
}

void host_files_read(const char *proc, const struct strmap *interface, struct host_facts *facts)
{
	char path[PATH_MAX_BYTES], *text;
	const char *name;
	void *value;
	size_t n;

	*facts = (struct host_facts){ .all = settings(proc, "all") };
	facts->ipvs = number(proc, IPVS, "arp_ignore") >= 0;
	for (size_t at = 0; strmap_next(interface, &at, &name, &value);) {
		struct host_setting *found = mem_new(1, sizeof(*found));

		*found = settings(proc, name);
		strmap_put(&facts->interface, name, found);
	}
	snprintf(path, sizeof(path), "%s/net/route", proc);
	if (files_read(path, ROUTES_MAX_BYTES, &text, &n) != 0)
		return;
	host_take_routes(facts, text);
	free(text);
}
