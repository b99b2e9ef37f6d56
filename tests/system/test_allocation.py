"""test_allocation - who gets an address, who waits and why, over restarts and bad configuration"""
# SPDX-License-Identifier: Apache-2.0
import os
import signal

import pytest

from lab import poll

from helpers import (address_of, addresses, apply_config, config_of, create, delete, events_of, pool, reason_of,
                     restarts, service, wait_address)

BAD = "address-pools:\n  - name: default\n    protocol: bgp\n    addresses: [1.2.3.4]\n"


def apply_pool(cluster, addresses_):
    """One pool, in force."""
    apply_config(cluster, pool(addresses_))
    size = int(addresses_.rsplit(".", 1)[1]) - int(addresses_.split("-")[0].rsplit(".", 1)[1]) + 1
    poll.until(lambda: [p["size"] for p in (cluster.controller_status() or {}).get("pools", [])] == [size]
               and not config_of(cluster)["stale"], 15, "the pool is in force")


@pytest.fixture(autouse=True)
def clean(cluster):
    apply_pool(cluster, "172.17.250.1-172.17.250.2")
    yield
    delete(cluster, "a", *addresses(cluster))


def test_two_services_want_one_address_without_a_key(cluster):
    create(cluster, "a", loadBalancerIP="172.17.250.2")
    wait_address(cluster, "a", "172.17.250.2")
    create(cluster, "b", loadBalancerIP="172.17.250.2")
    poll.until(lambda: reason_of(cluster, "b") == "sharingKey", 15, "b waits because of the key")
    event = poll.until(lambda: [e for e in events_of(cluster, "b") if e["reason"] == "AllocationFailed"], 15, "an event")
    assert "default/a" in event[0]["message"]
    delete(cluster, "a")
    wait_address(cluster, "b", "172.17.250.2")


def test_with_equal_keys_and_other_ports_they_share_it(cluster):
    key = {"metallb.universe.tf/allow-shared-ip": "k"}
    create(cluster, "a", annotations=key)
    wait_address(cluster, "a", "172.17.250.1")
    create(cluster, "b", port=81, annotations=key, loadBalancerIP="172.17.250.1")
    wait_address(cluster, "b", "172.17.250.1")
    create(cluster, "c", port=81, annotations=key, loadBalancerIP="172.17.250.1")
    poll.until(lambda: reason_of(cluster, "c"), 15, "the same port a second time waits")
    assert address_of(cluster, "c") is None


def test_a_full_pool_and_then_a_release(cluster):
    create(cluster, "a")
    create(cluster, "b")
    wait_address(cluster, "a")
    wait_address(cluster, "b")
    create(cluster, "c")
    poll.until(lambda: reason_of(cluster, "c") == "allPoolsFull", 15, "c waits for a free address")
    assert address_of(cluster, "c") is None
    freed = address_of(cluster, "a")
    delete(cluster, "a")
    wait_address(cluster, "c", freed)


def test_a_service_that_is_no_load_balancer_any_more_gives_its_address_back(cluster):
    create(cluster, "a")
    wait_address(cluster, "a", "172.17.250.1")
    cluster.client.merge("services", "default", "a", {"spec": {"type": "ClusterIP"}})
    create(cluster, "b")
    wait_address(cluster, "b", "172.17.250.1")
    assert address_of(cluster, "a") is None


def test_a_bad_document_after_a_good_one_changes_nothing_and_is_shown(cluster):
    create(cluster, "a")
    address = wait_address(cluster, "a") and address_of(cluster, "a")
    before = config_of(cluster)["hash"]
    apply_config(cluster, BAD)
    config = poll.until(lambda: (c := config_of(cluster))["stale"] and c, 15, "the configuration is stale")
    assert config["line"] == 3 and "layer2" in config["error"] and config["loaded"] and config["hash"] == before
    for node in cluster.network.nodes:
        poll.until(lambda node=node: config_of(cluster, node)["stale"], 15, f"stale on {node} too")
    assert address_of(cluster, "a") == address
    create(cluster, "b")
    wait_address(cluster, "b")
    apply_config(cluster, pool("172.17.250.1-172.17.250.3"))
    for node in (None, *cluster.network.nodes):
        poll.until(lambda node=node: not config_of(cluster, node)["stale"], 15, "a good document is taken again")
    assert config_of(cluster)["hash"] != before and not config_of(cluster)["error"]


def test_an_address_outside_the_pools_is_refused_with_a_reason(cluster):
    create(cluster, "a", loadBalancerIP="9.9.9.9")
    poll.until(lambda: reason_of(cluster, "a") == "outsidePools", 15, "outside of the pools")
    poll.until(lambda: any("9.9.9.9" in e["message"] for e in events_of(cluster, "a")), 15, "an event says it")
    cluster.client.merge("services", "default", "a", {"spec": {"loadBalancerIP": "172.17.250.2"}})
    wait_address(cluster, "a", "172.17.250.2")


def kill_controller(cluster):
    pod = cluster.pods(component="controller")[0]
    before = restarts(cluster, component="controller")
    for pid in cluster.processes(cluster.space_of(pod), "tinlb-controller"):
        os.kill(pid, signal.SIGKILL)
    poll.until(lambda: restarts(cluster, component="controller") != before, 15, "the controller was started again")


def test_a_restarted_controller_gives_nobody_anothers_address(cluster):
    create(cluster, "b")
    wait_address(cluster, "b")
    before = address_of(cluster, "b")
    kill_controller(cluster)
    cluster.client.create("services", service("a"))  # comes first by name, but later
    wait_address(cluster, "a")
    assert address_of(cluster, "b") == before
    assert address_of(cluster, "a") != before


def test_a_controller_killed_in_the_middle_of_its_work_goes_on_where_it_was(cluster):
    apply_pool(cluster, "172.17.250.1-172.17.250.60")
    names = [f"s{number:02}" for number in range(60)]
    for name in names[:30]:
        cluster.client.create("services", service(name))
    poll.until(lambda: any(addresses(cluster).values()), 15, "the first one has an address")
    for name in names[30:]:
        cluster.client.create("services", service(name))
    held = {name: ip for name, ip in addresses(cluster).items() if ip}
    kill_controller(cluster)
    poll.until(lambda: all(addresses(cluster).values()), 20, "all have one")
    after = addresses(cluster)
    assert len(set(after.values())) == 60
    assert {name: after[name] for name in held} == held
