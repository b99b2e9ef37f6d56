"""rights - the user and the capabilities that a security context gives to a container"""
# SPDX-License-Identifier: Apache-2.0
from .values import Wanting

# What container runtimes leave to root when nothing is said.
USUAL = frozenset(("chown", "dac_override", "fowner", "fsetid", "kill", "setgid", "setuid", "setpcap",
                   "net_bind_service", "net_raw", "sys_chroot", "mknod", "audit_write", "setfcap"))


def has_users():
    """Are there users other than one here? In a user namespace without mapped ranges there are none."""
    with open("/proc/self/uid_map", encoding="utf-8") as file:
        return sum(int(line.split()[2]) for line in file) > 1


def _names(listed):
    return {name.lower().removeprefix("cap_") for name in listed or ()}


def capabilities(context):
    """The names that are left, or None for all."""
    rules = context.get("capabilities") or {}
    added, dropped = _names(rules.get("add")), _names(rules.get("drop"))
    if context.get("privileged") or "all" in added:
        return None
    return (set() if "all" in dropped else USUAL - dropped) | added


def _user(context):
    user = context.get("runAsUser", 0)
    if context.get("runAsNonRoot") and user == 0:
        raise Wanting("container has runAsNonRoot and image will run as root")
    groups = ",".join(map(str, context.get("supplementalGroups") or ()))
    return ["--reuid", str(user), "--regid", str(context.get("runAsGroup", 0)),
            *(["--groups", groups] if groups else ["--clear-groups"])]


def prefix(pod_spec, spec, users=True):
    """The words before a container's command that leave it only what it may do."""
    context = {**(pod_spec.get("securityContext") or {}), **(spec.get("securityContext") or {})}
    words = ["setpriv"] + (_user(context) if users else [])
    left = capabilities(context)
    if left is not None:
        words += ["--inh-caps", "-all", "--bounding-set", ",".join(["-all", *(f"+{name}" for name in sorted(left))])]
    if context.get("allowPrivilegeEscalation") is False:
        words.append("--no-new-privs")
    return words if len(words) > 1 else []
