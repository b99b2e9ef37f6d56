"""test_requests - what people ask for and cannot get: pools, addresses, services, labels"""
# SPDX-License-Identifier: Apache-2.0
import pytest

from lab import poll

from helpers import apply_config, create, delete, service, set_endpoints, wait_address

from patient import POOL, WEB, Scenario, configure, event, metric, restart_speaker, run

TAB = "address-pools:\n  - name: default\n\tprotocol: layer2\n    addresses: [\"172.17.251.1-172.17.251.10\"]\n"
EXCLUDE = "node.kubernetes.io/exclude-from-external-load-balancers"
WAITING = "tinlb_controller_services_waiting"
STALE = "metallb_k8s_client_config_stale_bool"


def waits(reason):
    return lambda lab: metric(lab, f'{WAITING}{{reason="{reason}"}}') and event(lab, "AllocationFailed", name="more")


def held_back(reason, node="node1"):
    return lambda lab: metric(lab, f'tinlb_addresses{{reason="{reason}"}}', node)


def ask(**spec):
    """A second service that asks for something."""
    return lambda lab: lab.client.create("services", service("more", **spec))


def take_back(lab):
    delete(lab, "more")


def no_configuration(lab):
    lab.client.delete("configmaps", "metallb-system", "config")


def start_without_configuration(lab):
    no_configuration(lab)
    restart_speaker(lab, "node1")


def start_with_a_tab(lab):
    """Only who starts has no last good one that would stay in force."""
    apply_config(lab, TAB)
    old = lab.pods(component="controller")[0]
    lab.client.delete("pods", "metallb-system", old["metadata"]["name"])
    poll.until(lambda: old["metadata"]["uid"] not in {p["metadata"]["uid"] for p in lab.pods()}, 20, "it is gone")
    ask()(lab)


def no_metric_of_pool(lab):
    return metric(lab, 'metallb_allocator_addresses_total{pool="default"}') is None


def no_pools(lab):
    apply_config(lab, "address-pools: []\n")
    poll.until(lambda: no_metric_of_pool(lab), 15, "the configuration is in force")
    ask()(lab)


def configure_again(lab):
    take_back(lab)
    configure(lab)


def label(lab, nodes, value):
    for node in nodes:
        lab.client.merge("nodes", None, node, {"metadata": {"labels": {EXCLUDE: value}}})


def condition(lab, node, kind, status):
    """Set a condition of a node; None: take it away."""
    obj = lab.client.get("nodes", None, node)
    kept = [c for c in obj["status"]["conditions"] if c["type"] != kind]
    added = [{"type": kind, "status": status, "reason": "Test", "message": "set by a test"}] if status else []
    obj["status"]["conditions"] = kept + added
    del obj["metadata"]["resourceVersion"]  # the kubelet may write meanwhile
    lab.client.replace("nodes", obj, "status")


def far_service(lab):
    configure(lab, '172.17.251.1-172.17.251.10", "203.0.113.0/28')
    create(lab, "more", loadBalancerIP="203.0.113.7")
    wait_address(lab, "more", "203.0.113.7")


SCENARIOS = [
    Scenario("the configuration is removed", no_configuration, configure, {"configMissing"},
             "^configMissing: ", lambda lab: metric(lab, STALE) == 1),
    Scenario("a speaker starts without a configuration", start_without_configuration, configure, {"configMissing"},
             "^configMissing: ", held_back("noConfig"), shows=("noConfig",)),
    Scenario("a controller starts with a tab in the ConfigMap", start_with_a_tab, configure_again, {"configRefused"},
             "^configRefused: .*line 3", lambda lab: metric(lab, STALE) == 1, shows=("configRefused",)),
    Scenario("a tab in the ConfigMap", lambda lab: apply_config(lab, TAB), configure, {"configRefused"},
             "^configRefused: .*line 3", lambda lab: metric(lab, STALE) == 1 and metric(lab, STALE, "node1") == 1),
    Scenario("a configuration without pools", no_pools, configure_again, {"noPools"}, "^noPools: ",
             lambda lab: no_metric_of_pool(lab) and held_back("ipNotAllowed")(lab),
             shows=("noPools", "ipNotAllowed")),
    Scenario("a full pool", lambda lab: (configure(lab, WEB + "/32"), ask()(lab)),
             configure_again, {"serviceWaiting"}, r"^serviceWaiting \(allPoolsFull\): service default/more ",
             waits("allPoolsFull"), ("default/more", "is full")),
    Scenario("an address outside of the pools", ask(loadBalancerIP="198.51.100.1"), take_back, {"serviceWaiting"},
             r"^serviceWaiting \(outsidePools\): .*default/more", waits("outsidePools"),
             ("default/more", "no pool contains it")),
    Scenario("an address that is taken", ask(loadBalancerIP=WEB), take_back, {"serviceWaiting"},
             r"^serviceWaiting \(sharingKey\): .*default/more", waits("sharingKey"),
             ("default/more", "in use by default/web")),
    Scenario("a pool that is not there", ask(annotations={"metallb.universe.tf/address-pool": "gold"}), take_back,
             {"serviceWaiting"}, r"^serviceWaiting \(unknownPool\): .*gold", waits("unknownPool"),
             ("default/more", "unknown pool .gold")),
    Scenario("a class that nobody serves", ask(loadBalancerClass="example.com/other"), take_back, {"classUnserved"},
             "^classUnserved: service default/more .*example.com/other",
             lambda lab: metric(lab, "tinlb_controller_services_unserved"), ("default/more", "class")),
    Scenario("no endpoints", lambda lab: set_endpoints(lab, "web", []),
             lambda lab: set_endpoints(lab, "web", list(lab.network.nodes)), {"notAnnounced"},
             r"^notAnnounced \(noEndpoints\): .*default/web", held_back("noEndpoints"), ("default/web", "no pod behind")),
    Scenario("pods for policy Local on no node that is known",
             lambda lab: (create(lab, "more", nodes=["elsewhere"], externalTrafficPolicy="Local"),
                          wait_address(lab, "more")), take_back, {"notAnnounced"},
             r"^notAnnounced \(noLocalEndpoints\): .*default/more", held_back("noLocalEndpoints"),
             ("default/more", "externalTrafficPolicy is Local")),
    Scenario("an address that a node has", lambda lab: (configure(lab, POOL + '", "172.17.0.2/32'),
                                                        ask(loadBalancerIP="172.17.0.2")(lab)),
             configure_again, {"serviceWaiting"}, r"^serviceWaiting \(nodeAddress\): .*default/more",
             waits("nodeAddress"), ("default/more", "node")),
    Scenario("the exclude label on one node", lambda lab: label(lab, ["node2"], "true"),
             lambda lab: label(lab, ["node2"], None), {"nodeExcluded"}, "^nodeExcluded: node node2 ",
             held_back("nodeExcluded", "node2"), shows=("nodeExcluded",)),
    Scenario("the exclude label on all nodes", lambda lab: label(lab, lab.network.nodes, "true"),
             lambda lab: label(lab, lab.network.nodes, None), {"allNodesExcluded"}, "^allNodesExcluded: every node ",
             lambda lab: event(lab, "excludeLabelIgnored")),
    Scenario("a node is not Ready", lambda lab: condition(lab, "node3", "Ready", "False"),
             lambda lab: condition(lab, "node3", "Ready", "True"), {"nodeNotReady"}, "^nodeNotReady: node node3 ",
             lambda lab: "NotReady" in lab.kubectl("get", "nodes")),
    Scenario("no node has a network", lambda lab: [condition(lab, n, "NetworkUnavailable", "True") for n in lab.network.nodes],
             lambda lab: [condition(lab, n, "NetworkUnavailable", None) for n in lab.network.nodes],
             {"nodeNetworkUnavailable"}, "^nodeNetworkUnavailable: node node1 ", held_back("noCandidate"),
             shows=("noCandidate",)),
    Scenario("an address in no subnet", far_service, configure_again, {"noSubnet"},
             "^noSubnet: 203.0.113.7 lies in no subnet",
             lambda lab: any(metric(lab, "tinlb_addresses_outside_subnets", n) for n in lab.network.nodes)),
]


@pytest.mark.parametrize("scenario", SCENARIOS, ids=str)
def test_the_cause_is_named_and_nothing_else(lab, scenario):
    run(lab, scenario)
