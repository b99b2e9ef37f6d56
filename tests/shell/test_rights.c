/* test_rights - what is left of a process's rights */
/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/api/io/rights.h"
#include "speaker/announcer/io/confine.h"
#include "tests/shell/world.h"

#define CAP_NET_RAW_BIT (UINT64_C(1) << 13)

/* A set of /proc/self/status: CapEff, CapPrm, CapBnd, ... */
static uint64_t capabilities(const char *set)
{
	char line[256];
	uint64_t bits = UINT64_MAX;
	FILE *file = fopen("/proc/self/status", "r");

	while (file && fgets(line, sizeof(line), file))
		if (strncmp(line, set, strlen(set)) == 0)
			bits = strtoull(line + strlen(set) + 1, NULL, 16);
	if (file)
		fclose(file);
	return bits;
}

/* Rights do not come back: each test gives them up in a child, whose exit code says what was left. */
static int in_a_child(int (*test)(void))
{
	int status;
	pid_t pid = fork();

	if (pid == 0)
		_exit(test());
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static int can_open_packet_socket(void)
{
	int fd = socket(AF_PACKET, SOCK_RAW, 0);

	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

/* A sanitizer has to look into its process. */
static bool is_hidden(void)
{
	struct rlimit core;
	bool unseen = prctl(PR_GET_DUMPABLE) == 0 && getrlimit(RLIMIT_CORE, &core) == 0 &&
		      core.rlim_max == 0;

	return prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1 && (unseen || TINLB_SANITIZED);
}

static int confine_and_look(void)
{
	if (confine_to_net_raw() != 0)
		return 1;
	if (capabilities("CapEff") != CAP_NET_RAW_BIT || capabilities("CapPrm") != CAP_NET_RAW_BIT)
		return 2;
	if (!is_hidden())
		return 3;
	if (!can_open_packet_socket())
		return 4;
	return sethostname("x", 1) == 0 ? 5 : 0;
}

static void an_announcer_keeps_net_raw_and_nothing_else(void **state)
{
	(void)state;
	assert_int_equal(in_a_child(confine_and_look), 0);
}

static int drop_and_look(void)
{
	if (rights_drop() != 0)
		return 1;
	if (capabilities("CapEff") != 0 || capabilities("CapPrm") != 0 || capabilities("CapInh") != 0)
		return 2;
	if (can_open_packet_socket() || !is_hidden())
		return 3;
	return confine_to_net_raw() == -EPERM ? 0 : 4; /* nothing is left to be kept */
}

static void an_agent_keeps_nothing(void **state)
{
	(void)state;
	assert_int_equal(in_a_child(drop_and_look), 0);
}

/* ---- system calls ---- */

#define OF_A_TEST "a-test"
#define BAD 100

static int enter_announcer(void)
{
	int rc = confine_to_net_raw();

	return rc == 0 ? confine_calls() : rc;
}

static int enter_api_client(void)
{
	int rc = rights_drop();

	return rc == 0 ? rights_limit_calls() : rc;
}

static void try_mount(void)
{
	(void)syscall(SYS_mount, NULL, NULL, NULL, 0, NULL);
}

static void try_ptrace(void)
{
	(void)syscall(SYS_ptrace, 0, 0, 0, 0);
}

static void try_exec(void)
{
	(void)execl("/bin/true", "true", (char *)NULL);
}

static void try_fork(void)
{
	if (fork() == 0)
		_exit(0);
}

static void try_packet_socket(void)
{
	(void)socket(AF_PACKET, SOCK_RAW, 0);
}

static void try_crypto_socket(void)
{
	(void)socket(AF_ALG, SOCK_SEQPACKET, 0);
}

static void try_to_be_seen(void)
{
	(void)prctl(PR_SET_DUMPABLE, 1);
}

struct attempt {
	int (*enter)(void);
	void (*call)(void);
	const char *name; /* of the call; NULL: it is allowed */
};

static int make_attempt(const struct attempt *attempt)
{
	(void)prctl(PR_SET_NAME, OF_A_TEST);
	if (attempt->enter() != 0)
		return BAD;
	attempt->call();
	return 0;
}

/* The status as of waitpid(), and what was written to standard error. */
static int watch_attempt(const struct attempt *attempt, char *out_said, size_t size)
{
	int status, end[2];
	size_t n = 0;
	ssize_t got;
	pid_t pid;

	assert_int_equal(pipe(end), 0);
	pid = fork();
	if (pid == 0) {
		dup2(end[1], STDERR_FILENO);
		_exit(make_attempt(attempt));
	}
	close(end[1]);
	while ((got = read(end[0], out_said + n, size - 1 - n)) > 0)
		n += (size_t)got;
	out_said[n] = '\0';
	close(end[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

static void skip_without_filter(void)
{
	int status;
	pid_t pid = fork();

	if (pid == 0)
		_exit(rights_limit_calls() == -ENOSYS ? 1 : 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (status != 0)
		skip();
}

static void a_forbidden_call_is_named_and_ends_the_process(void **state)
{
	static const struct attempt attempts[] = {
		{ enter_announcer, try_mount, "mount" },
		{ enter_announcer, try_ptrace, "ptrace" },
		{ enter_announcer, try_crypto_socket, "socket" },
		{ enter_api_client, try_mount, "mount" },
		{ enter_api_client, try_exec, "execve" },
		{ enter_api_client, try_fork, "clone" },
		{ enter_api_client, try_packet_socket, "socket" },
		{ enter_api_client, try_to_be_seen, "prctl" },
	};

	(void)state;
	skip_without_filter();
	for (size_t i = 0; i < ARRAY_LEN(attempts); i++) {
		char said[256], wanted[128];
		int status = watch_attempt(&attempts[i], said, sizeof(said));

		snprintf(wanted, sizeof(wanted), OF_A_TEST ": forbidden system call %s (",
			 attempts[i].name);
		if (!strstr(said, wanted))
			fail_msg("attempt %zu: \"%s\" does not say \"%s\"", i, said, wanted);
		assert_true(WIFSIGNALED(status));
		assert_int_equal(WTERMSIG(status), SIGSYS);
		assert_false(WCOREDUMP(status));
	}
}

static void *nothing(void *arg)
{
	return arg;
}

static void start_a_thread(void)
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, nothing, NULL) != 0 || pthread_join(thread, NULL) != 0)
		_exit(BAD);
}

/* As the announcer starts the agent, which then closes a cage of its own and threads in it. */
static void start_an_api_client(void)
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		if (enter_api_client() != 0)
			_exit(BAD);
		start_a_thread();
		_exit(0);
	}
	if (waitpid(pid, &status, 0) != pid || status != 0)
		_exit(BAD);
}

static void run_a_program(void)
{
	(void)execl("/bin/true", "true", (char *)NULL);
	_exit(BAD);
}

static void what_a_process_needs_is_allowed(void **state)
{
	static const struct attempt attempts[] = {
		{ enter_announcer, try_packet_socket, NULL },
		{ enter_announcer, start_an_api_client, NULL },
		{ enter_announcer, run_a_program, NULL },
		{ enter_api_client, start_a_thread, NULL },
	};

	(void)state;
	skip_without_filter();
	for (size_t i = 0; i < ARRAY_LEN(attempts); i++) {
		char said[256];

		assert_int_equal(watch_attempt(&attempts[i], said, sizeof(said)), 0);
		assert_string_equal(said, "");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_announcer_keeps_net_raw_and_nothing_else),
		cmocka_unit_test(an_agent_keeps_nothing),
		cmocka_unit_test(a_forbidden_call_is_named_and_ends_the_process),
		cmocka_unit_test(what_a_process_needs_is_allowed),
	};
	int rc = world_enter();

	return rc ? rc : cmocka_run_group_tests(tests, NULL, NULL);
}
