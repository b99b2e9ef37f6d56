"""test_failover - another node answers when one dies, ends, or loses its cable; one node again when it comes back

Every speaker gossips at 200 ms instead of a second, and is a candidate at once.
"""
# SPDX-License-Identifier: Apache-2.0
import collections
import os
import signal
import socket
import time

import pytest

from lab import capture, netns, network, poll
from lab.cluster import Cluster

import helpers
from helpers import FAST, apply_config, create, events_of, members, misses, pool, speaker_entry, wait_address

IP = "172.17.251.1"
PORT = 7946


@pytest.fixture(scope="module", name="lab")
def lab_fixture():
    with Cluster() as lab:
        lab.install(FAST)
        apply_config(lab, pool("172.17.251.0/24"))
        create(lab, "vip", loadBalancerIP=IP)
        wait_address(lab, "vip", IP)
        settled(lab)
        yield lab


def who(lab):
    return helpers.who(lab, IP)


def settled(lab):
    return helpers.settled(lab, IP)


def successor(lab, owner):
    return speaker_entry(lab, owner, IP)["next"]


class Asking:
    """A question every few milliseconds; who answered which, as the client saw it."""

    def __init__(self, lab):
        self.lab = lab
        self.frames = capture.Capture(lab.spaces.full("client"), "eth0")
        self.socket = netns.packet_socket(lab.spaces.full("client"), "eth0", capture.ETH_P_ARP)
        self.own = capture.mac_bytes(lab.mac("client"))

    def __enter__(self):
        return self

    def __exit__(self, *_error):
        self.socket.close()
        self.frames.__exit__()

    def ask(self):
        self.socket.send(capture.build(capture.REQUEST, capture.BROADCAST, self.own, self.own, network.CLIENT,
                                       b"\0" * 6, IP))

    def answers(self):
        return [f for f in self.frames.all() if f.op == capture.REPLY and f.spa == IP and
                f.eth_dst == self.lab.mac("client")]

    def until_from(self, node, seconds, what):
        mac = self.lab.mac(node)

        def answered():
            self.ask()
            return any(f.sha == mac for f in self.answers())

        poll.until(answered, seconds, what)


def test_a_killed_speaker_is_followed_by_the_next(lab):
    owner = settled(lab)
    after = successor(lab, owner)
    pid = lab.processes(owner, "tinlb-speaker")[0]
    with Asking(lab) as client:
        os.kill(pid, signal.SIGSTOP)  # or it would be started again before anybody misses it
        client.until_from(after, 10, "the next one answers")
        announced = poll.until(lambda: [f for f in client.frames.gratuitous(IP) if f.sha == lab.mac(after)], 3,
                               "and says so to everybody")
        assert {f.op for f in announced} <= {capture.REQUEST, capture.REPLY}
    poll.until(lambda: owner_of_members(lab, after) == after, 5, "its page says so, too")
    os.kill(pid, signal.SIGKILL)
    assert settled(lab) == owner


def owner_of_members(lab, node):
    return (speaker_entry(lab, node, IP) or {}).get("owner")


def test_a_speaker_that_stood_still_answers_nothing_before_it_knows(lab):
    owner = settled(lab)
    after = successor(lab, owner)
    pid = lab.processes(owner, "tinlb-speaker")[0]
    os.kill(pid, signal.SIGSTOP)
    poll.until(lambda: who(lab) == [lab.mac(after)], 10, "the next one answers")
    poll.until(lambda: misses(lab, after, owner), 10, "it counts as dead")
    started = time.monotonic()
    poll.until(lambda: time.monotonic() > started + 3.5, 5, "it stood still for long enough")
    with Asking(lab) as client:
        client.ask()
        os.kill(pid, signal.SIGCONT)
        assert settled(lab) == owner
        macs = [f.sha for f in client.answers()]
    assert macs == sorted(macs, key=lambda mac: mac == lab.mac(owner)), "once it answers again, the other one is silent"


def test_a_speaker_that_ends_hands_over(lab):
    owner = settled(lab)
    after = successor(lab, owner)
    with Asking(lab) as client:
        os.kill(lab.processes(owner, "tinlb-speaker")[0], signal.SIGTERM)
        client.until_from(after, 5, "the next one answers")
        macs = [f.sha for f in client.answers() if f.sha in (lab.mac(owner), lab.mac(after))]
        first = macs.index(lab.mac(after))
        assert lab.mac(owner) not in macs[first:first + 3], "who handed over answers no more"
    assert settled(lab) == owner


def test_a_cable_that_is_pulled_moves_the_address_and_back(lab):
    owner = settled(lab)
    after = successor(lab, owner)
    with capture.Capture(lab.spaces.full("client"), "eth0") as frames:
        lab.spaces.ip("lan", "link", "set", f"p-{owner}", "down")
        try:
            poll.until(lambda: (speaker_entry(lab, owner, IP) or {}).get("state") in ("withheld", "notOwner"), 5, "it withdraws")
            poll.until(lambda: who(lab) == [lab.mac(after)], 10, "the next one answers")
        finally:
            lab.spaces.ip("lan", "link", "set", f"p-{owner}", "up")
        assert settled(lab) == owner
        poll.until(lambda: [f for f in frames.gratuitous(IP) if f.sha == lab.mac(owner)], 5, "and says so to everybody")


def test_it_goes_on_with_the_api_away_and_the_agents_dead(lab):
    owner = settled(lab)
    after = successor(lab, owner)
    pid = lab.processes(owner, "tinlb-speaker")[0]
    lab.pause_api(True)
    try:
        for node in lab.network.nodes:
            for agent in lab.processes(node, "tinlb-agent"):
                os.kill(agent, signal.SIGKILL)
        os.kill(pid, signal.SIGSTOP)
        poll.until(lambda: who(lab) == [lab.mac(after)], 10, "the next one answers, API or not")
    finally:
        os.kill(pid, signal.SIGCONT)
        lab.pause_api(False)
    assert settled(lab) == owner


def test_after_a_cut_of_the_lan_one_node_answers_again(lab):
    owner = settled(lab)
    after = successor(lab, owner)
    rules = f"table bridge cut {{ chain c {{ type filter hook forward priority 0; iifname p-{owner} drop; " \
            f"oifname p-{owner} drop; }}; }}"
    lab.spaces.exec("lan", "nft", rules)
    try:
        poll.until(lambda: misses(lab, after, owner), 15, "it is missed")
        poll.until(lambda: owner_of_members(lab, after) == after, 10, "on the other side the next one has it")
        poll.until(lambda: members(lab, owner) == [owner], 15, "it misses the others")
        assert owner_of_members(lab, owner) == owner
    finally:
        lab.spaces.exec("lan", "nft", "delete table bridge cut")
    with capture.Capture(lab.spaces.full("client"), "eth0") as frames:
        assert settled(lab) == owner
        poll.until(lambda: [f for f in frames.gratuitous(IP) if f.sha == lab.mac(owner)], 5, "and says so once more")


def test_a_stranger_that_answers_too_is_reported_and_does_not_win(lab):
    owner = settled(lab)
    lab.spaces.ip("client", "addr", "add", f"{IP}/32", "dev", "eth0")
    try:
        with capture.Capture(lab.spaces.full(owner), "eth0"):
            lab.execute("client", "arping", "-U", "-c", "1", "-w", "2", "-I", "eth0", IP, check=False)
            entry = poll.until(lambda: (e := speaker_entry(lab, owner, IP) or {}).get("claimants") and e, 40,
                               "the claimant is named")
        assert entry["claimants"] == [lab.mac("client")]
        assert entry["state"] == "announced"
        poll.until(lambda: metrics(lab, owner).get("tinlb_claimed_addresses") == 1, 5, "the address is counted")
        poll.until(lambda: metrics(lab, owner).get('tinlb_claim_frames_total{claimant="stranger"}', 0) > 0, 5,
                   "so are the frames")
        poll.until(lambda: any(e["reason"] == "addressClaimed" for e in events_of(lab, "vip")), 10, "an Event says so")
    finally:
        lab.spaces.ip("client", "addr", "del", f"{IP}/32", "dev", "eth0")


def metrics(lab, node):
    return helpers.metrics_in(lab.page(node, lab.network.nodes[node], 7472, "/metrics"))


def ring(lab, node):
    """What its page says of the membership; "?" where there is none."""
    status = lab.speaker_status(node)
    return status["ring"] if status else collections.defaultdict(lambda: "?", troubles=collections.Counter())


def test_a_blocked_port_is_said_and_moves_nothing(lab):
    owner = settled(lab)
    other = successor(lab, owner)
    port = f"dport {PORT} drop"
    rules = f"table inet cut {{ chain c {{ type filter hook input priority 0; udp {port}; tcp {port}; }}; " \
            f"chain d {{ type filter hook output priority 0; udp {port}; tcp {port}; }}; }}"
    lab.spaces.exec(other, "nft", rules)
    try:
        poll.until(lambda: ring(lab, other)["state"] == "alone" and ring(lab, other)["troubles"]["notReached"] > 0, 20,
                   "it says that it reaches nobody")
        poll.until(lambda: members(lab, owner) == sorted(set(lab.network.nodes) - {other}), 20, "it is missed")
        assert who(lab) == [lab.mac(owner)], "what is answered by another is not taken"
        assert metrics(lab, other)['tinlb_ring_state{state="alone"}'] == 1
    finally:
        lab.spaces.exec(other, "nft", "delete table inet cut")
    assert settled(lab) == owner


def test_a_port_that_is_open_for_tcp_alone_is_said(lab):
    owner = settled(lab)
    other = successor(lab, owner)
    seen = []

    def lives():
        """For three seconds, in which one that is not reached at all dies; after a moment without TCP it is found again."""
        seen.append(members(lab, owner) == sorted(lab.network.nodes))
        return all(seen[-60:]) and len(seen) >= 60

    lab.spaces.exec(other, "nft", f"table inet cut {{ chain c {{ type filter hook input priority 0; udp dport {PORT} drop; }}; }}")
    try:
        for node in (owner, other):
            poll.until(lambda node=node: ring(lab, node)["troubles"]["udpBlocked"] > 0, 30, f"{node} says that UDP is blocked")
        assert 'tinlb_ring_troubles_total{reason="udpBlocked"}' in lab.page(owner, lab.network.nodes[owner], 7472, "/metrics")
        poll.until(lives, 30, "all live")
    finally:
        lab.spaces.exec(other, "nft", "delete table inet cut")


def test_a_port_that_is_taken_is_said_and_tried_again(lab):
    owner = settled(lab)

    def bound():
        def make():
            made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            try:
                made.bind((lab.network.nodes[owner], PORT))
            except OSError:
                made.close()
                return None
            return made
        return netns.in_namespace(lab.spaces.full(owner), make)

    os.kill(lab.processes(owner, "tinlb-speaker")[0], signal.SIGKILL)
    taken = poll.until(bound, 5, "the port is free for a moment")
    try:
        poll.until(lambda: ring(lab, owner)["state"] == "portTaken", 20, "it says so")
        poll.until(lambda: (speaker_entry(lab, owner, IP) or {}).get("state") == "withheld", 10, "it knows the address")
    finally:
        taken.close()
    assert settled(lab) == owner


def test_another_secret_is_said_and_owns_nothing(lab):
    """The last one: it changes the Secret for good, and one speaker after the other is started anew."""
    owner = settled(lab)
    lab.client.merge("secrets", "metallb-system", "memberlist", {"data": {"secretkey": "b3RoZXIgb3RoZXIgb3RoZXI="}})
    os.kill(lab.processes(owner, "tinlb-speaker")[0], signal.SIGKILL)
    poll.until(lambda: ring(lab, owner)["state"] == "wrongSecret", 20, "it says so")
    poll.until(lambda: (speaker_entry(lab, owner, IP) or {}).get("reason") == "wrongSecret", 10, "also of the address")
    status = lab.speaker_status(owner)
    assert not status["ready"]
    assert len(status["ring"]["keyIds"]) == 2 and "Secret" in status["ring"]["message"]
    others = [n for n in lab.network.nodes if n != owner]
    poll.until(lambda: all(ring(lab, n)["troubles"]["notOpened"] > 0 for n in others), 10, "the others see it too")
    assert all(ring(lab, n)["state"] == "joined" for n in others)
    poll.until(lambda: len(who(lab)) == 1 and who(lab) != [lab.mac(owner)], 10, "one of the others answers")
