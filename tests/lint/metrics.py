# metrics - docs/metrics.md and the sources name the same metrics, each once
# SPDX-License-Identifier: Apache-2.0
import re

from lint.tree import Violation

DOC = "docs/metrics.md"
ROW = re.compile(r"^\| `(\w+)` \|", re.M)
# A family begins as a literal of its own; samples come out with their labels in one.
NAME = re.compile(r'"((?:tinlb|metallb)_[a-z0-9_]+)"')


def metric_names(tree):
    used = {}
    for file in tree.product:
        if file.path.endswith(".c"):
            for name in NAME.findall(file.text):
                used.setdefault(name, file.path)
    doc = next((file for file in tree.files if file.path == DOC), None)
    told = [name for name in ROW.findall(doc.text) if re.match("tinlb_|metallb_", name)] if doc else []
    for name in sorted(set(used) - set(told)):
        yield Violation(used[name], f"the metric {name} is not in {DOC}")
    for name in sorted(set(told) - set(used)):
        yield Violation(DOC, f"no source has the metric {name}")
    for name in sorted({name for name in told if told.count(name) > 1}):
        yield Violation(DOC, f"{name} stands there twice")
