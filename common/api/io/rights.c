/* rights - see rights.h */
/* SPDX-License-Identifier: Apache-2.0 */
#include "common/api/io/rights.h"

#include <errno.h>
#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "common/io/cage.h"

int rights_drop(void)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = { 0 };

	/* The bounding set can only be cut by who may; for others it means nothing any more. */
	for (int cap = 0; prctl(PR_CAPBSET_READ, cap, 0, 0, 0) >= 0; cap++)
		(void)prctl(PR_CAPBSET_DROP, cap, 0, 0, 0);
	if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) != 0 && errno != EINVAL)
		return -errno;
	if (syscall(SYS_capset, &head, none) != 0)
		return -errno;
	return cage_hide();
}

int rights_limit_calls(void)
{
	return cage_enter(&(struct cage){ 0 });
}
