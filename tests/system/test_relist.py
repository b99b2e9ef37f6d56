"""test_relist - an address moves while every agent lists ten thousand services anew, and while a speaker starts unheard

Every speaker gossips at 200 ms instead of a second, and is a candidate at once.
"""
# SPDX-License-Identifier: Apache-2.0
import os
import signal

import pytest

from lab import network, peers, poll
from lab.cluster import Cluster

import helpers
from helpers import FAST, apply_config, create, pool, service, speaker_entry, wait_address, who

N_SERVICES = 10000  # of a cluster IP, but for the one that moves
N_PAGES = N_SERVICES // 500 + 1  # in which an agent lists them
IP = "172.17.251.1"
SECRET = "lab secret lab secret lab secret"


@pytest.fixture(scope="module", name="lab")
def lab_fixture():
    with Cluster() as lab:
        lab.install(FAST)
        apply_config(lab, pool("172.17.251.0/24"))
        create(lab, "vip", loadBalancerIP=IP)
        wait_address(lab, "vip", IP)
        for number in range(N_SERVICES):
            lab.client.create("services", service(f"many{number:05d}", type="ClusterIP"))
        settled(lab)
        yield lab


def rows(lab, node):
    return ((lab.speaker_status(node) or {}).get("agent") or {}).get("rows", 0)


def settled(lab):
    """All tables are whole, all members see all, and one node answers: which."""
    poll.until(lambda: all(rows(lab, n) == 1 for n in lab.network.nodes), 60, "every table has the address")
    return helpers.settled(lab, IP)


def lists(lab):
    """How often the agents asked for a page of services."""
    return sum(r["count"] for r in lab.client.request("GET", "/lab/requests")
               if (r["agent"], r["verb"], r["resource"]) == ("tinlb-speaker", "list", "services"))


def list_anew(lab):
    """Every version that an agent has seen of services is too old, since something else has changed."""
    lab.client.create("configmaps", {"metadata": {"namespace": "default", "generateName": "change-"}})
    lab.client.request("POST", "/lab/compact")
    lab.client.request("POST", "/lab/drop-watches")


def test_an_address_stays_while_all_is_listed_anew(lab):
    owner = settled(lab)
    since, before = speaker_entry(lab, owner, IP)["since"], lists(lab)
    list_anew(lab)
    poll.until(lambda: lists(lab) >= before + N_PAGES * len(lab.network.nodes), 60, "every agent has listed all")
    assert settled(lab) == owner
    assert speaker_entry(lab, owner, IP)["since"] == since, "it was answered for all the time"


def test_an_address_moves_while_all_is_listed_anew(lab):
    owner = settled(lab)
    after = speaker_entry(lab, owner, IP)["next"]
    pid = lab.processes(owner, "tinlb-speaker")[0]

    def answers_meanwhile():
        list_anew(lab)
        return who(lab, IP) == [lab.mac(after)]

    before = lists(lab)
    os.kill(pid, signal.SIGSTOP)
    try:
        poll.until(answers_meanwhile, 20, "the next one answers meanwhile")
        assert lists(lab) > before
    finally:
        os.kill(pid, signal.SIGCONT)
    assert settled(lab) == owner


def test_a_speaker_that_starts_without_the_api_takes_nothing(lab):
    owner = settled(lab)
    after = speaker_entry(lab, owner, IP)["next"]
    pid = lab.processes(owner, "tinlb-speaker")[0]
    lab.pause_api(True)
    try:
        os.kill(pid, signal.SIGKILL)
        poll.until(lambda: [p for p in lab.processes(owner, "tinlb-speaker") if p != pid], 20, "it is started again")
        poll.until(lambda: who(lab, IP) == [lab.mac(after)], 20, "the next one answers")
        status = poll.until(lambda: lab.speaker_status(owner), 20, "the new one serves its status")
        assert not status["ready"] and not rows(lab, owner), "it knows of no address"
        assert who(lab, IP) == [lab.mac(after)]
    finally:
        lab.pause_api(False)
    assert settled(lab) == owner


def test_a_second_speaker_of_a_nodes_name_is_said(lab):
    owner = settled(lab)
    double = peers.Peer(["ip", "netns", "exec", lab.spaces.full("client"), peers.OURS], secret=SECRET, key_bytes=32)
    double.do("add", owner, network.CLIENT, peers.PORT)
    double.do("join", owner, *lab.network.nodes.values())

    def troubles(node):
        return ((lab.speaker_status(node) or {}).get("ring") or {}).get("troubles") or {}

    try:
        poll.until(lambda: troubles(owner).get("nameClash"), 15, "the one that has the name says so")
        others = [n for n in lab.network.nodes if n != owner]
        poll.until(lambda: all(troubles(n).get("addressClash") for n in others), 15, "the others say so")
        text = lab.page(owner, lab.network.nodes[owner], 7472, "/metrics")
        assert 'tinlb_ring_troubles_total{reason="nameClash"}' in text
        assert who(lab, IP) == [lab.mac(owner)]
    finally:
        double.kill()
    assert settled(lab) == owner
