"""ordinary - the lab of an ordinary user: root in a user namespace of its own, where everything happens"""
# SPDX-License-Identifier: Apache-2.0
import os
import subprocess
import sys

INSIDE = "TINLB_LAB_INSIDE"
LEFT_OUT = ("As an ordinary user the lab runs in namespaces of its own. All of the tutorial works; nothing outside of "
            "them can reach the lab, and `ip netns` shows it only to who is inside (the shell of --shell is).")
ONE_USER = ("/etc/subuid or newuidmap gives you no further users: all pods run as one user here, so runAsUser of a "
            "manifest has no effect.")
NAMESPACES = ("--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc")
USERS = ("--user", "--map-root-user", "--map-auto")
USER = USERS[:2]
PREPARE = 'mount -t tmpfs lab /run && mkdir /run/netns && mount -t sysfs lab /sys && exec "$@"'


def is_inside():
    return os.environ.get(INSIDE) == "1"


def _works(users):
    done = subprocess.run(["unshare", *users, *NAMESPACES, "sh", "-c", PREPARE, "sh", "true"], capture_output=True,
                          text=True, check=False)
    return done.returncode == 0, done.stderr.strip()


def enter():
    """Become the same command once more, inside; or say why the kernel does not let us, and end."""
    works, why = _works(USER)
    if not works:
        sys.exit(f"Without root the lab needs user namespaces, which are refused here: {why}\nRun it as root.")
    users = USERS if _works(USERS)[0] else USER
    print(LEFT_OUT, flush=True)
    if users is USER:
        print(ONE_USER, flush=True)
    # All of the lab is below /run, which is the namespace's own, so that nothing can be left behind.
    os.execvpe("unshare", ["unshare", *users, *NAMESPACES, "sh", "-c", PREPARE, "sh", sys.executable, *sys.argv],
               {**os.environ, INSIDE: "1", "TMPDIR": "/run"})
