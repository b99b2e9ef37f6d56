"""test_announcing - who answers, when services, processes and interfaces come and go; failover is in test_failover"""
# SPDX-License-Identifier: Apache-2.0
import os
import signal

import pytest

from lab import capture, poll

from helpers import (answers_alone, apply_config, create, delete, pool, set_endpoints, settled, speaker_entry,
                     wait_address, wait_owner, who)

IP = "172.17.251.1"


@pytest.fixture(scope="module", autouse=True)
def announced(cluster):
    apply_config(cluster, pool("172.17.251.0/24"))
    create(cluster, "vip", loadBalancerIP=IP)
    wait_address(cluster, "vip", IP)
    settled(cluster, IP)


def test_the_owner_answers_and_nobody_else(cluster):
    assert answers_alone(cluster, wait_owner(cluster, IP), IP)


def test_an_address_in_no_service_is_not_answered(cluster):
    assert who(cluster, "172.17.251.77") == []


def test_the_nodes_own_address_is_answered_once_by_its_kernel(cluster):
    for node, address in cluster.network.nodes.items():
        assert who(cluster, address) == [cluster.mac(node)]


def test_without_endpoints_nobody_answers_and_the_reason_is_said(cluster):
    set_endpoints(cluster, "vip", [])
    poll.until(lambda: who(cluster, IP) == [], 15, "nobody answers")
    poll.until(lambda: {(speaker_entry(cluster, n, IP) or {}).get("reason") for n in cluster.network.nodes}
               == {"noEndpoints"}, 15, "every speaker says why")
    set_endpoints(cluster, "vip", list(cluster.network.nodes))
    poll.until(lambda: len(who(cluster, IP)) == 1, 15, "one node answers again")


def test_with_the_policy_local_only_a_node_with_an_endpoint_answers(cluster):
    create(cluster, "local", nodes=["node3"], externalTrafficPolicy="Local", loadBalancerIP="172.17.251.3")
    wait_address(cluster, "local", "172.17.251.3")
    poll.until(lambda: answers_alone(cluster, "node3", "172.17.251.3"), 15, "node3 answers")
    set_endpoints(cluster, "local", ["node1"])
    poll.until(lambda: answers_alone(cluster, "node1", "172.17.251.3"), 15, "node1 answers")
    delete(cluster, "local")
    poll.until(lambda: who(cluster, "172.17.251.3") == [], 15, "nobody answers for what is deleted")


def test_a_killed_agent_does_not_stop_the_answers(cluster):
    owner = wait_owner(cluster, IP)
    pid = cluster.processes(owner, "tinlb-agent")[0]
    os.kill(pid, signal.SIGKILL)
    seen = []

    def restarted():
        seen.append(answers_alone(cluster, owner, IP))
        now = cluster.processes(owner, "tinlb-agent")
        return now and now[0] != pid and speaker_entry(cluster, owner, IP)

    poll.until(restarted, 15, "the agent is started again and knows the address")
    assert all(seen) and len(seen) > 0


def test_an_interface_that_appears_later_is_used(cluster):
    owner = wait_owner(cluster, IP)
    spaces = cluster.spaces
    spaces.add("other")
    spaces.cable(owner, "late0", "other", "eth0")
    spaces.ip(owner, "addr", "add", "172.31.0.1/24", "dev", "late0")
    spaces.ip("other", "addr", "add", "172.31.0.9/24", "dev", "eth0")
    apply_config(cluster, pool("172.17.251.0/24\", \"172.31.0.100/32"))
    create(cluster, "late", nodes=[owner], externalTrafficPolicy="Local", loadBalancerIP="172.31.0.100")
    wait_address(cluster, "late", "172.31.0.100")
    mac = cluster.mac(owner, "late0")
    other = spaces.full("other")
    poll.until(lambda: capture.ask(other, "eth0", "172.31.0.100", cluster.mac("other"), "172.31.0.9") == [mac], 15,
               "it is answered on the new interface")
    poll.until(lambda: speaker_entry(cluster, owner, "172.31.0.100")["interfaces"] == ["late0"], 5, "its page says so, too")
    assert who(cluster, "172.31.0.100") == []
    delete(cluster, "late")


def test_requests_that_are_not_for_the_address_stay_unanswered(cluster):
    space, own = cluster.spaces.full("client"), capture.mac_bytes(cluster.mac("client"))
    owner = settled(cluster, IP)
    mac = capture.mac_bytes(cluster.mac(owner))
    other = b"\x02\x00\x00\x00\x00\x07"
    cases = [(capture.REQUEST, capture.BROADCAST, True), (capture.REQUEST, mac, True),
             (capture.REPLY, mac, False), (capture.REQUEST, other, False)]
    with capture.Capture(space, "eth0") as frames:
        raw = capture.netns.packet_socket(space, "eth0", capture.ETH_P_ARP)
        for number, (op, eth_dst, answered) in enumerate(cases):
            sender = f"172.17.9.{number + 1}"
            raw.send(capture.build(op, eth_dst, own, own, sender, b"\0" * 6, IP))
            got = lambda sender=sender: [f for f in frames.all() if f.op == 2 and f.tpa == sender]
            if answered:
                reply = poll.until(got, 15, f"an answer to case {number}")[0]
                assert (reply.spa, reply.sha, reply.eth_dst, reply.size) == (
                    IP, capture.mac_text(mac), cluster.mac("client"), 60)
            else:
                assert answers_alone(cluster, owner, IP)  # a later question was answered: time enough
                assert not got()
        raw.close()
