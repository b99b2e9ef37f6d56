"""test_kubectl - what people type, with the oldest and a current kubectl"""
# SPDX-License-Identifier: Apache-2.0
import json
import os
import subprocess

from conftest import ROOT
from lab import poll

SAMPLES = os.path.join(ROOT, "config/deploy/samples")
WEB = os.path.join(SAMPLES, "02-web-svc-lb.yaml")
DEPLOY = os.path.join(ROOT, "config/deploy/tinlb.yaml")

CONFIG_MAP = """
apiVersion: v1
kind: ConfigMap
metadata: {name: c, namespace: default, labels: {x: "1"}}
data: {k: v, l: w}
"""


def ok(result):
    code, out, err = result
    assert code == 0, err or out
    return out


def test_apply_creates_then_changes_nothing_then_configures(kubectl):
    assert "service/web-svc-lb created" in ok(kubectl("apply", "-f", WEB))
    assert "unchanged" in ok(kubectl("apply", "-f", WEB))
    with open(WEB, encoding="utf-8") as file:
        changed = file.read().replace("port: 80\n", "port: 81\n")
    assert "configured" in ok(kubectl("apply", "-f", "-", stdin=changed))
    assert "unchanged" in ok(kubectl("apply", "-f", "-", stdin=changed))
    assert ok(kubectl("get", "svc", "web-svc-lb", "-o", "jsonpath={.spec.ports[*].port}")) == "81"


def test_apply_of_our_own_manifests_twice(kubectl):
    ok(kubectl("apply", "-f", os.path.join(ROOT, "config/deploy/namespace.yaml")))
    ok(kubectl("apply", "-f", DEPLOY))
    again = ok(kubectl("apply", "-f", DEPLOY))
    assert "configured" not in again and "created" not in again


def test_server_side_apply(kubectl):
    assert "serverside-applied" in ok(kubectl("apply", "--server-side", "-f", "-", stdin=CONFIG_MAP))
    less = CONFIG_MAP.replace(", l: w", "")
    ok(kubectl("apply", "--server-side", "-f", "-", stdin=less))
    assert json.loads(ok(kubectl("get", "cm", "c", "-o", "json")))["data"] == {"k": "v"}


def test_get_in_every_form(kubectl):
    ok(kubectl("apply", "-f", WEB))
    human = ok(kubectl("get", "svc"))
    assert human.split("\n")[0].split() == ["NAME", "TYPE", "CLUSTER-IP", "EXTERNAL-IP", "PORT(S)", "AGE"]
    assert "<pending>" in human
    assert "app=web" in ok(kubectl("get", "svc", "-o", "wide"))
    assert json.loads(ok(kubectl("get", "svc", "web-svc-lb", "-o", "json")))["kind"] == "Service"
    assert "kind: Service" in ok(kubectl("get", "svc", "web-svc-lb", "-o", "yaml"))
    assert ok(kubectl("get", "svc", "-o", "name")) == "service/web-svc-lb\n"
    assert "service/web-svc-lb" in ok(kubectl("get", "all"))
    assert "default" in ok(kubectl("get", "svc", "-A"))
    assert "web-svc-lb" in ok(kubectl("get", "svc", "--field-selector", "metadata.name=web-svc-lb"))
    code, _, err = kubectl("get", "svc", "nobody")
    assert code == 1 and 'services "nobody" not found' in err


def test_get_watch_shows_the_first_state_and_changes(kubectl):
    ok(kubectl("create", "configmap", "w", "--from-literal=a=1"))
    watch = subprocess.Popen([kubectl.path, "get", "cm", "w", "-w", "--no-headers"], stdout=subprocess.PIPE, text=True,
                             env=kubectl.environment)
    lines = []
    try:
        lines.append(watch.stdout.readline())
        ok(kubectl("patch", "cm", "w", "--type=merge", "-p", '{"data":{"b":"2"}}'))
        lines.append(watch.stdout.readline())
    finally:
        watch.kill()
        watch.wait()
    assert [line.split()[:2] for line in lines] == [["w", "1"], ["w", "2"]]


def test_create_of_many_kinds(kubectl):
    for words in (["namespace", "n1"], ["configmap", "c1", "--from-literal=a=b"],
                  ["secret", "generic", "s1", "--from-literal=secretkey=xyz"], ["serviceaccount", "a1"],
                  ["deployment", "d1", "--image=lab/web"],
                  ["service", "clusterip", "cip", "--tcp=80:8000"], ["service", "loadbalancer", "lb", "--tcp=80"]):
        assert "created" in ok(kubectl("create", *words))
    assert ok(kubectl("get", "secret", "s1", "-o", "jsonpath={.data.secretkey}")) == "eHl6"
    assert ok(kubectl("get", "svc", "lb", "-o", "jsonpath={.spec.ports[0].targetPort}")) == "80"
    code, _, err = kubectl("create", "namespace", "n1")
    assert code == 1 and "already exists" in err


def test_patch_in_three_forms(kubectl):
    ok(kubectl("apply", "-f", WEB))
    ok(kubectl("patch", "svc", "web-svc-lb", "-p", '{"spec":{"externalTrafficPolicy":"Local"}}'))
    ok(kubectl("patch", "svc", "web-svc-lb", "--type=merge", "-p", '{"spec":{"sessionAffinity":"ClientIP"}}'))
    ok(kubectl("patch", "svc", "web-svc-lb", "--type=json", "-p",
               '[{"op":"replace","path":"/spec/ports/0/port","value":8080}]'))
    spec = json.loads(ok(kubectl("get", "svc", "web-svc-lb", "-o", "json")))["spec"]
    assert (spec["externalTrafficPolicy"], spec["sessionAffinity"], spec["ports"][0]["port"]) == (
        "Local", "ClientIP", 8080)
    assert "no change" in ok(kubectl("patch", "svc", "web-svc-lb", "-p", '{"spec":{"externalTrafficPolicy":"Local"}}'))
    assert kubectl("patch", "svc", "web-svc-lb", "-p", "{nonsense")[0] == 1


def test_edit_label_annotate(kubectl, tmp_path):
    ok(kubectl("apply", "-f", WEB))
    editor = tmp_path / "editor"
    editor.write_text("#!/bin/sh\nsed -i 's/port: 80$/port: 90/' \"$1\"\n")
    editor.chmod(0o755)
    assert "edited" in ok(kubectl("edit", "svc", "web-svc-lb", env={"KUBE_EDITOR": str(editor)}))
    assert "labeled" in ok(kubectl("label", "svc", "web-svc-lb", "a=b"))
    assert "annotated" in ok(kubectl("annotate", "svc", "web-svc-lb", "c=d"))
    got = json.loads(ok(kubectl("get", "svc", "-l", "a=b", "-o", "json")))["items"][0]
    assert got["metadata"]["annotations"]["c"] == "d" and got["spec"]["ports"][0]["port"] == 90
    ok(kubectl("label", "svc", "web-svc-lb", "a-"))
    assert json.loads(ok(kubectl("get", "svc", "-l", "a=b", "-o", "json")))["items"] == []


def test_describe_shows_events(kubectl):
    ok(kubectl("apply", "-f", WEB))
    service = json.loads(ok(kubectl("get", "svc", "web-svc-lb", "-o", "json")))
    kubectl.endpoint.client.create("events", {
        "apiVersion": "v1", "kind": "Event", "metadata": {"namespace": "default", "name": "e1"},
        "involvedObject": {"kind": "Service", "namespace": "default", "name": "web-svc-lb",
                           "uid": service["metadata"]["uid"]},
        "reason": "IPAllocated", "message": 'Assigned IP "172.17.255.1"', "type": "Normal",
        "source": {"component": "metallb-controller"}, "firstTimestamp": "2026-01-01T00:00:00Z",
        "lastTimestamp": "2026-01-01T00:00:00Z", "count": 1})
    described = ok(kubectl("describe", "svc", "web-svc-lb"))
    assert "Normal  IPAllocated" in described and described.rstrip().endswith('Assigned IP "172.17.255.1"')
    assert "IPAllocated" in ok(kubectl("get", "events"))


def test_expose_scale_and_rollout(kubectl):
    ok(kubectl("create", "deployment", "d1", "--image=lab/web"))
    assert "exposed" in ok(kubectl("expose", "deployment", "d1", "--port=80", "--type=LoadBalancer"))
    assert ok(kubectl("get", "svc", "d1", "-o", "jsonpath={.spec.type}")) == "LoadBalancer"
    assert "scaled" in ok(kubectl("scale", "deployment", "d1", "--replicas=3"))
    assert ok(kubectl("get", "deploy", "d1", "-o", "jsonpath={.spec.replicas}")) == "3"
    assert "restarted" in ok(kubectl("rollout", "restart", "deployment/d1"))


def test_delete_and_wait(kubectl):
    ok(kubectl("apply", "-f", WEB))
    assert "deleted" in ok(kubectl("delete", "-f", WEB))
    assert kubectl("get", "svc", "web-svc-lb")[0] == 1
    ok(kubectl("create", "namespace", "gone"))
    ok(kubectl("-n", "gone", "create", "configmap", "inside", "--from-literal=a=b"))
    ok(kubectl("delete", "namespace", "gone"))
    assert "No resources found" in kubectl("-n", "gone", "get", "cm")[2]


def test_wait_for_a_condition(kubectl):
    ok(kubectl("create", "deployment", "d1", "--image=lab/web"))
    obj = kubectl.endpoint.client.get("deployments", "default", "d1")
    obj["status"] = {"observedGeneration": 1, "conditions": [{"type": "Available", "status": "True"}]}
    kubectl.endpoint.client.replace("deployments", obj, "status")
    assert "condition met" in ok(kubectl("wait", "--for=condition=available", "deployment/d1", "--timeout=5s"))


def test_refusals_are_understood(kubectl):
    ok(kubectl("apply", "-f", WEB))
    code, _, err = kubectl("patch", "svc", "web-svc-lb", "-p", '{"spec":{"clusterIP":"10.96.99.99","clusterIPs":'
                                                             '["10.96.99.99"]}}')
    assert code == 1 and "may not change once set" in err
    code, _, err = kubectl("-n", "nowhere", "create", "configmap", "c", "--from-literal=a=b")
    assert code == 1 and 'namespaces "nowhere" not found' in err
    code, _, err = kubectl("apply", "-f", "-", stdin="apiVersion: x.io/v1\nkind: Thing\nmetadata: {name: t}\n")
    assert code == 1 and "no matches for kind" in err


def test_logs(kubectl):
    ok(kubectl("apply", "-f", "-", stdin="apiVersion: v1\nkind: Pod\nmetadata: {name: p}\n"
                                         "spec: {containers: [{name: c, image: lab/web}]}\n"))
    with open(os.path.join(kubectl.endpoint.directory, "default_p_c.log"), "w", encoding="utf-8") as file:
        file.write("one\ntwo\n")
    assert ok(kubectl("logs", "p")) == "one\ntwo\n"
    assert ok(kubectl("logs", "p", "--tail=1")) == "two\n"


def test_a_forgotten_version_does_not_stop_a_wait(kubectl):
    ok(kubectl("create", "deployment", "d1", "--image=lab/web"))
    waiting = subprocess.Popen([kubectl.path, "wait", "--for=condition=available", "deployment/d1", "--timeout=40s"],
                               stdout=subprocess.PIPE, text=True, env=kubectl.environment)
    client = kubectl.endpoint.client
    poll.until(lambda: any(e["verb"] == "watch" for e in client.request("GET", "/lab/requests")), 15, "it watches")
    client.request("POST", "/lab/compact")
    client.request("POST", "/lab/drop-watches")
    obj = client.get("deployments", "default", "d1")
    obj["status"] = {"observedGeneration": 1, "conditions": [{"type": "Available", "status": "True"}]}
    client.replace("deployments", obj, "status")
    assert "condition met" in waiting.communicate(timeout=45)[0]
