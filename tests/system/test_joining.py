"""test_joining - who finds whom: speakers that start before the API knows their pods, and crowds"""
# SPDX-License-Identifier: Apache-2.0
from lab import peers, poll
from lab.cluster import Cluster
from lab.kubelet import Reports

from helpers import FAST, apply_config, last_words, members, pool, rings_are_joined

SECRET = "lab secret lab secret lab secret"  # as lab/cluster.py has it
CROWD = 250


class Late(Cluster):
    """The API is told nothing of pods before `late` is over."""

    late = True

    def _controllers(self):
        parts = super()._controllers()
        reports = next(part for part in parts if isinstance(part, Reports))
        settle = reports.settle
        reports.settle = lambda: self.late or settle()
        return parts


def ring_state(lab, node):
    return ((lab.speaker_status(node) or {}).get("ring") or {}).get("state")


def test_who_was_listed_without_an_address_is_looked_for_again():
    with Late() as lab:
        lab.install(FAST)
        apply_config(lab, pool("172.17.251.0/24"))
        poll.until(lambda: all(ring_state(lab, n) == "alone" for n in lab.network.nodes), 30, "no speaker knows of another")
        lab.late = False
        poll.until(lambda: rings_are_joined(lab), 30, "every speaker sees all others")


def test_a_crowd_of_members_does_not_fill_the_log(new_lab):
    at = [f"172.17.96.{i + 1}" for i in range(CROWD)]
    with new_lab(nodes=1) as lab:
        lab.install(FAST)
        apply_config(lab, pool("172.17.251.0/24"))
        lab.spaces.batch("client", [f"addr add {ip}/32 dev lo" for ip in at])
        poll.until(lambda: ring_state(lab, "node1") == "alone", 30, "the speaker has its port open")
        crowd = peers.Peer(["ip", "netns", "exec", lab.spaces.full("client"), peers.OURS], secret=SECRET)
        try:
            crowd.do_all([("add", f"crowd{i}", ip, peers.PORT) for i, ip in enumerate(at)])
            # In a tree: all streams come from one address, of which a speaker takes four at once.
            crowd.do_all([("join", f"crowd{i}", at[(i - 1) // 4]) for i in range(1, CROWD)])
            crowd.do("join", "crowd0", lab.network.nodes["node1"])
            poll.until(lambda: len(members(lab, "node1")) == CROWD + 1, 60, "the speaker sees the whole crowd")
        finally:
            crowd.kill()
        said = [line for line in last_words(lab, 10 * CROWD).splitlines() if "NodeJoin" in line]
        assert 0 < len(said) < CROWD
