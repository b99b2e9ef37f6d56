/* host_pages - see host_pages.h */
/* SPDX-License-Identifier: Apache-2.0 */
#include "speaker/agent/wire/host_pages.h"

#include <stdio.h>
#include <string.h>

#include "common/api/wire/exposition.h"
#include "common/core/json_text.h"

static void put_setting(struct text *t, const char *key, int value)
{
	if (value < 0)
		json_text_null(t, key);
	else
		json_text_number(t, key, value);
}

void host_status_write(struct text *t, const struct host_facts *facts, const struct plan *plan)
{
	json_text_open(t, "host", '{');
	json_text_bool(t, "ipvs", facts->ipvs);
	put_setting(t, "arpIgnore", facts->all.arp_ignore);
	put_setting(t, "rpFilter", facts->all.rp_filter);
	json_text_string(t, "defaultInterface", facts->by_default[0] ? facts->by_default : NULL);
	json_text_open(t, "troubles", '[');
	for (enum host_trouble i = 0; i < HOST_N_TROUBLES; i++)
		if (host_has_trouble(facts, plan, i))
			json_text_string(t, NULL, host_trouble_word(i));
	json_text_close(t, ']');
	json_text_close(t, '}');
}

void host_link_write(struct text *t, const struct host_facts *facts, const char *interface)
{
	const struct host_setting *own = strmap_get(&facts->interface, interface);
	char ip[IP_TEXT_MAX], subnet[IP_TEXT_MAX + 4];

	put_setting(t, "arpIgnore", own ? own->arp_ignore : -1);
	put_setting(t, "rpFilter", own ? own->rp_filter : -1);
	json_text_open(t, "subnets", '[');
	for (size_t i = 0; i < facts->n_subnet; i++) {
		const struct host_subnet *at = &facts->subnet[i];

		if (strcmp(at->interface, interface) != 0)
			continue;
		snprintf(subnet, sizeof(subnet), "%s/%u", ip_format(&at->range.first, ip), at->bits);
		json_text_string(t, NULL, subnet);
	}
	json_text_close(t, ']');
}

void host_metrics_write(struct text *t, const struct host_facts *facts, const struct plan *plan)
{
	exposition_head(t, "tinlb_host_troubles", "gauge",
			"1 for a setting of the node's kernel that disturbs addresses now");
	for (enum host_trouble i = 0; i < HOST_N_TROUBLES; i++)
		text_addf(t, "tinlb_host_troubles{trouble=\"%s\"} %d\n", host_trouble_word(i),
			  host_has_trouble(facts, plan, i));
	exposition_head(t, "tinlb_addresses_outside_subnets", "gauge",
			"Addresses announced here that lie in no subnet of the node");
	text_addf(t, "tinlb_addresses_outside_subnets %zu\n", host_n_outside(facts, plan));
}
