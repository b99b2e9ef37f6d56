/*
 * selector - which labels are meant: Kubernetes' label selectors
 *
 * Core: no sockets, no clock, no logging. A selector is a list of terms that
 * must all hold; an empty selector holds for everything, labels or none.
 * matchLabels becomes one SELECTOR_EQUALS term for each label, so that nothing
 * but the encoder needs to know the two spellings.
 *
 * Always true after selector_sort(): selectors with the same terms in another
 * order are equal under selector_compare().
 */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TINLB_CONFIG_CORE_SELECTOR_H
#define TINLB_CONFIG_CORE_SELECTOR_H

#include "common/api/core/kube_types.h"

enum selector_operator {
	SELECTOR_EQUALS,     /* matchLabels: the label is there with this value */
	SELECTOR_IN,         /* the label is there with one of the values */
	SELECTOR_NOT_IN,     /* the label is missing, or has none of the values */
	SELECTOR_EXISTS,     /* the label is there */
	SELECTOR_NOT_EXISTS, /* the label is missing */
};

struct selector_term {
	char *key;
	enum selector_operator operator;
	char **value;
	size_t n_value;
};

struct selector { /* all zero: everything */
	struct selector_term *term;
	size_t n_term;
};

struct selectors { /* alternatives; what an empty list means is its owner's to say */
	struct selector *at;
	size_t n;
};

bool selector_matches(const struct selector *selector, const struct kube_labels *labels);

/* One of them matches; false for an empty list. */
bool selectors_match(const struct selectors *selectors, const struct kube_labels *labels);

/* Terms by key, operator and values; values by name. */
void selector_sort(struct selector *selector);
int selector_term_compare(const struct selector_term *a, const struct selector_term *b);
int selector_compare(const struct selector *a, const struct selector *b);

/* What Kubernetes asks of a label: prefix/name, and a value of at most 63 characters. */
bool selector_key_is_valid(const char *key);
bool selector_value_is_valid(const char *value);

void selector_done(struct selector *selector);
void selectors_done(struct selectors *selectors);

#endif
