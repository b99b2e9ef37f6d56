/* fixture - see fixture.h */
/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/agent/fixture.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void fixture_set_up(struct fixture *f)
{
	memset(f, 0, sizeof(*f));
	f->p = plan_new("b", START_MS);
	f->s = &f->p->cluster;
	f->now_ms = START_MS + 1000;
	f->config = world_config("10.0.0.0", "10.0.0.255", "10.1.0.0", "10.1.0.255");
	snapshot_on_config(f->s, f->config);
	world_node(f->s, "a", "192.168.0.1", WORLD_READY);
	world_node(f->s, "b", "192.168.0.2", WORLD_READY);
	world_node(f->s, "c", "192.168.0.3", WORLD_READY);
	world_service(f->s, "d/web", "10.0.0.1", 0);
	world_endpoints(f->s, "d/web", "d/web-1", "a");
}

void fixture_tear_down(struct fixture *f)
{
	plan_free(f->p);
	config_free(f->config);
}

static void add(struct fixture *f, const char *format, ...) PRINTF_LIKE(2, 3);

static void add(struct fixture *f, const char *format, ...)
{
	size_t n = strlen(f->log);
	va_list args;

	va_start(args, format);
	vsnprintf(f->log + n, sizeof(f->log) - n, format, args);
	va_end(args);
}

const char *fixture_sent(struct fixture *f)
{
	struct table_message m;
	char ip[IP_TEXT_MAX];

	f->log[0] = '\0';
	while (plan_next_message(f->p, &m)) {
		add(f, "%s", f->log[0] ? "; " : "");
		if (m.kind == TABLE_NODE)
			add(f, "node %u %s%s", m.node.index, m.node.name,
			    m.node.alive ? "" : " down");
		else if (m.kind == TABLE_SYNCED)
			add(f, "synced %u", m.synced.n_rows);
		else if (m.kind == TABLE_ROW)
			add(f, "row %s %s %u", ip_format(&m.row.ip, ip),
			    table_reason_word(m.row.withheld), m.row.n_candidate);
		else
			add(f, "%s %s", m.kind == TABLE_DROP ? "drop" : "touch",
			    ip_format(&m.drop, ip));
	}
	return f->log;
}

const char *fixture_told(struct fixture *f)
{
	static const char *const word[] = { "announced", "withdrawn", "noInterface",
					    "labelIgnored", "claimed", "moved", "silent" };
	struct plan_effect *effect;
	char ip[IP_TEXT_MAX];

	f->log[0] = '\0';
	while ((effect = plan_next_effect(f->p))) {
		add(f, "%s%s %s %s %s", f->log[0] ? "; " : "", word[effect->kind],
		    effect->service, ip_format(&effect->ip, ip),
		    effect->reason ? effect->reason :
		    effect->from[0] ? effect->from :
				      effect->pool);
		free(effect);
	}
	return f->log;
}

void fixture_verdict(struct fixture *f, const char *ip, enum table_reason reason, int64_t age_ms)
{
	struct table_verdict v = { .ip = world_address(ip), .reason = reason, .owner = 1,
				   .since_ms = age_ms, .interface = { "eth0", "eth1" },
				   .n_interface = 2 };

	plan_on_verdict(f->p, &v, f->now_ms);
}
