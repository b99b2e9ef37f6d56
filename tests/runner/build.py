# build - brings a build folder up to date
# SPDX-License-Identifier: Apache-2.0
from runner.outcome import ROOT, run

SETUP_S = 300
BUILD_S = 1200


def up_to_date(folder, options=(), env=None, targets=()):
    """Configure `folder` and compile what is stale (of `targets`); prints everything when that fails."""
    known = (ROOT / folder / "build.ninja").exists()
    setup = ["meson", "setup", *(["--reconfigure"] if known else options), folder, "."]
    compiled = ["ninja", "-C", folder, "-j2", *targets]
    for command, timeout_s in ((setup, SETUP_S), (compiled, BUILD_S)):
        ended = run(command, timeout_s, env=env)
        if not ended.ok:
            print(ended.output)
            print(f"{' '.join(command)} failed with code {ended.code}", flush=True)
            return False
    return True
