"""test_two - two faults at once: both are named, and nothing else"""
# SPDX-License-Identifier: Apache-2.0
import pytest

from lab import poll

from helpers import apply_config, delete, service, set_endpoints

from patient import Scenario, configure, event, metric, run
from test_gossip import SECRET, block, blocked, restart_with, unblock
from test_machines import stranger_comes, stranger_goes
from test_programs import add_bare_node, remove_bare_node, scale
from test_requests import STALE, TAB, condition, held_back, label

def name_for_address(lab):
    """With the controller away, somebody writes a host name where the address was."""
    scale(lab, 0)
    poll.until(lambda: not lab.pods(component="controller"), 20, "the controller is gone")
    lab.client.merge("services", "default", "web",
                     {"status": {"loadBalancer": {"ingress": [{"hostname": "lb.example.com"}]}}}, "status")


SCENARIOS = [
    Scenario("a tab in the ConfigMap, and no endpoints",
             lambda lab: (apply_config(lab, TAB), set_endpoints(lab, "web", [])),
             lambda lab: (configure(lab), set_endpoints(lab, "web", list(lab.network.nodes))),
             {"configRefused", "notAnnounced"}, "^configRefused: line 3",
             lambda lab: metric(lab, STALE) == 1 and held_back("noEndpoints")(lab)),
    Scenario("a stranger with the address, and an address outside of the pools",
             lambda lab: (stranger_comes(lab), lab.client.create("services", service("more", loadBalancerIP="198.51.100.1"))),
             lambda lab: (stranger_goes(lab), delete(lab, "more")), {"addressClaimed", "serviceWaiting"},
             "^addressClaimed: ",
             lambda lab: event(lab, "addressClaimed") and event(lab, "AllocationFailed", name="more")),
    Scenario("gossip blocked both ways, and a label on another node",
             lambda lab: (block(lab, "node3", "input", "output"), label(lab, ["node2"], "true")),
             lambda lab: (unblock(lab, "node3"), label(lab, ["node2"], None)), {"gossipBlocked", "nodeExcluded"},
             "^gossipBlocked: node3 ", blocked),
    Scenario("another secret, and a node that is not Ready",
             lambda lab: (restart_with(lab, "node2", "quite another secret"), condition(lab, "node1", "Ready", "False")),
             lambda lab: (restart_with(lab, "node2", SECRET),
                          condition(lab, "node1", "Ready", "True")), {"secretsDiffer", "nodeNotReady"},
             "^secretsDiffer: the speaker on node2 ",
             lambda lab: metric(lab, 'tinlb_ring_state{state="wrongSecret"}', "node2") == 1),
    Scenario("no controller, and a node without a speaker", lambda lab: (scale(lab, 0), add_bare_node(lab)),
             lambda lab: (scale(lab, 1), remove_bare_node(lab)), {"controllerMissing", "speakerMissing"},
             "^controllerMissing: ", lambda lab: metric(lab, "tinlb_controller_leads") is None),
    Scenario("no controller, and a host name for an address", name_for_address, lambda lab: scale(lab, 1),
             {"controllerMissing", "notAnnounced"}, "^controllerMissing: ",
             lambda lab: metric(lab, "tinlb_controller_leads") is None, ("default/web", "has no controller"), ("invalidIP",)),
]


@pytest.mark.parametrize("scenario", SCENARIOS, ids=str)
def test_both_causes_are_named(lab, scenario):
    run(lab, scenario)
