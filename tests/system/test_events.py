"""test_events - what happens to an address stands on its service, once: where it is announced, from where it came, why nobody has it"""
# SPDX-License-Identifier: Apache-2.0
import os
import signal

import pytest

from lab import poll

from helpers import FAST, apply_config, create, delete, events_of, metrics_in, owner_of, pool, rings_are_joined, set_endpoints, \
    settled, speaker_entry, wait_address, wait_owner

IP, FIRST = "172.17.251.1", "172.17.251.9"


@pytest.fixture(scope="module", name="lab")
def lab_fixture(new_lab):
    with new_lab() as lab:
        lab.install(FAST)
        apply_config(lab, pool("172.17.251.0/24"))
        create(lab, "first", loadBalancerIP=FIRST)
        settled(lab, FIRST)
        poll.until(lambda: all(tables_are_equal(lab, n) for n in lab.network.nodes), 15,
                   "every speaker knows that all others have their tables, and may own an address")
        create(lab, "web", loadBalancerIP=IP)
        wait_address(lab, "web", IP)
        settled(lab, IP)
        yield lab


def tables_are_equal(lab, node):
    return ((lab.speaker_status(node) or {}).get("ring") or {}).get("tablesDiffer") == 0


def told(lab, service, reason):
    return [e["message"] for e in events_of(lab, service) if e["reason"] == reason]


def metrics(lab, node):
    return metrics_in(lab.page(node, lab.network.nodes[node], 7472, "/metrics"))


def counts_of_a_failover(lab, node):
    """The metrics of a node that took the address from a dead one; a busy announcer may tell them only for a later page."""
    found = metrics(lab, node)
    return found.get(f'tinlb_owner_changes_total{{ip="{IP}"}}') and found["tinlb_failover_seconds_count"] and found


def one(lab, service, reason):
    return poll.until(lambda: told(lab, service, reason), 15, f"{service} has an Event {reason}")[0]


def test_a_service_without_endpoints_is_told_once_by_one_node_also_across_restarts(lab):
    create(lab, "sleeps", nodes=(), loadBalancerIP="172.17.251.2")
    assert one(lab, "sleeps", "nobodyAnnounces").startswith('no node announces "172.17.251.2" for this service: no pod ')
    for node in lab.network.nodes:
        pid = lab.processes(node, "tinlb-agent")[0]
        os.kill(pid, signal.SIGKILL)
        poll.until(lambda n=node, p=pid: [x for x in lab.processes(n, "tinlb-agent") if x != p] and lab.speaker_status(n), 15,
                   "another agent is there")
    create(lab, "later", nodes=(), loadBalancerIP="172.17.251.3")
    one(lab, "later", "nobodyAnnounces")  # told after as long a wait, so the restarted ones had theirs
    assert len(told(lab, "sleeps", "nobodyAnnounces")) == len(told(lab, "later", "nobodyAnnounces")) == 1
    assert not told(lab, "web", "nobodyAnnounces")
    set_endpoints(lab, "sleeps", ["node1"])
    assert one(lab, "sleeps", "nodeAssigned")
    delete(lab, "sleeps", "later")


def test_a_move_says_from_which_node_and_why(lab):
    owner = wait_owner(lab, IP)
    after = speaker_entry(lab, owner, IP)["next"]
    assert not told(lab, "web", "addressMoved"), "the first owner took it from nobody"
    pid = lab.processes(owner, "tinlb-speaker")[0]
    os.kill(pid, signal.SIGSTOP)
    try:
        died = f'"{IP}" moved from node "{owner}" to node "{after}": {owner} died'
        poll.until(lambda: died in told(lab, "web", "addressMoved"), 20, "it says so")
        counted = poll.until(lambda: counts_of_a_failover(lab, after), 10, "it is counted")
        assert counted['tinlb_addresses_taken_total{cause="dead"}'] == counted["tinlb_failover_seconds_count"]
        assert 0 < counted["tinlb_failover_seconds_sum"] < 30
    finally:
        os.kill(pid, signal.SIGKILL)
    poll.until(lambda: owner_of(lab, IP) == owner and pid not in lab.processes(owner, "tinlb-speaker"), 20, "it moves back")
    poll.until(lambda: rings_are_joined(lab), 20, "every speaker sees all others")
    os.kill(lab.processes(owner, "tinlb-speaker")[0], signal.SIGTERM)
    given = f'"{IP}" moved from node "{owner}" to node "{after}": {owner} handed it over'
    poll.until(lambda: given in told(lab, "web", "addressMoved"), 10, "it says so")
