# image - compiles what the images hold, before their tests are timed
# SPDX-License-Identifier: Apache-2.0
import tempfile
from pathlib import Path

from runner.outcome import ROOT, run

COMPILE_S = 600


def prepare():
    with tempfile.TemporaryDirectory(prefix="tinlb-image-") as folder:
        ended = run([ROOT / "config/deploy/image/build", "--root", Path(folder) / "root"], COMPILE_S)
    if not ended.ok:
        print(ended.output)
    return ended.ok
