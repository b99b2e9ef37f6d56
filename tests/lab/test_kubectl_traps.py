"""test_kubectl_traps - where endpoints go wrong: each trap as a case, with the oldest and a current kubectl"""
# SPDX-License-Identifier: Apache-2.0
import json
import os
import subprocess

import pytest

from conftest import ROOT
from lab import kube, poll

WEB = os.path.join(ROOT, "config/deploy/samples/02-web-svc-lb.yaml")
DEPLOYMENT = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: d}
spec:
  selector: {matchLabels: {app: d}}
  template:
    metadata: {labels: {app: d}}
    spec:
      containers:
        - name: c
          image: lab/web
          env: [{name: A, value: "1"}, {name: B, value: "2"}]
          volumeMounts: [{name: v, mountPath: /v}]
      volumes: [{name: v, emptyDir: {}}]
"""


def ok(result):
    code, out, err = result
    assert code == 0, err or out
    return out


def get(kubectl, *words):
    return json.loads(ok(kubectl("get", *words, "-o", "json")))


def add_endpoint(kubectl, ip):
    kubectl.endpoint.client.create("endpoints", {
        "apiVersion": "v1", "kind": "Endpoints", "metadata": {"namespace": "default", "name": "web-svc-lb"},
        "subsets": [{"addresses": [{"ip": ip}], "ports": [{"port": 8000}]}]})
    kubectl.endpoint.client.create("endpointslices", {
        "apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice", "addressType": "IPv4",
        "metadata": {"namespace": "default", "name": "web-x", "labels": {"kubernetes.io/service-name": "web-svc-lb"}},
        "ports": [{"name": "", "port": 8000, "protocol": "TCP"}],
        "endpoints": [{"addresses": [ip], "conditions": {"ready": True}}]})


def test_what_arrives_empty_is_unset(kubectl):
    ok(kubectl("create", "deployment", "d1", "--image=lab/web"))
    ok(kubectl("create", "service", "clusterip", "s1", "--tcp=80"))
    deployment, service = get(kubectl, "deploy", "d1"), get(kubectl, "svc", "s1")
    assert deployment["spec"]["strategy"]["type"] == "RollingUpdate" and deployment["spec"]["replicas"] == 1
    assert deployment["metadata"]["creationTimestamp"] and "" not in deployment["metadata"].values()
    port = service["spec"]["ports"][0]
    assert (port["targetPort"], port["protocol"]) == (80, "TCP") and not port.get("nodePort")


def test_bodies_without_a_type_are_json(kubectl):
    ok(kubectl("create", "deployment", "d1", "--image=lab/web"))
    ok(kubectl("scale", "deployment", "d1", "--current-replicas=1", "--replicas=2"))
    assert get(kubectl, "deploy", "d1")["spec"]["replicas"] == 2
    code, _, err = kubectl("scale", "deployment", "d1", "--current-replicas=1", "--replicas=3")
    assert code == 1 and "Expected replicas" in err


def test_a_dry_run_changes_nothing(kubectl):
    ok(kubectl("apply", "-f", WEB))
    assert "server dry run" in ok(kubectl("delete", "svc", "web-svc-lb", "--dry-run=server"))
    assert "server dry run" in ok(kubectl("apply", "--dry-run=server", "-f", "-", stdin=DEPLOYMENT))
    assert get(kubectl, "svc", "web-svc-lb")["spec"]["type"] == "LoadBalancer"
    assert kubectl("get", "deploy", "d")[0] == 1
    with open(WEB, encoding="utf-8") as file:
        code, out, _ = kubectl("diff", "-f", "-", stdin=file.read().replace("port: 80\n", "port: 81\n"))
    assert code == 1 and "port: 81" in out
    assert get(kubectl, "svc", "web-svc-lb")["spec"]["ports"][0]["port"] == 80


def test_both_kinds_of_endpoints_are_described(kubectl):
    ok(kubectl("apply", "-f", WEB))
    add_endpoint(kubectl, "10.1.2.3")
    assert "10.1.2.3:8000" in ok(kubectl("describe", "svc", "web-svc-lb"))
    assert "10.1.2.3:8000" in ok(kubectl("get", "endpoints"))
    assert "10.1.2.3" in ok(kubectl("get", "endpointslices"))


def test_no_directive_of_a_patch_is_stored(kubectl):
    ok(kubectl("apply", "-f", "-", stdin=DEPLOYMENT))
    changed = DEPLOYMENT.replace(', {name: B, value: "2"}', ', {name: C, value: "3"}').replace(
        "mountPath: /v", "mountPath: /w").replace("emptyDir: {}", "configMap: {name: m}").replace(
        "  selector:", "  strategy: {type: Recreate}\n  selector:")
    assert "configured" in ok(kubectl("apply", "-f", "-", stdin=changed))
    assert "unchanged" in ok(kubectl("apply", "-f", "-", stdin=changed))
    spec = get(kubectl, "deploy", "d")["spec"]
    pod = spec["template"]["spec"]
    container = pod["containers"][0]
    assert [e["name"] for e in container["env"]] == ["A", "C"]
    assert [m["mountPath"] for m in container["volumeMounts"]] == ["/w"]
    assert "emptyDir" not in pod["volumes"][0] and pod["volumes"][0]["configMap"]["name"] == "m"
    assert spec["strategy"] == {"type": "Recreate"}
    assert "$" not in json.dumps(spec)


def test_times_of_leases_have_six_digits(kubectl):
    client = kubectl.endpoint.client
    client.create("nodes", {"apiVersion": "v1", "kind": "Node", "metadata": {"name": "n"}})

    def renewed(digits):
        client.create("leases", {"apiVersion": "coordination.k8s.io/v1", "kind": "Lease",
                                 "metadata": {"namespace": "kube-node-lease", "name": "n"},
                                 "spec": {"holderIdentity": "n", "renewTime": f"2026-01-02T03:04:05{digits}Z"}})

    for digits in ("", ".123", ".123456789"):
        with pytest.raises(kube.Refused) as refused:
            renewed(digits)
        assert refused.value.code == 400
    renewed(".123456")
    assert "HolderIdentity:  n" in ok(kubectl("describe", "node", "n"))


def test_a_node_is_not_ready_whatever_its_condition_says_but_true(kubectl):
    client = kubectl.endpoint.client
    client.create("nodes", {"apiVersion": "v1", "kind": "Node", "metadata": {"name": "m"}})
    seen = []
    for word in (None, "True", "False", "Unknown"):
        conditions = [{"type": "Ready", "status": word}] if word else []
        client.merge("nodes", None, "m", {"status": {"conditions": conditions}}, "status")
        seen.append(ok(kubectl("get", "nodes", "m", "--no-headers")).split()[1])
    assert seen == ["Unknown", "Ready", "NotReady", "NotReady"]


def test_events_are_one_store_with_two_views(kubectl):
    client = kubectl.endpoint.client
    client.request("POST", "/apis/events.k8s.io/v1/namespaces/default/events", {
        "apiVersion": "events.k8s.io/v1", "kind": "Event", "metadata": {"name": "e"}, "type": "Warning",
        "eventTime": "2026-01-02T03:04:05.000000Z", "reason": "Why", "note": "so", "action": "a",
        "reportingController": "c", "reportingInstance": "i",
        "regarding": {"kind": "Service", "namespace": "default", "name": "s"}})
    out = ok(kubectl("get", "events"))
    assert "Why" in out and "service/s" in out and "so" in out
    assert client.get("events", "default", "e")["message"] == "so"


def test_a_get_that_watches_ends_well_when_the_server_ends_it(kubectl):
    ok(kubectl("create", "configmap", "c", "--from-literal=a=1"))
    watch = subprocess.Popen([kubectl.path, "get", "cm", "-w", "--no-headers"], stdout=subprocess.PIPE, text=True,
                             env=kubectl.environment)
    assert watch.stdout.readline().split()[:2] == ["c", "1"]
    client = kubectl.endpoint.client
    poll.until(lambda: any(e["verb"] == "watch" for e in client.request("GET", "/lab/requests")), 15, "it watches")
    client.request("POST", "/lab/drop-watches")
    watch.communicate(timeout=20)
    assert watch.returncode == 0


def test_finalizers_and_owners(kubectl):
    ok(kubectl("apply", "-f", WEB))
    ok(kubectl("patch", "svc", "web-svc-lb", "--type=merge", "-p", '{"metadata":{"finalizers":["x.io/hold"]}}'))
    ok(kubectl("delete", "svc", "web-svc-lb", "--wait=false"))
    assert get(kubectl, "svc", "web-svc-lb")["metadata"]["deletionTimestamp"]
    ok(kubectl("patch", "svc", "web-svc-lb", "--type=merge", "-p", '{"metadata":{"finalizers":null}}'))
    assert kubectl("get", "svc", "web-svc-lb")[0] == 1
    owner = json.loads(ok(kubectl("create", "configmap", "owner", "-o", "json")))
    kubectl.endpoint.client.create("configmaps", {
        "apiVersion": "v1", "kind": "ConfigMap", "metadata": {"namespace": "default", "name": "owned", "ownerReferences": [
            {"apiVersion": "v1", "kind": "ConfigMap", "name": "owner", "uid": owner["metadata"]["uid"]}]}})
    ok(kubectl("delete", "configmap", "owner"))
    poll.until(lambda: kubectl("get", "cm", "owned")[0] == 1, 15, "what it owned is gone")


def test_lists_in_pages_sorted_and_selected(kubectl):
    for name, label in (("c", "x"), ("a", "y"), ("b", "x")):
        ok(kubectl("create", "configmap", name))
        ok(kubectl("label", "configmap", name, f"k={label}"))
    assert ok(kubectl("get", "cm", "--chunk-size=2", "-o", "name")).split() == [f"configmap/{n}" for n in "abc"]
    assert ok(kubectl("get", "cm", "-l", "k in (x)", "-o", "name")).split() == ["configmap/b", "configmap/c"]
    assert ok(kubectl("get", "cm", "-l", "k!=x", "-o", "name")).split() == ["configmap/a"]
    by_age = ok(kubectl("get", "cm", "--sort-by=.metadata.name", "--no-headers"))
    assert [line.split()[0] for line in by_age.splitlines()] == ["a", "b", "c"]
    assert "x" in ok(kubectl("get", "cm", "b", "-L", "k"))
    shown = ok(kubectl("get", "cm", "-o", "custom-columns=N:.metadata.name,K:.metadata.labels.k"))
    assert shown.split() == ["N", "K", "a", "y", "b", "x", "c", "x"]
    ok(kubectl("delete", "cm", "-l", "k=x"))
    assert ok(kubectl("get", "cm", "-o", "name")).split() == ["configmap/a"]
    ok(kubectl("delete", "cm", "--all"))


def test_replace_and_conflicts(kubectl):
    ok(kubectl("create", "configmap", "c", "--from-literal=a=1"))
    old = ok(kubectl("get", "cm", "c", "-o", "json"))
    new = old.replace('"a": "1"', '"a": "2"')
    assert "replaced" in ok(kubectl("replace", "-f", "-", stdin=new))
    code, _, err = kubectl("apply", "--server-side", "-f", "-",
                           stdin=json.dumps({**json.loads(old), "metadata": {"name": "c", "resourceVersion": "1"}}))
    assert code == 1 and "conflict" in err.lower() or "modified" in err
    ok(kubectl("replace", "--force", "-f", "-", stdin=new))


def test_descriptions_of_everything_that_the_lab_runs(kubectl):
    ok(kubectl("apply", "-f", os.path.join(ROOT, "config/deploy/namespace.yaml"),
               "-f", os.path.join(ROOT, "config/deploy/tinlb.yaml")))
    for words in (["deployment", "controller"], ["daemonset", "speaker"], ["serviceaccount", "speaker"],
                  ["clusterrole", "metallb-system:speaker"], ["role", "config-watcher"]):
        assert "Name:" in ok(kubectl("describe", *words, "-n", "metallb-system"))
    assert "metallb-system" in ok(kubectl("describe", "namespace", "metallb-system"))
    assert "DESIRED" in ok(kubectl("get", "all", "-n", "metallb-system"))


def test_the_small_questions(kubectl):
    _, out, err = kubectl("version")  # 1.34 built from modules does not know its own
    assert f"v{kubectl.version}.0" in out and "skew" not in err
    names = ok(kubectl("api-resources"))
    for kind in ("Service", "EndpointSlice", "Lease", "CustomResourceDefinition", "ClusterRoleBinding"):
        assert kind in names
    assert "apps/v1" in ok(kubectl("api-versions"))
    assert ok(kubectl("get", "--raw", "/healthz")) == "ok"
    assert ok(kubectl("auth", "can-i", "create", "pods")).strip() == "yes"
    ok(kubectl("cluster-info"))
    if kubectl.version == "1.34":
        assert "system:lab" in ok(kubectl("auth", "whoami"))
        ok(kubectl("create", "serviceaccount", "a"))
        assert ok(kubectl("create", "token", "a")).strip() == "lab.default.a"


@pytest.mark.parametrize("words", [("exec", "p", "--", "id"), ("port-forward", "pod/p", "1:1")], ids=lambda w: w[0])
def test_what_the_lab_does_not_do_is_refused_politely(kubectl, words):
    ok(kubectl("apply", "-f", "-", stdin="apiVersion: v1\nkind: Pod\nmetadata: {name: p}\n"
                                         "spec: {nodeName: n1, containers: [{name: c, image: lab/web}]}\n"))
    client = kubectl.endpoint.client
    client.merge("pods", "default", "p", {"status": {"phase": "Running"}}, "status")
    code, _, err = kubectl(*words)
    assert code == 1 and "the lab does not do" in err
