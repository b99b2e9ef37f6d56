"""test_roles - what a role forbids is named, and the rest goes on"""
# SPDX-License-Identifier: Apache-2.0
import json
import os
import signal

import pytest

from lab import backend, poll

from helpers import (answers_alone, apply_config, config_of, create, pool, reason_of, service, settled, wait_address,
                     wait_owner)

IP = "172.17.253.1"


@pytest.fixture(scope="module", autouse=True)
def announced(cluster):
    apply_config(cluster, pool("172.17.253.0/24"))
    create(cluster, "vip", loadBalancerIP=IP)
    settled(cluster, IP)


def change_role(cluster, name, change):
    """Change the rules of a ClusterRole and make everybody list anew."""
    role = json.loads(cluster.kubectl("get", "clusterrole", name, "-o", "json"))
    rules = json.dumps([{"op": "replace", "path": "/rules", "value": change(role["rules"])}])
    cluster.kubectl("patch", "clusterrole", name, "--type=json", "-p", rules)
    cluster.drop_connections()


def trouble(cluster, node):
    return ((cluster.speaker_status(node) or {}).get("api") or {}).get("trouble")


def logs_of(cluster, component):
    return "".join(cluster.kubectl("-n", "metallb-system", "logs", p["metadata"]["name"])
                   for p in cluster.pods(component=component))


@pytest.mark.skipif(backend.is_real(), reason="only the lab's own API refuses for a while")
def test_a_speaker_that_was_refused_at_first_reads_slices_after_all(cluster):
    """As by an API server that has not read the roles yet: neither kind may be read, and then the one of the role."""
    cluster.client.request("POST", "/lab/deny", [{"resource": "endpointslices", "agent": "tinlb-speaker"}])
    cluster.client.request("GET", "/lab/requests?reset=true")
    os.kill(cluster.processes("node1", "tinlb-agent")[0], signal.SIGKILL)
    poll.until(lambda: [r for r in cluster.client.request("GET", "/lab/requests") if r["resource"] == "endpoints"], 20,
               "the agent has tried Endpoints")
    poll.until(lambda: "cannot list resource \"endpointslices\"" in (trouble(cluster, "node1") or ""), 20, "the page says so")
    cluster.client.request("POST", "/lab/deny", [])
    status = poll.until(lambda: (s := cluster.speaker_status("node1")) and s["ready"] and s, 30, "the speaker is ready")
    assert status["api"]["trouble"] is None and not [n for n in status["notes"] if "Endpoints" in n]


def test_without_slices_the_speakers_read_endpoints(cluster):
    change_role(cluster, "metallb-system:speaker", lambda rules: [
        r for r in rules if "endpointslices" not in r["resources"]] + [
            {"apiGroups": [""], "resources": ["endpoints"], "verbs": ["list", "watch"]}])
    poll.until(lambda: all("endpointslices" in (trouble(cluster, n) or "") for n in cluster.network.nodes), 60,
               "every speaker names what it may not read")
    assert answers_alone(cluster, wait_owner(cluster, IP), IP)
    for node in cluster.network.nodes:
        os.kill(cluster.processes(node, "tinlb-agent")[0], signal.SIGKILL)
    poll.until(lambda: all("Endpoints are read instead" in " ".join((cluster.speaker_status(n) or {"notes": []})["notes"])
                           for n in cluster.network.nodes), 60, "every speaker says that it reads Endpoints")
    cluster.client.create("services", service("old", loadBalancerIP="172.17.253.2", externalTrafficPolicy="Local"))
    wait_address(cluster, "old", "172.17.253.2")
    endpoints = {"apiVersion": "v1", "kind": "Endpoints", "metadata": {"namespace": "default", "name": "old"},
                 "subsets": [{"addresses": [{"ip": "10.244.9.1", "nodeName": "node2"}], "ports": [{"port": 80}]}]}
    cluster.client.create("endpoints", endpoints)
    poll.until(lambda: answers_alone(cluster, "node2", "172.17.253.2"), 15, "the node with the endpoint answers")
    endpoints["subsets"][0]["addresses"][0]["nodeName"] = "node3"
    cluster.client.replace("endpoints", endpoints)
    poll.until(lambda: answers_alone(cluster, "node3", "172.17.253.2"), 15, "the other one, when it moves")


def test_a_controller_that_may_not_write_events_allocates_all_the_same(cluster):
    change_role(cluster, "metallb-system:controller", lambda rules: [r for r in rules if "events" not in r["resources"]])
    cluster.client.create("services", service("quiet"))
    wait_address(cluster, "quiet")
    poll.until(lambda: 'cannot create resource \\"events\\"' in logs_of(cluster, "controller"), 15,
               "the log names verb and resource")


def test_a_controller_that_may_not_write_status_says_so_and_goes_on_when_it_may(cluster):
    held = []
    change_role(cluster, "metallb-system:controller", lambda rules: held.extend(rules) or [
        r for r in rules if "services/status" not in r["resources"]])
    cluster.client.create("services", service("barred"))
    poll.until(lambda: 'resource \\"services/status\\"' in logs_of(cluster, "controller"), 30,
               "the log names verb and resource")
    assert config_of(cluster)["loaded"] and reason_of(cluster, "vip") is None
    change_role(cluster, "metallb-system:controller", lambda _rules: held)
    wait_address(cluster, "barred", seconds=60)
