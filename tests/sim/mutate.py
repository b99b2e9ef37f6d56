# mutate - a copy of a source file with one bug put in
# SPDX-License-Identifier: Apache-2.0
"""mutate.py SOURCE OUT OLD NEW: the text OLD must be there exactly once."""
import sys
from pathlib import Path

source, out, old, new = sys.argv[1:]
text = Path(source).read_text()
if text.count(old) != 1:
    sys.exit(f"{source}: {text.count(old)} times {old!r}; the bug of tests/sim/meson.build "
             "cannot be put in, find it a new place")
Path(out).write_text(text.replace(old, new))
