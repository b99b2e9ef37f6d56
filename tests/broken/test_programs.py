"""test_programs - controllers, speakers and the API: not there, not alone, of another version"""
# SPDX-License-Identifier: Apache-2.0
import json
import os
import signal
import threading

import pytest

from lab import nodes, poll

from helpers import wait_address

from patient import WEB, Scenario, event, metric, metrics, run, tinlb, try_delete, wait_well


VERSION, OLDER = "0.1.0", "0.0.9"


def scale(lab, replicas):
    lab.client.merge("deployments", "metallb-system", "controller", {"spec": {"replicas": replicas}})


def agents(lab, number, node="node2"):
    for pid in lab.processes(node, "tinlb-agent"):
        os.kill(pid, number)


def forbid_leases(lab, forbidden):
    """Take the Leases out of the controller's role, or put them back."""
    role = json.loads(lab.kubectl("get", "role", "-n", "metallb-system", "controller-leader", "-o", "json"))
    if forbidden:
        lab.lease_rules = role["rules"]
    rules = [] if forbidden else lab.lease_rules
    lab.kubectl("patch", "role", "-n", "metallb-system", "controller-leader", "--type=json", "-p",
                json.dumps([{"op": "replace", "path": "/rules", "value": rules}]))
    for pod in lab.pods(component="controller"):
        try_delete(lab, "pods", "metallb-system", pod["metadata"]["name"])


def two_without_lease(lab):
    forbid_leases(lab, True)
    scale(lab, 2)


def one_with_lease(lab):
    scale(lab, 1)
    forbid_leases(lab, False)


def add_bare_node(lab):
    """A node whose kubelet never starts anything."""
    lab.client.create("nodes", {"apiVersion": "v1", "kind": "Node",
                                "metadata": {"name": "node9", "labels": nodes.labels("node9")}, "spec": {}})


def remove_bare_node(lab):
    lab.client.delete("nodes", None, "node9")
    for pod in lab.pods(component="speaker"):
        if pod["spec"]["nodeName"] == "node9":
            try_delete(lab, "pods", "metallb-system", pod["metadata"]["name"])


def unready(lab, kind, name):
    """A workload that Kubernetes itself says is not whole."""
    status = json.loads(lab.kubectl("get", kind, "-n", "metallb-system", name, "-o", "json"))["status"]
    return status.get("numberUnavailable")


def two_lead(lab):
    pages = [lab.page("client", p["status"]["podIP"], 7472, "/metrics") or ""
             for p in lab.pods(component="controller") if (p.get("status") or {}).get("podIP")]
    return sum("tinlb_controller_leads 1" in page for page in pages) == 2


class Rival:
    """Another load-balancer controller, which writes what it likes into the same service."""

    def __init__(self, lab):
        self.lab, self.stopping = lab, threading.Event()
        self.thread = threading.Thread(target=self.write)
        self.thread.start()

    def write(self):
        while not self.stopping.wait(0.5):
            self.lab.client.merge("services", "default", "web",
                                  {"status": {"loadBalancer": {"ingress": [{"ip": "192.0.2.77"}]}}}, "status")

    def stop(self):
        self.stopping.set()
        self.thread.join()
        wait_address(self.lab, "web", WEB)


def rival_comes(lab):
    lab.rival = Rival(lab)


def other_version(lab):
    """A controller that says another version of itself."""
    path = os.path.join(lab.directory, "older")
    with open(os.path.join(lab.build, "controller/tinlb-controller"), "rb") as file:
        program = file.read()
    with open(path, "wb") as file:
        file.write(program.replace(VERSION.encode(), OLDER.encode()))
    os.chmod(path, 0o755)
    lab.programs["older"] = path
    image(lab, "tinlb/older:v1")


def image(lab, name):
    lab.client.request("PATCH", lab.client.path("deployments", "metallb-system", "controller"),
                       [{"op": "replace", "path": "/spec/template/spec/containers/0/image", "value": name}],
                       "application/json-patch+json")


def rejects(lab, node):
    return (metric(lab, "metallb_k8s_client_update_errors_total", node) or 0) > lab.errors_before


def cut_api(lab):
    lab.errors_before = metric(lab, "metallb_k8s_client_update_errors_total", "node1")
    lab.api_cut()


SCENARIOS = [
    Scenario("no controller", lambda lab: scale(lab, 0), lambda lab: scale(lab, 1), {"controllerMissing"},
             "^controllerMissing: no controller runs in namespace metallb-system", lambda lab: metric(lab, "tinlb_controller_leads") is None),
    Scenario("an agent that hangs", lambda lab: agents(lab, signal.SIGSTOP), lambda lab: agents(lab, signal.SIGCONT),
             {"speakerSilent"}, "^speakerSilent: the speaker on node2 .*still hear its announcer",
             lambda lab: not metrics(lab, "node2")),
    Scenario("a node without a speaker", add_bare_node, remove_bare_node, {"speakerMissing"},
             "^speakerMissing: no speaker runs on node9", lambda lab: unready(lab, "daemonset", "speaker")),
    Scenario("two controllers without a Lease", two_without_lease, one_with_lease,
             {"controllersWithoutLease"}, "^controllersWithoutLease: 2 controllers lead at the same time", two_lead),
    Scenario("another load-balancer controller", rival_comes, lambda lab: lab.rival.stop(), {"statusOverwritten"},
             "^statusOverwritten: somebody else changed the address of service default/web",
             lambda lab: metric(lab, "tinlb_controller_status_overwritten") and event(lab, "ClearAssignment")),
    Scenario("a controller of another version", other_version, lambda lab: image(lab, "tinlb/controller:v0.1.0"),
             {"versionsDiffer"}, f"^versionsDiffer: the controller .*is version {OLDER}, others are {VERSION}",
             lambda lab: OLDER in (lab.controller_status() or {"version": ""})["version"]),
    Scenario("the API server is away", cut_api, lambda lab: lab.api_back(), {"apiAway"},
             "^apiAway: ", lambda lab: rejects(lab, "node1")),
]


@pytest.mark.parametrize("scenario", SCENARIOS, ids=str)
def test_the_cause_is_named_and_nothing_else(lab, scenario):
    run(lab, scenario)


def test_without_the_api_the_speakers_can_be_asked_themselves(lab):
    wait_well(lab, "before")
    direct = [f"--speaker={ip}" for ip in lab.network.nodes.values()]
    assert tinlb(lab, "doctor", *direct)[0] == 0
    lab.api_cut()
    try:
        poll.until(lambda: "apiTrouble: " in tinlb(lab, "doctor", *direct)[1], 20, "they say that the API is away")
        status, text, _ = tinlb(lab, "doctor", "-o", "json", *direct)
        assert status == 1 and {f["finding"] for f in json.loads(text)["findings"]} == {"apiTrouble"}
    finally:
        lab.api_back()
    wait_well(lab, "after the API came back")


def test_what_is_about_other_nodes_can_be_left_out(lab):
    wait_well(lab, "before")
    add_bare_node(lab)
    try:
        poll.until(lambda: tinlb(lab, "doctor", "--node=node9")[0] == 1, 15, "the new node has no speaker")
        assert tinlb(lab, "doctor", "--node", "node1")[0] == 0
    finally:
        remove_bare_node(lab)
