/* http - see http.h */
/* SPDX-License-Identifier: Apache-2.0 */
#include "common/api/io/http.h"

#include <curl/curl.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/core/text.h"

#define MAX_CONNECTIONS 72
#define CONNECT_TIMEOUT_MS 10000
#define RECEIVE_BUFFER_BYTES 16384
#define MAX_RETRY_AFTER_S 60

struct http_request {
	struct http *http;
	struct http_request *next;
	CURL *easy;
	struct curl_slist *headers;
	struct text body;
	char *sent;
	char error[CURL_ERROR_SIZE];
	struct loop_timer *silence; /* of a stream; NULL: libcurl has its timeout */
	int64_t silence_ms;
	instant heard; /* last byte of a stream, or its start */
	bool begun, begun_told; /* the headers of the answer are here; the stream's user knows */
	void (*on_bytes)(void *ctx, long status, const char *bytes, size_t n);
	void (*on_done)(void *ctx, const struct http_answer *answer);
	void *ctx;
};

struct http {
	struct loop *loop;
	CURLM *multi;
	struct loop_timer *timer;
	struct http_request *first;
	char *base, *token;
	char *ca_file, *ca_pem, *cert_file, *cert_pem, *key_file, *key_pem, *tls_name, *proxy_url;
	char *user_agent;
	bool insecure;
};

static void finish(struct http *http);

static void on_socket(struct http *http, curl_socket_t fd, unsigned events)
{
	int running, what = (events & LOOP_READ ? CURL_CSELECT_IN : 0) |
			    (events & LOOP_WRITE ? CURL_CSELECT_OUT : 0);

	curl_multi_socket_action(http->multi, fd, what, &running);
	finish(http);
}

struct socket_watch {
	struct http *http;
	curl_socket_t fd;
	struct loop_watch *watch;
};

static void on_socket_ready(void *ctx, instant now, unsigned events)
{
	struct socket_watch *s = ctx;

	(void)now;
	on_socket(s->http, s->fd, events);
}

/* libcurl says what it waits for on a socket. */
static int want_socket(CURL *easy, curl_socket_t fd, int what, void *ctx, void *socket_ctx)
{
	struct http *http = ctx;
	struct socket_watch *s = socket_ctx;
	unsigned events = (what & CURL_POLL_IN ? LOOP_READ : 0u) |
			  (what & CURL_POLL_OUT ? LOOP_WRITE : 0u);

	(void)easy;
	if (what == CURL_POLL_REMOVE) {
		if (s)
			loop_watch_free(s->watch);
		free(s);
		curl_multi_assign(http->multi, fd, NULL);
		return 0;
	}
	if (!s) {
		s = mem_new(1, sizeof(*s));
		*s = (struct socket_watch){ .http = http, .fd = fd };
		s->watch = loop_watch_new(http->loop, fd, events, on_socket_ready, s);
		curl_multi_assign(http->multi, fd, s);
		return 0;
	}
	loop_watch_set(s->watch, events);
	return 0;
}

static int want_timer(CURLM *multi, long timeout_ms, void *ctx)
{
	struct http *http = ctx;

	(void)multi;
	/* A millisecond more: libcurl counts from now, the loop from the begin of its turn. */
	loop_timer_set(http->timer,
		       timeout_ms < 0 ? INSTANT_NEVER :
					instant_add_ms(loop_now(http->loop), timeout_ms + (timeout_ms > 0)));
	return 0;
}

static void on_timer(void *ctx, instant now)
{
	struct http *http = ctx;
	int running;

	(void)now;
	curl_multi_socket_action(http->multi, CURL_SOCKET_TIMEOUT, 0, &running);
	finish(http);
}

struct http *http_new(struct loop *loop, const struct http_server *server)
{
	struct http *http = mem_new(1, sizeof(*http));

	/* TLS is not initialised for plain http: it costs memory that a lab does not need. */
	CHECK(curl_global_init(strncmp(server->base, "https:", 6) == 0 ? CURL_GLOBAL_SSL :
									 CURL_GLOBAL_NOTHING) == 0);
	*http = (struct http){ .loop = loop, .insecure = server->insecure };
	http->base = mem_strdup(server->base);
	http->ca_file = mem_strdup(server->ca_file);
	http->ca_pem = mem_strdup(server->ca_pem);
	http->cert_file = mem_strdup(server->cert_file);
	http->cert_pem = mem_strdup(server->cert_pem);
	http->key_file = mem_strdup(server->key_file);
	http->key_pem = mem_strdup(server->key_pem);
	http->tls_name = mem_strdup(server->tls_name);
	http->proxy_url = mem_strdup(server->proxy_url);
	http->user_agent = mem_strdup(server->user_agent);
	http->timer = loop_timer_new(loop, on_timer, http);
	http->multi = curl_multi_init();
	CHECK(http->multi != NULL);
	curl_multi_setopt(http->multi, CURLMOPT_SOCKETFUNCTION, want_socket);
	curl_multi_setopt(http->multi, CURLMOPT_SOCKETDATA, http);
	curl_multi_setopt(http->multi, CURLMOPT_TIMERFUNCTION, want_timer);
	curl_multi_setopt(http->multi, CURLMOPT_TIMERDATA, http);
	curl_multi_setopt(http->multi, CURLMOPT_MAX_HOST_CONNECTIONS, (long)MAX_CONNECTIONS);
	curl_multi_setopt(http->multi, CURLMOPT_MAXCONNECTS, (long)MAX_CONNECTIONS);
	curl_multi_setopt(http->multi, CURLMOPT_PIPELINING, (long)CURLPIPE_NOTHING);
	return http;
}

static void request_free(struct http_request *request)
{
	struct http_request **at = &request->http->first;

	while (*at != request)
		at = &(*at)->next;
	*at = request->next;
	curl_multi_remove_handle(request->http->multi, request->easy);
	curl_easy_cleanup(request->easy);
	curl_slist_free_all(request->headers);
	loop_timer_free(request->silence);
	text_done(&request->body);
	free(request->sent);
	free(request);
}

void http_free(struct http *http)
{
	if (!http)
		return;
	while (http->first)
		request_free(http->first);
	curl_multi_cleanup(http->multi);
	loop_timer_free(http->timer);
	http_set_token(http, NULL);
	free(http->base);
	free(http->ca_file);
	free(http->ca_pem);
	free(http->cert_file);
	free(http->cert_pem);
	free(http->key_file);
	if (http->key_pem)
		explicit_bzero(http->key_pem, strlen(http->key_pem));
	free(http->key_pem);
	free(http->tls_name);
	free(http->proxy_url);
	free(http->user_agent);
	free(http);
}

void http_set_token(struct http *http, const char *token)
{
	if (http->token)
		explicit_bzero(http->token, strlen(http->token));
	free(http->token);
	http->token = mem_strdup(token);
}

static size_t on_write(char *bytes, size_t size, size_t n, void *ctx)
{
	struct http_request *request = ctx;

	n *= size;
	request->heard = loop_now(request->http->loop);
	text_add_n(&request->body, bytes, n);
	return text_is_cut(&request->body) ? 0 : n;
}

static size_t on_header(char *line, size_t size, size_t n, void *ctx)
{
	struct http_request *request = ctx;
	long status = 0;

	n *= size;
	curl_easy_getinfo(request->easy, CURLINFO_RESPONSE_CODE, &status);
	if (n <= 2 && line[0] == '\r' && status >= 200) /* the empty line behind the headers */
		request->begun = true;
	return n;
}

static void set_blob(CURL *easy, CURLoption option, const char *pem)
{
	struct curl_blob blob = { .flags = CURL_BLOB_COPY };

	if (!pem)
		return;
	blob.data = (void *)(uintptr_t)pem;
	blob.len = strlen(pem);
	curl_easy_setopt(easy, option, &blob);
}

static void set_identity(CURL *easy, const struct http *http)
{
	if (http->ca_file)
		curl_easy_setopt(easy, CURLOPT_CAINFO, http->ca_file);
	set_blob(easy, CURLOPT_CAINFO_BLOB, http->ca_pem);
	if (http->ca_file || http->ca_pem)
		curl_easy_setopt(easy, CURLOPT_CAPATH, NULL);
	curl_easy_setopt(easy, CURLOPT_CA_CACHE_TIMEOUT, 0L); /* the file follows a change of authorities */
	if (http->cert_file)
		curl_easy_setopt(easy, CURLOPT_SSLCERT, http->cert_file);
	set_blob(easy, CURLOPT_SSLCERT_BLOB, http->cert_pem);
	if (http->key_file)
		curl_easy_setopt(easy, CURLOPT_SSLKEY, http->key_file);
	set_blob(easy, CURLOPT_SSLKEY_BLOB, http->key_pem);
	if (http->insecure) {
		curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 0L);
		curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 0L);
	}
	curl_easy_setopt(easy, CURLOPT_PROXY, http->proxy_url ? http->proxy_url : "");
}

static void add_header(struct http_request *request, const char *name, const char *value)
{
	struct text line;

	text_init(&line, 64 * 1024);
	text_addf(&line, "%s%s", name, value);
	request->headers = curl_slist_append(request->headers, line.s);
	CHECK(request->headers != NULL);
	text_done(&line);
}

/* libcurl's own limit (LOW_SPEED_TIME) wakes once a second and stream. */
static void on_silence(void *ctx, instant now)
{
	struct http_request *request = ctx;
	instant due = instant_add_ms(request->heard, request->silence_ms);
	struct http_answer answer = { .error = -ETIMEDOUT, .what = "the stream fell silent", .bytes = "" };

	if (due > now) {
		loop_timer_set(request->silence, due);
		return;
	}
	curl_easy_getinfo(request->easy, CURLINFO_RESPONSE_CODE, &answer.status);
	request->on_done(request->ctx, &answer);
	request_free(request);
}

static void begin_silence(struct http_request *request, int64_t silence_s)
{
	request->silence_ms = silence_s * 1000;
	request->heard = loop_now(request->http->loop);
	request->silence = loop_timer_new(request->http->loop, on_silence, request);
	loop_timer_set(request->silence, instant_add_ms(request->heard, request->silence_ms));
}

static void set_request(struct http_request *request, const struct http_call *call)
{
	struct http *http = request->http;
	CURL *easy = request->easy;
	struct text url;

	text_init(&url, 64 * 1024);
	text_addf(&url, "%s%s", http->base, call->target);
	curl_easy_setopt(easy, CURLOPT_URL, url.s);
	text_done(&url);
	add_header(request, "Accept: ", "application/json");
	if (http->token)
		add_header(request, "Authorization: Bearer ", http->token);
	if (call->content_type)
		add_header(request, "Content-Type: ", call->content_type);
	curl_easy_setopt(easy, CURLOPT_HTTPHEADER, request->headers);
	if (call->body) {
		request->sent = mem_strdup(call->body);
		curl_easy_setopt(easy, CURLOPT_POSTFIELDS, request->sent);
		curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)strlen(call->body));
	}
	curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, call->method);
	if (call->timeout_ms > 0)
		curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)call->timeout_ms);
	else
		begin_silence(request, call->silence_s);
}

struct http_request *http_send(struct http *http, const struct http_call *call)
{
	struct http_request *request = mem_new(1, sizeof(*request));
	CURL *easy = curl_easy_init();

	CHECK(easy != NULL);
	*request = (struct http_request){ .http = http, .next = http->first, .easy = easy,
					  .on_bytes = call->on_bytes, .on_done = call->on_done,
					  .ctx = call->ctx };
	text_init(&request->body, HTTP_ANSWER_MAX_BYTES);
	set_request(request, call);
	set_identity(easy, http);
	curl_easy_setopt(easy, CURLOPT_PRIVATE, request);
	curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, request->error);
	curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_write);
	curl_easy_setopt(easy, CURLOPT_WRITEDATA, request);
	curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
	curl_easy_setopt(easy, CURLOPT_HEADERDATA, request);
	curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
	curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)CONNECT_TIMEOUT_MS);
	curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, (long)RECEIVE_BUFFER_BYTES);
	curl_easy_setopt(easy, CURLOPT_USERAGENT, http->user_agent);
	http->first = request;
	CHECK(curl_multi_add_handle(http->multi, easy) == CURLM_OK);
	return request;
}

void http_cancel(struct http_request *request)
{
	request_free(request);
}

static int errno_of(CURLcode code)
{
	switch (code) {
	case CURLE_OK:
		return 0;
	case CURLE_COULDNT_CONNECT:
	case CURLE_COULDNT_RESOLVE_HOST:
		return -ECONNREFUSED;
	case CURLE_OPERATION_TIMEDOUT:
		return -ETIMEDOUT;
	case CURLE_PEER_FAILED_VERIFICATION:
	case CURLE_SSL_CERTPROBLEM:
		return -EACCES;
	default:
		return -EPROTO;
	}
}

/* Hand what streams have gathered to their users; outside of libcurl, so that they may send. */
static void deliver(struct http *http)
{
	struct http_request *request = http->first;

	while (request) {
		struct text bytes = request->body;
		long status = 0;

		if (!request->on_bytes || (bytes.n == 0 && request->begun == request->begun_told)) {
			request = request->next;
			continue;
		}
		text_init(&request->body, HTTP_ANSWER_MAX_BYTES);
		request->begun_told = request->begun;
		curl_easy_getinfo(request->easy, CURLINFO_RESPONSE_CODE, &status);
		request->on_bytes(request->ctx, status, bytes.s, bytes.n);
		text_done(&bytes);
		request = http->first; /* the list may have changed */
	}
}

/* Call back for every request that has ended. */
static void finish(struct http *http)
{
	CURLMsg *msg;
	int left;

	deliver(http);
	while ((msg = curl_multi_info_read(http->multi, &left))) {
		struct http_answer answer = { .error = errno_of(msg->data.result) };
		struct http_request *request;
		CURL *easy = msg->easy_handle;
		const char *words = curl_easy_strerror(msg->data.result);
		curl_off_t wait_s = 0;
		char *private;

		if (msg->msg != CURLMSG_DONE)
			continue;
		curl_easy_getinfo(easy, CURLINFO_PRIVATE, &private);
		curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &answer.status);
		curl_easy_getinfo(easy, CURLINFO_RETRY_AFTER, &wait_s);
		answer.retry_after_ms = (wait_s < MAX_RETRY_AFTER_S ? wait_s : MAX_RETRY_AFTER_S) * 1000;
		request = (struct http_request *)(void *)private;
		answer.what = request->error[0] ? request->error : words;
		answer.bytes = request->body.s;
		answer.n = request->body.n;
		request->on_done(request->ctx, &answer);
		request_free(request);
	}
}
