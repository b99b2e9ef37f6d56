/* selector - see selector.h */
/* SPDX-License-Identifier: Apache-2.0 */
#include "config/core/selector.h"

#include <stdlib.h>
#include <string.h>

#define NAME_MAX_BYTES 63
#define PREFIX_MAX_BYTES 253

static bool has_value(const struct selector_term *term, const char *value)
{
	for (size_t i = 0; value && i < term->n_value; i++)
		if (strcmp(term->value[i], value) == 0)
			return true;
	return false;
}

static bool term_holds(const struct selector_term *term, const struct kube_labels *labels)
{
	const char *value = kube_label_find(labels, term->key);

	switch (term->operator) {
	case SELECTOR_EQUALS:
	case SELECTOR_IN:
		return has_value(term, value);
	case SELECTOR_NOT_IN:
		return !has_value(term, value);
	case SELECTOR_EXISTS:
		return value != NULL;
	case SELECTOR_NOT_EXISTS:
		break;
	}
	return value == NULL;
}

bool selector_matches(const struct selector *selector, const struct kube_labels *labels)
{
	for (size_t i = 0; i < selector->n_term; i++)
		if (!term_holds(&selector->term[i], labels))
			return false;
	return true;
}

bool selectors_match(const struct selectors *selectors, const struct kube_labels *labels)
{
	for (size_t i = 0; i < selectors->n; i++)
		if (selector_matches(&selectors->at[i], labels))
			return true;
	return false;
}

/* ---- order ---- */

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static int by_term(const void *a, const void *b)
{
	return selector_term_compare(a, b);
}

void selector_sort(struct selector *selector)
{
	for (size_t i = 0; i < selector->n_term; i++)
		if (selector->term[i].n_value > 0)
			qsort(selector->term[i].value, selector->term[i].n_value, sizeof(char *),
			      by_text);
	if (selector->n_term > 0)
		qsort(selector->term, selector->n_term, sizeof(*selector->term), by_term);
}

int selector_term_compare(const struct selector_term *a, const struct selector_term *b)
{
	int order = strcmp(a->key, b->key);

	if (order == 0 && a->operator != b->operator)
		order = a->operator < b->operator ? -1 : 1;
	for (size_t i = 0; order == 0 && i < a->n_value && i < b->n_value; i++)
		order = strcmp(a->value[i], b->value[i]);
	if (order == 0 && a->n_value != b->n_value)
		order = a->n_value < b->n_value ? -1 : 1;
	return order;
}

int selector_compare(const struct selector *a, const struct selector *b)
{
	int order = 0;

	for (size_t i = 0; order == 0 && i < a->n_term && i < b->n_term; i++)
		order = selector_term_compare(&a->term[i], &b->term[i]);
	if (order == 0 && a->n_term != b->n_term)
		order = a->n_term < b->n_term ? -1 : 1;
	return order;
}

/* ---- what may stand in a selector ---- */

static bool is_alphanumeric(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/* Begins and ends with a letter or digit; inside may stand what `also` lists. */
static bool is_word(const char *s, size_t n, const char *also)
{
	if (n == 0 || !is_alphanumeric(s[0]) || !is_alphanumeric(s[n - 1]))
		return false;
	for (size_t i = 0; i < n; i++)
		if (!is_alphanumeric(s[i]) && !strchr(also, s[i]))
			return false;
	return true;
}

/* A DNS name in lower case. */
static bool is_domain(const char *s, size_t n)
{
	size_t start = 0;

	if (n > PREFIX_MAX_BYTES)
		return false;
	for (size_t i = 0; i < n; i++)
		if (s[i] >= 'A' && s[i] <= 'Z')
			return false;
	for (size_t i = 0; i <= n; i++) {
		if (i < n && s[i] != '.')
			continue;
		if (!is_word(s + start, i - start, "-"))
			return false;
		start = i + 1;
	}
	return true;
}

bool selector_key_is_valid(const char *key)
{
	const char *slash = strchr(key, '/');
	const char *name = slash ? slash + 1 : key;

	if (slash && !is_domain(key, (size_t)(slash - key)))
		return false;
	return strlen(name) <= NAME_MAX_BYTES && is_word(name, strlen(name), "-_.");
}

bool selector_value_is_valid(const char *value)
{
	size_t n = strlen(value);

	return n == 0 || (n <= NAME_MAX_BYTES && is_word(value, n, "-_."));
}

/* ---- memory ---- */

void selector_done(struct selector *selector)
{
	for (size_t i = 0; i < selector->n_term; i++) {
		for (size_t k = 0; k < selector->term[i].n_value; k++)
			free(selector->term[i].value[k]);
		free(selector->term[i].value);
		free(selector->term[i].key);
	}
	free(selector->term);
	*selector = (struct selector){ 0 };
}

void selectors_done(struct selectors *selectors)
{
	for (size_t i = 0; i < selectors->n; i++)
		selector_done(&selectors->at[i]);
	free(selectors->at);
	*selectors = (struct selectors){ 0 };
}
