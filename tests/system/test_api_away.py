"""test_api_away - without the API the answers go on, and what was missed is caught up with"""
# SPDX-License-Identifier: Apache-2.0
import os
import signal
import time

import pytest

from lab import capture, poll

from helpers import (address_of, answers_alone, apply_config, create, delete, owner_of, pool, restarts,
                     settled, speaker_entry, wait_address, wait_owner)

IP = "172.17.252.1"
AWAY_S = 10


@pytest.fixture(scope="module", autouse=True)
def announced(cluster):
    apply_config(cluster, pool("172.17.252.0/24"))
    create(cluster, "vip", loadBalancerIP=IP)
    wait_address(cluster, "vip", IP)
    settled(cluster, IP)


def trouble(cluster, node):
    return ((cluster.speaker_status(node) or {}).get("api") or {}).get("trouble")


def ask_for(cluster, owner, seconds):
    """Questions for so long, each answered by the owner and by nobody else."""
    until = time.monotonic() + seconds

    def over():
        assert answers_alone(cluster, owner, IP)
        return time.monotonic() > until

    poll.until(over, 60 + seconds, "the time is over")


@pytest.mark.parametrize("silent", [False, True], ids=["refused", "silent"])
def test_ten_seconds_without_the_api(cluster, silent):
    delete(cluster, "meanwhile")
    owner = wait_owner(cluster, IP)
    before = restarts(cluster, app="metallb")
    with capture.Capture(cluster.spaces.full("client"), "eth0") as frames:
        cluster.api_cut(silent)
        try:
            create(cluster, "meanwhile")
            ask_for(cluster, owner, AWAY_S)
            assert address_of(cluster, "meanwhile") is None
            if not silent:
                assert all(trouble(cluster, node) for node in cluster.network.nodes)
        finally:
            cluster.api_back()
        assert {f.sha for f in frames.replies(IP)} == {cluster.mac(owner)}
    wait_address(cluster, "meanwhile", seconds=60)
    ip = address_of(cluster, "meanwhile")
    new = wait_owner(cluster, ip, seconds=60)
    poll.until(lambda: answers_alone(cluster, new, ip), 15, "what came meanwhile is answered")
    for node in cluster.network.nodes:
        poll.until(lambda node=node: not trouble(cluster, node), 30, f"{node} sees the API again")
    assert owner_of(cluster, IP) == owner
    assert restarts(cluster, app="metallb") == before


def test_an_agent_that_is_killed_while_the_api_is_away(cluster):
    owner = wait_owner(cluster, IP)
    cluster.api_cut()
    try:
        pid = cluster.processes(owner, "tinlb-agent")[0]
        os.kill(pid, signal.SIGKILL)
        poll.until(lambda: [p for p in cluster.processes(owner, "tinlb-agent") if p != pid], 15, "a new agent")
        ask_for(cluster, owner, 2)
    finally:
        cluster.api_back()
    poll.until(lambda: (speaker_entry(cluster, owner, IP) or {}).get("state") == "announced", 60,
               "the new agent knows the address")
    assert answers_alone(cluster, owner, IP)
