"""test_roles - each rule of our roles is needed, none is missing, and who lacks one says so and goes on

The API server's audit log has every request of our accounts, with the answer.
"""
# SPDX-License-Identifier: Apache-2.0
import contextlib
import json
import os

import pytest

import roles
from conftest import ROOT
from helpers import create, delete, settled, wait_address
from lab import capture, kube, network, poll

IP = "172.17.250.1"
OWN_POOL = "one"
OBJECTS = f"""
apiVersion: metallb.io/v1beta1
kind: IPAddressPool
metadata: {{namespace: {roles.NAMESPACE}, name: default}}
spec: {{addresses: [172.17.250.0/24]}}
---
apiVersion: metallb.io/v1beta1
kind: IPAddressPool
metadata: {{namespace: {roles.NAMESPACE}, name: {OWN_POOL}}}
spec: {{addresses: [172.17.249.1/32]}}
---
apiVersion: metallb.io/v1beta1
kind: L2Advertisement
metadata: {{namespace: {roles.NAMESPACE}, name: default}}
"""
WANTS_ONE = {"annotations": {"metallb.universe.tf/address-pool": OWN_POOL}}
RULES = roles.rules(roles.documents())


@pytest.fixture(scope="module", autouse=True)
def announced(cluster, tmp_path_factory):
    objects = tmp_path_factory.mktemp("roles") / "objects.yaml"
    objects.write_text(OBJECTS)
    cluster.kubectl("apply", "-f", os.path.join(ROOT, "config/deploy/crds"))
    cluster.kubectl("wait", "--for=condition=established", "--timeout=60s", "crd", "--all")
    cluster.kubectl("apply", "-f", str(objects))
    create(cluster, "vip", loadBalancerIP=IP)
    wait_address(cluster, "vip", IP, 60)
    settled(cluster, IP, 90)
    work(cluster)


def is_told_of(cluster, name):
    statuses = json.loads(cluster.kubectl("get", "servicel2statuses", "-n", roles.NAMESPACE, "-o", "json"))["items"]
    return any((s.get("status") or {}).get("serviceName") == name for s in statuses)


def work(cluster):
    """What a day brings: a service comes, one waits for its address, it goes."""
    create(cluster, "holds", **WANTS_ONE)
    wait_address(cluster, "holds")
    poll.until(lambda: is_told_of(cluster, "holds"), 20, "a status object says who announces it")
    create(cluster, "waits", **WANTS_ONE)
    poll.until(lambda: cluster.controller_status() and any(
        s["service"] == "default/waits" and s["reason"] for s in cluster.controller_status()["services"]), 10,
        "one service waits for the address of another")
    delete(cluster, "holds")
    wait_address(cluster, "waits")
    delete(cluster, "waits")


def refuse_a_write(cluster):
    """A status that could not be written: the service is read before the next try."""
    rule = next(r for r in RULES if str(r) == "controller-update-services.status")
    with roles.without(cluster.client, rule):
        create(cluster, "refused")
        poll.until(lambda: ("", "services", "get") in roles.seen(cluster.plane.audit_log, "controller"), 15,
                   "the controller reads the service")
    delete(cluster, "refused")


def take_the_lease(cluster):
    with contextlib.suppress(kube.Refused):
        cluster.client.delete("leases", roles.NAMESPACE, "tinlb-controller")


def change_counters(cluster):
    """Of a pool: whatever was written last, one of these is something else."""
    try:
        create(cluster, "counted")
        wait_address(cluster, "counted", seconds=60)
        poll.pause(2)  # counters are written a second apart at least
    finally:
        delete(cluster, "counted")


def come_and_go(cluster):
    """A service that is told of goes, and what tells of it."""
    try:
        create(cluster, "told")
        wait_address(cluster, "told", seconds=60)
        poll.until(lambda: is_told_of(cluster, "told"), 30, "a status object says who announces it")
    finally:
        delete(cluster, "told")


# What it takes besides a usual day for a rule to be needed.
OCCASIONS = {"controller-get-services": refuse_a_write, "controller-create-leases": take_the_lease,
             "controller-patch-ipaddresspools.status": change_counters, "speaker-delete-servicel2statuses": come_and_go}


def is_answered(cluster):
    return len(capture.ask(cluster.spaces.full("client"), "eth0", IP, cluster.mac("client"), network.CLIENT)) == 1


def restart(cluster, account):
    """New pods in place of the account's old ones; their names."""
    old = {p["metadata"]["name"] for p in cluster.pods(component=account)}
    for name in old:
        cluster.client.delete("pods", roles.NAMESPACE, name, 0)

    def new():
        names = {p["metadata"]["name"] for p in cluster.pods(component=account)
                 if (p.get("status") or {}).get("phase") == "Running"} - old
        return names if len(names) == len(old) else None

    return poll.until(new, 60, f"new pods of {account}")


def logs(cluster, account, names):
    text = ""
    for name in names:
        path = os.path.join(cluster.log_dir, f"{roles.NAMESPACE}_{name}_{account}.log")
        if os.path.exists(path):
            with open(path, encoding="utf-8") as file:
                text += file.read().replace('\\"', '"')
    return text


def pages(cluster, account):
    return [p for p in ([cluster.controller_status()] if account == "controller" else
                        [cluster.speaker_status(n) for n in cluster.network.nodes]) if p]


def lives(cluster, account):
    return len(pages(cluster, account)) == (1 if account == "controller" else len(cluster.network.nodes))


def test_nothing_is_asked_for_that_the_roles_do_not_give(cluster):
    refused = {(account, key) for account in ("controller", "speaker")
               for key, codes in roles.seen(cluster.plane.audit_log, account).items() if 403 in codes}
    assert not refused


@pytest.mark.parametrize("rule", RULES, ids=str)
def test_each_rule_is_used(cluster, rule):
    def used():
        if str(rule) in OCCASIONS:
            OCCASIONS[str(rule)](cluster)
        codes = roles.seen(cluster.plane.audit_log, rule.account)
        if rule.verb == "create" and 201 in codes.get((rule.group, rule.resource, "patch"), set()):
            return True  # server-side apply of what was not there
        return codes.get((rule.group, rule.resource, rule.verb), set()) & {200, 201}

    poll.until(used, 40, f"{rule.account} uses {rule.verb} on {rule.resource}")


@pytest.mark.parametrize("rule", RULES, ids=str)
def test_who_lacks_it_says_so_and_goes_on(cluster, rule):
    """The other daemon, and all that this one does without the rule, are not harmed."""
    try:
        with roles.without(cluster.client, rule):
            names = restart(cluster, rule.account)
            create(cluster, "some")

            def said():
                if str(rule) in OCCASIONS:
                    OCCASIONS[str(rule)](cluster)
                return rule.refusal() in logs(cluster, rule.account, names)

            poll.until(said, 60, f"a log says: {rule.refusal()}")
            poll.until(lambda: any(rule.refusal() in sentence for page in pages(cluster, rule.account)
                                   for sentence in page["api"]["denied"]), 10, f"/status says: {rule.refusal()}")
            poll.until(lambda: lives(cluster, rule.account), 10, "it lives")
            if rule.account == "controller":
                assert is_answered(cluster)
    finally:
        delete(cluster, "some")
    restart(cluster, rule.account)
    poll.until(lambda: is_answered(cluster), 30, "the address is answered")
