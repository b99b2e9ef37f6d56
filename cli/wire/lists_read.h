/*
 * lists_read - services, nodes, endpoints and the configuration out of the API's answers
 *
 * Wire: jansson, no state. An object of the wrong shape spoils no list: it is
 * left out, as the daemons do.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TINLB_CLI_WIRE_LISTS_READ_H
#define TINLB_CLI_WIRE_LISTS_READ_H

#include "cli/core/view.h"
#include "common/core/text.h"
#include "config/wire/config_crd.h"

/* Each adds what an answer says; services have a namespace. 0, or -EINVAL with a sentence. */
int lists_read_services(const char *bytes, size_t n, struct view *inout_view,
			struct text *out_error) MUST_CHECK;
int lists_read_nodes(const char *bytes, size_t n, struct view *inout_view,
		     struct text *out_error) MUST_CHECK;
int lists_read_slices(const char *bytes, size_t n, struct view *inout_view,
		      struct text *out_error) MUST_CHECK;

struct lists_config { /* all zero: nothing was read */
	char *document; /* of the ConfigMap */
	struct config_crd_object *object; /* the essences are owned */
	size_t n_object, cap, n_pool;
};

int lists_read_map(const char *bytes, size_t n, struct lists_config *inout_parts,
		   struct text *out_error) MUST_CHECK;
int lists_read_pools(const char *bytes, size_t n, struct lists_config *inout_parts,
		     struct text *out_error) MUST_CHECK;
int lists_read_adverts(const char *bytes, size_t n, struct lists_config *inout_parts,
		       struct text *out_error) MUST_CHECK;

/*
 * The configuration of what was read: objects as soon as there is a pool, else
 * the ConfigMap. NULL: there is none, or it is refused and out_error says why.
 */
struct config *lists_config_of(const struct lists_config *parts, struct text *out_error) MUST_CHECK;
void lists_config_done(struct lists_config *parts);

#endif
