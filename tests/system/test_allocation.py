"""test_allocation - who gets an address, who waits and why, over restarts and bad configuration"""
# SPDX-License-Identifier: Apache-2.0
import os
import signal

import pytest

from lab import poll

from helpers import (address_of, apply_config, create, delete, events_of, pool, reason_of, service, wait_address)


@pytest.fixture(autouse=True)
def clean(cluster):
    apply_config(cluster, pool("172.17.250.1-172.17.250.2"))
    hash_before = None
    poll.until(lambda: (cluster.controller_status() or {}).get("config", {}).get("loaded"), 10, "pools are loaded")
    yield hash_before
    delete(cluster, "a", "b", "c")


def test_two_services_want_one_address_without_a_key(cluster):
    create(cluster, "a", loadBalancerIP="172.17.250.2")
    wait_address(cluster, "a", "172.17.250.2")
    create(cluster, "b", loadBalancerIP="172.17.250.2")
    poll.until(lambda: reason_of(cluster, "b") == "sharingKey", 5, "b waits because of the key")
    event = poll.until(lambda: [e for e in events_of(cluster, "b") if e["reason"] == "AllocationFailed"], 5, "an event")
    assert "default/a" in event[0]["message"]
    delete(cluster, "a")
    wait_address(cluster, "b", "172.17.250.2")


def test_a_full_pool_and_then_a_release(cluster):
    create(cluster, "a")
    create(cluster, "b")
    wait_address(cluster, "a")
    wait_address(cluster, "b")
    create(cluster, "c")
    poll.until(lambda: reason_of(cluster, "c") == "allPoolsFull", 5, "c waits for a free address")
    assert address_of(cluster, "c") is None
    freed = address_of(cluster, "a")
    delete(cluster, "a")
    wait_address(cluster, "c", freed)


def test_a_bad_document_after_a_good_one_changes_nothing_and_is_shown(cluster):
    create(cluster, "a")
    address = wait_address(cluster, "a") and address_of(cluster, "a")
    apply_config(cluster, "address-pools:\n  - name: default\n    protocol: bgp\n    addresses: [1.2.3.4]\n")
    config = poll.until(lambda: (lambda c: c if c["stale"] else None)(cluster.controller_status()["config"]), 5,
                        "the configuration is stale")
    assert config["line"] == 3 and "layer2" in config["error"] and config["loaded"]
    for node in cluster.network.nodes:
        poll.until(lambda node=node: cluster.speaker_status(node)["config"]["stale"], 5, f"stale on {node} too")
    assert address_of(cluster, "a") == address
    create(cluster, "b")
    wait_address(cluster, "b")


def test_an_address_outside_the_pools_is_refused_with_a_reason(cluster):
    create(cluster, "a", loadBalancerIP="9.9.9.9")
    poll.until(lambda: reason_of(cluster, "a") == "outsidePools", 5, "outside of the pools")
    assert any("9.9.9.9" in e["message"] for e in events_of(cluster, "a"))


def test_a_restarted_controller_gives_nobody_anothers_address(cluster):
    create(cluster, "b")
    wait_address(cluster, "b")
    before = address_of(cluster, "b")
    pod = cluster.pods(component="controller")[0]
    restarts = pod["status"]["containerStatuses"][0]["restartCount"]
    pid = [p for p in _pids(cluster, pod)][0]
    os.kill(pid, signal.SIGKILL)
    cluster.client.create("services", service("a"))  # comes first by name, but later
    poll.until(lambda: cluster.pods(component="controller")[0]["status"]["containerStatuses"][0]["restartCount"]
               > restarts, 10, "the controller was started again")
    wait_address(cluster, "a")
    assert address_of(cluster, "b") == before
    assert address_of(cluster, "a") != before


def _pids(cluster, pod):
    space = f"pod-{pod['metadata']['uid'][:8]}"
    return cluster.processes(space, "tinlb-controller")
