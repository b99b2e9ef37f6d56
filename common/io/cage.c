/* cage - see cage.h */
/* SPDX-License-Identifier: Apache-2.0 */
#include "common/io/cage.h"

#include <errno.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#if TINLB_SECCOMP
#include <cage_names.h>
#include <sched.h>
#include <seccomp.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define NAME_BYTES 16 /* of a process */
#ifdef __s390__
#define CLONE_FLAGS_AT 1
#else
#define CLONE_FLAGS_AT 0
#endif

/* What the C library, the loop, files and sockets need, by the names of all architectures. */
static const char *const common[] = {
	/* files */
	"access", "close", "dup", "faccessat", "faccessat2", "fcntl", "fcntl64", "fstat",
	"fstat64", "fstatat64", "fstatfs", "fstatfs64", "getdents", "getdents64", "ioctl",
	"lseek", "_llseek", "lstat", "lstat64", "newfstatat", "open", "openat", "pipe2", "pread64",
	"read", "readlink", "readlinkat", "readv", "rename", "renameat", "renameat2", "stat",
	"stat64", "statfs", "statfs64", "statx", "unlink", "unlinkat", "write", "writev",
	/* sockets */
	"accept", "accept4", "bind", "connect", "getpeername", "getsockname", "getsockopt",
	"listen", "recv", "recvfrom", "recvmmsg", "recvmmsg_time64", "recvmsg", "send", "sendmmsg",
	"sendmsg", "sendto", "setsockopt", "shutdown", "socketpair",
	/* waiting */
	"_newselect", "clock_nanosleep", "clock_nanosleep_time64", "epoll_create", "epoll_create1",
	"epoll_ctl", "epoll_pwait", "epoll_pwait2", "epoll_wait", "eventfd2", "nanosleep", "poll",
	"ppoll", "ppoll_time64", "pselect6", "pselect6_time64", "restart_syscall", "select",
	"timerfd_create", "timerfd_settime", "timerfd_settime64",
	/* memory */
	"brk", "madvise", "mmap", "mmap2", "mprotect", "mremap", "munmap",
	/* time */
	"clock_getres", "clock_getres_time64", "clock_gettime", "clock_gettime64", "gettimeofday",
	"time",
	/* signals, threads, the process */
	"exit", "exit_group", "futex", "futex_time64", "getegid", "getegid32", "geteuid",
	"geteuid32", "getgid", "getgid32", "getpid", "getppid", "getrandom", "getrlimit",
	"getrusage", "gettid", "getuid", "getuid32", "membarrier", "prlimit64", "rseq",
	"rt_sigaction", "rt_sigprocmask", "rt_sigreturn", "sched_getaffinity", "sched_yield",
	"set_robust_list", "set_tid_address", "sigaltstack", "sigreturn", "sysinfo", "tgkill",
	"ugetrlimit", "uname",
};

static const int family[] = { AF_UNIX, AF_INET, AF_INET6, AF_NETLINK };
static const unsigned long about_itself[] = { PR_GET_NAME, PR_SET_NAME, PR_SET_VMA };

static int allow(scmp_filter_ctx filter, const char *name)
{
	int call = seccomp_syscall_resolve_name(name);

	if (call == __NR_SCMP_ERROR) /* newer than the library */
		return 0;
	return seccomp_rule_add(filter, SCMP_ACT_ALLOW, call, 0);
}

static int allow_all(scmp_filter_ctx filter, const char *const *name, size_t n)
{
	int rc = 0;

	for (size_t i = 0; i < n && rc == 0; i++)
		rc = allow(filter, name[i]);
	return rc;
}

static int allow_sockets(scmp_filter_ctx filter, const struct cage *cage)
{
	int rc = 0;

	for (size_t i = 0; i < ARRAY_LEN(family) && rc == 0; i++)
		rc = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(socket), 1,
				      SCMP_A0_32(SCMP_CMP_EQ, (scmp_datum_t)family[i], 0));
	if (rc == 0 && cage->packets)
		rc = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(socket), 1,
				      SCMP_A0_32(SCMP_CMP_EQ, AF_PACKET, 0));
	return rc;
}

static int allow_threads(scmp_filter_ctx filter, const struct cage *cage)
{
	const scmp_datum_t thread = CLONE_VM | CLONE_THREAD;
	int rc = seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0);

	if (rc != 0)
		return rc;
	if (cage->children)
		return seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(clone), 0);
	return seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(clone), 1,
				SCMP_CMP(CLONE_FLAGS_AT, SCMP_CMP_MASKED_EQ, thread, thread));
}

static int allow_prctl(scmp_filter_ctx filter)
{
	int rc = 0;

	for (size_t i = 0; i < ARRAY_LEN(about_itself) && rc == 0; i++)
		rc = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(prctl), 1,
				      SCMP_A0_32(SCMP_CMP_EQ, about_itself[i], 0));
	return rc;
}

static size_t append(char *line, size_t n, const char *more, size_t max)
{
	size_t more_n = strnlen(more, max);

	memcpy(line + n, more, more_n);
	return n + more_n;
}

static size_t append_number(char *line, size_t n, unsigned number)
{
	char digit[10];
	size_t n_digit = 0;

	do {
		digit[n_digit++] = (char)('0' + number % 10);
		number /= 10;
	} while (number > 0);
	while (n_digit > 0)
		line[n++] = digit[--n_digit];
	return n;
}

/* Says which call it was, with nothing but calls that are allowed, then dies of the same signal. */
static void on_forbidden(int signal_number, siginfo_t *info, void *context)
{
	char line[160], process[NAME_BYTES] = "tinlb";
	unsigned call = (unsigned)info->si_syscall;
	const char *name = call < ARRAY_LEN(cage_name) ? cage_name[call] : "";
	size_t n = 0;

	(void)context;
	(void)prctl(PR_GET_NAME, process);
	n = append(line, n, process, sizeof(process));
	n = append(line, n, ": forbidden system call ", 40);
	n = append(line, n, *name ? name : "of unknown name", CAGE_NAME_BYTES);
	n = append(line, n, " (", 2);
	n = append_number(line, n, call);
	n = append(line, n, "): the process ends here\n", 40);
	if (write(STDERR_FILENO, line, n) < 0)
		n = 0; /* there is nobody else to tell */
	(void)signal(signal_number, SIG_DFL);
	(void)raise(signal_number);
}

int cage_enter(const struct cage *cage)
{
	struct sigaction action = { .sa_sigaction = on_forbidden, .sa_flags = SA_SIGINFO | SA_NODEFER };
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_TRAP);
	int rc;

	if (!filter)
		return -ENOMEM;
	rc = allow_all(filter, common, ARRAY_LEN(common));
	if (rc == 0)
		rc = allow_all(filter, cage->call, cage->n_call);
	if (rc == 0)
		rc = allow_sockets(filter, cage);
	if (rc == 0)
		rc = allow_threads(filter, cage);
	if (rc == 0)
		rc = allow_prctl(filter);
	if (rc == 0 && sigaction(SIGSYS, &action, NULL) != 0)
		rc = -errno;
	if (rc == 0)
		rc = seccomp_load(filter);
	seccomp_release(filter);
	return rc;
}

#else

int cage_enter(const struct cage *cage)
{
	(void)cage;
	return -ENOSYS;
}

#endif

int cage_hide(void)
{
	const struct rlimit none = { 0, 0 };

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		return -errno;
	if (TINLB_SANITIZED) /* a sanitizer looks for leaks as a debugger would */
		return 0;
	return prctl(PR_SET_DUMPABLE, 0) == 0 && setrlimit(RLIMIT_CORE, &none) == 0 ? 0 : -errno;
}
