# objects - what the compiled code holds and needs: no mutable globals, pure cores
# SPDX-License-Identifier: Apache-2.0
import json
import os
import re
import subprocess
from pathlib import Path

from lint.tree import Violation

MAY_HOLD_STATE = re.compile(r"(^|/)main\.c$|^common/io/log\.c$")
MUTABLE = re.compile(r"\.(data|bss|tdata|tbss)(?!\.rel\.ro)|\*COM\*")
PURITY = Path(__file__).with_name("purity.txt")
INSTRUMENTATION = re.compile(r"^__(asan|ubsan|gcov|llvm)_")


def nm(*words):
    return subprocess.run(["nm", *map(str, words)], check=True, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout


def mutable_symbols(path):
    for line in nm("-f", "sysv", path).splitlines():
        columns = [column.strip() for column in line.split("|")]
        if len(columns) == 7 and columns[3] == "OBJECT" and MUTABLE.match(columns[6]):
            yield columns[0]


def mutable_globals(tree):
    commands = json.loads((tree.build / "compile_commands.json").read_text())
    for command in commands:
        source = os.path.relpath(os.path.join(command["directory"], command["file"]), tree.root)
        if source.startswith(("tests/", "bench/")) or MAY_HOLD_STATE.search(source):
            continue
        path = Path(command["directory"]) / command["output"]
        for symbol in mutable_symbols(path) if path.exists() else ():
            yield Violation(source, f"{symbol} is a mutable global")


def allowed():
    """Lines `symbol # why` or `library:symbol # why`."""
    names = (line.partition("#")[0].strip() for line in PURITY.read_text().splitlines())
    return {name for name in names if name}


def plain(symbol):
    """Without version, and without what fortification makes of a name."""
    symbol = symbol.split("@")[0]
    fortified = re.fullmatch(r"__(\w+)_chk", symbol)
    return fortified.group(1) if fortified else symbol


def symbols(archive, undefined):
    option = "-u" if undefined else "--defined-only"
    names = set()
    for line in nm(option, "-f", "posix", archive).splitlines():
        words = line.split()
        if len(words) >= 2 and not line.endswith(":"):
            names.add(words[0])
    return names


def purity(tree):
    archives = {path.name[3:-2]: path for path in sorted(tree.build.rglob("lib*_core.a"))}
    cores = set().union(*(symbols(path, undefined=False) for path in archives.values()))
    listed = allowed()
    for name, path in archives.items():
        for symbol in sorted(symbols(path, undefined=True) - cores):
            symbol = plain(symbol)
            if not (INSTRUMENTATION.match(symbol) or symbol in listed
                    or f"{name}:{symbol}" in listed):
                yield Violation(f"lib{name}.a", f"needs {symbol}, which purity.txt does not allow")
