/* world - see world.h */
/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/cli/world.h"

#include "cli/wire/lists_read.h"
#include "cli/wire/status_read.h"

#define PAGE_MAX 65536

static void quote(struct text *t)
{
	for (size_t i = 0; i < t->n; i++)
		if (t->s[i] == '\'')
			t->s[i] = '"';
}

struct view_daemon *world_add(struct view *view, enum view_component component, const char *node,
			      const char *json)
{
	struct view_daemon *d = view_add_daemon(view, component);
	struct text page, error;

	text_init(&page, PAGE_MAX);
	text_init(&error, PAGE_MAX);
	text_addf(&page, "%s-%s", view_component_word(component), node);
	d->name = mem_strdup(page.s);
	d->node = mem_strdup(node);
	text_clear(&page);
	text_addf(&page, "{'schema':1,'component':'%s','version':'1.0','node':'%s','ready':true%s%s}",
		  view_component_word(component), node, json && *json ? "," : "", json ? json : "");
	quote(&page);
	if (!json)
		d->error = mem_strdup("connection refused");
	else if (status_read(page.s, page.n, &d->status, &error) != 0)
		fail_msg("%s: %s", error.s, page.s);
	text_done(&page);
	text_done(&error);
	return d;
}

void world_speaker(struct view *view, const char *node, const char *state, const char *word)
{
	bool announced = strcmp(state, "announced") == 0, other = strcmp(state, "notOwner") == 0;
	struct text json;

	text_init(&json, PAGE_MAX);
	text_addf(&json, "'config':{'source':'ConfigMap a/b','loaded':true,'hash':'h'},"
		  "'ring':{'state':'joined','keyIds':['k']},"
		  "'links':[{'name':'eth0','mac':'02:00:00:00:00:01','usable':true}],"
		  "'addresses':[{'ip':'" WORLD_IP "','services':['default/web'],'pool':'default',"
		  "'state':'%s','since':'2026-01-01T00:00:00Z','next':'z'", state);
	if (announced)
		text_addf(&json, ",'owner':'%s','interfaces':['eth0']", node);
	else if (other)
		text_addf(&json, ",'owner':'%s','reason':'notOwner'", word);
	else
		text_addf(&json, ",'reason':'%s','message':'message of %s'", word, word);
	text_add(&json, "}]");
	world_add(view, VIEW_SPEAKER, node, json.s);
	text_done(&json);
}

void world_services(struct view *view, const char *json)
{
	struct text list, error;

	text_init(&list, PAGE_MAX);
	text_init(&error, PAGE_MAX);
	text_addf(&list, "{'metadata':{'resourceVersion':'1'},'items':[%s]}", json);
	quote(&list);
	if (lists_read_services(list.s, list.n, view, &error) != 0)
		fail_msg("%s", error.s);
	view->asked |= VIEW_BIT(VIEW_SERVICES);
	text_done(&list);
	text_done(&error);
}

void world_pods(struct view *view, const char *json)
{
	struct text list, error;

	text_init(&list, PAGE_MAX);
	text_init(&error, PAGE_MAX);
	text_addf(&list, "{'metadata':{'resourceVersion':'1'},'items':[{'metadata':{'namespace':'default',"
		  "'name':'web-1','labels':{'kubernetes.io/service-name':'web'}},'endpoints':[%s]}]}", json);
	quote(&list);
	if (lists_read_slices(list.s, list.n, view, &error) != 0)
		fail_msg("%s", error.s);
	text_done(&list);
	text_done(&error);
}

void world_nodes_and_pool(struct view *view)
{
	static const char nodes[] =
		"{\"metadata\":{\"resourceVersion\":\"1\"},\"items\":[{\"metadata\":{\"name\":\"n\"},"
		"\"status\":{\"addresses\":[{\"type\":\"InternalIP\",\"address\":\"10.0.0.9\"}]}}]}";
	struct lists_config parts = {
		.document = mem_strdup("address-pools: [{name: p, protocol: layer2, addresses: [10.7.0.0/24]}]"),
	};
	struct text error;

	text_init(&error, PAGE_MAX);
	assert_int_equal(lists_read_nodes(nodes, strlen(nodes), view, &error), 0);
	view->config = lists_config_of(&parts, &error);
	assert_non_null(view->config);
	lists_config_done(&parts);
	text_done(&error);
}

struct view world_view(void)
{
	return (struct view){ .namespace = mem_strdup("metallb-system"),
			      .server = mem_strdup("https://api"),
			      .asked = VIEW_BIT(VIEW_PODS) | VIEW_BIT(VIEW_STATUS) };
}

struct ip world_ip(const char *text)
{
	struct ip ip;

	assert_int_equal(ip_parse(text, &ip), 0);
	return ip;
}

void world_assert_has(const char *text, const char *words)
{
	if (!text || !strstr(text, words))
		fail_msg("not in it: %s\n%s", words, text ? text : "(nothing)");
}

void world_assert_lacks(const char *text, const char *words)
{
	if (text && strstr(text, words))
		fail_msg("in it: %s\n%s", words, text);
}
