# sizes - functions, files and parameter lists stay small
# SPDX-License-Identifier: Apache-2.0
import re
import statistics
from dataclasses import dataclass

from lint.tree import Violation

FUNCTION_LINES = 70
MEDIAN_LINES = 14
P95_LINES = 55
FEW = 5  # a folder with fewer functions has no telling median
C_LINES = 600
H_LINES = 150
PARAMETERS = 5
NAME = re.compile(r"(\w+)\s*\(")


@dataclass
class Function:
    name: str
    n_lines: int
    n_parameters: int


def inside(text, start):
    """What stands between the parenthesis at `start` and its partner."""
    depth = 0
    for at in range(start, len(text)):
        depth += {"(": 1, ")": -1}.get(text[at], 0)
        if depth == 0:
            return text[start + 1:at]
    return text[start + 1:]


def n_parameters(list_text):
    depth, n = 0, 1
    for char in list_text:
        depth += {"(": 1, "[": 1, ")": -1, "]": -1}.get(char, 0)
        n += char == "," and depth == 0
    n -= list_text.rstrip().endswith("...")
    return 0 if list_text.strip() in ("", "void") else n


def functions(file):
    """House style puts a function's braces into the first column."""
    lines = file.code.splitlines()
    for opened, line in enumerate(lines):
        if line != "{":
            continue
        first = opened
        while first > 0 and lines[first - 1].strip() and not re.match(r"[#}]|.*;$",
                                                                      lines[first - 1]):
            first -= 1
        head = " ".join(lines[first:opened])
        closed = next((i for i in range(opened, len(lines)) if lines[i] == "}"), len(lines) - 1)
        name = NAME.search(re.sub(r"__attribute__\s*\(\(.*?\)\)|PRINTF_LIKE\(.*?\)", "", head))
        if name:
            start = head.index("(", head.index(name.group(1)))
            yield Function(name.group(1), closed - first + 1, n_parameters(inside(head, start)))


def function_length(tree):
    for file in tree.c_files:
        for f in functions(file):
            if f.n_lines >= FUNCTION_LINES:
                yield Violation(f"{file.path}:{f.name}", f"{f.n_lines} lines")


def parameters(tree):
    for file in tree.c_files:
        for f in functions(file):
            if f.n_parameters > PARAMETERS:
                yield Violation(f"{file.path}:{f.name}", f"{f.n_parameters} parameters")


def folder_lengths(tree):
    by_folder = {}
    for file in tree.product:
        by_folder.setdefault(file.folder, []).extend(f.n_lines for f in functions(file))
    for folder, lengths in by_folder.items():
        if len(lengths) < FEW:
            continue
        median = statistics.median(lengths)
        p95 = sorted(lengths)[int(0.95 * (len(lengths) - 1))]
        if median > MEDIAN_LINES or p95 > P95_LINES:
            yield Violation(folder, f"functions have {median:g} lines at the median, {p95} at p95")


def file_length(tree):
    for file in tree.c_files:
        limit = H_LINES if file.path.endswith(".h") else C_LINES
        if len(file.lines) > limit:
            yield Violation(file.path, f"{len(file.lines)} lines, {limit} allowed")
