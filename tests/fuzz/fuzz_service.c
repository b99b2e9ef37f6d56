/* fuzz_service - whatever a Service says, it is given an address or a reason, and the others keep theirs */
/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "common/api/wire/kube_decode.h"
#include "common/api/wire/kube_encode.h"
#include "config/wire/config_yaml.h"
#include "controller/core/reconcile.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

static const char pools[] = "address-pools: [{name: p, protocol: layer2, addresses: [192.0.2.0/30, \"2001:db8::/126\"]}]";
static const char other[] = "{\"metadata\":{\"namespace\":\"n\",\"name\":\"other\",\"resourceVersion\":\"1\"},"
			    "\"spec\":{\"type\":\"LoadBalancer\",\"clusterIP\":\"10.96.0.9\","
			    "\"ports\":[{\"port\":80,\"protocol\":\"TCP\"}]}}";

static struct kube_service *decode(const char *json, size_t n)
{
	void *object = NULL;
	struct text error;

	text_init(&error, 4096);
	(void)!kube_decode_bytes(KUBE_SERVICE, json, n, &object, &error);
	text_done(&error);
	return object;
}

/* Upon whatever was read something can be written. */
static void encode(const char *raw)
{
	const char *ip = "192.0.2.1";
	const struct kube_status_change change = { .ip = &ip, .n_ip = 1 };
	struct text out;

	text_init(&out, 1024 * 1024);
	CHECK(kube_encode_service_status(raw, &change, &out) == 0 && out.n > 0);
	text_done(&out);
}

static struct reconcile *controller(void)
{
	struct config_errors errors = { 0 };
	struct reconcile *r = reconcile_new("", 1);
	struct config *config;

	CHECK(config_from_yaml(pools, strlen(pools), &config, &errors) == 0);
	config_errors_done(&errors);
	reconcile_on_config(r, 0, config);
	reconcile_on_all_services(r, 0);
	reconcile_on_service(r, 0, decode(other, strlen(other)));
	return r;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	struct kube_service *object = decode((const char *)bytes, n);
	struct reconcile_write write;
	struct reconcile_note note;
	const struct service *s;
	struct reconcile *r;
	char *key;

	if (!object)
		return 0;
	if (object->raw)
		encode(object->raw);
	r = controller();
	key = kube_key(&object->meta);
	reconcile_on_service(r, 0, object);
	s = reconcile_find(r, key);
	if (s && strcmp(key, "n/other") != 0) {
		CHECK(s->n_ip > 0 || s->keeps || s->reason != REASON_NONE);
		CHECK(reconcile_find(r, "n/other")->n_ip == 1);
	}
	while (reconcile_next_note(r, &note))
		CHECK(*note.message);
	while (reconcile_next_write(r, 0, &write))
		CHECK(write.n_ip <= ALLOC_MAX_IPS);
	free(key);
	reconcile_free(r);
	return 0;
}
