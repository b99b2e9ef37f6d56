/*
 * plain_client - how fast an API server takes what a controller writes, with nothing decided
 *
 * plain_client URL create FIRST N: creates load balancer services.
 * plain_client URL assign N [POOL]: lists all services, then for each of them without
 * an address writes one and an Event about it; POOL: with the note that names it.
 * 32 threads, each with a connection that is kept. Prints seconds as JSON.
 * With TLS the variables PLAIN_CA, PLAIN_CERT and PLAIN_KEY name files.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#include <curl/curl.h>
#include <jansson.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/core/base.h"

#define N_THREADS 32
#define PATH_MAX_BYTES 512

struct body {
	char *bytes;
	size_t n;
};

struct work {
	const char *url, *pool;
	bool is_create;
	size_t first, n;
	json_t *items; /* to assign */
	atomic_size_t next, failed;
};

static size_t on_write(char *bytes, size_t size, size_t n, void *ctx)
{
	struct body *body = ctx;

	n *= size;
	body->bytes = mem_resize(body->bytes, body->n + n + 1, 1);
	memcpy(body->bytes + body->n, bytes, n);
	body->n += n;
	body->bytes[body->n] = '\0';
	return n;
}

static CURL *new_client(void)
{
	CURL *easy = curl_easy_init();

	CHECK(easy != NULL);
	if (getenv("PLAIN_CA")) {
		curl_easy_setopt(easy, CURLOPT_CAINFO, getenv("PLAIN_CA"));
		curl_easy_setopt(easy, CURLOPT_SSLCERT, getenv("PLAIN_CERT"));
		curl_easy_setopt(easy, CURLOPT_SSLKEY, getenv("PLAIN_KEY"));
		curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	}
	return easy;
}

/* The HTTP status; 0: no answer. */
static long ask(CURL *easy, const char *url, const char *method, const char *sent, struct body *body)
{
	long status = 0;

	body->n = 0;
	curl_easy_setopt(easy, CURLOPT_URL, url);
	curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, method);
	curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_write);
	curl_easy_setopt(easy, CURLOPT_WRITEDATA, body);
	if (sent) {
		curl_easy_setopt(easy, CURLOPT_POSTFIELDS, sent);
		curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE, (long)strlen(sent));
	}
	if (curl_easy_perform(easy) == CURLE_OK)
		curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
	return status;
}

static void create(struct work *w, CURL *easy, size_t i, struct body *body)
{
	char url[PATH_MAX_BYTES], sent[1024];
	long status;

	snprintf(url, sizeof(url), "%s/api/v1/namespaces/default/services", w->url);
	snprintf(sent, sizeof(sent),
		 "{\"apiVersion\":\"v1\",\"kind\":\"Service\",\"metadata\":{\"name\":\"s%05zu\"},\"spec\":"
		 "{\"type\":\"LoadBalancer\",\"allocateLoadBalancerNodePorts\":false,"
		 "\"ports\":[{\"port\":80,\"protocol\":\"TCP\"}]}}",
		 w->first + i);
	status = ask(easy, url, "POST", sent, body);
	w->failed += status != 201;
}

static void post_event(struct work *w, CURL *easy, const json_t *meta, const char *ip,
		       struct body *body)
{
	const char *name = json_string_value(json_object_get(meta, "name"));
	const char *uid = json_string_value(json_object_get(meta, "uid"));
	char url[PATH_MAX_BYTES], sent[1024];

	snprintf(url, sizeof(url), "%s/api/v1/namespaces/default/events", w->url);
	snprintf(sent, sizeof(sent),
		 "{\"apiVersion\":\"v1\",\"kind\":\"Event\",\"metadata\":{\"name\":\"%s.plain\","
		 "\"namespace\":\"default\"},\"involvedObject\":{\"apiVersion\":\"v1\",\"kind\":\"Service\","
		 "\"name\":\"%s\",\"namespace\":\"default\",\"uid\":\"%s\"},\"reason\":\"IPAllocated\","
		 "\"message\":\"Assigned IP \\\"%s\\\"\",\"source\":{\"component\":\"plain\"},\"count\":1,"
		 "\"type\":\"Normal\",\"reportingComponent\":\"plain\",\"reportingInstance\":\"\","
		 "\"firstTimestamp\":\"2026-01-01T00:00:00Z\",\"lastTimestamp\":\"2026-01-01T00:00:00Z\"}",
		 name, name, uid, ip);
	w->failed += ask(easy, url, "POST", sent, body) != 201;
}

static void assign(struct work *w, CURL *easy, size_t i, struct body *body)
{
	json_t *service = json_array_get(w->items, i), *meta = json_object_get(service, "metadata");
	const char *name = json_string_value(json_object_get(meta, "name"));
	char url[PATH_MAX_BYTES], ip[32], *sent;

	snprintf(ip, sizeof(ip), "172.18.%zu.%zu", i / 250, i % 250 + 1);
	json_object_set_new(service, "kind", json_string("Service"));
	json_object_set_new(service, "apiVersion", json_string("v1"));
	json_object_set_new(service, "status",
			    json_pack("{s:{s:[{s:s}]}}", "loadBalancer", "ingress", "ip", ip));
	if (w->pool)
		json_object_set_new(meta, "annotations",
				    json_pack("{s:s}", "metallb.io/ip-allocated-from-pool", w->pool));
	json_object_del(meta, "managedFields");
	sent = json_dumps(service, JSON_COMPACT);
	snprintf(url, sizeof(url), "%s/api/v1/namespaces/default/services/%s/status", w->url, name);
	w->failed += ask(easy, url, "PUT", sent, body) != 200;
	free(sent);
	post_event(w, easy, meta, ip, body);
}

static void *run(void *ctx)
{
	struct work *w = ctx;
	struct curl_slist *headers = curl_slist_append(NULL, "Content-Type: application/json");
	struct body body = { 0 };
	CURL *easy = new_client();

	curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers);
	curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(easy, CURLOPT_USERAGENT, "plain");
	for (size_t i; (i = atomic_fetch_add(&w->next, 1)) < w->n;) {
		if (w->is_create)
			create(w, easy, i, &body);
		else
			assign(w, easy, i, &body);
	}
	curl_easy_cleanup(easy);
	curl_slist_free_all(headers);
	free(body.bytes);
	return NULL;
}

static double now_s(void)
{
	struct timespec t;

	CHECK(clock_gettime(CLOCK_MONOTONIC, &t) == 0);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* All load balancer services without an address. */
static json_t *list(const char *url)
{
	char target[PATH_MAX_BYTES];
	struct body body = { 0 };
	CURL *easy = new_client();
	json_t *root, *items = json_array(), *item;
	size_t i;

	snprintf(target, sizeof(target), "%s/api/v1/services", url);
	CHECK(ask(easy, target, "GET", NULL, &body) == 200);
	root = json_loadb(body.bytes, body.n, 0, NULL);
	json_array_foreach (json_object_get(root, "items"), i, item) {
		json_t *type = json_object_get(json_object_get(item, "spec"), "type");
		json_t *held = json_object_get(json_object_get(item, "status"), "loadBalancer");

		if (str_equal(json_string_value(type), "LoadBalancer") && json_object_size(held) == 0)
			json_array_append(items, item);
	}
	json_decref(root);
	curl_easy_cleanup(easy);
	free(body.bytes);
	return items;
}

int main(int argc, char **argv)
{
	struct work w = { 0 };
	pthread_t thread[N_THREADS];
	double begun = now_s();

	CHECK(argc >= 4 && curl_global_init(CURL_GLOBAL_ALL) == 0);
	w.url = argv[1];
	w.is_create = strcmp(argv[2], "create") == 0;
	if (w.is_create) {
		CHECK(argc == 5);
		w.first = strtoul(argv[3], NULL, 10);
		w.n = strtoul(argv[4], NULL, 10);
	} else {
		w.items = list(w.url);
		w.n = json_array_size(w.items);
		w.pool = argc > 4 ? argv[4] : NULL;
		CHECK(w.n == strtoul(argv[3], NULL, 10));
	}
	for (size_t i = 0; i < N_THREADS; i++)
		CHECK(pthread_create(&thread[i], NULL, run, &w) == 0);
	for (size_t i = 0; i < N_THREADS; i++)
		CHECK(pthread_join(thread[i], NULL) == 0);
	printf("{\"seconds\": %.3f, \"failed\": %zu}\n", now_s() - begun, (size_t)w.failed);
	json_decref(w.items);
	return w.failed > 0;
}
