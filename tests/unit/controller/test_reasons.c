/* test_reasons - each reason of the closed list comes about, and its sentence names what is in the way */
/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "controller/core/reconcile.h"
#include "tests/unit/controller/world.h"

#define POOL "address-pools: [{name: p, protocol: layer2, addresses: [1.2.3.0/31]}]"
#define TWO                                                                                       \
	"address-pools: [{name: p, protocol: layer2, addresses: [1.2.3.0/31]},\n"                     \
	"{name: q, protocol: layer2, addresses: [1.2.4.0/31], auto-assign: false, avoid-buggy-ips: true}]"
#define NO_AUTO "address-pools: [{name: p, protocol: layer2, addresses: [1.2.3.0/31], auto-assign: false}]"

static struct reconcile *fresh(const char *yaml)
{
	struct reconcile *r = reconcile_new("", 1);

	if (yaml)
		reconcile_on_config(r, 0, world_config(yaml));
	else
		reconcile_on_no_config(r, 0);
	reconcile_on_all_services(r, 0);
	return r;
}

static struct kube_service *keyed(const char *name, const char *key, const char *ip, int32_t port)
{
	struct kube_service *s = world_with_port(world_service(name), "TCP", port);

	return world_with_ip(world_with_note(s, "metallb.io/allow-shared-ip", key), ip);
}

static struct kube_service *from_pool(struct kube_service *s, const char *pool)
{
	return world_with_note(s, "metallb.io/address-pool", pool);
}

static struct kube_service *without_cluster_ip(const char *name, const char *instead)
{
	struct kube_service *s = world_service(name);

	free(s->cluster_ip[0]);
	s->cluster_ip[0] = mem_strdup(instead);
	return s;
}

static struct kube_service *local(struct kube_service *s)
{
	s->local_policy = true;
	s->selector.at = mem_new(1, sizeof(*s->selector.at));
	s->selector.at[s->selector.n++] = (struct kube_label){ mem_strdup("app"), mem_strdup("x") };
	return s;
}

/* Like a pool of a custom resource that is for some namespaces, or some services only. */
static struct config *scoped(bool by_labels)
{
	struct config *config = world_config(POOL);
	struct config_scope *scope = &config->pool[0].scope;

	scope->given = true;
	if (!by_labels) {
		scope->namespace.at = mem_new(1, sizeof(*scope->namespace.at));
		scope->namespace.at[scope->namespace.n++] = mem_strdup("elsewhere");
		return config;
	}
	scope->service_selectors.at = mem_new(1, sizeof(*scope->service_selectors.at));
	scope->service_selectors.n = 1;
	scope->service_selectors.at[0].term = mem_new(1, sizeof(*scope->service_selectors.at[0].term));
	scope->service_selectors.at[0].n_term = 1;
	scope->service_selectors.at[0].term[0] = (struct selector_term){
		.key = mem_strdup("tier"), .operator = SELECTOR_EXISTS
	};
	return config;
}

static struct reconcile *with_refused(void)
{
	struct reconcile *r = fresh(NULL);

	reconcile_on_refused(r, 0, "line 3: unknown key");
	return r;
}

static struct reconcile *standing_by(void)
{
	struct reconcile *r = fresh(POOL);

	reconcile_on_standby(r);
	return r;
}

static struct reconcile *with_node(void)
{
	struct reconcile *r = fresh(POOL);
	const struct ip ip = { IP_V4, { 1, 2, 3, 1 } };

	reconcile_on_nodes(r, 0, &ip, 1);
	return r;
}

static struct reconcile *with_scope(bool by_labels)
{
	struct reconcile *r = fresh(NULL);

	reconcile_on_config(r, 0, scoped(by_labels));
	return r;
}

/* The holder of what "w" asks for. */
static struct reconcile *held(struct kube_service *holder)
{
	struct reconcile *r = fresh(TWO);

	reconcile_on_service(r, 0, holder);
	return r;
}

static struct reconcile *full(const char *yaml, const char *pool)
{
	static const char *const names[] = { "a", "b" };
	struct reconcile *r = fresh(yaml);

	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		reconcile_on_service(r, 0, pool ? from_pool(world_service(names[i]), pool) :
						  world_service(names[i]));
	return r;
}

static bool seen[REASON_N];

/* "w" waits for this reason; its sentence has these words, and so has an Event, once. */
static void waits(struct reconcile *r, struct kube_service *w, enum reason reason,
		  const char *const words[4])
{
	const struct service *s;
	struct reconcile_note note;
	bool told = false;

	while (reconcile_next_note(r, &note))
		;
	reconcile_on_service(r, 0, w);
	s = reconcile_find(r, "default/w");
	assert_string_equal(reason_word((enum reason)s->reason), reason_word(reason));
	seen[reason] = true;
	for (size_t i = 0; i < 4 && words[i]; i++)
		if (!strstr(s->message, words[i]))
			fail_msg("\"%s\" does not say \"%s\"", s->message, words[i]);
	while (reconcile_next_note(r, &note))
		told |= strcmp(note.key, "default/w") == 0 && s->message && strstr(note.message, s->message);
	if (reason != REASON_STANDBY && reason != REASON_NOT_SYNCED && reason != REASON_NOT_OURS &&
	    reason != REASON_NOT_DUAL)
		assert_true(told);
	reconcile_free(r);
}

#define WAITS(r, w, reason, ...) waits(r, w, reason, (const char *const[4]){ __VA_ARGS__ })

static void every_reason_of_the_list_comes_about(void **state)
{
	struct kube_service *foreign = world_service("w"), *odd = world_service("w");

	(void)state;
	foreign->class = mem_strdup("other");
	odd->cluster_ip[odd->n_cluster_ip++] = mem_strdup("10.96.0.11");
	WAITS(fresh(POOL), foreign, REASON_NOT_OURS, NULL);
	WAITS(standing_by(), world_service("w"), REASON_STANDBY, "this controller does not lead");
	WAITS(reconcile_new("", 1), world_service("w"), REASON_NOT_SYNCED, "not all been read");
	WAITS(fresh(NULL), world_service("w"), REASON_NO_CONFIG, "ConfigMap");
	WAITS(with_refused(), world_service("w"), REASON_CONFIG_REFUSED, "line 3: unknown key");
	WAITS(fresh("address-pools: []"), world_service("w"), REASON_NO_POOLS, "no address pools");
	WAITS(fresh(POOL), without_cluster_ip("w", ""), REASON_NO_CLUSTER_IP, "cluster IP");
	WAITS(fresh(POOL), without_cluster_ip("w", "None"), REASON_NO_CLUSTER_IP, "headless");
	WAITS(fresh(POOL), odd, REASON_FAMILY_UNKNOWN, "cluster IPs");
	foreign = world_service("w");
	foreign->policy = KUBE_REQUIRE_DUAL;
	WAITS(fresh(POOL), foreign, REASON_NOT_DUAL, "dual stack", "1 cluster IP");
	WAITS(fresh(POOL), world_with_ip(world_service("w"), "1.2.3"), REASON_BAD_REQUEST, "1.2.3");
	WAITS(fresh(POOL), world_with_ip(world_service("w"), "1000::1"), REASON_FAMILY_MISMATCH,
	      "1000::1", "IPv4");
	WAITS(fresh(POOL), world_with_ip(world_service("w"), "9.9.9.9"), REASON_OUTSIDE_POOLS, "9.9.9.9",
	      "no pool");
	WAITS(fresh(TWO), world_with_ip(world_service("w"), "1.2.4.0"), REASON_BUGGY_ADDRESS, "1.2.4.0",
	      "0 or 255");
	WAITS(with_node(), world_with_ip(world_service("w"), "1.2.3.1"), REASON_NODE_ADDRESS, "1.2.3.1",
	      "node");
	WAITS(fresh(TWO), from_pool(world_service("w"), "x"), REASON_UNKNOWN_POOL, "\"x\"", "p, q");
	WAITS(fresh(TWO), from_pool(world_with_ip(world_service("w"), "1.2.3.1"), "q"), REASON_OTHER_POOL,
	      "\"p\"", "\"q\"");
	WAITS(with_scope(false), from_pool(world_service("w"), "p"), REASON_OTHER_NAMESPACE, "\"p\"",
	      "\"default\"");
	WAITS(with_scope(true), from_pool(world_service("w"), "p"), REASON_OTHER_LABELS, "\"p\"", "labels");
	WAITS(with_scope(false), world_service("w"), REASON_NO_POOL_FOR_IT, "serviceAllocation");
	WAITS(held(world_service("a")), world_with_ip(world_service("w"), "1.2.3.0"), REASON_SHARING_KEY,
	      "default/a", "allow-shared-ip");
	WAITS(held(keyed("a", "k", "1.2.3.0", 80)), local(keyed("w", "k", "1.2.3.0", 81)),
	      REASON_SHARING_BACKEND, "default/a", "externalTrafficPolicy");
	WAITS(held(keyed("a", "k", "1.2.3.0", 80)), keyed("w", "k", "1.2.3.0", 80), REASON_PORT_TAKEN,
	      "TCP/80", "default/a", "1.2.3.0");
	WAITS(full(POOL, "p"), from_pool(world_service("w"), "p"), REASON_POOL_FULL, "pool p",
	      "2 addresses", "2 in use");
	WAITS(full(POOL, NULL), world_service("w"), REASON_ALL_FULL, "IPv4");
	WAITS(fresh(NO_AUTO), world_service("w"), REASON_NO_AUTO_POOL, "auto-assign", "address-pool");
	seen[REASON_NONE] = true; /* every other test */
	seen[REASON_PARTLY] = true; /* below */
	for (size_t i = 0; i < REASON_N; i++)
		if (!seen[i])
			fail_msg("%s does not come about", reason_word((enum reason)i));
}

static void one_family_of_two_names_the_pool_and_the_family(void **state)
{
	struct reconcile *r = fresh(POOL);
	const struct service *s;

	(void)state;
	reconcile_on_service(r, 0, world_dual("w", KUBE_PREFER_DUAL));
	s = reconcile_find(r, "default/w");
	assert_int_equal(s->reason, REASON_PARTLY);
	assert_non_null(strstr(s->message, "IPv6"));
	assert_non_null(strstr(s->message, "\"p\""));
	reconcile_free(r);
}

static size_t told(struct reconcile *r, const char *reason, const char *words)
{
	struct reconcile_note note;
	size_t n = 0;

	while (reconcile_next_note(r, &note))
		n += strcmp(note.reason, reason) == 0 && strstr(note.message, words) != NULL;
	return n;
}

static void a_stale_configuration_is_named_with_its_line_and_no_longer_when_it_is_mended(void **state)
{
	struct reconcile *r = full(POOL, NULL);

	(void)state;
	reconcile_on_service(r, 0, world_service("w"));
	assert_int_equal(told(r, "AllocationFailed", "no available IPs"), 1);
	reconcile_on_refused(r, 0, "line 7: protocol bgp");
	assert_int_equal(told(r, "AllocationFailed", "line 7: protocol bgp"), 1);
	reconcile_on_refused(r, 0, "line 7: protocol bgp");
	assert_int_equal(told(r, "AllocationFailed", ""), 0);
	reconcile_on_refused(r, 0, NULL);
	assert_null(strstr(reconcile_find(r, "default/w")->message, "line 7"));
	reconcile_free(r);
}

static void a_failure_that_comes_back_is_told_again(void **state)
{
	struct reconcile *r = full(POOL, NULL);

	(void)state;
	reconcile_on_service(r, 0, world_service("w"));
	reconcile_on_service(r, 0, world_service("w"));
	assert_int_equal(told(r, "AllocationFailed", "no available IPs"), 1);
	reconcile_on_gone(r, 0, "default/a");
	assert_int_equal(told(r, "IPAllocated", "1.2.3.0"), 1);
	reconcile_on_service(r, 0, world_service("a"));
	assert_int_equal(told(r, "AllocationFailed", "default/a"), 1);
	reconcile_on_service(r, 0, world_with_ip(world_service("w"), "9.9.9.9"));
	reconcile_on_service(r, 0, world_with_stored(world_service("a"), "1.2.3.0"));
	reconcile_on_service(r, 0, world_service("w"));
	assert_int_equal(told(r, "AllocationFailed", "default/w\": no available IPs"), 1);
	reconcile_free(r);
}

static void what_is_freed_helps_only_those_who_can_use_it(void **state)
{
	struct reconcile *r = full(POOL, NULL);
	struct reconcile_write write;
	size_t n = 0;

	(void)state;
	reconcile_on_service(r, 0, world_with_ip(world_service("other"), "9.9.9.9"));
	reconcile_on_service(r, 0, world_service("x"));
	reconcile_on_service(r, 0, world_service("y"));
	while (reconcile_next_write(r, 0, &write))
		reconcile_on_written(r, 0, &write, "100");
	while (told(r, "", ""))
		;
	reconcile_on_gone(r, 0, "default/a");
	while (reconcile_next_write(r, 0, &write))
		n++;
	assert_int_equal(n, 1); /* x, by its name */
	assert_int_equal(reconcile_find(r, "default/x")->n_ip, 1);
	assert_int_equal(told(r, "AllocationFailed", ""), 0);
	reconcile_free(r);
}

static void old_annotations_are_named_one_by_one(void **state)
{
	struct reconcile *r = fresh(TWO);
	struct kube_service *s = world_service("w");

	(void)state;
	world_with_note(s, "metallb.universe.tf/address-pool", "p");
	world_with_note(s, "metallb.universe.tf/allow-shared-ip", "k");
	reconcile_on_service(r, 0, s);
	assert_int_equal(told(r, "deprecatedAnnotation", "annotation metallb.universe.tf/a"), 2);
	reconcile_free(r);
}

static void an_ipv6_address_is_said_not_to_be_announced_yet(void **state)
{
	struct reconcile *r = fresh("address-pools: [{name: p, protocol: layer2, addresses: [\"1000::/127\"]}]");

	(void)state;
	reconcile_on_service(r, 0, without_cluster_ip("w", "fd00::1"));
	assert_int_equal(told(r, "IPv6NotAnnounced", "1000::"), 1);
	assert_int_equal(reconcile_find(r, "default/w")->reason, REASON_NONE);
	assert_non_null(strstr(reconcile_find(r, "default/w")->message, "not announced yet"));
	reconcile_free(r);
}

/* Ten thousand ports on two services that want one address, a huge annotation, a broken status. */
static void absurd_fields_are_reported_and_harm_nobody(void **state)
{
	struct reconcile *r = fresh(POOL);
	char *huge = mem_new(1024 * 1024 + 1, 1);

	(void)state;
	memset(huge, '7', 1024 * 1024);
	for (int odd = 0; odd < 2; odd++) {
		struct kube_service *s = keyed(odd ? "b" : "a", "k", "1.2.3.0", 1);

		s->n_port = 10000;
		s->port = mem_resize(s->port, s->n_port, sizeof(*s->port));
		for (size_t i = 0; i < s->n_port; i++)
			s->port[i] = (struct kube_port){ "TCP", (int32_t)(i * 2) + odd };
		reconcile_on_service(r, 0, s);
	}
	assert_int_equal(reconcile_find(r, "default/b")->n_ip, 1);
	reconcile_on_service(r, 0, world_with_note(world_service("c"), "metallb.io/loadBalancerIPs", huge));
	reconcile_on_service(r, 0, from_pool(world_service("d"), huge));
	assert_int_equal(reconcile_find(r, "default/c")->reason, REASON_BAD_REQUEST);
	assert_int_equal(reconcile_find(r, "default/d")->reason, REASON_UNKNOWN_POOL);
	assert_true(strlen(reconcile_find(r, "default/d")->message) < 1024);
	reconcile_on_service(r, 0, world_with_stored(world_with_stored(world_service("e"), "rubbish"), "::1"));
	assert_int_equal(told(r, "nolbIPsIPFamily", "default/e"), 1);
	reconcile_on_service(r, 0, world_with_stored(world_service("f"), "1000::1"));
	assert_int_equal(reconcile_find(r, "default/e")->n_ip, 1); /* the address that was left */
	reconcile_on_service(r, 0, world_service("g"));
	assert_int_equal(reconcile_find(r, "default/g")->reason, REASON_ALL_FULL);
	free(huge);
	reconcile_free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_reason_of_the_list_comes_about),
		cmocka_unit_test(one_family_of_two_names_the_pool_and_the_family),
		cmocka_unit_test(a_stale_configuration_is_named_with_its_line_and_no_longer_when_it_is_mended),
		cmocka_unit_test(a_failure_that_comes_back_is_told_again),
		cmocka_unit_test(what_is_freed_helps_only_those_who_can_use_it),
		cmocka_unit_test(old_annotations_are_named_one_by_one),
		cmocka_unit_test(an_ipv6_address_is_said_not_to_be_announced_yet),
		cmocka_unit_test(absurd_fields_are_reported_and_harm_nobody),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
