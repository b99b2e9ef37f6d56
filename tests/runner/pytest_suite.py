# pytest_suite - runs folders of Python tests with an interpreter that has pytest
# SPDX-License-Identifier: Apache-2.0
import sys
import tempfile
import xml.etree.ElementTree as xml
from pathlib import Path

from runner.outcome import ROOT, Outcome, run


def existing(folders):
    return [folder for folder in folders if any((ROOT / folder).rglob("test_*.py"))]


def interpreter(wanted):
    for path in (sys.executable, "/usr/bin/python3"):
        if run([path, "-c", f"import {wanted}"], 60).ok:
            return path
    return None


def run_suite(folders, timeout_s, env=None, workers=1):
    """workers: so many files at a time, where pytest-xdist is installed."""
    side_by_side = ["-n", str(workers), "--dist", "loadfile"] if workers > 1 else []
    python = interpreter("pytest, xdist") if side_by_side else None
    if not python:
        python, side_by_side = interpreter("pytest"), []
    if not python:
        print("no Python interpreter here has pytest: install python3-pytest")
        return Outcome(failed=1)
    with tempfile.TemporaryDirectory(prefix="tinlb-pytest-") as folder:
        report = Path(folder) / "report.xml"
        ended = run([python, "-m", "pytest", "-q", "-rs", "-p", "no:cacheprovider", *side_by_side,
                     f"--junitxml={report}", *folders], timeout_s, capture=False,
                    env={"PYTHONDONTWRITEBYTECODE": "1", **(env or {})})
        if not report.exists():
            print(f"pytest ended with code {ended.code} and no report\n{ended.output}")
            return Outcome(failed=1)
        suite = xml.parse(report).getroot().find("testsuite")
    n, failures, errors, skipped = (int(suite.get(key, 0)) for key in
                                    ("tests", "failures", "errors", "skipped"))
    failed = failures + errors
    if not ended.ok and failed == 0:
        failed = 1
    return Outcome(max(0, n - failed - skipped), failed, skipped)
