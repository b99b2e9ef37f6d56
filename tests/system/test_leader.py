"""test_leader - several controllers, one Lease: who writes, and who takes over when"""
# SPDX-License-Identifier: Apache-2.0
import os
import signal

import pytest
import yaml

from conftest import ROOT
from lab import poll
from lab.solo import NAMESPACE, Solo

KINDS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
POOL = "address-pools: [{name: p, protocol: layer2, addresses: [192.0.2.0/24]}]\n"


@pytest.fixture
def solo():
    with Solo() as lab:
        lab.configure(POOL)
        yield lab


def leading(controller, seconds=10):
    return poll.until(controller.leads, seconds, f"{controller.name} leads", every=0.02)


def standing_by(controller):
    return poll.until(lambda: controller.status().get("role") == "standby" and controller.status()["ready"], 10,
                      f"{controller.name} stands by, ready")


def pair(solo, *arguments):
    first = solo.start(*arguments)
    leading(first)
    second = solo.start(*arguments)
    standing_by(second)
    return first, second


def assigned(solo, name, seconds=10):
    return poll.until(lambda: solo.addresses(name), seconds, f"{name} has an address", every=0.02)


def test_a_standby_has_the_store_and_serves_its_pages(solo):
    first, second = pair(solo)
    solo.add_service("a")
    ip = assigned(solo, "a")[0]
    poll.until(lambda: ip in str(second.status()["addresses"]), 5, "the standby knows the address")
    assert second.page("/readyz")[0] == 200
    assert second.status()["leader"] == first.status()["leader"]
    assert second.metric("tinlb_controller_leads") == 0 and first.metric("tinlb_controller_leads") == 1
    assert second.metric("tinlb_controller_status_writes_total") == 0


def test_on_sigterm_the_lease_is_given_back_and_the_standby_leads_within_a_second(solo):
    first, second = pair(solo)
    first.signal(signal.SIGTERM)
    leading(second, 5)  # the lease would be over after 10; the figure is bench/run controller's
    assert first.process.wait(5) == 0
    lease = solo.client.get("leases", NAMESPACE, "tinlb-controller")
    assert lease["spec"]["holderIdentity"] == second.status()["leader"]
    assert lease["spec"]["leaseTransitions"] >= 1
    solo.add_service("a")
    assigned(solo, "a")


def test_after_kill_9_the_standby_leads_when_the_lease_is_over(solo):
    first, second = pair(solo, "--lease-seconds=3")
    solo.add_service("a")
    ip = assigned(solo, "a")
    first.kill()
    solo.add_service("b")
    assert assigned(solo, "b", 20) != ip and solo.addresses("a") == ip
    assert second.leads()


def test_a_leader_that_was_stopped_for_longer_than_its_lease_writes_nothing_when_it_goes_on(solo):
    first, second = pair(solo, "--lease-seconds=3")
    first.signal(signal.SIGSTOP)
    leading(second, 20)
    solo.add_service("a")
    ip = assigned(solo, "a")
    first.signal(signal.SIGCONT)
    standing_by(first)
    assert solo.addresses("a") == ip
    assert first.metric("tinlb_controller_status_writes_total") == 0


def loses_the_lease(solo, first):
    solo.lab("faults", {"verb": "PUT", "path": "leases", "codes": [500] * 60})
    poll.until(lambda: first.status().get("role") == "standby", 10, "it does not lead any more")


def gives_again(solo, first):
    solo.lab("faults", method="DELETE")
    leading(first)
    solo.add_service("a")
    assigned(solo, "a")


def test_an_isolated_leader_stops_before_its_lease_ends_and_says_why(solo):
    first = solo.start("--lease-seconds=3")
    leading(first)
    loses_the_lease(solo, first)
    why, lines = "a fault that the test asked for (500)", first.lines()
    assert "could not be renewed" in [line for line in lines if line.get("event") == "leader"][-1]["msg"]
    assert [line["error"] for line in lines if line.get("op") == "writeLease"] == [why]
    assert first.status()["api"]["trouble"] == why
    gives_again(solo, first)
    assert first.status()["api"]["trouble"] is None


def serve_custom_resources(solo, *plurals):
    for plural in plurals or ("ipaddresspools", "l2advertisements"):
        with open(os.path.join(ROOT, f"config/deploy/crds/{plural}.yaml"), encoding="utf-8") as file:
            solo.client.request("POST", KINDS, yaml.safe_load(file))


def test_a_leader_that_comes_back_reads_a_configuration_whose_custom_resources_went_before(solo):
    serve_custom_resources(solo)
    first = solo.start("--lease-seconds=3")
    leading(first)
    poll.until(lambda: first.status()["config"]["loaded"], 10, "the kinds were read")
    for plural in ("ipaddresspools", "l2advertisements"):
        solo.client.request("DELETE", f"{KINDS}/{plural}.metallb.io")
    solo.lab("drop-watches")
    poll.until(lambda: {line.get("resource") for line in first.lines() if "could not find" in line.get("error", "")}
               == {"ipaddresspools", "l2advertisements"}, 20, "it is known that both are gone")
    loses_the_lease(solo, first)
    gives_again(solo, first)


def test_a_pool_counts_where_the_kind_of_advertisements_is_missing(solo):
    serve_custom_resources(solo, "ipaddresspools")
    first = solo.start()
    poll.until(lambda: leading(first) and first.status()["config"]["loaded"], 10, "the ConfigMap is in force")
    solo.client.request("POST", f"/apis/metallb.io/v1beta1/namespaces/{NAMESPACE}/ipaddresspools",
                        {"metadata": {"name": "p"}, "spec": {"addresses": ["198.51.100.7/32"]}})
    poll.until(lambda: "custom resources" in first.status()["config"]["source"], 20, "the pool is in force")
    solo.add_service("a")
    assert assigned(solo, "a") == ["198.51.100.7"]


def test_a_lease_that_is_deleted_or_taken_ends_the_leadership(solo):
    first = solo.start()
    leading(first)
    lease = solo.client.get("leases", NAMESPACE, "tinlb-controller")
    lease["spec"]["holderIdentity"] = "somebody"
    lease["metadata"].pop("resourceVersion")
    solo.client.replace("leases", lease)
    standing_by(first)
    solo.add_service("a")
    solo.client.delete("leases", NAMESPACE, "tinlb-controller")
    leading(first)
    assigned(solo, "a")


def test_where_leases_are_forbidden_it_leads_alone_and_says_so_once(solo):
    solo.lab("deny", [{"resource": "leases"}])
    first = solo.start()
    poll.until(lambda: first.status().get("role") == "alone", 20, "it leads alone, once Leases have been refused for five seconds")
    solo.add_service("a")
    assigned(solo, "a")
    said = [line for line in first.lines() if line.get("event") == "leader"]
    assert [line["role"] for line in said] == ["alone"] and "Leases" in said[0]["msg"]
    assert first.stop() == 0


def test_where_leases_cannot_be_watched_they_are_read_again(solo):
    solo.lab("deny", [{"resource": "leases", "verbs": ["watch"]}])
    first, second = pair(solo, "--lease-seconds=3")
    poll.until(lambda: solo.requests().get(("list", "leases"), 0) > 3, 20, "the standby has looked several times")
    assert first.leads() and not second.leads()
    first.kill()
    leading(second, 20)


def test_who_leads_no_more_does_not_write_the_status_of_pools(solo):
    serve_custom_resources(solo)
    solo.client.request("POST", f"/apis/metallb.io/v1beta1/namespaces/{NAMESPACE}/ipaddresspools",
                        {"metadata": {"name": "p"}, "spec": {"addresses": ["192.0.2.0/24"]}})
    solo.lab("faults", {"verb": "PATCH", "path": "ipaddresspools", "codes": [500] * 60})
    first = solo.start()
    leading(first)
    poll.until(lambda: [line for line in first.lines() if line.get("op") == "poolStatus"], 10, "it could not write it")
    lease = solo.client.get("leases", NAMESPACE, "tinlb-controller")
    lease["spec"].update(holderIdentity="somebody", leaseDurationSeconds=6)
    lease["metadata"].pop("resourceVersion")
    solo.client.replace("leases", lease)
    standing_by(first)
    poll.until(first.leads, 20, "the other's time is over")
    told = [line.get("role") or line.get("op") for line in first.lines() if line.get("role") or line.get("op")]
    led = told.index("leader")
    lost = told.index("standby", led)
    assert set(told[led + 1:lost]) == {"poolStatus"}
    assert told[lost + 1:told.index("leader", lost)] in ([], ["poolStatus"]), "but for one that was under way"


def test_who_leads_later_does_not_tell_of_a_configmap_that_is_gone(solo):
    serve_custom_resources(solo)
    solo.client.request("POST", f"/apis/metallb.io/v1beta1/namespaces/{NAMESPACE}/ipaddresspools",
                        {"metadata": {"name": "p"}, "spec": {"addresses": ["192.0.2.0/24"]}})
    first, second = pair(solo)
    poll.until(lambda: solo.client.list("events", NAMESPACE), 10, "the leader tells that the ConfigMap is not read")
    poll.until(lambda: any("delete it" in n for n in second.status()["notes"]), 10, "the standby knows as well")
    solo.client.delete("configmaps", NAMESPACE, "config")
    poll.until(lambda: not any("delete it" in n for n in second.status()["notes"]), 10, "that it is gone, too")
    first.stop()
    leading(second)
    solo.add_service("a")
    poll.until(lambda: solo.events("a"), 10, "an Event of the new leader")
    assert len(solo.client.list("events", NAMESPACE)) == 1


def test_the_same_pod_started_again_does_not_wait_for_the_lease(solo):
    first = solo.start("--pod-name=controller-0", "--lease-seconds=300")
    leading(first)
    first.kill()
    leading(solo.start("--pod-name=controller-0", "--lease-seconds=300"), 5)


def test_two_without_leases_do_not_fight(solo):
    solo.lab("deny", [{"resource": "leases"}])
    first, second = solo.start(), solo.start()
    poll.until(lambda: first.leads() and second.leads(), 20, "both lead")
    for number in range(30):
        solo.add_service(f"s{number}")
    for number in range(30):
        assigned(solo, f"s{number}")
    writes = []

    def quiet():
        writes.append(sum(c.metric("tinlb_controller_status_writes_total") for c in (first, second)))
        return len(writes) > 10 and len(set(writes[-10:])) == 1

    poll.until(quiet, 20, "nothing is written any more", every=0.1)
    every = [solo.addresses(f"s{n}")[0] for n in range(30)]
    assert len(set(every)) == 30
