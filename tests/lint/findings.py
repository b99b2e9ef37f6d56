# findings - docs/doctor.md has every finding of the doctor with a meaning and a remedy, in its order
# SPDX-License-Identifier: Apache-2.0
import re

from lint.tree import Violation

SOURCE, DOC = "cli/core/doctor.c", "docs/doctor.md"
ENTRY = re.compile(r'^\t\[DOCTOR_\w+\] = \{ "(\w+)"', re.M)
ROW = re.compile(r"^\| `(\w+)` \| *([^|]*?) *\| *([^|]*?) *\|$", re.M)


def findings(tree):
    text = {file.path: file.text for file in tree.files if file.path in (SOURCE, DOC)}
    words, rows = ENTRY.findall(text.get(SOURCE, "")), ROW.findall(text.get(DOC, ""))
    told = [word for word, meaning, remedy in rows if meaning and remedy]
    for word in sorted({*words} ^ {*told}):
        yield Violation(DOC, f"{word} has to be a finding of {SOURCE} and a whole row here")
    if {*words} == {*told} and words != told:
        yield Violation(DOC, f"the rows are not in the order of {SOURCE}, each once")
