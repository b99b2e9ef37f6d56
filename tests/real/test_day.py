"""test_day - what a cluster lives through in a day, with addresses that are served throughout"""
# SPDX-License-Identifier: Apache-2.0
import concurrent.futures
import json
import os
import re

import pytest

import roles
from helpers import (address_of, apply_config, create, delete, owner_of, pool, service, wait_address,
                     wait_owner)
from lab import capture, network, poll

IP = "172.17.240.1"
MANY = 1000


@pytest.fixture(scope="module", autouse=True)
def announced(cluster):
    apply_config(cluster, pool("172.17.240.0/21"))
    create(cluster, "vip", loadBalancerIP=IP)
    wait_address(cluster, "vip", IP)
    wait_owner(cluster, IP)


def who(cluster, ip=IP):
    return capture.ask(cluster.spaces.full("client"), "eth0", ip, cluster.mac("client"), network.CLIENT)


def stays(cluster, done, seconds, what):
    """The address is answered by one node each time it is asked for, until done() is true."""
    rounds = []

    def look():
        rounds.append(len(who(cluster)))
        return done()

    poll.until(look, seconds, what)
    assert set(rounds) == {1}, rounds


def works(cluster, name):
    """Is a new service served? Then it goes again."""
    create(cluster, name)
    ip = wait_address(cluster, name) and address_of(cluster, name)
    poll.until(lambda: len(who(cluster, ip)) == 1, 30, f"{ip} is answered")
    delete(cluster, name)
    poll.until(lambda: who(cluster, ip) == [], 30, f"{ip} is not answered any more")


def test_the_api_server_is_restarted(cluster):
    cluster.plane.api.stop()
    cluster.plane.api.start()
    stays(cluster, cluster.client.ready, 120, "the API server is ready again")
    works(cluster, "after-restart")


def test_etcd_stands_still_for_a_while(cluster):
    cluster.plane.pause_etcd(True)
    try:
        rounds = iter(range(12))
        stays(cluster, lambda: next(rounds) == 11, 60, "a dozen looks")
    finally:
        cluster.plane.pause_etcd(False)
    poll.until(cluster.client.ready, 60, "the API server is ready again")
    works(cluster, "after-etcd")


def test_watches_are_cut_again_and_again(cluster):
    cuts = []

    def cut():
        cuts.append(cluster.drop_connections())
        return len(cuts) == 20

    stays(cluster, cut, 120, "twenty cuts")
    assert sum(cuts) >= 20
    works(cluster, "after-cuts")


def credentials(cluster, account):
    """The tokens that an account has used, by their ids."""
    ids = set()
    with open(cluster.plane.audit_log, encoding="utf-8") as file:
        for line in file:
            user = json.loads(line)["user"]
            if user["username"].endswith(f":{roles.NAMESPACE}:{account}"):
                ids.update((user.get("extra") or {}).get("authentication.kubernetes.io/credential-id", []))
    return ids


def test_tokens_are_exchanged(cluster):
    before = {account: credentials(cluster, account) for account in ("controller", "speaker")}
    assert all(before.values())
    cluster.rotate_tokens()
    for account, old in before.items():
        poll.until(lambda account=account, old=old: credentials(cluster, account) - old, 150,
                   f"{account} uses a new token")
    works(cluster, "after-tokens")


def test_a_namespace_goes_with_its_services(cluster):
    cluster.client.create("namespaces", {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "short"}})
    for i in range(3):
        obj = service(f"s{i}")
        obj["metadata"]["namespace"] = "short"
        cluster.client.create("services", obj)
    poll.until(lambda: all(s["status"]["loadBalancer"].get("ingress") for s in cluster.client.list("services", "short")),
               20, "all have addresses")
    taken = {s["status"]["loadBalancer"]["ingress"][0]["ip"] for s in cluster.client.list("services", "short")}
    cluster.client.delete("namespaces", None, "short")
    poll.until(lambda: not taken & {a["ip"] for a in (cluster.controller_status() or {"addresses": []})["addresses"]},
               60, "their addresses are free")
    poll.until(lambda: not taken & {a["ip"] for n in cluster.network.nodes
                                    for a in (cluster.speaker_status(n) or {"addresses": []})["addresses"]},
               60, "no speaker knows them")


def test_a_node_is_labelled_out_and_in(cluster):
    owner = owner_of(cluster, IP)
    label = "node.kubernetes.io/exclude-from-external-load-balancers"
    cluster.client.merge("nodes", None, owner, {"metadata": {"labels": {label: ""}}})
    poll.until(lambda: owner_of(cluster, IP) not in (None, owner), 20, "another node has the address")
    cluster.client.merge("nodes", None, owner, {"metadata": {"labels": {label: None}}})
    poll.until(lambda: owner_of(cluster, IP) == owner, 60, "the first one has it again")


def test_both_workloads_are_restarted(cluster):
    """Somebody answers again after each step; no address changes hands between services."""
    for kind in ("deployment/controller", "daemonset/speaker"):
        cluster.kubectl("-n", roles.NAMESPACE, "rollout", "restart", kind)
        cluster.kubectl("-n", roles.NAMESPACE, "rollout", "status", kind, "--timeout=110s")
    poll.until(lambda: len(who(cluster)) == 1, 30, "one node answers")
    assert address_of(cluster, "vip") == IP
    works(cluster, "after-rollout")


def sizes(cluster):
    """{(program, node): (private KiB, descriptors)} of our processes."""
    found = {}
    spaces = list(cluster.network.nodes) + [cluster.space_of(p) for p in cluster.pods(component="controller")]
    for space in spaces:
        for program in ("tinlb-speaker", "tinlb-agent", "tinlb-controller"):
            for pid in cluster.processes(space, program):
                with open(f"/proc/{pid}/smaps_rollup", encoding="utf-8") as file:
                    private = re.findall(r"^Private_\w+:\s+(\d+)", file.read(), re.M)
                found[(program, space)] = (sum(map(int, private)), len(os.listdir(f"/proc/{pid}/fd")))
    return found


def come_and_go(cluster):
    with concurrent.futures.ThreadPoolExecutor(8) as workers:
        list(workers.map(lambda i: cluster.client.create("services", service(f"many{i}")), range(MANY)))
    poll.until(lambda: sum(1 for a in cluster.controller_status()["addresses"]) > MANY, 120, "all have addresses")
    with concurrent.futures.ThreadPoolExecutor(8) as workers:
        list(workers.map(lambda i: cluster.client.delete("services", "default", f"many{i}"), range(MANY)))
    for page in (cluster.controller_status, *(lambda n=n: cluster.speaker_status(n) for n in cluster.network.nodes)):
        poll.until(lambda page=page: len((page() or {"addresses": range(MANY)})["addresses"]) <= 1, 120, "all are gone")


def test_a_thousand_services_come_and_go_twice_and_leave_nothing(cluster):
    come_and_go(cluster)
    once = sizes(cluster)
    come_and_go(cluster)
    twice = sizes(cluster)
    assert once.keys() == twice.keys() and len(once) == 2 * len(cluster.network.nodes) + 1
    for key, (private, descriptors) in twice.items():
        assert private <= once[key][0] * 1.1 + 512, (key, once[key], twice[key])
        assert descriptors <= once[key][1] + 4, (key, once[key], twice[key])
