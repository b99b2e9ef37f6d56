/* service - see service.h */
/* SPDX-License-Identifier: Apache-2.0 */
#include "controller/core/service.h"

#include <stdlib.h>
#include <string.h>

#include "common/core/text.h"

#define BACKEND_MAX_BYTES 65536

/* The newer prefix wins, even with an empty value; that the old one is there is noted. */
static char *annotation(struct service *s, const struct kube_service *from, const char *name)
{
	const char *new_value;
	char key[64] = "metallb.io/";
	const char *value;

	memcpy(key + 11, name, strlen(name) + 1);
	new_value = kube_label_find(&from->annotations, key);
	memcpy(key, "metallb.universe.tf/", 20);
	memcpy(key + 20, name, strlen(name) + 1);
	value = kube_label_find(&from->annotations, key);
	if (value)
		s->deprecated[s->n_deprecated++] = name;
	return mem_strdup(new_value ? new_value : value);
}

/* Services that share an address must send it to the same pods: MetalLB's backend key. */
static char *backend_of(const struct kube_service *from)
{
	struct text t;

	text_init(&t, BACKEND_MAX_BYTES);
	for (size_t i = 0; from->local_policy && i < from->selector.n; i++)
		text_addf(&t, "%s%s=%s", i ? "," : "", from->selector.at[i].key,
			  from->selector.at[i].value);
	return text_take(&t);
}

enum service_family service_family_of(const struct ip *ip, size_t n)
{
	unsigned seen = 0;

	for (size_t i = 0; i < n; i++) {
		unsigned bit = ip[i].len == IP_V4 ? SERVICE_V4 : SERVICE_V6;

		if (!ip_is_set(&ip[i]) || seen & bit)
			return SERVICE_ODD;
		seen |= bit;
	}
	return n > 0 ? (enum service_family)seen : SERVICE_NO_FAMILY;
}

const char *service_family_word(unsigned family)
{
	return family == SERVICE_V4 ? "IPv4" : family == SERVICE_V6 ? "IPv6" : "dual-stack";
}

static enum service_family cluster_family(const struct kube_service *from)
{
	struct ip ip[ALLOC_MAX_IPS] = { 0 };

	if (from->n_cluster_ip > ALLOC_MAX_IPS)
		return SERVICE_ODD;
	for (size_t i = 0; i < from->n_cluster_ip; i++) {
		struct ip one;

		if (ip_parse(from->cluster_ip[i], &one) == 0)
			ip[i] = one;
	}
	return service_family_of(ip, from->n_cluster_ip);
}

/* "" and None are no cluster IPs. */
static uint8_t n_real_cluster_ips(const struct kube_service *from)
{
	uint8_t n = 0;

	for (size_t i = 0; i < from->n_cluster_ip && n < UINT8_MAX; i++)
		if (*from->cluster_ip[i] && strcmp(from->cluster_ip[i], "None") != 0)
			n++;
	return n;
}

static void take_stored(struct service *s, const struct kube_service *from)
{
	for (size_t i = 0; i < from->n_ingress; i++) {
		struct ip ip = { 0 };

		if (!*from->ingress[i] || s->n_stored == UINT16_MAX)
			continue;
		if (ip_parse(from->ingress[i], &ip) != 0)
			ip.len = 0;
		if (s->n_stored < ALLOC_MAX_IPS)
			s->stored[s->n_stored] = ip;
		s->n_stored++;
	}
}

static void take_ports(struct service *s, const struct kube_service *from)
{
	s->port = mem_new(from->n_port, sizeof(*s->port));
	for (size_t i = 0; i < from->n_port; i++) {
		memcpy(s->port[i].protocol, from->port[i].protocol, sizeof(s->port[i].protocol));
		s->port[i].port = from->port[i].port;
	}
	alloc_sort_ports(s->port, from->n_port);
	s->holder.port = s->port;
	s->holder.n_port = from->n_port;
}

struct service *service_new(struct kube_service *from)
{
	struct service *s = mem_new(1, sizeof(*s));
	struct text key;

	text_init(&key, 1024);
	text_addf(&key, "%s/%s", from->meta.namespace ? from->meta.namespace : "", from->meta.name);
	s->key = text_take(&key);
	s->name = strchr(s->key, '/') + 1;
	s->namespace = mem_strndup(s->key, (size_t)(s->name - s->key) - 1);
	s->labels = kube_labels_pack(&from->labels);
	s->uid = mem_strdup(from->meta.uid);
	s->version = mem_strdup(from->meta.resource_version);
	s->class = mem_strdup(from->class);
	s->asked_ip = from->load_balancer_ip && *from->load_balancer_ip ?
			      mem_strdup(from->load_balancer_ip) :
			      NULL;
	s->asked_ips = annotation(s, from, "loadBalancerIPs");
	s->asked_pool = annotation(s, from, "address-pool");
	s->sharing = annotation(s, from, "allow-shared-ip");
	s->note = mem_strdup(kube_label_find(&from->annotations, SERVICE_NOTE));
	s->backend = backend_of(from);
	s->raw = from->raw;
	from->raw = NULL;
	take_ports(s, from);
	s->holder.key = s->key;
	s->holder.sharing = s->sharing ? s->sharing : "";
	s->holder.backend = s->backend;
	s->is_load_balancer = from->is_load_balancer;
	s->v6_first = str_equal(from->first_family, "IPv6");
	s->policy = (uint8_t)from->policy;
	s->family = (uint8_t)cluster_family(from);
	s->n_cluster_ip = n_real_cluster_ips(from);
	s->is_headless = from->n_cluster_ip > 0 && strcmp(from->cluster_ip[0], "None") == 0;
	take_stored(s, from);
	return s;
}

void service_free(struct service *s)
{
	if (!s)
		return;
	free(s->key);
	free(s->namespace);
	free(s->labels.at);
	free(s->uid);
	free(s->version);
	free(s->class);
	free(s->asked_ip);
	free(s->asked_ips);
	free(s->asked_pool);
	free(s->sharing);
	free(s->backend);
	free(s->note);
	free(s->raw);
	free(s->port);
	free(s->pool);
	free(s->message);
	free(s->said);
	free(s);
}

bool service_is_of_class(const struct service *s, const char *own)
{
	return s->class ? strcmp(s->class, own) == 0 : *own == '\0';
}

bool service_is_written(const struct service *s)
{
	if (s->keeps)
		return true;
	if (s->n_stored != s->n_ip || !str_equal(s->note, s->pool))
		return false;
	for (size_t i = 0; i < s->n_ip; i++)
		if (!ip_equal(&s->stored[i], &s->ip[i]))
			return false;
	return true;
}

void service_set_reason(struct service *s, enum reason reason, char *message)
{
	free(s->message);
	s->reason = (uint8_t)reason;
	s->message = message;
}

static bool stores_the_same(const struct service *a, const struct service *b)
{
	if (a->n_stored != b->n_stored)
		return false;
	for (size_t i = 0; i < a->n_stored && i < ALLOC_MAX_IPS; i++)
		if (!ip_equal(&a->stored[i], &b->stored[i]))
			return false;
	return true;
}

void service_carry_over(struct service *next, struct service *former, instant now)
{
	bool was_written = service_is_written(former), same = stores_the_same(next, former);

	next->n_overwritten = former->n_overwritten;
	next->overwritten = former->overwritten;
	if (former->n_ip > 0 && !former->keeps && was_written && !same) {
		next->n_overwritten++;
		next->overwritten = now;
	}
	next->said = former->said;
	former->said = NULL;
	next->is_taken = former->is_taken && same;
	next->keeps = former->keeps;
	if (next->n_stored > 0 && (was_written || !same))
		return;
	next->n_ip = former->n_ip;
	memcpy(next->ip, former->ip, sizeof(next->ip));
}

bool service_shares_differently(const struct service *a, const struct service *b)
{
	return !str_equal(a->sharing, b->sharing) || !str_equal(a->backend, b->backend) ||
	       a->holder.n_port != b->holder.n_port ||
	       memcmp(a->port, b->port, a->holder.n_port * sizeof(*a->port)) != 0;
}
