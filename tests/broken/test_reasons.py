"""test_reasons - every other reason for which a person can make a service wait"""
# SPDX-License-Identifier: Apache-2.0
import pytest

from lab import poll

from helpers import apply_config, create, delete, service, wait_address

from patient import POOL, Scenario, configure, event, metric, run
from test_requests import waits

POOLS = """address-pools:
  - {name: default, protocol: layer2, addresses: ["%s"]}
  - {name: gold, protocol: layer2, auto-assign: false, addresses: ["172.17.252.1/32"]}
  - {name: odd, protocol: layer2, avoid-buggy-ips: true, addresses: ["172.17.253.0/24"]}
  - {name: six, protocol: layer2, addresses: ["fd00:1::/120"]}
""" % POOL
SHARE, IPS, FROM = "metallb.io/allow-shared-ip", "metallb.io/loadBalancerIPs", "metallb.io/address-pool"
SHARED = "172.17.251.9"


def pools(lab, text=POOLS):
    apply_config(lab, text)
    poll.until(lambda: metric(lab, 'metallb_allocator_addresses_total{pool="gold"}'), 15, "the pools are in force")


def ask(*before, **spec):
    """Pools, services that are there before, and one that asks for what it cannot have."""
    def break_it(lab):
        pools(lab)
        for mate in before:
            create(lab, "mate", **mate)
            wait_address(lab, "mate")
        lab.client.create("services", service("more", **spec))
    return break_it


def mend(lab):
    delete(lab, "more", "mate")
    configure(lab)


def waiting(reason, says, *before, **spec):
    return Scenario(reason, ask(*before, **spec), mend, {"serviceWaiting"},
                    rf"^serviceWaiting \({reason}\): service default/more waits", waits(reason), ("default/more", says))


def ipv6_service(lab):
    pools(lab)
    create(lab, "more", ipFamilies=["IPv6"], ipFamilyPolicy="SingleStack")
    wait_address(lab, "more")


def nothing_by_itself(lab):
    pools(lab, POOLS.replace("{name: default,", "{name: default, auto-assign: false,")
          .replace("{name: odd,", "{name: odd, auto-assign: false,")
          .replace("{name: six,", "{name: six, auto-assign: false,"))
    lab.client.create("services", service("more"))


def odd(**spec):
    """A service that no API server would store, after the pools."""
    def break_it(lab):
        pools(lab)
        lab.client.request("POST", "/lab/services", service("more", **spec))
    return break_it


def odd_waiting(reason, told, says, **spec):
    return Scenario(reason, odd(**spec), mend, {"serviceWaiting"},
                    rf"^serviceWaiting \({reason}\): service default/more waits",
                    lambda lab: event(lab, told, name="more"), ("default/more", says))


MATE = {"annotations": {SHARE: "key"}, "loadBalancerIP": SHARED}

SCENARIOS = [
    waiting("badRequest", "10.0.0", annotations={IPS: "10.0.0"}),
    waiting("familyMismatch", "IPv", annotations={IPS: "fd00:1::1"}),
    waiting("buggyAddress", "172.17.253.255", loadBalancerIP="172.17.253.255"),
    waiting("otherPool", "gold", loadBalancerIP="172.17.251.5", annotations={FROM: "gold"}),
    waiting("poolFull", "gold", {"annotations": {FROM: "gold"}}, annotations={FROM: "gold"}),
    waiting("portTaken", "default/mate", MATE, **MATE),
    waiting("sharingBackend", "default/mate", MATE, port=81, externalTrafficPolicy="Local",
            selector={"app": "more"}, **MATE),
    Scenario("noAutoAssignPool", nothing_by_itself, mend, {"serviceWaiting"},
             r"^serviceWaiting \(noAutoAssignPool\): service default/more waits", waits("noAutoAssignPool")),
    odd_waiting("noClusterIP", "AllocationFailed", "headless", clusterIPs=["None"]),
    odd_waiting("familyUnknown", "AllocationFailed", "cluster IPs", clusterIPs=["10.96.7.1", "10.96.7.2"]),
    odd_waiting("notDualStack", "not enough clusterips", "dual stack", clusterIPs=["10.96.7.1"],
                ipFamilyPolicy="RequireDualStack"),
    Scenario("an IPv6 address", ipv6_service, mend, {"notAnnounced"}, r"^notAnnounced \(ipv6\): .*default/more",
             lambda lab: event(lab, "IPv6NotAnnounced", name="more"), ("default/more", "IPv6")),
]


@pytest.mark.parametrize("scenario", SCENARIOS, ids=str)
def test_the_reason_is_named_and_nothing_else(lab, scenario):
    run(lab, scenario)
