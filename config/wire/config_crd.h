/*
 * config_crd - MetalLB's custom resources (metallb.io/v1beta1) as configuration
 *
 * Wire: jansson, no state. IPAddressPool and L2Advertisement; the kinds that
 * are BGP are not read at all. Strict like config_yaml: a field that is not
 * known is an error, for leaving out a rule that narrows an advertisement would
 * widen it.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TINLB_CONFIG_WIRE_CONFIG_CRD_H
#define TINLB_CONFIG_WIRE_CONFIG_CRD_H

#include "config/core/config_check.h"

enum config_crd_kind { CONFIG_CRD_POOL, CONFIG_CRD_ADVERT };

const char *config_crd_word(enum config_crd_kind kind); /* IPAddressPool, L2Advertisement */

/*
 * What of an object matters: name, labels and spec, in one form however the
 * server orders them, so that equal texts are equal objects. The caller frees;
 * NULL: not an object with a name.
 */
char *config_crd_essence(const char *json) MUST_CHECK;

struct config_crd_object {
	enum config_crd_kind kind;
	const char *essence;
};

/*
 * All objects of both kinds, in any order. 0 and the config (the caller frees),
 * or -EINVAL and at least one error.
 */
int config_from_objects(const struct config_crd_object *object, size_t n,
			struct config **out_config, struct config_errors *out_errors) MUST_CHECK;

#endif
