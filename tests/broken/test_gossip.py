"""test_gossip - a membership that is broken: ports that are blocked, secrets that differ"""
# SPDX-License-Identifier: Apache-2.0
import base64
import os
import signal
import socket
import time

import pytest

from lab import netns, poll

from helpers import misses, wait_owner

from patient import WEB, Scenario, examine, metric, restart_speaker, run, wait_well

SECRET = "lab secret lab secret lab secret"
MEMBERS = "tinlb_ring_members"


def block_some(lab, node, protocols, chains):
    """Drop these protocols of gossip at a node; chains: {hook: whose, or "" for all}."""
    rules = "\n".join(f"chain {hook} {{\ntype filter hook {hook} priority 0\n"
                      f"{match} meta l4proto {{{protocols}}} th dport 7946 drop\n}}" for hook, match in chains.items())
    lab.spaces.exec(node, "nft", "-f", "-", stdin=f"table ip blocked {{\n{rules}\n}}\n")


def block(lab, node, *hooks):
    """Drop all gossip that comes in at a node, or that it sends out."""
    lab.not_reached_before = not_reached(lab)
    block_some(lab, node, "tcp, udp", dict.fromkeys(hooks, ""))


def not_reached(lab):
    """How often speakers did not reach each other, by the metric of all of them."""
    return sum(metric(lab, 'tinlb_ring_troubles_total{reason="notReached"}', n) or 0 for n in lab.network.nodes)


def unblock(lab, node):
    lab.spaces.exec(node, "nft", "delete", "table", "ip", "blocked", check=False)


def blocked(lab):
    return not_reached(lab) > lab.not_reached_before


def restart_with(lab, node, secret):
    """A speaker that started while the Secret was another one."""
    value = base64.b64encode(secret.encode()).decode()
    lab.client.merge("secrets", "metallb-system", "memberlist", {"data": {"secretkey": value}})
    restart_speaker(lab, node)


def without_secret(lab, node):
    lab.client.delete("secrets", "metallb-system", "memberlist")
    restart_speaker(lab, node)


def with_secret(lab):
    lab.kubectl("create", "secret", "generic", "-n", "metallb-system", "memberlist", f"--from-literal=secretkey={SECRET}")


def take_port(lab, node):
    """Another program gets the port of the membership between two speakers."""
    def bind():
        taken = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        try:
            taken.bind((lab.network.nodes[node], 7946))
        except OSError:
            taken.close()
            return None
        return taken

    restart_speaker(lab, node)
    lab.taken = poll.until(lambda: netns.in_namespace(lab.spaces.full(node), bind), 20, "the port is taken", every=0.001)


def stand_still(lab):
    """The owner stops until the others have buried it, and reaches nobody when it goes on."""
    lab.still = wait_owner(lab, WEB)
    others, started = set(lab.network.nodes) - {lab.still}, time.monotonic()
    lab.stopped = lab.processes(lab.still, "tinlb-speaker")[0]
    os.kill(lab.stopped, signal.SIGSTOP)
    poll.until(lambda: time.monotonic() > started + 3.5 and all(misses(lab, n, lab.still) for n in others), 30,
               "it stood still for long enough, and counts as dead")
    block(lab, lab.still, "input", "output")
    os.kill(lab.stopped, signal.SIGCONT)


def go_on(lab):
    os.kill(lab.stopped, signal.SIGCONT)
    unblock(lab, lab.still)


SCENARIOS = [
    Scenario("gossip does not reach one node", lambda lab: block(lab, "node3", "input"),
             lambda lab: unblock(lab, "node3"), {"gossipBlockedOneWay"},
             "^gossipBlockedOneWay: gossip of the other speakers does not reach node3: port 7946",
             blocked),
    Scenario("gossip of one node does not get out", lambda lab: block(lab, "node2", "output"),
             lambda lab: unblock(lab, "node2"), {"gossipBlockedOneWay"},
             "^gossipBlockedOneWay: gossip of node2 does not reach the other speakers",
             blocked),
    Scenario("gossip is blocked both ways", lambda lab: block(lab, "node1", "input", "output"),
             lambda lab: unblock(lab, "node1"), {"gossipBlocked"},
             "^gossipBlocked: node1 and the other speakers do not hear each other",
             blocked),
    Scenario("a speaker with another secret", lambda lab: restart_with(lab, "node2", "quite another secret"),
             lambda lab: restart_with(lab, "node2", SECRET), {"secretsDiffer"},
             "^secretsDiffer: the speaker on node2 gossips with another secret",
             lambda lab: metric(lab, 'tinlb_ring_state{state="wrongSecret"}', "node2") == 1, shows=("wrongSecret",)),
    Scenario("no Secret for a speaker that starts", lambda lab: without_secret(lab, "node2"), with_secret,
             {"speakerMissing"}, "^speakerMissing: no speaker runs on node2: .*is in ContainerCreating",
             lambda lab: metric(lab, MEMBERS, "node1") == 2),
    Scenario("another program has the port", lambda lab: take_port(lab, "node1"), lambda lab: lab.taken.close(),
             {"gossipPortTaken"}, "^gossipPortTaken: the speaker on node1 cannot gossip: the port",
             lambda lab: metric(lab, 'tinlb_ring_state{state="portTaken"}', "node1") == 1),
    Scenario("a speaker that stood still, and reaches nobody", stand_still, go_on, {"gossipBlocked"},
             "^gossipBlocked: node. and the other speakers do not hear each other",
             lambda lab: metric(lab, 'tinlb_addresses{reason="paused"}', lab.still), shows=("paused",)),
]


@pytest.mark.parametrize("scenario", SCENARIOS, ids=str)
def test_the_cause_is_named_and_nothing_else(lab, scenario):
    run(lab, scenario)


def returns(lab, by, about):
    """The last times at which that node came back from the dead, by the page of another."""
    page = poll.until(lambda: lab.speaker_status(by), 15, f"the page of {by}")
    member = next(m for m in page["members"] if m["name"] == about)
    return [] if not member["alive"] else member["returnsAgoMs"]


def test_a_block_is_named_while_the_two_are_joined_too(lab):
    """The node that hears nothing joins the others each time they have buried it: its own way is open."""
    wait_well(lab, "before")
    block(lab, "node3", "input")
    try:
        poll.until(lambda: len(returns(lab, "node1", "node3")) == 2, 120, "node3 has come back twice")
        while returns(lab, "node1", "node3"):
            assert examine(lab)[0] == {"gossipBlockedOneWay"}
    finally:
        unblock(lab, "node3")
    wait_well(lab, "after it was mended")
