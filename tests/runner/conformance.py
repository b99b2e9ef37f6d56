# conformance - runs the scenario files that are here: our own, and those of a folder beside the repository
# SPDX-License-Identifier: Apache-2.0
import json
import os
import sys
import tempfile
from pathlib import Path

from runner.outcome import ROOT, Outcome, run

OWN = ROOT / "tests/conformance/scenarios"
PEER = Path(os.environ.get("TINLB_CONFORMANCE", ROOT.parent / "shared/conformance"))


def run_suite(build_dir, timeout_s, env=None):
    files, absent = sorted(OWN.glob("*.json")), Outcome()
    theirs = sorted(PEER.glob("conformance-*.json"))
    if not theirs:
        print(f"skipped: there are no scenario files of the peer in {PEER} (TINLB_CONFORMANCE names another folder)")
        absent = Outcome(skipped=1)
    with tempfile.TemporaryDirectory(prefix="tinlb-conformance-") as folder:
        report = Path(folder) / "report.json"
        ended = run([sys.executable, "tests/conformance/run", *files, *theirs, "--json", report,
                     "--build", ROOT / build_dir], timeout_s, env=env)
        if not report.exists():
            print(f"the runner ended with code {ended.code} and no report\n{ended.output}")
            return Outcome(failed=1)
        found = json.loads(report.read_text())
    for one in found["scenarios"]:
        if one["result"] == "failed":
            print(f"failed: {one['id']}: {one['reason']}")
    totals = found["totals"]
    print("ran {ran}, eligible {eligible}, total {total}".format(**totals))
    failed = totals["failed"] or int(not ended.ok)
    return absent + Outcome(totals["passed"], failed, totals["skipped"])
