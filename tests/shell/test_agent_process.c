/* test_agent_process - a child, its socket, and what becomes of both */
/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <cmocka.h>

#include "speaker/agent/io/records.h"
#include "speaker/announcer/io/agent_process.h"
#include "tests/shell/world.h"

#define CHILD_FD 3
#define RECORD_MAX 1024

static const char *self; /* this program, which is the child too */

struct seen {
	struct agent_process *agent;
	bool got, ended, writable;
	uint8_t bytes[RECORD_MAX];
	size_t n;
	int status;
};

static void on_record(void *ctx, instant now, const uint8_t *bytes, size_t n)
{
	struct seen *seen = ctx;

	(void)now;
	memcpy(seen->bytes, bytes, n);
	seen->n = n;
	seen->got = true;
}

static void on_writable(void *ctx, instant now)
{
	(void)now;
	((struct seen *)ctx)->writable = true;
}

static void on_end(void *ctx, instant now, int status)
{
	struct seen *seen = ctx;

	(void)now;
	seen->status = status;
	seen->ended = true;
}

static void on_sigchld(void *ctx, instant now, int signal)
{
	(void)signal;
	agent_process_on_sigchld(((struct seen *)ctx)->agent, now);
}

/* The child: sends back what it gets; "quit" ends it with status 5, "deaf" stops it from reading. */
static int be_the_child(void)
{
	uint8_t bytes[RECORD_MAX];
	size_t n;

	if (records_prepare(CHILD_FD) != 0)
		return 1;
	while (records_wait(CHILD_FD, 10000)) {
		if (records_receive(CHILD_FD, bytes, sizeof(bytes), &n) != 0)
			return 2;
		if (n == 4 && memcmp(bytes, "quit", 4) == 0)
			return 5;
		if (n == 4 && memcmp(bytes, "deaf", 4) == 0)
			(void)raise(SIGSTOP);
		else if (records_send(CHILD_FD, bytes, n) != 0)
			return 3;
	}
	return 4;
}

static void begin(struct loop *loop, struct seen *seen)
{
	static char child[] = "--child";
	char *argv[] = { child, child, NULL };
	struct agent_process_config config = { .path = self, .argv = argv, .child_fd = CHILD_FD,
					       .record_max = RECORD_MAX, .on_record = on_record,
					       .on_writable = on_writable, .on_end = on_end,
					       .ctx = seen };

	*seen = (struct seen){ 0 };
	assert_int_equal(loop_on_signal(loop, SIGCHLD, on_sigchld, seen), 0);
	assert_int_equal(agent_process_start(loop, &config, &seen->agent), 0);
	assert_true(agent_process_pid(seen->agent) > 0);
}

static void send_word(struct seen *seen, const char *word)
{
	assert_int_equal(agent_process_send(seen->agent, (const uint8_t *)word, strlen(word)), 0);
}

static void records_come_back_whole_and_the_end_is_told(void **state)
{
	struct loop *loop = loop_new();
	struct seen seen;

	(void)state;
	begin(loop, &seen);
	send_word(&seen, "hello");
	world_until(loop, &seen.got);
	assert_int_equal(seen.n, 5);
	assert_memory_equal(seen.bytes, "hello", 5);
	send_word(&seen, "quit");
	world_until(loop, &seen.ended);
	assert_true(WIFEXITED(seen.status));
	assert_int_equal(WEXITSTATUS(seen.status), 5);
	agent_process_free(seen.agent);
	loop_free(loop);
}

static void a_full_socket_never_blocks_and_tells_when_it_is_free(void **state)
{
	struct loop *loop = loop_new();
	uint8_t record[RECORD_MAX] = { 1 };
	struct seen seen;
	int rc, status;

	(void)state;
	begin(loop, &seen);
	send_word(&seen, "deaf");
	assert_int_equal(waitpid(agent_process_pid(seen.agent), &status, WUNTRACED),
			 agent_process_pid(seen.agent));
	assert_true(WIFSTOPPED(status));
	do
		rc = agent_process_send(seen.agent, record, sizeof(record));
	while (rc == 0);
	assert_int_equal(rc, -EAGAIN);
	agent_process_signal(seen.agent, SIGCONT);
	world_until(loop, &seen.writable);
	agent_process_signal(seen.agent, SIGKILL);
	world_until(loop, &seen.ended);
	assert_true(WIFSIGNALED(seen.status));
	assert_int_equal(WTERMSIG(seen.status), SIGKILL);
	agent_process_free(seen.agent);
	loop_free(loop);
}

static void a_record_that_is_too_long_is_lost_alone(void **state)
{
	uint8_t bytes[16];
	size_t n;
	int end[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, end), 0);
	assert_int_equal(records_prepare(end[0]), 0);
	assert_int_equal(records_receive(end[0], bytes, sizeof(bytes), &n), -EAGAIN);
	assert_false(records_wait(end[0], 0));
	assert_int_equal(records_send(end[1], "0123456789abcdefg", 17), 0);
	assert_int_equal(records_send(end[1], "short", 5), 0);
	assert_true(records_wait(end[0], 1000));
	assert_int_equal(records_receive(end[0], bytes, sizeof(bytes), &n), -EMSGSIZE);
	assert_int_equal(records_receive(end[0], bytes, sizeof(bytes), &n), 0);
	assert_int_equal(n, 5);
	shutdown(end[1], SHUT_RDWR);
	assert_int_equal(records_receive(end[0], bytes, sizeof(bytes), &n), -EPIPE);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(records_come_back_whole_and_the_end_is_told),
		cmocka_unit_test(a_full_socket_never_blocks_and_tells_when_it_is_free),
		cmocka_unit_test(a_record_that_is_too_long_is_lost_alone),
	};

	if (argc == 2 && strcmp(argv[1], "--child") == 0)
		return be_the_child();
	self = argv[0];
	return cmocka_run_group_tests(tests, NULL, NULL);
}
