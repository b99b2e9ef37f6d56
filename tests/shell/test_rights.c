/* test_rights - what is left of a process's rights */
/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "speaker/agent/io/rights.h"
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

static int confine_and_look(void)
{
	if (confine_to_net_raw() != 0)
		return 1;
	if (capabilities("CapEff") != CAP_NET_RAW_BIT || capabilities("CapPrm") != CAP_NET_RAW_BIT)
		return 2;
	if (prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1 || prctl(PR_GET_DUMPABLE) != 0)
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
	if (can_open_packet_socket())
		return 3;
	return confine_to_net_raw() == -EPERM ? 0 : 4; /* nothing is left to be kept */
}

static void an_agent_keeps_nothing(void **state)
{
	(void)state;
	assert_int_equal(in_a_child(drop_and_look), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_announcer_keeps_net_raw_and_nothing_else),
		cmocka_unit_test(an_agent_keeps_nothing),
	};
	int rc = world_enter();

	return rc ? rc : cmocka_run_group_tests(tests, NULL, NULL);
}
