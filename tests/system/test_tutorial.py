"""test_tutorial - the seven rows of the tutorial, each as a case, with frames as evidence"""
# SPDX-License-Identifier: Apache-2.0
import collections
import time

import pytest

from lab import capture, poll
from lab.tutorial import Walk

STEPS = ["step1", "pods", "step2", "step3", "step4", "step5", "step6", "step7"]


@pytest.fixture(scope="module")
def fresh(new_lab):
    with new_lab() as lab:
        with capture.Capture(lab.spaces.full("client"), "eth0") as frames:
            yield Walk(lab, show=print), frames


@pytest.mark.parametrize("name", STEPS)
def test_step(fresh, name):
    walk, _ = fresh
    walk.failures.clear()
    if name == "pods":
        walk.workloads("web", "dns", "ingress", "minio")
    else:
        getattr(walk, name)()
    assert not walk.failures


@pytest.mark.parametrize("ip", ["172.17.255.1", "172.17.255.2", "172.17.255.3"])
def test_announced_unasked_by_request_and_reply_from_one_mac(fresh, ip):
    walk, frames = fresh
    seen = poll.until(lambda: [f for f in frames.gratuitous(ip)] if {f.op for f in frames.gratuitous(ip)} == {1, 2}
                      else None, 15, f"both forms of announcements for {ip}")
    first = seen[0]
    assert first.op == capture.REQUEST
    assert walk.node_of(first.eth_src)
    assert all(f.eth_dst == "ff:ff:ff:ff:ff:ff" and f.tha == "ff:ff:ff:ff:ff:ff" for f in seen)
    assert all(f.sha == f.eth_src and f.size == 60 for f in seen)


def test_rounds_of_announcements_are_five_and_paced(fresh):
    walk, frames = fresh
    ip = "172.17.255.2"

    def rounds():
        """The times of the requests of whoever announced the address longest."""
        times = collections.defaultdict(list)
        for frame in frames.gratuitous(ip):
            if frame.op == capture.REQUEST:
                times[frame.eth_src].append(frame.time)
        return max(times.values(), key=len)

    poll.until(lambda: len(rounds()) >= 5, 15, "five rounds")
    times = rounds()
    assert times[4] - times[0] > 2, times  # four pauses of 1.1 s, however late some frame was seen
    poll.until(lambda: time.monotonic() > times[4] + 3, 15, "time for a sixth")
    assert len(rounds()) == 5


@pytest.mark.parametrize("ip", ["172.17.255.2", "172.17.255.3"])
def test_one_node_answers_alone(fresh, ip):
    walk, frames = fresh
    macs = walk.who_answers(ip)
    assert len(macs) == 1 and walk.node_of(macs[0])
    assert macs[0] in {f.sha for f in frames.replies(ip)}
