"""test_machines - nodes and their LAN: interfaces, kernels, strangers"""
# SPDX-License-Identifier: Apache-2.0
import pytest

from lab import capture, poll

from helpers import answers_alone, create, owner_of, wait_address, wait_owner

from patient import POOL, WEB, Scenario, configure, event, metric, run, wait_well
from test_gossip import not_reached

FAR = "172.31.0.100"


def stranger_comes(lab):
    """A machine with the service's address, which asks the LAN for something, as machines do."""
    spaces = lab.spaces
    spaces.add("stranger")
    spaces.cable("stranger", "eth0", "lan", "p-stranger")
    spaces.ip("lan", "link", "set", "p-stranger", "master", "br0")
    spaces.ip("stranger", "addr", "add", WEB + "/16", "dev", "eth0")
    space = spaces.full("stranger")
    mac = capture.own_mac_of(space, "eth0")
    poll.until(lambda: capture.ask(space, "eth0", "172.17.0.1", mac, WEB), 10, "the stranger reaches the router")


def stranger_goes(lab):
    lab.spaces.delete("stranger")


def second_lan(lab):
    """All nodes get a second interface, on a LAN of its own, and a service on it."""
    spaces = lab.spaces
    spaces.add("lan2")
    spaces.ip("lan2", "link", "add", "br1", "type", "bridge")
    spaces.ip("lan2", "link", "set", "br1", "up")
    for number, node in enumerate(lab.network.nodes):
        spaces.cable(node, "eth1", "lan2", f"q-{node}")
        spaces.ip("lan2", "link", "set", f"q-{node}", "master", "br1")
        spaces.ip(node, "addr", "add", f"172.31.0.{number + 1}/24", "dev", "eth1")
    configure(lab, f'{POOL}", "{FAR}/32')
    create(lab, "more", loadBalancerIP=FAR)
    wait_address(lab, "more", FAR)
    wait_owner(lab, FAR)


@pytest.fixture(scope="module", autouse=True)
def two_lans(lab):
    second_lan(lab)


def ipvs(lab, node):
    """What kube-proxy in IPVS mode leaves: the address on every node, and a kernel that answers for it."""
    lab.spaces.ip(node, "link", "add", "kube-ipvs0", "type", "bridge")  # stays down, as the real one
    lab.spaces.ip(node, "addr", "add", WEB + "/32", "dev", "kube-ipvs0")


def filters(lab, value):
    for node in lab.network.nodes:
        lab.spaces.sysctl(node, net__ipv4__conf__eth1__rp_filter=value)


def moves(lab):
    """How often an address got an owner, by the metric of all speakers."""
    return sum(metric(lab, f'tinlb_owner_changes_total{{ip="{FAR}"}}', n) or 0 for n in lab.network.nodes)


def pull(lab):
    lab.down, lab.moves_before = wait_owner(lab, FAR), moves(lab)
    lab.spaces.ip(lab.down, "link", "set", "eth1", "down")


def plug_all(lab, state):
    """The cables of the second LAN."""
    for node in lab.network.nodes:
        lab.spaces.ip("lan2", "link", "set", f"q-{node}", state)


def plug(lab, node, state):
    lab.not_reached_before = not_reached(lab)
    lab.spaces.ip("lan", "link", "set", f"p-{node}", state)


def troubled(reason):
    return lambda lab: any(metric(lab, f'tinlb_host_troubles{{trouble="{reason}"}}', n) for n in lab.network.nodes)


SCENARIOS = [
    Scenario("a stranger has the address", stranger_comes, stranger_goes, {"addressClaimed"},
             f"^addressClaimed: the machine with hardware address .* answers for {WEB}, too",
             lambda lab: event(lab, "addressClaimed")),
    Scenario("kube-proxy in IPVS mode without strictARP", lambda lab: [ipvs(lab, n) for n in lab.network.nodes],
             lambda lab: [lab.spaces.ip(n, "link", "del", "kube-ipvs0") for n in lab.network.nodes],
             {"ipvsWithoutStrictArp"}, "^ipvsWithoutStrictArp: kube-proxy on node1 ",
             troubled("ipvsWithoutStrictArp")),
    Scenario("rp_filter on the second interface", lambda lab: filters(lab, 1), lambda lab: filters(lab, 0),
             {"reversePathFilter"}, "^reversePathFilter: rp_filter is strict on ", troubled("reversePathFilter")),
    Scenario("a node whose cable is pulled", lambda lab: plug(lab, "node3", "down"), lambda lab: plug(lab, "node3", "up"),
             {"speakerSilent"}, "^speakerSilent: the speaker on node3 does not answer .*do not hear it either",
             lambda lab: not_reached(lab) > lab.not_reached_before),
    Scenario("the interface of the owner is down", pull,
             lambda lab: lab.spaces.ip(lab.down, "link", "set", "eth1", "up"), {"linkDown"},
             "^linkDown: eth1 of node. is down",
             lambda lab: owner_of(lab, FAR) not in (None, lab.down) and moves(lab) > lab.moves_before),
    Scenario("the second LAN is down", lambda lab: plug_all(lab, "down"), lambda lab: plug_all(lab, "up"),
             {"linkDown"}, f"^linkDown \\(linkDown\\): the interface of node. that carries {FAR} is down",
             lambda lab: any(metric(lab, 'tinlb_addresses{reason="linkDown"}', n) for n in lab.network.nodes)),
]


@pytest.mark.parametrize("scenario", SCENARIOS, ids=str)
def test_the_cause_is_named_and_nothing_else(lab, scenario):
    run(lab, scenario)


def test_ipvs_with_strict_arp_is_no_fault(lab):
    """What kube-proxy sets with strictARP; the addresses on every node are not the node's own."""
    wait_well(lab, "before")
    for node in lab.network.nodes:
        lab.spaces.sysctl(node, net__ipv4__conf__all__arp_ignore=1, net__ipv4__conf__all__arp_announce=2)
        ipvs(lab, node)
    try:
        wait_well(lab, "with strictARP")
        owner = wait_owner(lab, WEB)
        poll.until(lambda: answers_alone(lab, owner, WEB), 15, "the owner answers alone")
    finally:
        for node in lab.network.nodes:
            lab.spaces.ip(node, "link", "del", "kube-ipvs0")
            lab.spaces.sysctl(node, net__ipv4__conf__all__arp_ignore=0, net__ipv4__conf__all__arp_announce=0)
