"""test_lab - the lab leaves nothing behind, however it ends"""
# SPDX-License-Identifier: Apache-2.0
import os
import signal
import subprocess
import sys

import pytest

from conftest import ROOT
from lab import poll
from lab.leftovers import STATE_DIR, clean_up_dead

CODE = ("import sys; sys.path.insert(0, sys.argv[1])\nfrom lab.cluster import Cluster\n"
        "with Cluster(nodes=1) as c:\n    print(c.prefix, c.directory, flush=True)\n    sys.stdin.read()\n")


def namespaces(prefix):
    out = subprocess.run(["ip", "netns", "list"], capture_output=True, text=True, check=True).stdout
    return [line for line in out.splitlines() if line.startswith(prefix)]


@pytest.fixture()
def started():
    if os.geteuid() != 0:
        pytest.skip("network namespaces of the lab need root here")
    process = subprocess.Popen([sys.executable, "-c", CODE, ROOT], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                               text=True)
    prefix, directory = process.stdout.readline().split()
    assert namespaces(prefix)
    yield process, prefix, directory
    process.kill()
    process.wait()


def test_its_end_takes_everything_down(started):
    process, prefix, directory = started
    process.stdin.close()
    process.wait(20)
    assert not namespaces(prefix) and not os.path.exists(directory)


def test_an_interrupt_takes_everything_down(started):
    process, prefix, directory = started
    process.send_signal(signal.SIGINT)
    process.wait(20)
    assert not namespaces(prefix) and not os.path.exists(directory)


def test_what_a_killed_lab_left_is_cleaned_up_by_the_next(started):
    process, prefix, directory = started
    process.kill()
    process.wait()
    assert namespaces(prefix)
    clean_up_dead()
    poll.until(lambda: not namespaces(prefix), 5, "the namespaces are gone")
    assert not os.path.exists(directory) and not os.path.exists(os.path.join(STATE_DIR, prefix + ".json"))
