# words - what may not be written: banned calls, sleeps, clocks, #if, paths of a machine
# SPDX-License-Identifier: Apache-2.0
import os
import re
from pathlib import Path

from lint.tree import Violation

BANNED = re.compile(r"\b(v?sprintf|strcpy|strcat|strtok|ato[ifl]|atoll|s?rand|random|alloca|gets)"
                    r"\s*\(")
SLEEP_C = re.compile(r"\b(u|nano|clock_nano)?sleep\s*\(")
SLEEP_PYTHON = re.compile(r"\bsleep\b")
SLEEP_SHELL = re.compile(r"(?:^|[\s;&|(])sleep\s+[\d$\"]", re.M)
MAY_SLEEP = ("lab/poll.py",)
CLOCK = re.compile(r"\b(clock_gettime|gettimeofday|time|ftime|clock|timespec_get)\s*\(")
MAY_READ_CLOCKS = ("common/io/loop.c",)
CONDITION = re.compile(r"\s*#\s*(if|ifdef|ifndef|elif)\b")
# Split, so that this file does not hold what it looks for.
MACHINE_PATHS = re.compile(r"(?<![\w.])/(?:wo" r"rk/|tmp/b" r"-)")
HOST = re.compile(r"(?:https?://|trusted-host\s*=\s*)(?:[^@/\s]*@)?([A-Za-z0-9.-]+)")
PUBLIC = re.compile(r"(?:^|\.)(?:debian\.org|pypi\.org|localhost)$|^[\d.]*$")


def lines_matching(file, text, pattern):
    for number, line in enumerate(text.splitlines(), 1):
        match = pattern.search(line)
        if match:
            yield Violation(file.path, f"line {number}: {match.group(0).strip()}")


def banned_calls(tree):
    for file in tree.c_files:
        yield from lines_matching(file, file.code, BANNED)


def sleeps(tree):
    for file in tree.files:
        if file.path in MAY_SLEEP:
            continue
        pattern = (SLEEP_C if file.is_c else SLEEP_PYTHON if file.is_python else
                   SLEEP_SHELL if file.is_shell else None)
        if pattern and pattern.search(file.code):
            yield Violation(file.path, "sleeps; wait for what is expected until a deadline")


def clocks(tree):
    for file in tree.product:
        if file.path not in MAY_READ_CLOCKS:
            yield from lines_matching(file, file.code, CLOCK)


def conditions(tree):
    """No #if in core and wire, but for guards: #ifndef X and right behind it #define X."""
    for file in tree.product:
        if file.room not in ("core", "wire"):
            continue
        lines = file.code.splitlines()
        for number, line in enumerate(lines):
            guard = re.match(r"#ifndef (\w+)$", line)
            following = lines[number + 1] if number + 1 < len(lines) else ""
            if CONDITION.match(line) and not (
                    guard and re.match(rf"#define {guard.group(1)}\b", following)):
                yield Violation(file.path, f"line {number + 1}: {line.strip()}")


def machine_hosts():
    """Mirrors and proxies of this machine: their names have no place in the sources."""
    texts = [value for name, value in os.environ.items()
             if name.lower() in ("http_proxy", "https_proxy", "pip_index_url", "goproxy")]
    for path in (Path("/etc/apt/sources.list"), Path("/etc/pip.conf"),
                 *Path("/etc/apt").glob("*.d/*")):
        if path.is_file():
            texts.append(path.read_text(errors="replace"))
    hosts = {host for text in texts for host in HOST.findall(text)}
    return {host for host in hosts if not PUBLIC.search(host)}


def machine_texts(tree):
    hosts = "|".join(re.escape(host) for host in sorted(machine_hosts()))
    pattern = re.compile(MACHINE_PATHS.pattern + (f"|{hosts}" if hosts else ""))
    for file in tree.files:
        yield from lines_matching(file, file.text, pattern)
