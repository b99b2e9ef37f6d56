"""test_resources - pools and advertisements that do not fit together, as custom resources"""
# SPDX-License-Identifier: Apache-2.0
import json
import os

import pytest

from lab import poll

from helpers import config_of, create, delete, service, wait_address, wait_owner

from patient import POOL, WEB, Scenario, event, metric, run
from test_requests import STALE, held_back, waits

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
CRDS = os.path.join(ROOT, "config/deploy/crds")
SHARE, FROM = "metallb.io/allow-shared-ip", "metallb.io/address-pool"


def put(lab, kind, name, **spec):
    obj = {"apiVersion": "metallb.io/v1beta1", "kind": kind, "metadata": {"name": name, "namespace": "metallb-system"},
           "spec": spec}
    path = os.path.join(lab.directory, "object.json")
    with open(path, "w", encoding="utf-8") as file:
        json.dump(obj, file)
    lab.kubectl("replace", "--force", "-f", path)


def remove(lab, kind, name):
    lab.kubectl("delete", kind, name, "-n", "metallb-system", "--ignore-not-found")


def pool(lab, name="default", addresses=POOL, **more):
    put(lab, "IPAddressPool", name, addresses=[addresses], **more)


def advert(lab, name="all", **spec):
    put(lab, "L2Advertisement", name, **spec)


@pytest.fixture(scope="module", autouse=True)
def resources(lab):
    """The same pool as custom resources, which win over the ConfigMap."""
    lab.kubectl("apply", "-f", CRDS)
    lab.kubectl("wait", "--for=condition=established", "--timeout=10s", "crd/ipaddresspools.metallb.io",
                "crd/l2advertisements.metallb.io")
    advert(lab)
    pool(lab)
    for node in (None, *lab.network.nodes):
        poll.until(lambda n=node: "custom resources" in (config_of(lab, n).get("source") or ""), 30,
                   "the custom resources are in force")
    wait_owner(lab, WEB)


def shared_and_selected(lab):
    create(lab, "more", annotations={SHARE: "key"})
    lab.client.merge("services", "default", "more", {"metadata": {"labels": {"app": "more"}}})
    wait_address(lab, "more")
    advert(lab, "some", serviceSelectors=[{"matchLabels": {"app": "more"}}])


def unshared(lab):
    delete(lab, "more")
    remove(lab, "l2advertisement", "some")


def foreign_pool(lab, **rule):
    pool(lab, "team", "172.17.252.0/28", serviceAllocation=rule)
    lab.client.create("services", service("more", annotations={FROM: "team"}))


def no_foreign_pool(lab):
    delete(lab, "more")
    remove(lab, "ipaddresspool", "team")


def waits_web(reason):
    return lambda lab: metric(lab, f'tinlb_controller_services_waiting{{reason="{reason}"}}')


SCENARIOS = [
    Scenario("no advertisement", lambda lab: remove(lab, "l2advertisement", "all"), advert, {"notAnnounced"},
             r"^notAnnounced \(noMatchingAdvertisement\): .*default/web", held_back("noMatchingAdvertisement"),
             ("default/web", "L2Advertisement")),
    Scenario("an advertisement for no node", lambda lab: advert(lab, nodeSelectors=[{"matchLabels": {"rack": "none"}}]),
             advert, {"notAnnounced"}, r"^notAnnounced \(noMatchingAdvertisement\): .*default/web",
             held_back("noMatchingAdvertisement"), ("default/web", "L2Advertisement")),
    Scenario("an interface that no node has", lambda lab: advert(lab, interfaces=["eth9"]), advert, {"noInterface"},
             rf"^noInterface \(noInterface\): node. should answer for {WEB}", lambda lab: event(lab, "announceFailed"),
             ("default/web", "interface")),
    Scenario("a shared address with selected services", shared_and_selected, unshared, {"notAnnounced"},
             r"^notAnnounced \(sharedIPWithServiceSelector\): .*default/more", held_back("sharedIPWithServiceSelector"),
             ("default/more", "share")),
    Scenario("a pool for another namespace", lambda lab: foreign_pool(lab, namespaces=["team"]), no_foreign_pool,
             {"serviceWaiting"}, r"^serviceWaiting \(poolForOtherNamespaces\): .*default/more",
             waits("poolForOtherNamespaces"), ("default/more", "team")),
    Scenario("a pool for other services",
             lambda lab: foreign_pool(lab, serviceSelectors=[{"matchLabels": {"app": "gold"}}]), no_foreign_pool,
             {"serviceWaiting"}, r"^serviceWaiting \(poolForOtherServices\): .*default/more",
             waits("poolForOtherServices"), ("default/more", "team")),
    Scenario("no pool for the service", lambda lab: pool(lab, serviceAllocation={"namespaces": ["team"]}), pool,
             {"serviceWaiting"}, r"^serviceWaiting \(noPoolForService\): .*default/web", waits_web("noPoolForService")),
    Scenario("pools that overlap", lambda lab: pool(lab, "again", WEB + "/32"),
             lambda lab: remove(lab, "ipaddresspool", "again"), {"configRefused"}, "^configRefused: .*overlap",
             lambda lab: metric(lab, STALE) == 1),
]


@pytest.mark.parametrize("scenario", SCENARIOS, ids=str)
def test_the_cause_is_named_and_nothing_else(lab, scenario):
    run(lab, scenario)
