/* kubeconfig - see kubeconfig.h */
/* SPDX-License-Identifier: Apache-2.0 */
#include "common/api/wire/kubeconfig.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/api/wire/yaml_tree.h"

static const char *text_at(const struct yaml_node *map, const char *key)
{
	const struct yaml_node *node = yaml_find(map, key);

	return node && node->kind == YAML_TEXT && !yaml_is_null(node) && *node->text ? node->text :
										      NULL;
}

/* The entry called `name` of the list `list`, and in it the map `inner`. */
static const struct yaml_node *named(const struct yaml_node *root, const char *list,
				     const char *name, const char *inner)
{
	const struct yaml_node *entries = yaml_find(root, list);

	for (size_t i = 0; entries && entries->kind == YAML_LIST && i < entries->n; i++)
		if (str_equal(text_at(&entries->child[i], "name"), name))
			return yaml_find(&entries->child[i], inner);
	return NULL;
}

static int digit_of(char c)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const char *at = c ? strchr(digits, c) : NULL;

	return at ? (int)(at - digits) : -1;
}

/* Base64 with padding or without, blanks allowed; NULL when it is none. */
static char *decode_base64(const char *text)
{
	char *out = mem_new(strlen(text) + 1, 1);
	unsigned bits = 0, n_bits = 0;
	size_t n = 0;

	for (; *text && *text != '='; text++) {
		int digit = digit_of(*text);

		if (*text == '\n' || *text == '\r' || *text == ' ')
			continue;
		if (digit < 0) {
			free(out);
			return NULL;
		}
		bits = bits << 6 | (unsigned)digit;
		n_bits += 6;
		if (n_bits >= 8) {
			n_bits -= 8;
			out[n++] = (char)(bits >> n_bits & 0xff);
		}
	}
	return out;
}

struct pair { /* file and data of one thing */
	const char *file_key, *data_key;
	char **file, **data;
};

static int take_pair(const struct yaml_node *map, const struct pair *pair, struct text *error)
{
	const char *data = text_at(map, pair->data_key);

	if (!data) {
		*pair->file = mem_strdup(text_at(map, pair->file_key));
		return 0;
	}
	*pair->data = decode_base64(data);
	if (*pair->data)
		return 0;
	text_addf(error, "kubeconfig: %s is not base64", pair->data_key);
	return -EINVAL;
}

static int take_cluster(const struct yaml_node *cluster, struct kubeconfig *c, struct text *error)
{
	const struct pair ca = { "certificate-authority", "certificate-authority-data", &c->ca_file,
				 &c->ca_data };
	const char *server = text_at(cluster, "server");
	size_t n = server ? strlen(server) : 0;

	if (!server || (strncmp(server, "http://", 7) != 0 && strncmp(server, "https://", 8) != 0)) {
		text_add(error, "kubeconfig: the cluster's server must begin with https:// or http://");
		return -EINVAL;
	}
	while (n > 0 && server[n - 1] == '/')
		n--;
	c->server = mem_strndup(server, n);
	c->tls_name = mem_strdup(text_at(cluster, "tls-server-name"));
	c->proxy_url = mem_strdup(text_at(cluster, "proxy-url"));
	c->insecure = str_equal(text_at(cluster, "insecure-skip-tls-verify"), "true");
	return take_pair(cluster, &ca, error);
}

static int take_user(const struct yaml_node *user, const char *name, struct kubeconfig *c,
		     struct text *error)
{
	static const char *const refused[] = { "exec", "auth-provider", "username", "password" };
	const struct pair cert = { "client-certificate", "client-certificate-data", &c->cert_file,
				   &c->cert_data };
	const struct pair key = { "client-key", "client-key-data", &c->key_file, &c->key_data };
	int rc;

	for (size_t i = 0; i < ARRAY_LEN(refused); i++) {
		if (!yaml_find(user, refused[i]))
			continue;
		text_addf(error,
			  "kubeconfig: user \"%s\" uses `%s`, which TinLB does not run: give it a token, "
			  "a tokenFile or a client certificate",
			  name, refused[i]);
		return -EINVAL;
	}
	c->token_file = mem_strdup(text_at(user, "tokenFile"));
	if (!c->token_file)
		c->token = mem_strdup(text_at(user, "token"));
	rc = take_pair(user, &cert, error);
	return rc == 0 ? take_pair(user, &key, error) : rc;
}

static int take_context(const struct yaml_node *root, const char *asked, struct kubeconfig *c,
			struct text *error)
{
	const char *current = asked ? asked : text_at(root, "current-context");
	const struct yaml_node *context = named(root, "contexts", current, "context");
	const char *cluster_name = text_at(context, "cluster"), *user_name = text_at(context, "user");
	const struct yaml_node *cluster = named(root, "clusters", cluster_name, "cluster");
	const struct yaml_node *user = named(root, "users", user_name, "user");
	int rc;

	if (!current || !context) {
		text_addf(error, "kubeconfig: %s \"%s\" is not among its contexts",
			  asked ? "context" : "current-context", current ? current : "");
		return -EINVAL;
	}
	if (!cluster) {
		text_addf(error, "kubeconfig: cluster \"%s\" of context \"%s\" is not among its clusters",
			  cluster_name ? cluster_name : "", current);
		return -EINVAL;
	}
	c->namespace = mem_strdup(text_at(context, "namespace"));
	rc = take_cluster(cluster, c, error);
	return rc == 0 && user ? take_user(user, user_name, c, error) : rc;
}

int kubeconfig_parse(const char *text, size_t n, const char *context, struct kubeconfig *out_config,
		     struct text *out_error)
{
	struct kubeconfig config = { 0 };
	struct yaml_node *root = NULL;
	unsigned line;
	int rc = yaml_tree_parse(text, n, &root, out_error, &line);

	if (rc != 0) {
		text_addf(out_error, " (kubeconfig, line %u)", line);
		return rc;
	}
	rc = take_context(root, context, &config, out_error);
	yaml_tree_free(root);
	if (rc != 0) {
		kubeconfig_done(&config);
		return rc;
	}
	*out_config = config;
	return 0;
}

static void wipe(char *secret)
{
	if (secret)
		explicit_bzero(secret, strlen(secret));
	free(secret);
}

void kubeconfig_done(struct kubeconfig *c)
{
	free(c->server);
	free(c->ca_file);
	free(c->ca_data);
	free(c->cert_file);
	free(c->cert_data);
	free(c->key_file);
	wipe(c->key_data);
	wipe(c->token);
	free(c->token_file);
	free(c->tls_name);
	free(c->proxy_url);
	free(c->namespace);
	*c = (struct kubeconfig){ 0 };
}
