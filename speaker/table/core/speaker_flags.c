/* speaker_flags - see speaker_flags.h */
/* SPDX-License-Identifier: Apache-2.0 */
#include "speaker/table/core/speaker_flags.h"

#include <string.h>

#define TEXT(n, v, p, h) \
	{ .name = n, .variable = v, .preset = p, .help = h, .kind = FLAGS_TEXT }
#define SWITCH(n, v, h) \
	{ .name = n, .variable = v, .preset = "false", .help = h, .kind = FLAGS_SWITCH }
#define UNUSED(n, v, h) { .name = n, .variable = v, .help = h, .kind = FLAGS_UNUSED }
#define NUMBER(n, v, p, lo, hi, h)                                                                 \
	{ .name = n, .variable = v, .preset = p, .low = lo, .high = hi, .help = h,                 \
	  .kind = FLAGS_NUMBER }
#define BGP "taken for MetalLB's sake; there is no BGP here"
#define TLS_OWN "taken for MetalLB's sake; TLS is 1.3, with its own ciphers and curves"

static const struct flags_option options[] = {
	TEXT("node-name", "METALLB_NODE_NAME", NULL, "the node this speaker runs on; required"),
	TEXT("namespace", "METALLB_NAMESPACE", NULL, "of the configuration; unset: the pod's"),
	TEXT("config", NULL, "config", "name of the ConfigMap that holds the configuration"),
	TEXT("kubeconfig", "KUBECONFIG", NULL, "credentials; unset: those of the pod"),
	TEXT("host", "METALLB_HOST", "", "address to serve metrics and status on; empty: all"),
	NUMBER("port", NULL, "7472", 1, 65535, "port of /metrics, /status, /healthz, /readyz"),
	NUMBER("health-probe-port", NULL, "17472", 0, 65535,
	       "port of /healthz and /readyz on 127.0.0.1; 0: none"),
	TEXT("log-level", NULL, "info", "all, debug, info, warn, error or none"),
	TEXT("lb-class", NULL, "", "announce only services of this load balancer class"),
	SWITCH("ignore-exclude-lb", NULL, "announce from nodes excluded by label, too"),
	TEXT("exclude-interfaces-file", NULL, "/etc/metallb/excludel2.yaml",
	     "YAML that lists the interfaces to leave alone"),
	{ .name = "seccomp", .preset = "true", .kind = FLAGS_SWITCH,
	  .help = "allow only the system calls that are needed; any other ends the process" },
	TEXT("agent", NULL, NULL, "path of tinlb-agent; unset: beside this program"),
	NUMBER("ring-kib", NULL, "256", 16, 65536, "KiB of each interface's capture ring"),
	NUMBER("announce-rounds", NULL, "5", 1, 20, "rounds of gratuitous ARP for an address"),
	NUMBER("announce-urgent", NULL, "1000", 1, 1000,
	       "frames a second per interface in the first round"),
	NUMBER("announce-gentle", NULL, "200", 1, 1000, "frames a second in the repeats"),
	NUMBER("announce-refresh", NULL, "60", 0, 3600,
	       "seconds until an address is announced once more, again and again; 0: never"),
	TEXT("ml-bindaddr", "METALLB_ML_BIND_ADDR", NULL, "membership's address; unset: none"),
	NUMBER("ml-bindport", "METALLB_ML_BIND_PORT", "7946", 1, 65535, "membership's port"),
	TEXT("ml-labels", "METALLB_ML_LABELS", NULL, "labels of the speakers' pods"),
	TEXT("ml-namespace", "METALLB_ML_NAMESPACE", NULL, "where those pods are"),
	TEXT("ml-secret-key", "METALLB_ML_SECRET_KEY", NULL, "membership's key"),
	TEXT("ml-secret-key-path", "METALLB_ML_SECRET_KEY_PATH", NULL, "folder of that key"),
	NUMBER("ml-key-bits", NULL, "256", 128, 256,
	       "of the key that seals: 256, or 128 for MetalLB up to v0.13; both open"),
	SWITCH("ml-wan-config", NULL, "membership's timings for slow networks"),
	NUMBER("ml-probe-interval", NULL, "0", 0, 60000, "milliseconds; 0: that of LAN or WAN"),
	NUMBER("ml-probe-timeout", NULL, "0", 0, 60000, "milliseconds; 0: that of LAN or WAN"),
	NUMBER("ml-gossip-interval", NULL, "0", 0, 60000, "milliseconds; 0: that of LAN or WAN"),
	NUMBER("ml-suspicion-mult", NULL, "0", 0, 100, "as memberlist's; 0: that of LAN or WAN"),
	TEXT("ml-config-file", NULL, "/etc/metallb/memberlist/config.json",
	     "JSON with membership's timings; options given beside it win"),
	TEXT("state-dir", NULL, "", "folder in which membership's numbering outlives a restart; empty: none"),
	TEXT("election", NULL, "ip",
	     "what is hashed with the node's name: ip, or name for rings with MetalLB up to v0.10"),
	NUMBER("candidate-after", NULL, "30", 0, 3600,
	       "seconds of health before a node takes addresses that others could have"),
	TEXT("pod-name", "METALLB_POD_NAME", NULL, "name of this pod"),
	UNUSED("pprof-bind-address", NULL, "taken for MetalLB's sake; no such profile here"),
	TEXT("metrics-cert-dir", NULL, "",
	     "folder of tls.crt and tls.key: --port speaks TLS; empty: plain HTTP"),
	TEXT("metrics-token-file", NULL, "",
	     "file with the bearer token that --port asks for; empty: none"),
	{ .name = "tls-min-version", .preset = "VersionTLS13", .kind = FLAGS_TEXT,
	  .word = { "VersionTLS12", "VersionTLS13" }, .help = "VersionTLS12 allows TLS 1.2 as well" },
	UNUSED("tls-cipher-suites", NULL, TLS_OWN),
	UNUSED("tls-curve-preferences", NULL, TLS_OWN),
	UNUSED("bgp-debounce-timeout", NULL, BGP),
	UNUSED("frrk8s-namespace", NULL, BGP),
	{ .name = "frrk8s-secret-passthrough", .help = BGP, .kind = FLAGS_UNUSED,
	  .is_switch = true },
};

_Static_assert(ARRAY_LEN(options) <= SPEAKER_FLAGS_MAX, "every option has its place");

int speaker_flags_parse(struct speaker_flags *out_flags, char *const *argv,
			flags_lookup_fn *lookup, struct text *out_error)
{
	memcpy(out_flags->option, options, sizeof(options));
	out_flags->n = ARRAY_LEN(options);
	return flags_parse(out_flags->option, out_flags->n, argv, lookup, out_error);
}

const char *speaker_flags_text(const struct speaker_flags *flags, const char *name)
{
	return flags_find(flags->option, flags->n, name)->text;
}

int64_t speaker_flags_number(const struct speaker_flags *flags, const char *name)
{
	return flags_find(flags->option, flags->n, name)->number;
}

bool speaker_flags_on(const struct speaker_flags *flags, const char *name)
{
	return flags_find(flags->option, flags->n, name)->on;
}
