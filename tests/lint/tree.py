# tree - the files of a source tree and their code without comments and strings
# SPDX-License-Identifier: Apache-2.0
import io
import os
import re
import tokenize
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

SKIPPED = {".git", "__pycache__", ".pytest_cache"}
C_NOISE = re.compile(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.S)
ROOMS = ("core", "wire", "io")


@dataclass(frozen=True)
class Violation:
    path: str  # file, or file:function
    what: str


def blank(match):
    """As many lines as before, so that line numbers stay."""
    text = match.group(0)
    return '""' if text[0] == '"' else "0" if text[0] == "'" else "\n" * text.count("\n")


def python_code(text):
    kept = []
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type not in (tokenize.COMMENT, tokenize.STRING):
            kept.append("\n" if token.type == tokenize.NEWLINE else token.string)
    return " ".join(kept)


class File:
    def __init__(self, root, path):
        self.path = path
        self.text = (root / path).read_text(errors="replace")

    @cached_property
    def lines(self):
        return self.text.splitlines()

    @property
    def is_c(self):
        return self.path.endswith((".c", ".h"))

    @property
    def is_python(self):
        return self.path.endswith(".py") or bool(re.match(r"#!.*python", self.text))

    @property
    def is_shell(self):
        return self.path.endswith(".sh") or bool(re.match(r"#!.*\b(?:ba)?sh\b", self.text))

    @property
    def is_product(self):
        return self.is_c and not self.path.startswith(("tests/", "bench/", "lab/"))

    @property
    def folder(self):
        return os.path.dirname(self.path)

    @property
    def room(self):
        """core, wire or io; None in a hallway."""
        return next((part for part in self.path.split("/")[:-1] if part in ROOMS), None)

    @cached_property
    def code(self):
        if self.is_c:
            return C_NOISE.sub(blank, self.text)
        if self.is_python:
            return python_code(self.text)
        return re.sub(r"(^|\s)#.*", "", self.text)


class Tree:
    def __init__(self, root, build=None):
        self.root = Path(root)
        self.build = Path(build) if build else None  # a build folder, for gates on objects

    @cached_property
    def files(self):
        found = []
        for folder, folders, names in os.walk(self.root):
            at_root = Path(folder) == self.root
            folders[:] = sorted(name for name in folders if name not in SKIPPED
                                and not (at_root and re.match(r"build(-|$)", name)))
            for name in sorted(set(names) - SKIPPED):  # .git is a file in a worktree
                path = Path(folder) / name
                if path.is_file() and not path.is_symlink():
                    found.append(File(self.root, str(path.relative_to(self.root))))
        return found

    @property
    def c_files(self):
        return [file for file in self.files if file.is_c]

    @property
    def product(self):
        return [file for file in self.files if file.is_product]
