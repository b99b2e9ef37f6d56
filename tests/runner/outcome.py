# outcome - how many tests passed, failed and were skipped, and how a program is run to find out
# SPDX-License-Identifier: Apache-2.0
import os
import signal
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
TOO_LONG = 124  # the code of a program that was stopped
STOP_S = 20


@dataclass
class Outcome:
    passed: int = 0
    failed: int = 0
    skipped: int = 0

    def __add__(self, other):
        return Outcome(self.passed + other.passed, self.failed + other.failed,
                       self.skipped + other.skipped)

    def __str__(self):
        return f"{self.passed} passed, {self.failed} failed, {self.skipped} skipped"


@dataclass
class Ended:
    code: int  # negative: the signal; TOO_LONG: it was stopped
    output: str

    @property
    def ok(self):
        return self.code == 0


def stop(child):
    """Ask the child and its children to end, as a terminal would; then end them."""
    for signal_number in (signal.SIGINT, signal.SIGKILL):
        try:
            os.killpg(child.pid, signal_number)
            child.wait(STOP_S)
        except (ProcessLookupError, subprocess.TimeoutExpired):
            pass


def run(command, timeout_s, capture=True, env=None):
    """Run a program to its end, or stop it when its time is over."""
    command = [str(word) for word in command]
    with tempfile.TemporaryFile(mode="w+", errors="replace") as output:
        try:
            child = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.DEVNULL,
                                     stdout=output if capture else None,
                                     stderr=subprocess.STDOUT if capture else None,
                                     env={**os.environ, **(env or {})}, start_new_session=True)
        except OSError as error:
            return Ended(127, f"{command[0]}: {error.strerror}\n")
        note = ""
        try:
            code = child.wait(timeout_s)
        except subprocess.TimeoutExpired:
            stop(child)
            code, note = TOO_LONG, f"\n{command[0]}: stopped after {timeout_s} s\n"
        except BaseException:
            stop(child)
            raise
        output.seek(0)
        return Ended(code, output.read() + note)
