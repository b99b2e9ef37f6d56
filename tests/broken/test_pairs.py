"""test_pairs - gossip that is blocked between some nodes, while others or TCP keep all of them in the membership"""
# SPDX-License-Identifier: Apache-2.0
import re

import pytest

from lab import poll

from patient import PATIENCE_S, examine, metric, wait_well
from test_gossip import block_some, unblock


def indirect(lab):
    """[members whose own packets do not arrive] for each node; None: not all live for all."""
    pages = [lab.speaker_status(node) for node in sorted(lab.network.nodes)]
    if not all(pages) or not all(member["alive"] for page in pages for member in page["members"]):
        return None
    return [sorted(page["ring"]["indirect"]) for page in pages]


PAIR = "^gossipIndirect: packets of gossip do not pass between node1 and node2: port 7946"
WHOLE = "^gossipIndirect: packets of gossip do not pass between node1 and the other speakers: port 7946"
BOTH_WAYS = {"input": "ip saddr {node2}", "output": "ip daddr {node2}"}
OF_PAIR = [["node2"], ["node1"], []]


@pytest.mark.parametrize("protocols, chains, wanted, first", [
    ("tcp, udp", BOTH_WAYS, OF_PAIR, PAIR), ("tcp, udp", {"input": "ip saddr {node2}"}, OF_PAIR, PAIR),
    ("udp", BOTH_WAYS, OF_PAIR, PAIR), ("udp", {"input": ""}, [["node2", "node3"], ["node1"], ["node1"]], WHOLE),
], ids=["both ways", "one way", "UDP", "UDP of one node"])
def test_a_block_that_buries_nobody_is_named_steadily(lab, protocols, chains, wanted, first):
    """A third one, or TCP, keeps in the membership who is not heard; a machine that stalls may lose one for a while."""
    looks = []

    def steadily():
        words, line = examine(lab)
        looks.append(words == {"gossipIndirect"} and re.search(first, line))
        return len(looks) >= 20 and all(looks[-20:])

    wait_well(lab, "before")
    block_some(lab, "node1", protocols, {hook: match.format(**lab.network.nodes) for hook, match in chains.items()})
    try:
        poll.until(lambda: indirect(lab) == wanted, PATIENCE_S, "both sides know")
        assert metric(lab, "tinlb_ring_indirect", "node1") == len(wanted[0])
        poll.until(steadily, PATIENCE_S, "doctor says so twenty times in a row")
    finally:
        unblock(lab, "node1")
    wait_well(lab, "after it was mended")
