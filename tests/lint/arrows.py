# arrows - who may include whom, and that includes are written from the root
# SPDX-License-Identifier: Apache-2.0
import re

from lint.tree import ROOMS, Violation

INCLUDE = re.compile(r'^\s*#\s*include\s+"([^"]+)"', re.M)

# Longest first: a file belongs to the first part that its path begins with.
PARTS = ("speaker/announcer", "speaker/agent", "speaker/table", "common/api", "common", "config",
         "controller", "cli")
MAY_INCLUDE = {
    "common": set(),
    "common/api": {"common"},
    "config": {"common", "common/api"},
    "controller": {"config", "common", "common/api"},
    "speaker/table": {"common"},
    "speaker/announcer": {"speaker/table", "common"},
    "speaker/agent": {"speaker/table", "config", "common", "common/api"},
    "cli": {"controller", "speaker/agent", "config", "common", "common/api"},
}
ROOM_MAY_INCLUDE = {"core": {"core"}, "wire": {"core", "wire"}, "io": {"core", "io"}}


def part_of(path):
    return next((part for part in PARTS if path.startswith(part + "/")), None)


def room_of(path):
    return next((piece for piece in path.split("/")[:-1] if piece in ROOMS), None)


def wrong(source, target):
    """Why `source` may not include `target`, or None."""
    here, there = part_of(source), part_of(target)
    if there is None:
        return f"{target} is not part of the product"
    if there != here and there not in MAY_INCLUDE[here]:
        return f"{here} may not know {there} ({target})"
    if room_of(source) and room_of(target) not in ROOM_MAY_INCLUDE[room_of(source)]:
        return f"{room_of(source)} may not include {room_of(target) or 'a hallway'} ({target})"
    if room_of(source) == "io" and target.endswith("_msg.h"):
        return f"io moves bytes and knows no messages ({target})"
    return None


def include_arrows(tree):
    for file in tree.product:
        for target in INCLUDE.findall(file.text):
            why = wrong(file.path, target) if part_of(file.path) else None
            if why:
                yield Violation(file.path, why)


def includes_from_root(tree):
    for file in tree.c_files:
        for target in INCLUDE.findall(file.text):
            if not (tree.root / target).is_file():
                yield Violation(file.path, f'"{target}" is no file, seen from the root')
