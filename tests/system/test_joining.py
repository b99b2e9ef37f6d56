"""test_joining - speakers that start before the API knows the addresses of their pods find each other all the same"""
# SPDX-License-Identifier: Apache-2.0
from lab import poll
from lab.cluster import Cluster
from lab.kubelet import Reports

from helpers import FAST, apply_config, pool, ring_is_whole


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
        poll.until(lambda: all(ring_is_whole(lab, n) for n in lab.network.nodes), 30, "every speaker sees all others")
