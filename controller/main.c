/* main - the controller's command line, and its life from start to signal */
/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/api/io/rights.h"
#include "common/core/flags.h"
#include "common/io/log.h"
#include "controller/lead.h"
#include "controller/pages.h"

#define UNUSED(option, why) { .name = option, .kind = FLAGS_UNUSED, .help = why }
#define UNUSED_SWITCH(option, why)                                                                \
	{ .name = option, .kind = FLAGS_UNUSED, .help = why, .is_switch = true }
#define NO_WEBHOOK "not used: there is no webhook"
#define TLS_OWN "not used: TLS is 1.3, with its own ciphers and curves"

static struct flags_option options[] = {
	{ .name = "port", .kind = FLAGS_NUMBER, .preset = "7472", .low = 0, .high = 65535,
	  .help = "HTTP port of /metrics, /status, /healthz and /readyz; 0: none" },
	{ .name = "health-probe-port", .kind = FLAGS_NUMBER, .preset = "17472", .low = 0,
	  .high = 65535, .help = "HTTP port of /healthz and /readyz; 0: none" },
	{ .name = "host", .variable = "METALLB_HOST", .kind = FLAGS_TEXT, .preset = "0.0.0.0",
	  .help = "address to serve on" },
	{ .name = "config", .kind = FLAGS_TEXT, .preset = "config",
	  .help = "name of the ConfigMap with the address pools" },
	{ .name = "namespace", .variable = "METALLB_NAMESPACE", .kind = FLAGS_TEXT,
	  .help = "namespace of the ConfigMap; default: the service account's" },
	{ .name = "lb-class", .kind = FLAGS_TEXT, .preset = "",
	  .help = "serve only services of this loadBalancerClass; default: those without one" },
	{ .name = "pod-name", .variable = "METALLB_POD_NAME", .kind = FLAGS_TEXT,
	  .help = "name of this pod, for the Lease; its former process need not be waited for" },
	{ .name = "lease-seconds", .kind = FLAGS_NUMBER, .preset = "10", .low = 3, .high = 300,
	  .help = "after a crash, another controller leads after so long" },
	{ .name = "allow-node-addresses", .kind = FLAGS_SWITCH,
	  .help = "let services have addresses that nodes have; default: never" },
	{ .name = "seccomp", .kind = FLAGS_SWITCH, .preset = "true",
	  .help = "allow only the system calls that are needed; any other ends the process" },
	{ .name = "log-level", .kind = FLAGS_TEXT, .preset = "info",
	  .help = "all, debug, info, warn, error or none" },
	{ .name = "kubeconfig", .variable = "KUBECONFIG", .kind = FLAGS_TEXT,
	  .help = "kubeconfig file; default: the service account of the pod" },
	{ .name = "ml-secret-name", .variable = "METALLB_ML_SECRET_NAME", .kind = FLAGS_TEXT,
	  .preset = "", .help = "Secret for the speakers' ring to make when there is none; default: none" },
	{ .name = "deployment", .variable = "METALLB_DEPLOYMENT", .kind = FLAGS_UNUSED,
	  .help = "not used: the Secret has no owner, it outlives the controller" },
	UNUSED("webhook-mode", NO_WEBHOOK),
	UNUSED("webhook-secret", NO_WEBHOOK),
	UNUSED_SWITCH("webhook-http2", NO_WEBHOOK),
	UNUSED("cert-dir", NO_WEBHOOK),
	UNUSED("cert-service-name", NO_WEBHOOK),
	UNUSED_SWITCH("disable-cert-rotation", NO_WEBHOOK),
	UNUSED("pprof-bind-address", "not used: there is no Go runtime to profile"),
	{ .name = "metrics-cert-dir", .kind = FLAGS_TEXT, .preset = "",
	  .help = "folder of tls.crt and tls.key: --port speaks TLS; default: plain HTTP" },
	{ .name = "metrics-token-file", .kind = FLAGS_TEXT, .preset = "",
	  .help = "file with the bearer token that --port asks for; default: none" },
	{ .name = "tls-min-version", .kind = FLAGS_TEXT, .preset = "VersionTLS13",
	  .word = { "VersionTLS12", "VersionTLS13" },
	  .help = "VersionTLS12 allows TLS 1.2 as well" },
	UNUSED("tls-cipher-suites", TLS_OWN),
	UNUSED("tls-curve-preferences", TLS_OWN),
};

static const struct flags_option *option(const char *name)
{
	return flags_find(options, ARRAY_LEN(options), name);
}

/* 0, or the exit code. */
static int parse_options(char **argv)
{
	struct text error, usage;
	int rc, code = 0;

	text_init(&error, 1024);
	text_init(&usage, 16384);
	rc = flags_parse(options, ARRAY_LEN(options), argv + 1, getenv, &error);
	if (rc == -ENOENT) {
		flags_usage(options, ARRAY_LEN(options), &usage);
		printf("Usage: %s [OPTION]...\n%s", argv[0], usage.s);
		code = -1;
	} else if (rc != 0 || log_set_level(option("log-level")->text) != 0) {
		fprintf(stderr, "%s: %s\n", argv[0],
			rc ? error.s : "--log-level takes all, debug, info, warn, error or none");
		code = 2;
	}
	text_done(&error);
	text_done(&usage);
	return code;
}

static void say_unused(void)
{
	for (size_t i = 0; i < ARRAY_LEN(options); i++)
		if (options[i].kind == FLAGS_UNUSED && options[i].given)
			log_line(LOG_INFO, { "op", "startup" }, { "option", options[i].name },
				 { "msg", options[i].help });
}

static void on_bind(void *ctx, const char *host, uint16_t port, const char *why)
{
	char number[8];

	(void)ctx;
	snprintf(number, sizeof(number), "%u", port);
	if (!why)
		log_line(LOG_INFO, { "op", "serve" }, { "host", host }, { "port", number },
			 { "msg", "pages are served here now" });
	else
		log_line(LOG_ERROR, { "op", "serve" }, { "host", host }, { "port", number },
			 { "error", why },
			 { "msg", "pages cannot be served here; trying again each second" });
}

static void on_stale(void *ctx, const char *why)
{
	(void)ctx;
	log_line(LOG_ERROR, { "op", "serve" }, { "error", why },
		 { "msg", "the new certificate cannot be used, the former one stays" });
}

static struct serve *serve_health(struct controller *c)
{
	struct serve_config config = { .host = option("host")->text,
				       .port = (uint16_t)option("health-probe-port")->number,
				       .page = controller_pages, .n_page = controller_n_health_pages,
				       .on_bind = on_bind, .ctx = c };

	return config.port == 0 ? NULL : serve_new(c->loop, &config);
}

static struct serve *serve_pages(struct controller *c)
{
	struct serve_config config = { .host = option("host")->text,
				       .port = (uint16_t)option("port")->number,
				       .page = controller_pages, .n_page = controller_n_pages,
				       .cert_folder = option("metrics-cert-dir")->text,
				       .token_file = option("metrics-token-file")->text,
				       .on_bind = on_bind, .on_stale = on_stale, .ctx = c };

	config.tls12 = strcmp(option("tls-min-version")->text, "VersionTLS12") == 0;
	return config.port == 0 ? NULL : serve_new(c->loop, &config);
}

static void on_signal(void *ctx, instant now, int signal)
{
	struct controller *c = ctx;

	(void)now;
	log_line(LOG_INFO, { "op", "shutdown" }, { "signal", strsignal(signal) },
		 { "msg", "shutting down" });
	lead_leave(c);
}

static int connect_api(struct controller *c)
{
	struct kube_client_config config = { .kubeconfig = option("kubeconfig")->text,
					     .user_agent = "tinlb-controller/" TINLB_VERSION };
	const char *namespace = option("namespace")->text;
	struct text error;
	int rc;

	text_init(&error, 1024);
	rc = kube_client_new(c->loop, &config, &c->client, &error);
	if (rc != 0)
		log_line(LOG_ERROR, { "op", "startup" }, { "error", error.s },
			 { "msg", "no way to the Kubernetes API" });
	text_done(&error);
	if (rc != 0)
		return rc;
	if (!namespace || !*namespace)
		namespace = kube_client_namespace(c->client);
	c->config.namespace = namespace ? namespace : "metallb-system";
	return 0;
}

static void give_up_rights(void)
{
	int rc = rights_drop();

	if (rc != 0)
		log_line(LOG_WARN, { "op", "startup" }, { "error", strerror(-rc) },
			 { "msg", "rights could not be given up" });
	rc = option("seccomp")->on ? rights_limit_calls() : 0;
	if (rc != 0)
		log_line(LOG_WARN, { "op", "startup" }, { "error", strerror(-rc) },
			 { "msg", "the controller's system calls are not limited" });
}

int main(int argc, char **argv)
{
	struct controller c = { 0 };
	struct serve *pages, *health;
	int code = parse_options(argv);

	(void)argc;
	if (code != 0)
		return code < 0 ? 0 : code;
	give_up_rights();
	(void)signal(SIGPIPE, SIG_IGN);
	log_line(LOG_INFO, { "version", TINLB_VERSION }, { "msg", "TinLB controller starting" });
	say_unused();
	c.loop = loop_new();
	if (connect_api(&c) != 0)
		return 1;
	c.config.config_map = option("config")->text;
	c.config.class = option("lb-class")->text;
	c.config.pod = option("pod-name")->text;
	c.config.ring_secret = option("ml-secret-name")->text;
	c.config.lease_s = option("lease-seconds")->number;
	c.config.guard = !option("allow-node-addresses")->on;
	if (loop_on_signal(c.loop, SIGTERM, on_signal, &c) != 0 ||
	    loop_on_signal(c.loop, SIGINT, on_signal, &c) != 0)
		return 1;
	controller_start(&c);
	pages = serve_pages(&c);
	health = serve_health(&c);
	code = loop_run(c.loop) == 0 ? 0 : 1;
	serve_free(pages);
	serve_free(health);
	controller_stop(&c);
	kube_client_free(c.client);
	loop_free(c.loop);
	return code;
}
