"""enter - begins a container: shows it its own files below a root of its own, then becomes its program

enter.py PLAN COMMAND..., in a mount namespace of its own. PLAN is a file of JSON:
{"root": an empty directory, "directory": where COMMAND begins,
 "mounts": [{"source", "target", "readOnly"}]}. What the machine does not have at
a target is added without a trace on the machine: the directory above is replaced
by one in memory that holds the same entries.
"""
# SPDX-License-Identifier: Apache-2.0
import ctypes
import json
import os
import sys

MS_RDONLY, MS_REMOUNT, MS_BIND, MS_REC = 1, 32, 4096, 16384
KEPT = 2 | 4 | 8 | 1024 | 2048  # nosuid nodev noexec noatime nodiratime: as numbers the same in statvfs
_libc = ctypes.CDLL(None, use_errno=True)


class Place:
    """A directory or file of the container's view."""

    def __init__(self):
        self.source, self.read_only, self.below = None, False, {}


def mount(source, target, kind, flags, data=""):
    if _libc.mount(source.encode(), target.encode(), kind.encode(), flags, data.encode()) != 0:
        error = ctypes.get_errno()
        raise OSError(error, f"mount of {source}: {os.strerror(error)}", target)


def bind(source, target, read_only=False):
    mount(source, target, "", MS_BIND | MS_REC)
    if read_only:
        mount("", target, "", MS_BIND | MS_REMOUNT | MS_RDONLY | os.statvfs(target).f_flag & KEPT)


def make(path, is_folder):
    """Something to mount on."""
    if is_folder:
        os.makedirs(path, exist_ok=True)
    elif not os.path.exists(path):
        os.close(os.open(path, os.O_CREAT | os.O_WRONLY))


def repeat(entry, target):
    """An entry of a directory, once more at target."""
    if entry.is_symlink():
        os.symlink(os.readlink(entry.path), target)
    else:
        make(target, entry.is_dir())
        bind(entry.path, target)


def plan_of(mounts):
    top = Place()
    for wanted in mounts:
        place = top
        for name in os.path.realpath(wanted["target"]).strip("/").split("/"):
            place = place.below.setdefault(name, Place())
        place.source, place.read_only = wanted["source"], wanted.get("readOnly", False)
    return top


def is_folder(place):
    return place.source is None or os.path.isdir(place.source)


def show(base, target, place):
    """Show base at target, changed as place says."""
    if place.source:
        base = place.source
        for name, child in place.below.items() if not place.read_only else ():
            make(os.path.join(base, name), is_folder(child))
    if all(os.path.exists(os.path.join(base, name)) for name in place.below) and os.path.exists(base):
        bind(base, target, place.read_only)
    else:
        mount("lab", target, "tmpfs", 0, "mode=755")
        for entry in os.scandir(base) if os.path.isdir(base) else ():
            if entry.name not in place.below:
                repeat(entry, os.path.join(target, entry.name))
        for name, child in place.below.items():
            make(os.path.join(target, name), is_folder(child))
    for name, child in place.below.items():
        show(os.path.join(base, name), os.path.join(target, name), child)


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        plan = json.load(file)
    show("/", plan["root"], plan_of(plan["mounts"]))
    os.chroot(plan["root"])
    os.chdir(plan["directory"])
    os.execvp(sys.argv[2], sys.argv[2:])


if __name__ == "__main__":
    try:
        main()
    except OSError as problem:
        sys.exit(f"the container cannot begin: {problem}")
