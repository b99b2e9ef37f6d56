/* confine - see confine.h */
/* SPDX-License-Identifier: Apache-2.0 */
#include "speaker/announcer/io/confine.h"

#include <errno.h>
#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "common/io/cage.h"

/* To start the agent, to end it, and what the agent does until its own cage is closed. */
static const char *const of_a_parent[] = {
	"arch_prctl", "capget", "capset", "dup2", "dup3", "execve", "kill", "prctl", "seccomp", "setrlimit",
	"wait4",
};

#define NET_RAW_BIT (1u << CAP_NET_RAW)

int confine_to_net_raw(void)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct set[_LINUX_CAPABILITY_U32S_3] = { 0 };

	if (syscall(SYS_capget, &head, set) != 0)
		return -errno;
	if (!(set[0].permitted & NET_RAW_BIT))
		return -EPERM;
	/* Needs CAP_SETPCAP, which a container may lack: then the bounding set stays its own. */
	for (int capability = 0; capability <= CAP_LAST_CAP; capability++)
		if (capability != CAP_NET_RAW)
			(void)prctl(PR_CAPBSET_DROP, capability, 0, 0, 0);
	(void)prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
	set[0] = (struct __user_cap_data_struct){ .effective = NET_RAW_BIT,
						  .permitted = NET_RAW_BIT };
	set[1] = (struct __user_cap_data_struct){ 0 };
	return syscall(SYS_capset, &head, set) == 0 ? cage_hide() : -errno;
}

int confine_calls(void)
{
	return cage_enter(&(struct cage){ .call = of_a_parent, .n_call = ARRAY_LEN(of_a_parent),
					  .children = true, .packets = true });
}
