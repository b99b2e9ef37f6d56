/* forbidden - preloaded into a program: on SIGUSR2 it makes a system call that no process of ours may make */
/* SPDX-License-Identifier: Apache-2.0 */
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#define ONLY_ASK 0xffffffffL /* changes nothing where it is allowed */

static void make_the_call(int signal_number)
{
	(void)signal_number;
	(void)syscall(SYS_personality, ONLY_ASK);
}

__attribute__((constructor)) static void wait_for_the_signal(void)
{
	(void)signal(SIGUSR2, make_the_call);
}
