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
        "with Cluster(nodes=1) as c:\n    print(c.prefix, c.directory, flush=True)\n"
        "    for line in sys.stdin:\n"
        "        print(*c.kubectl('get', 'nodes', '--no-headers').split()[:2], flush=True)\n")


def namespaces(prefix):
    out = subprocess.run(["ip", "netns", "list"], capture_output=True, text=True, check=True).stdout
    return [line for line in out.splitlines() if line.startswith(prefix)]


@pytest.fixture()
def start():
    """start() -> (process, prefix, directory) of a lab in a process of its own"""
    if os.geteuid() != 0:
        pytest.skip("network namespaces of the lab need root here")
    processes = []

    def run():
        process = subprocess.Popen([sys.executable, "-c", CODE, ROOT], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                   text=True)
        processes.append(process)
        prefix, directory = process.stdout.readline().split()
        assert namespaces(prefix)
        return process, prefix, directory

    yield run
    for process in processes:
        process.kill()
        process.wait()
    clean_up_dead()


@pytest.fixture()
def started(start):
    return start()


def test_its_end_takes_everything_down(started):
    process, prefix, directory = started
    process.stdin.close()
    process.wait(60)
    assert not namespaces(prefix) and not os.path.exists(directory)


def test_an_interrupt_takes_everything_down(started):
    process, prefix, directory = started
    process.send_signal(signal.SIGINT)
    process.wait(60)
    assert not namespaces(prefix) and not os.path.exists(directory)


def test_what_a_killed_lab_left_is_cleaned_up_by_the_next(started):
    process, prefix, directory = started
    process.kill()  # it leaves all that it had; whichever lab starts next, also of a test beside this one, takes it down
    process.wait()
    clean_up_dead()
    poll.until(lambda: not namespaces(prefix) and not os.path.exists(directory)
               and not os.path.exists(os.path.join(STATE_DIR, prefix + ".json")), 15, "nothing is left")


def test_labs_side_by_side_do_not_touch_each_other(start):
    (one, one_prefix, _), (other, other_prefix, directory) = start(), start()
    before = namespaces(other_prefix)
    one.kill()
    one.wait()
    clean_up_dead()
    poll.until(lambda: not namespaces(one_prefix), 15, "the dead one is taken down, by this process or one beside it")
    assert namespaces(other_prefix) == before and os.path.exists(os.path.join(directory, "kubeconfig"))
    other.stdin.write("kubectl\n")
    other.stdin.flush()
    assert other.stdout.readline().split() == ["node1", "Ready"]
