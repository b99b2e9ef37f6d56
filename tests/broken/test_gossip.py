"""test_gossip - a membership that is broken: ports that are blocked, secrets that differ"""
# SPDX-License-Identifier: Apache-2.0
import base64

import pytest

from patient import Scenario, metric, run

MEMBERS = "tinlb_ring_members"


def block(lab, node, *hooks):
    """Drop all gossip that comes in at a node, or that it sends out."""
    rules = "\n".join(f"chain {hook} {{\ntype filter hook {hook} priority 0\n"
                      f"meta l4proto {{tcp, udp}} th dport 7946 drop\n}}" for hook in hooks)
    lab.spaces.exec(node, "nft", "-f", "-", stdin=f"table ip blocked {{\n{rules}\n}}\n")


def unblock(lab, node):
    lab.spaces.exec(node, "nft", "delete", "table", "ip", "blocked", check=False)


def restart_with(lab, node, secret):
    """A speaker that started while the Secret was another one."""
    value = base64.b64encode(secret.encode()).decode()
    lab.client.merge("secrets", "metallb-system", "memberlist", {"data": {"secretkey": value}})
    pod = next(p for p in lab.pods(component="speaker") if p["spec"]["nodeName"] == node)
    lab.client.delete("pods", "metallb-system", pod["metadata"]["name"])


SCENARIOS = [
    Scenario("gossip does not reach one node", lambda lab: block(lab, "node3", "input"),
             lambda lab: unblock(lab, "node3"), {"gossipBlockedOneWay"},
             "^gossipBlockedOneWay: gossip of the other speakers does not reach node3: port 7946",
             lambda lab: metric(lab, MEMBERS, "node1") == 2),
    Scenario("gossip of one node does not get out", lambda lab: block(lab, "node2", "output"),
             lambda lab: unblock(lab, "node2"), {"gossipBlockedOneWay"},
             "^gossipBlockedOneWay: gossip of node2 does not reach the other speakers",
             lambda lab: metric(lab, MEMBERS, "node2") < 3),
    Scenario("gossip is blocked both ways", lambda lab: block(lab, "node1", "input", "output"),
             lambda lab: unblock(lab, "node1"), {"gossipBlocked"},
             "^gossipBlocked: node1 and the other speakers do not hear each other",
             lambda lab: metric(lab, MEMBERS, "node2") == 2),
    Scenario("a speaker with another secret", lambda lab: restart_with(lab, "node2", "quite another secret"),
             lambda lab: restart_with(lab, "node2", "lab secret lab secret lab secret"), {"secretsDiffer"},
             "^secretsDiffer: the speaker on node2 gossips with another secret",
             lambda lab: metric(lab, 'tinlb_ring_state{state="wrongSecret"}', "node2") == 1),
]


@pytest.mark.parametrize("scenario", SCENARIOS, ids=str)
def test_the_cause_is_named_and_nothing_else(lab, scenario):
    run(lab, scenario)
