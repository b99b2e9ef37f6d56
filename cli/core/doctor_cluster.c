/* doctor_cluster - see doctor_rules.h */
/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "cli/core/doctor_rules.h"

static struct doctor_about about(const struct view_daemon *daemon)
{
	return (struct doctor_about){ .subject = daemon->name, .node = daemon->node };
}

/* ---- the API ---- */

static bool api_is_away(const struct view *view, struct doctor *d)
{
	const char *error = view->error[VIEW_PODS];

	if (error)
		doctor_add(d, DOCTOR_API_AWAY, (struct doctor_about){ .subject = view->server }, "%s", error);
	return error != NULL;
}

static void look_at_part(const struct view *view, struct doctor *d, enum view_part part,
			 const char *what)
{
	if (view->error[part])
		doctor_add(d, DOCTOR_ROLE_DENIED, (struct doctor_about){ .subject = what },
			   "%s cannot be read from here: %s", what, view->error[part]);
}

/* Has another daemon the same trouble already, told in the same words? */
static bool is_told(const struct view *view, const struct view_daemon *until, const char *trouble)
{
	for (enum view_component i = 0; i < VIEW_N_COMPONENTS; i++)
		for (size_t k = 0; k < view->daemon[i].n; k++) {
			const struct view_daemon *at = &view->daemon[i].at[k];

			if (at == until)
				return false;
			if (at->status && str_equal(at->status->api_trouble, trouble))
				return true;
		}
	return false;
}

static void look_at_api_of(const struct view *view, struct doctor *d, enum view_component component,
			   const struct view_daemon *daemon)
{
	const struct view_status *s = daemon->status;

	for (size_t i = 0; i < s->denied.n; i++)
		if (!doctor_has(d, DOCTOR_WITHOUT_LEASE) || !strstr(s->denied.at[i], "\"leases\""))
			doctor_add(d, DOCTOR_ROLE_DENIED, about(daemon),
				   "the %s may not: %s", view_component_word(component),
				   s->denied.at[i]);
	if (s->api_trouble && s->denied.n == 0 && !is_told(view, daemon, s->api_trouble))
		doctor_add(d, DOCTOR_API_TROUBLE, about(daemon),
			   "the %s cannot ask the API server: %s", view_component_word(component),
			   s->api_trouble);
}

/* ---- controllers ---- */

static void look_at_silent(struct doctor *d, const struct view_daemon *controller)
{
	const char *trouble = controller->pod_trouble, *error = controller->error;

	doctor_add(d, DOCTOR_CONTROLLER_SILENT, about(controller),
		   "the controller%s%s does not answer: %s%s%s%s", controller->node ? " on " : "",
		   controller->node ? controller->node : "", trouble ? "its pod is in " : "",
		   trouble ? trouble : "", trouble && error ? "; " : "", error ? error : "");
}

struct roles { /* how many controllers answer, and as what */
	size_t answer, lead, alone;
};

static struct roles look_at_controllers(const struct view *view, struct doctor *d)
{
	const struct view_daemons *all = &view->daemon[VIEW_CONTROLLER];
	struct roles roles = { 0 };

	for (size_t i = 0; i < all->n; i++) {
		const struct view_status *s = all->at[i].status;

		if (!s) {
			look_at_silent(d, &all->at[i]);
			continue;
		}
		roles.answer++;
		roles.lead += str_equal(s->role, "leader");
		roles.alone += str_equal(s->role, "alone");
	}
	return roles;
}

static void judge_roles(const struct view *view, struct doctor *d, const struct roles *roles)
{
	size_t n = view->daemon[VIEW_CONTROLLER].n;

	if (n == 0 && view_was_read(view, VIEW_PODS))
		doctor_add(d, DOCTOR_CONTROLLER_MISSING, (struct doctor_about){ .subject = view->namespace },
			   "no controller runs in namespace %s: nobody gives addresses to services",
			   view->namespace);
	else if (roles->alone > 0 && roles->alone + roles->lead > 1)
		doctor_add(d, DOCTOR_WITHOUT_LEASE, (struct doctor_about){ .subject = view->namespace },
			   "%zu controllers lead at the same time, for the role does not let them use the "
			   "Lease", roles->alone + roles->lead);
	else if (roles->answer > 0 && roles->answer == n && roles->lead + roles->alone == 0)
		doctor_add(d, DOCTOR_NO_LEADER, (struct doctor_about){ .subject = view->namespace },
			   "none of %zu controllers leads: nobody gives addresses to services", n);
}

/* ---- versions ---- */

static size_t count_version(const struct view *view, const char *version)
{
	size_t n = 0;

	for (enum view_component i = 0; i < VIEW_N_COMPONENTS; i++)
		for (size_t k = 0; k < view->daemon[i].n; k++) {
			const struct view_status *s = view->daemon[i].at[k].status;

			n += s && str_equal(s->version, version);
		}
	return n;
}

/* The version that most daemons have, of as many the greatest; NULL: none tells its version. */
static const char *version_of_most(const struct view *view)
{
	const char *most = NULL;
	size_t n_most = 0;

	for (enum view_component i = 0; i < VIEW_N_COMPONENTS; i++)
		for (size_t k = 0; k < view->daemon[i].n; k++) {
			const struct view_status *s = view->daemon[i].at[k].status;
			size_t n = s && s->version ? count_version(view, s->version) : 0;

			if (n > n_most || (n > 0 && n == n_most && strcmp(s->version, most) > 0)) {
				most = s->version;
				n_most = n;
			}
		}
	return most;
}

static void look_at_version(struct doctor *d, const char *most, enum view_component component,
			    const struct view_daemon *daemon)
{
	const char *version = daemon->status->version;

	if (most && !str_equal(version, most))
		doctor_add(d, DOCTOR_VERSIONS_DIFFER, about(daemon),
			   "the %s%s%s is version %s, others are %s", view_component_word(component),
			   daemon->node ? " on " : "", daemon->node ? daemon->node : "",
			   version ? version : "unknown", most);
}

/* ---- configuration ---- */

/* Neither a ConfigMap nor custom resources, as the API or else a daemon says. */
static bool is_missing(const struct view *view, const struct view_status *s)
{
	if (view_was_read(view, VIEW_CONFIG))
		return !view->config && !view->config_refused;
	return !s->config_loaded && !s->config_stale;
}

static void look_at_config(const struct view *view, struct doctor *d)
{
	const struct view_daemon *witness = view_config_witness(view);
	const struct view_status *s = witness ? witness->status : NULL;
	struct doctor_about source;

	if (!s || !s->ready || s->api_trouble)
		return;
	source = (struct doctor_about){ .subject = s->config_source };
	if (is_missing(view, s) && (s->config_stale || !s->config_loaded))
		doctor_add(d, DOCTOR_CONFIG_MISSING, source, "%s",
			   s->config_error ? s->config_error : "there is no configuration");
	else if (s->config_error)
		doctor_add(d, DOCTOR_CONFIG_REFUSED, source, "%s", s->config_error);
	else if (view_leader(view) && s->n_pool == 0)
		doctor_add(d, DOCTOR_NO_POOLS, source, "the configuration has no address pools");
}

static void compare_config(const struct view *view, struct doctor *d)
{
	const struct view_daemon *witness = view_config_witness(view);
	const char *hash = witness ? witness->status->config_hash : NULL;
	bool is_controller = view_leader(view) != NULL;

	for (size_t i = 0; hash && i < view->daemon[VIEW_SPEAKER].n; i++) {
		const struct view_daemon *at = &view->daemon[VIEW_SPEAKER].at[i];

		if (at->status && at->status->ready && !at->status->api_trouble &&
		    !str_equal(at->status->config_hash, hash))
			doctor_add(d, DOCTOR_CONFIG_DIFFERS, about(at),
				   "the speaker on %s has another configuration in force than the %s%s",
				   view_place(at), is_controller ? "controller" : "speaker on ",
				   is_controller ? "" : view_place(witness));
	}
}

static void look_at_daemons(const struct view *view, struct doctor *d)
{
	const char *most = version_of_most(view);

	for (enum view_component i = 0; i < VIEW_N_COMPONENTS; i++)
		for (size_t k = 0; k < view->daemon[i].n; k++)
			if (view->daemon[i].at[k].status) {
				look_at_api_of(view, d, i, &view->daemon[i].at[k]);
				look_at_version(d, most, i, &view->daemon[i].at[k]);
			}
}

void doctor_cluster(const struct view *view, struct doctor *d)
{
	struct roles roles;

	if (api_is_away(view, d))
		return;
	if (view_was_read(view, VIEW_PODS) &&
	    view->daemon[VIEW_CONTROLLER].n + view->daemon[VIEW_SPEAKER].n == 0) {
		doctor_add(d, DOCTOR_NOTHING_RUNS, (struct doctor_about){ .subject = view->namespace },
			   "there is neither a controller nor a speaker in namespace %s",
			   view->namespace);
		return;
	}
	look_at_part(view, d, VIEW_SERVICES, "services");
	look_at_part(view, d, VIEW_NODES, "nodes");
	roles = look_at_controllers(view, d);
	judge_roles(view, d, &roles);
	look_at_daemons(view, d);
	look_at_config(view, d);
	if (!doctor_has(d, DOCTOR_CONFIG_REFUSED) && !doctor_has(d, DOCTOR_CONFIG_MISSING))
		compare_config(view, d);
}
