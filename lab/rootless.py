"""rootless - an ordinary user becomes root of namespaces of its own"""
# SPDX-License-Identifier: Apache-2.0
import os
import sys

INSIDE = "TINLB_LAB_INSIDE"


def is_inside():
    return os.environ.get(INSIDE) == "1"


def enter(words=None):
    """Without root: the program starts once more, as root of a namespace of its own, after these words."""
    if os.geteuid() == 0 or is_inside():
        return
    if words:
        print(words, flush=True)
    command = ["unshare", "--user", "--map-root-user", "--map-auto", "--net", "--mount", "--pid", "--fork",
               "--kill-child", "--mount-proc", "sh", "-c",
               'mount -t tmpfs lab /run && mkdir /run/netns && mount -t sysfs lab /sys && exec "$@"', "sh",
               sys.executable, *sys.argv]
    os.execvpe(command[0], command, dict(os.environ, **{INSIDE: "1"}))
