"""test_dropin - the workloads and roles of two generations of MetalLB, with only the images exchanged"""
# SPDX-License-Identifier: Apache-2.0
import os

import pytest

from conftest import ROOT
from helpers import apply_config, events_of, pool, service, wait_address
from lab import capture, network, poll
from lab.real.cluster import RealCluster

MANIFESTS = os.path.join(ROOT, "tests/real/manifests")
IP = "172.17.248.1"
OBJECTS = """
apiVersion: metallb.io/v1beta1
kind: IPAddressPool
metadata: {namespace: metallb-system, name: default}
spec: {addresses: [172.17.248.0/24]}
---
apiVersion: metallb.io/v1beta1
kind: L2Advertisement
metadata: {namespace: metallb-system, name: default}
"""


def configure_old(lab, _tmp_path):
    apply_config(lab, pool("172.17.248.0/24"))


def configure_today(lab, tmp_path):
    lab.kubectl("apply", "-f", os.path.join(ROOT, "config/deploy/crds"))
    lab.kubectl("wait", "--for=condition=established", "crd/ipaddresspools.metallb.io", "--timeout=20s")
    (tmp_path / "objects.yaml").write_text(OBJECTS)
    lab.kubectl("apply", "-f", str(tmp_path / "objects.yaml"))


GENERATIONS = {"metallb-0.9": (7472, configure_old), "metallb-today": (9120, configure_today)}


@pytest.fixture(scope="module", params=GENERATIONS)
def dropped_in(request, tmp_path_factory):
    """(lab, port) with that generation's manifest, its configuration and one service."""
    port, configure = GENERATIONS[request.param]
    with RealCluster() as lab:
        lab.kubectl("apply", "-f", os.path.join(MANIFESTS, request.param + ".yaml"))
        if request.param == "metallb-0.9":  # today's controller makes it
            lab.kubectl("create", "secret", "generic", "-n", "metallb-system", "memberlist",
                        "--from-literal=secretkey=one key for all")
        configure(lab, tmp_path_factory.mktemp("dropin"))
        for kind in ("deployment/controller", "daemonset/speaker"):
            lab.kubectl("-n", "metallb-system", "rollout", "status", kind, "--timeout=90s")
        lab.kubectl("apply", "-f", lab.manifest("web"))
        lab.client.create("services", service("vip", loadBalancerIP=IP, selector={"app": "web"},
                                              ports=[{"port": 80, "targetPort": 8000}]))
        yield lab, port


def status(lab, port, component):
    pod = lab.pods(component=component)[0]
    return lab.page("client", pod["status"]["podIP"], port)


def test_the_service_gets_its_address_one_node_answers_and_a_page_comes(dropped_in):
    lab, _ = dropped_in
    wait_address(lab, "vip", IP)
    poll.until(lambda: len(capture.ask(lab.spaces.full("client"), "eth0", IP, lab.mac("client"),
                                       network.CLIENT)) == 1, 20, "one node answers")
    poll.until(lambda: lab.execute("client", "curl", "-s", "-m", "2", f"http://{IP}/", check=False).startswith("web-"),
               20, "a page comes")
    poll.until(lambda: {"IPAllocated", "nodeAssigned"} <= {e["reason"] for e in events_of(lab, "vip")}, 10, "events")


def test_metrics_and_status_are_on_the_port_of_that_generation(dropped_in):
    lab, port = dropped_in
    for component in ("controller", "speaker"):
        pod = lab.pods(component=component)[0]
        assert "metallb_k8s_client_config_loaded_bool" in lab.page("client", pod["status"]["podIP"], port, "/metrics")
        assert status(lab, port, component)["config"]["loaded"]


def test_the_speakers_are_one_ring_under_the_secret(dropped_in):
    lab, port = dropped_in
    def whole():
        found = status(lab, port, "speaker")
        return found if found and found["ring"]["state"] == "joined" and [m["alive"] for m in found["members"]] == [True] * 3 else None

    ring = poll.until(whole, 20, "all three are alive, and in one ring")
    if port == 9120:  # that generation has a file of timings
        assert any("config.json: without effect here: UDPBufferSize" in note for note in ring["notes"])


def test_what_the_role_does_not_allow_is_said_and_nothing_fails_by_it(dropped_in):
    lab, port = dropped_in
    page = status(lab, port, "controller")
    assert page["ready"] and page["role"] == "alone"
    assert any('resource "leases"' in sentence for sentence in page["api"]["denied"])
    for pod in lab.pods(app="metallb"):
        assert all(c["restartCount"] == 0 for c in pod["status"]["containerStatuses"])
