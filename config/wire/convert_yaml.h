/*
 * convert_yaml - configurations in manifests: read, checked, written in the other form
 *
 * Wire: libyaml (through yaml_tree) and jansson, no state. Reads a ConfigMap
 * (the manifest, or only its document) or manifests of custom resources, and
 * writes what means the same. Errors name lines, those of custom resources too.
 *
 * Always true: reading what was written gives the same pools with the same
 * ranges, in the same order.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TINLB_CONFIG_WIRE_CONVERT_YAML_H
#define TINLB_CONFIG_WIRE_CONVERT_YAML_H

#include "config/core/config_check.h"

enum convert_form { CONVERT_MAP, CONVERT_OBJECTS };

struct convert_source {
	enum convert_form form;
	char *namespace; /* as it says, or NULL */
	struct config *config;
};

/* 0 and the source (the caller ends it), or -EINVAL and at least one error. */
int convert_read(const char *text, size_t n, struct convert_source *out_source,
		 struct config_errors *out_errors) MUST_CHECK;
void convert_source_done(struct convert_source *source);

struct convert_counts {
	size_t n_map, n_object; /* documents and custom resources */
	size_t n_pool, n_advert;
};

/*
 * All that a text holds, judged as the daemons would: each ConfigMap for itself, custom
 * resources together. 0, or -EINVAL and at least one error.
 */
int convert_check(const char *text, size_t n, struct convert_counts *out_counts,
		  struct config_errors *out_errors) MUST_CHECK;

/*
 * out_notes: a line for each thing that a person must know, like a pool that
 * has another name now. Names become what Kubernetes allows.
 */
void convert_to_objects(const struct config *config, const char *namespace, struct text *out_yaml,
			struct text *out_notes);

/* 0, or -ENOTSUP and a line in out_notes for each thing that a ConfigMap cannot say. */
int convert_to_map(const struct config *config, const char *namespace, struct text *out_yaml,
		   struct text *out_notes) MUST_CHECK;

#endif
