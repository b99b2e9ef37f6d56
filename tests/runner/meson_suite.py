# meson_suite - runs the C tests of one suite and counts the cases inside them
# SPDX-License-Identifier: Apache-2.0
import json
import re

from runner.outcome import ROOT, TOO_LONG, Outcome, run

CASE_PASSED = re.compile(r"^\[       OK \] ", re.M)
CASE_FAILED = re.compile(r"^\[  (?:FAILED|ERROR)  \] \w+$", re.M)
NOTE = re.compile(r"^# .*$", re.M)  # what a test wants to be seen although it passed
CASE_SKIPPED = re.compile(r"^\[  SKIPPED \] \w+$", re.M)


def count(result, stdout):
    """The cases of one test program, or the program itself when it prints none."""
    cases = Outcome(len(CASE_PASSED.findall(stdout)), len(CASE_FAILED.findall(stdout)),
                    len(CASE_SKIPPED.findall(stdout)))
    if result == "SKIP":
        return cases if cases != Outcome() else Outcome(skipped=1)
    if result != "OK":
        return cases if cases.failed else cases + Outcome(failed=1)
    return cases if cases != Outcome() else Outcome(passed=1)


def exists(folder, suite):
    path = ROOT / folder / "meson-info" / "intro-tests.json"
    tests = json.loads(path.read_text()) if path.exists() else []
    return any(name.split(":")[-1] == suite for test in tests for name in test["suite"])


def run_suite(folder, suite, timeout_s):
    ended = run(["meson", "test", "-C", folder, "--no-rebuild", "--suite", suite,
                 "--num-processes", "2"], timeout_s)
    log = ROOT / folder / "meson-logs" / "testlog.json"
    if ended.code == TOO_LONG or not log.exists():
        print(ended.output)
        return Outcome(failed=1)
    total = Outcome()
    for line in log.read_text().splitlines():
        test = json.loads(line)
        outcome = count(test["result"], test.get("stdout", ""))
        total += outcome
        for note in NOTE.findall(test.get("stdout", "")):
            print(note)
        if outcome.failed:
            print(f"--- {test['name']}: {test['result']}")
            print(test.get("stdout", "") + test.get("stderr", ""))
    if total == Outcome() or (not ended.ok and not total.failed):
        print(ended.output)
        total += Outcome(failed=1)
    return total
