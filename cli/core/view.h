/*
 * view - everything that was gathered from a cluster, as the daemons and the API tell it
 *
 * Core: structs only. Strings are owned by the view and NULL where a source
 * says null or nothing. What could not be read is in the view, too: as the
 * error of its part or of its daemon, so that no command mistakes "not known"
 * for "not there".
 *
 * Always true: a daemon has either a status or an error; addresses of a status
 * stand in the order of ip_compare().
 */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TINLB_CLI_CORE_VIEW_H
#define TINLB_CLI_CORE_VIEW_H

#include "common/api/core/kube_types.h"
#include "common/core/ip.h"
#include "config/core/config.h"

struct view_words {
	char **at;
	size_t n;
};

struct view_address { /* an entry of `addresses`, docs/status.md */
	struct ip ip;
	struct view_words service, interface, claimant;
	char *pool, *state, *owner, *next, *reason, *message;
	int64_t since_us; /* since 1970; 0: not known */
	bool label_ignored;
};

struct view_service { /* an entry of `services` */
	char *key; /* namespace/name */
	struct view_words address;
	char *reason, *message;
	int64_t overwritten_ms; /* since somebody else changed its status last; -1: never */
};

#define VIEW_RETURNS 2
struct view_member {
	char *name;
	bool alive, self;
	int64_t returned_ms[VIEW_RETURNS]; /* since it came back from the dead, the last time first */
	size_t n_returned;
};

struct view_link {
	char *name, *mac;
	bool usable;
	struct view_words subnet; /* CIDR; empty: none, or of an older speaker */
};

struct view_pool {
	char *name;
	int64_t size, used;
};

struct view_ring {
	char *state, *message;
	struct view_words key_id, indirect; /* indirect: nodes whose own packets do not arrive */
	int64_t n_differ;
	int64_t not_opened, not_sealed, malformed, name_clash, address_clash, not_reached;
};

struct view_status { /* one /status page; what the component does not have is empty */
	int64_t schema;
	char *component, *version, *node, *role, *leader;
	char *config_source, *config_hash, *config_error, *api_server, *api_trouble;
	int64_t config_line, up_ms; /* up_ms: since its agent started; 0: not known */
	bool ready, config_loaded, config_stale;
	struct view_words note, denied;
	struct view_words host_trouble; /* settings of the node's kernel that disturb */
	struct view_address *address;
	struct view_service *service;
	struct view_member *member;
	struct view_link *link;
	struct view_pool *pool;
	size_t n_address, n_service, n_member, n_link, n_pool;
	struct view_ring ring;
};

enum view_component { VIEW_SPEAKER, VIEW_CONTROLLER, VIEW_N_COMPONENTS };

struct view_daemon {
	char *name; /* of its pod, or HOST:PORT */
	char *node; /* of its pod, else as its page says; NULL: not known */
	char *pod_trouble; /* why the pod does not run: "CrashLoopBackOff", "Pending"; NULL: it runs */
	int port;
	struct view_status *status; /* NULL: see error */
	char *error; /* why its page could not be read */
};

struct view_daemons {
	struct view_daemon *at;
	size_t n;
};

enum view_part { /* what a command may need; the bits of `needs` */
	VIEW_PODS,
	VIEW_STATUS, /* the pages of all speakers and controllers */
	VIEW_SERVICES,
	VIEW_NODES,
	VIEW_ENDPOINTS,
	VIEW_CONFIG,
	VIEW_N_PARTS
};

#define VIEW_BIT(part) (1u << (part))

struct view {
	char *server, *namespace; /* server: of the API, NULL: it was not asked */
	struct view_daemons daemon[VIEW_N_COMPONENTS];
	struct kube_service **service;
	struct kube_node **node;
	struct kube_endpoints **slice; /* of all services */
	size_t n_service, n_node, n_slice;
	struct config *config; /* as the API has it; NULL: none, refused, or not read */
	char *config_refused;  /* what is wrong with it; NULL: nothing, or not read */
	char *error[VIEW_N_PARTS]; /* why that part of the API could not be read; NULL: read or not asked */
	unsigned asked; /* bits of the parts that were asked of the API */
};

void view_done(struct view *view);
void view_status_free(struct view_status *status); /* NULL is fine */
void view_words_add(struct view_words *words, const char *word);
bool view_words_has(const struct view_words *words, const char *word);
void view_words_done(struct view_words *words);

/* The next free daemon of a component, zeroed; good until the next call. */
struct view_daemon *view_add_daemon(struct view *view, enum view_component component);
void view_sort(struct view *view); /* daemons by node, then by name */
const char *view_component_word(enum view_component component); /* speaker, controller */
const char *view_place(const struct view_daemon *daemon); /* its node, else its own name */

/* What a status says of an address, or NULL. */
const struct view_address *view_find_address(const struct view_status *status, const struct ip *ip);
const struct view_service *view_find_service(const struct view_status *status, const char *key);
const struct view_member *view_find_member(const struct view_status *status, const char *name); /* or NULL */
bool view_sees(const struct view_status *status, const char *node); /* a member of that name lives, it says */
const char *view_mac(const struct view_status *status, const char *interface); /* or NULL */

/* The controller that decides: the one that leads, else the first that was read, else NULL. */
const struct view_daemon *view_leader(const struct view *view);
/* Whose page tells of the configuration: that controller, else the first speaker that was read, else NULL. */
const struct view_daemon *view_config_witness(const struct view *view);
const struct view_daemon *view_speaker_on(const struct view *view, const char *node); /* or NULL */
bool view_was_read(const struct view *view, enum view_part part);

#endif
