# findings - docs/doctor.md has every finding of the doctor with its severity, a meaning and a remedy, in its order
# SPDX-License-Identifier: Apache-2.0
import re

from lint.tree import Violation

SOURCE, DOC = "cli/core/doctor.c", "docs/doctor.md"
ENTRY = re.compile(r'^\t\[DOCTOR_\w+\] = \{ "(\w+)", DOCTOR_(\w+)', re.M)
ROW = re.compile(r"^\| `(\w+)` \| (\w+) \| *([^|]*?) *\| *([^|]*?) *\|$", re.M)


def findings(tree):
    text = {file.path: file.text for file in tree.files if file.path in (SOURCE, DOC)}
    known = [(word, severity.lower()) for word, severity in ENTRY.findall(text.get(SOURCE, ""))]
    told = [(word, severity) for word, severity, meaning, remedy in ROW.findall(text.get(DOC, "")) if meaning and remedy]
    for word, severity in sorted({*known} ^ {*told}):
        yield Violation(DOC, f"{word} ({severity}) has to be a finding of {SOURCE} and a whole row here")
    if {*known} == {*told} and known != told:
        yield Violation(DOC, f"the rows are not in the order of {SOURCE}, each once")
