# listing - first lines, licenses, and that every C file is built by its folder's meson.build
# SPDX-License-Identifier: Apache-2.0
import re

from lint.tree import Violation

SPDX = "SPDX-License-Identifier: Apache-2.0"
HEAD_LINES = 60  # a header's first comment may be long


def licenses(tree):
    for file in tree.files:
        needed = file.is_c or file.is_python or file.is_shell or file.path.endswith("meson.build")
        if needed and file.text.strip() and SPDX not in "\n".join(file.lines[:HEAD_LINES]):
            yield Violation(file.path, f"without {SPDX}")


def first_lines(tree):
    for file in tree.files:
        if not (file.is_c or file.is_python) or not file.text.strip():
            continue
        name = file.path.rsplit("/", 1)[-1].rsplit(".", 1)[0]
        if name in ("__init__", "__main__"):
            name = r"\w+"
        else:
            name = re.escape(name)
        if not re.match(rf'(?:#![^\n]*\n)?(?:/\*\n? ?\*? ?|# |"""){name} - \S', file.text):
            yield Violation(file.path, "does not begin with `name - what it is about`")


def built_files(tree):
    """By the meson.build of their folder or one above, with or without prefix and suffix."""
    meson = {file.folder: file.text for file in tree.files if file.path.endswith("meson.build")}
    for file in tree.c_files:
        if not file.path.endswith(".c"):
            continue
        folder, text = file.folder, ""
        while folder not in meson and "/" in folder:
            folder = folder.rsplit("/", 1)[0]
        text = meson.get(folder, "")
        path = file.path[len(folder) + 1:].removesuffix(".c")
        short = path.split("_", 1)[-1]
        if not re.search(rf"'(?:{re.escape(path)}|{re.escape(short)})(?:\.c)?'", text):
            yield Violation(file.path, f"is not built by {folder}/meson.build")
