"""test_adoption - a cluster of MetalLB's is taken over and given back, as docs/migration.md says

Its pods are stand-ins (standin.py) with the real hashicorp/memberlist. Addresses are asked for throughout.
"""
# SPDX-License-Identifier: Apache-2.0
import os
import shlex
import sys

import pytest

from conftest import ROOT
from helpers import address_of, events_of, service, set_endpoints, who
from lab import peers, poll, workloads
from lab.real.cluster import RealCluster
from probe import Watch
from standin import owner

NAMESPACE = "metallb-system"
IPS = {"shop": "172.17.252.9", "mail": "172.17.252.3", "wiki": "172.17.252.6"}  # not in the order of their making
THEIRS = {"controller": "standin/metallb-controller:v0.15.2", "speaker": "standin/metallb-speaker:v0.15.2"}
OURS = {"controller": "tinlb/controller", "speaker": "tinlb/speaker"}
WORKLOADS = {"controller": "deployment/controller", "speaker": "daemonset/speaker"}
PER_SECOND = 100
FAILOVER = 6 * PER_SECOND  # questions in one failover, the time in which a crash is noticed
OBJECTS = """
apiVersion: metallb.io/v1beta1
kind: IPAddressPool
metadata: {namespace: metallb-system, name: default}
spec: {addresses: [172.17.252.0/24]}
---
apiVersion: metallb.io/v1beta1
kind: L2Advertisement
metadata: {namespace: metallb-system, name: default}
"""
HOOK = """
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingWebhookConfiguration
metadata: {name: metallb-webhook-configuration}
webhooks:
  - name: ipaddresspoolvalidationwebhook.metallb.io
    admissionReviewVersions: [v1]
    sideEffects: None
    failurePolicy: Fail
    timeoutSeconds: 1
    clientConfig:
      service: {namespace: metallb-system, name: metallb-webhook-service, path: /validate-metallb-io-v1beta1-ipaddresspool}
    rules: [{apiGroups: [metallb.io], apiVersions: [v1beta1], operations: [CREATE, UPDATE], resources: [ipaddresspools]}]
"""


def event(name, reason, component, message):
    return {"metadata": {"namespace": "default", "name": f"{name}.{reason.lower()}"}, "type": "Normal",
            "reason": reason, "message": message, "source": {"component": component},
            "involvedObject": {"apiVersion": "v1", "kind": "Service", "namespace": "default", "name": name}}


def add_service(lab, name, ip):
    """With address, note and events as MetalLB leaves them."""
    lab.client.create("services", service(name, annotations={"metallb.io/ip-allocated-from-pool": "default"}))
    set_endpoints(lab, name, lab.network.nodes)
    lab.client.merge("services", "default", name, {"status": {"loadBalancer": {"ingress": [
        {"ip": ip, "ipMode": "VIP"}]}}}, "status")
    lab.client.create("events", event(name, "IPAllocated", "metallb-controller", f'Assigned IP ["{ip}"]'))
    lab.client.create("events", event(name, "nodeAssigned", "metallb-speaker",
                                      f'announcing from node "{owner(lab.network.nodes, ip)}" with protocol "layer2"'))


def program(lab, name, words):
    """A program for pods that takes no notice of its arguments."""
    path = os.path.join(lab.directory, name)
    with open(path, "w", encoding="utf-8") as file:
        file.write(f'#!/bin/sh\nexec {shlex.join(words)}\n')
    os.chmod(path, 0o755)
    return path


def standins(lab, memberlist):
    """The programs of MetalLB's pods, by image: a controller that is well and does nothing, and a speaker."""
    well = os.path.join(lab.directory, "well")
    os.mkdir(well)
    for page in ("healthz", "readyz"):
        with open(os.path.join(well, page), "w", encoding="utf-8"):
            pass
    python = next(filter(os.path.exists, ("/usr/bin/python3", sys.executable)))  # a pod's user may not reach ours
    return {"metallb-controller": program(lab, "controller", [
        python, "-m", "http.server", "17472", "--directory", well]),
        "metallb-speaker": program(lab, "speaker", [
            sys.executable, os.path.join(ROOT, "tests/real/standin.py"), f"--memberlist={memberlist}",
            f"--nodes={','.join(lab.network.nodes.values())}", f"--addresses={','.join(IPS.values())}"])}


def apply(lab, text):
    path = os.path.join(lab.directory, "applied.yaml")
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    lab.kubectl("apply", "-f", path)


@pytest.fixture(scope="module")
def metallb():
    """A lab as MetalLB has served it for long."""
    try:
        memberlist = peers.build_memberlist("new")
    except peers.Missing as missing:
        pytest.skip(str(missing))
    with RealCluster() as lab:
        lab.programs.update(standins(lab, memberlist))
        with open(os.path.join(ROOT, "tests/real/manifests/metallb-today.yaml"), encoding="utf-8") as file:
            text = file.read()
        for component, image in THEIRS.items():
            text = text.replace(f"image: {OURS[component]}\n", f"image: {image}\n")
        lab.kubectl("apply", "-f", os.path.join(ROOT, "config/deploy/crds"))
        lab.kubectl("wait", "--for=condition=established", "crd", "--all", "--timeout=60s")
        apply(lab, text)
        lab.kubectl("create", "secret", "generic", "-n", NAMESPACE, "memberlist", "--from-literal=secretkey=one key")
        for name, ip in IPS.items():
            add_service(lab, name, ip)
        apply(lab, OBJECTS + "---" + HOOK)
        rolled(lab, *WORKLOADS)
        yield lab


def settled(lab):
    """Until each address is answered by the node that both elect and by no other, five times in a row."""
    for ip in IPS.values():
        wanted, held = {lab.mac(owner(lab.network.nodes, ip))}, []

        def look(ip=ip, wanted=wanted, held=held):
            held.append(set(who(lab, ip)))  # the other questions are answered, too
            return held[-5:] == [wanted] * 5

        try:
            poll.until(look, 60, f"{owner(lab.network.nodes, ip)} alone answers for {ip}")
        except TimeoutError as error:
            raise AssertionError(f"{error}; {wanted} is wanted, {held[-5:]} answered") from None


def is_unchanged(lab):
    return {name: address_of(lab, name) for name in IPS} == IPS


def set_images(lab, images, *components):
    for component in components:
        lab.kubectl("-n", NAMESPACE, "set", "image", WORKLOADS[component], f"{component}={images[component]}")


def rolled(lab, *components):
    for component in components:
        lab.kubectl("-n", NAMESPACE, "rollout", "status", WORKLOADS[component], "--timeout=110s")


def speakers(lab):
    """{node: image} of the speakers that are ready."""
    return {p["spec"]["nodeName"]: p["spec"]["containers"][0]["image"] for p in lab.pods(component="speaker")
            if workloads.is_ready(p)}


def one_by_one(lab, image):
    """Exchange the speakers' pods, and look at every mixture on the way."""
    lab.kubectl("-n", NAMESPACE, "patch", "daemonset/speaker", "--type=merge", "-p",
                '{"spec": {"updateStrategy": {"type": "OnDelete", "rollingUpdate": null}}}')
    set_images(lab, {"speaker": image}, "speaker")
    for node in lab.network.nodes:
        old = next(p for p in lab.pods(component="speaker") if p["spec"]["nodeName"] == node)
        lab.client.delete("pods", NAMESPACE, old["metadata"]["name"])
        poll.until(lambda node=node: speakers(lab).get(node) == image and len(speakers(lab)) == 3, 60,
                   f"{node} has a speaker of {image}")
        settled(lab)


def check(watched):
    """No address was without an answer, or had two, for longer than one failover takes."""
    for ip, watch in watched.items():
        answers = watch.stop()
        print(f"{ip}: {len(answers)} asked, {watch.longest(0)} in a row without an answer, {watch.longest(2)} with two")
        assert len(answers) > 10 * PER_SECOND, ip
        assert watch.longest(0) <= FAILOVER and watch.longest(2) <= FAILOVER, ip


@pytest.fixture
def watched(metallb):
    """Addresses are asked for while the test goes on; it hands the answers to check()."""
    watches = {ip: Watch(metallb, ip, PER_SECOND, seconds=300) for ip in IPS.values()}
    yield watches
    for watch in watches.values():
        watch.kill()


def test_their_cluster_stands(metallb):
    assert is_unchanged(metallb)
    settled(metallb)


def test_their_webhook_would_refuse_every_pool_once_their_controller_is_gone(metallb):
    another = OBJECTS.split("---", maxsplit=1)[0].replace("name: default", "name: another").replace(".252.", ".251.")
    with pytest.raises(RuntimeError, match="metallb-webhook-service"):
        apply(metallb, another)
    metallb.kubectl("delete", "validatingwebhookconfiguration", "metallb-webhook-configuration")
    apply(metallb, another)


def test_taken_over_pod_by_pod_and_every_address_has_one_owner(metallb, watched):
    set_images(metallb, OURS, "controller")
    rolled(metallb, "controller")
    poll.until(lambda: metallb.page("client", metallb.pods(component="controller")[0]["status"]["podIP"], 9120), 30,
               "our controller serves its status")
    assert is_unchanged(metallb)
    one_by_one(metallb, OURS["speaker"])
    assert is_unchanged(metallb)
    check(watched)


def test_our_controller_has_taken_the_addresses_in_and_told_nothing_again(metallb):
    pod = metallb.pods(component="controller")[0]
    status = metallb.page("client", pod["status"]["podIP"], 9120)
    assert {a["ip"] for a in status["addresses"]} == set(IPS.values())
    for name in IPS:
        told = [e for e in events_of(metallb, name) if e["reason"] == "IPAllocated"]
        assert [e["source"]["component"] for e in told] == ["metallb-controller"], told


def test_a_new_service_gets_an_address_that_nobody_has(metallb):
    metallb.client.create("services", service("fresh"))
    ip = poll.until(lambda: address_of(metallb, "fresh"), 20, "it has an address")
    assert ip not in IPS.values()
    metallb.client.delete("services", "default", "fresh")


def test_given_back_in_one_rollout(metallb, watched):
    metallb.kubectl("-n", NAMESPACE, "patch", "daemonset/speaker", "--type=merge", "-p",
                    '{"spec": {"updateStrategy": {"type": "RollingUpdate"}}}')
    set_images(metallb, THEIRS, "controller", "speaker")
    rolled(metallb, "controller", "speaker")
    settled(metallb)
    assert is_unchanged(metallb)
    assert set(speakers(metallb).values()) == {THEIRS["speaker"]}
    check(watched)
