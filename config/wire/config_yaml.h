/*
 * config_yaml - MetalLB's ConfigMap format (v0.9) as configuration
 *
 * Wire: libyaml (through yaml_tree), no state. Strict: unknown and duplicate
 * keys are errors. Everything that is BGP is refused with its path and a
 * remedy, also `peers`, which the peer's own layer-2 build accepts.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TINLB_CONFIG_WIRE_CONFIG_YAML_H
#define TINLB_CONFIG_WIRE_CONFIG_YAML_H

#include "config/core/config_check.h"

/*
 * The document of key `config`. An empty one is a valid configuration without
 * pools. 0 and the config (the caller frees), or -EINVAL and at least one error.
 */
int config_from_yaml(const char *text, size_t n, struct config **out_config,
		     struct config_errors *out_errors) MUST_CHECK;

#endif
