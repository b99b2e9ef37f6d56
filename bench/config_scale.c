/*
 * config_scale - what a configuration of N pools and N advertisements costs
 *
 * config_scale N: reads N IPAddressPools and N L2Advertisements, and gives 10 N
 * services their addresses, as a controller does that has just read all of
 * them; then all again under the same configuration, as after a change of one
 * object. Prints processor time and memory.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "config/wire/config_crd.h"
#include "controller/core/reconcile.h"

#define SERVICES_PER_POOL 10

static double cpu_ms(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000 +
	       (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1000;
}

/* Of this process alone; what getrusage() tells may be its parent's. */
static double resident_mb(void)
{
	FILE *file = fopen("/proc/self/statm", "r");
	unsigned long total = 0, resident = 0;

	CHECK(file && fscanf(file, "%lu %lu", &total, &resident) == 2);
	fclose(file);
	return (double)resident * 4096 / (1024 * 1024);
}

static char *object_text(const char *format, unsigned i, unsigned high, unsigned low)
{
	struct text t;

	text_init(&t, 1024);
	text_addf(&t, "{\"name\":\"%06u\",\"labels\":{\"pool\":\"%u\"},", i, i);
	if (*format == 'p')
		text_addf(&t, "\"spec\":{\"addresses\":[\"10.%u.%u.0/27\"]}}", high, low);
	else
		text_addf(&t, "\"spec\":{\"ipAddressPools\":[\"%06u\"]}}", i);
	return text_take(&t);
}

static struct config *read_config(unsigned n)
{
	struct config_crd_object *object = mem_new(2 * (size_t)n, sizeof(*object));
	struct config_errors errors = { 0 };
	struct config *config = NULL;

	for (unsigned i = 0; i < n; i++) {
		object[i].kind = CONFIG_CRD_POOL;
		object[i].essence = object_text("p", i, i / 256, i % 256);
		object[n + i].kind = CONFIG_CRD_ADVERT;
		object[n + i].essence = object_text("a", i, 0, 0);
	}
	CHECK(config_from_objects(object, 2 * (size_t)n, &config, &errors) == 0);
	for (size_t i = 0; i < 2 * (size_t)n; i++)
		free((char *)(uintptr_t)object[i].essence);
	free(object);
	return config;
}

static void tell_services(struct reconcile *r, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		struct kube_service *s = mem_new(1, sizeof(*s));
		struct text name;

		text_init(&name, 64);
		text_addf(&name, "service-%u", i);
		s->meta.namespace = mem_strdup("default");
		s->meta.name = text_take(&name);
		s->meta.resource_version = mem_strdup("1");
		s->is_load_balancer = true;
		s->cluster_ip = mem_new(1, sizeof(*s->cluster_ip));
		s->cluster_ip[s->n_cluster_ip++] = mem_strdup("10.96.0.10");
		reconcile_on_service(r, 0, s);
	}
}

int main(int argc, char **argv)
{
	unsigned n = argc == 2 ? (unsigned)strtoul(argv[1], NULL, 10) : 0;
	struct reconcile *r = reconcile_new("", 1);
	double begun = cpu_ms(), read, given, again;

	if (n == 0 || n > 60000) {
		fputs("usage: config_scale N\n", stderr);
		return 2;
	}
	reconcile_on_config(r, 0, read_config(n));
	read = cpu_ms();
	tell_services(r, SERVICES_PER_POOL * n);
	reconcile_on_all_services(r, 0);
	given = cpu_ms();
	reconcile_on_config(r, 0, read_config(n));
	again = cpu_ms();
	printf("%.1f %.1f %.1f %.1f\n", read - begun, given - read, again - given, resident_mb());
	reconcile_free(r);
	return 0;
}
