"""test_custom_resources - kinds that come later, objects through kubectl, both sources, status objects"""
# SPDX-License-Identifier: Apache-2.0
import json
import os
import subprocess

import pytest

from lab import backend, poll

from helpers import apply_config, config_of, create, delete, pool, settled, wait_address

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
CRDS = os.path.join(ROOT, "config/deploy/crds")
POOL = """apiVersion: metallb.io/v1beta1
kind: IPAddressPool
metadata: {{name: {name}, namespace: metallb-system}}
spec:
  addresses: [{addresses}]
"""
ADVERT = """apiVersion: metallb.io/v1beta1
kind: L2Advertisement
metadata: {name: all, namespace: metallb-system}
"""


def apply(cluster, tmp_path, text):
    path = tmp_path / "object.yaml"
    path.write_text(text)
    cluster.kubectl("apply", "-f", str(path))


def objects(cluster, kind, name=""):
    return json.loads(cluster.kubectl("get", kind, *([name] if name else []), "-n", "metallb-system", "-o", "json"))


def in_force(cluster, words, nodes=("node1", "node2", "node3")):
    for node in (None, *nodes):
        poll.until(lambda n=node: words in (config_of(cluster, n)["source"] or "") and config_of(cluster, n)["loaded"]
                   and not config_of(cluster, n)["stale"], 30, f"{words} is in force on {node or 'the controller'}")


@pytest.mark.skipif(backend.is_real(), reason="only the lab's own API counts requests")
def test_kinds_that_are_absent_are_looked_for_by_one_request_for_all(cluster):
    group, programs = "/apis/metallb.io/v1beta1", {"tinlb-controller": 1, "tinlb-speaker": len(cluster.network.nodes)}

    def asked():
        return {(r["agent"], r["resource"]): r["count"] for r in cluster.client.request("GET", "/lab/requests")
                if r["resource"].startswith(group)}

    poll.until(lambda: all(asked().get((p, group), 0) >= 3 * n for p, n in programs.items()), 45, "all looked several times")
    for (program, path), count in asked().items():
        assert path == group or count <= programs[program], f"{program} asked for {path} {count} times"


def test_kinds_that_are_installed_later_win_over_the_configmap(cluster, tmp_path):
    apply_config(cluster, pool("172.17.250.1-172.17.250.9"))
    in_force(cluster, "ConfigMap")
    create(cluster, "a")
    wait_address(cluster, "a", "172.17.250.1")
    settled(cluster, "172.17.250.1")
    cluster.kubectl("apply", "-f", CRDS)
    cluster.kubectl("wait", "--for=condition=established", "--timeout=10s", "crd/ipaddresspools.metallb.io",
                    "crd/l2advertisements.metallb.io")
    apply(cluster, tmp_path, ADVERT)
    apply(cluster, tmp_path, POOL.format(name="default", addresses="172.17.250.1-172.17.250.9"))
    in_force(cluster, "custom resources")
    for pod in cluster.kubectl("get", "pods", "-n", "metallb-system", "-o", "name").split():
        loads = [line for line in cluster.kubectl("logs", "-n", "metallb-system", pod).splitlines()
                 if '"event":"configLoaded"' in line and "custom resources" in line]
        assert len(loads) == 1, f"{pod} had pools without advertisements in force: {loads}"
    wait_address(cluster, "a", "172.17.250.1")
    assert any("delete it" in n for n in cluster.controller_status()["notes"])
    poll.until(lambda: [e for e in cluster.client.list("events", "metallb-system") if e["reason"] == "ConfigMapNotRead"],
               10, "an Event on the ConfigMap")


def test_status_objects_say_what_is_so_and_a_restart_writes_none(cluster):
    poll.until(lambda: (objects(cluster, "ipaddresspool", "default").get("status") or {}).get("assignedIPv4") == 1, 15,
               "the pool counts one address")
    poll.until(lambda: [(o.get("status") or {}).get("serviceName") for o in objects(cluster, "servicel2statuses")["items"]]
               == ["a"], 15, "one node says that it announces, in an object and then in its status")
    names = {"controller", "speaker-node1", "speaker-node2", "speaker-node3"}
    poll.until(lambda: {s["metadata"]["name"] for s in objects(cluster, "configurationstates")["items"]
                        if (s.get("status") or {}).get("result") == "Valid"} == names, 15, "all are valid")
    shown = cluster.kubectl("get", "ipaddresspool", "-n", "metallb-system")
    assert shown.split("\n")[0].split() == "NAME AUTO ASSIGN AVOID BUGGY IPS ADDRESSES".split()

    def versions():
        return {(kind, o["metadata"]["name"]): o["metadata"]["resourceVersion"]
                for kind in ("ipaddresspools", "servicel2statuses", "configurationstates")
                for o in objects(cluster, kind)["items"]}

    before = versions()
    started = {n: cluster.speaker_status(n)["announcer"]["agentRestarts"] for n in cluster.network.nodes}
    for node in cluster.network.nodes:
        for pid in cluster.processes(node, "tinlb-agent"):
            os.kill(pid, 9)
    for node in cluster.network.nodes:
        poll.until(lambda n=node: (s := cluster.speaker_status(n)) and s["announcer"]["agentRestarts"] > started[n]
                   and s["ready"], 20, f"a fresh agent on {node}")
    in_force(cluster, "custom resources")
    create(cluster, "b")  # and something that is news, behind which nothing else can come
    poll.until(lambda: len(objects(cluster, "servicel2statuses")["items"]) == 2, 20, "b is announced, too")
    after = versions()
    changed = {key for key in after if before.get(key) not in (None, after[key])}
    assert changed <= {("ipaddresspools", "default")}
    delete(cluster, "b")
    poll.until(lambda: len(objects(cluster, "servicel2statuses")["items"]) == 1, 20, "what is said of b goes with it")


def test_a_status_that_somebody_else_wrote_is_corrected_each_time(cluster):
    l2 = objects(cluster, "servicel2statuses")["items"][0]["metadata"]["name"]
    for wrong, kind, name, right in (
            ({"assignedIPv4": 6}, "ipaddresspools", "default", lambda s: s["assignedIPv4"] == 1),
            ({"errorSummary": "x"}, "configurationstates", "controller", lambda s: s["errorSummary"] == ""),
            ({"errorSummary": "x"}, "configurationstates", "speaker-node1", lambda s: s["errorSummary"] == ""),
            ({"interfaces": [{"name": "x"}]}, "servicel2statuses", l2, lambda s: s["interfaces"] == [])):
        for _ in range(2):
            path = f"/apis/metallb.io/v1beta1/namespaces/metallb-system/{kind}/{name}"
            cluster.client.request("PATCH", f"{path}/status", {"status": wrong}, "application/merge-patch+json")
            poll.until(lambda p=path, r=right: r(cluster.client.request("GET", p)["status"]), 10,
                       f"{kind}/{name} is as it was")


def test_kubectl_refuses_nonsense_and_what_slips_through_is_named(cluster, tmp_path):
    for text, words in ((POOL.format(name="bad", addresses="not-an-address"), "spec.addresses[0]"),
                        (POOL.format(name="bad", addresses=""), "spec.addresses"),
                        (ADVERT.replace("name: all", "name: bad") + "spec: {preferredNodeSelectors: [{weight: 0, preference: {}}]}\n",
                         "weight"),
                        (ADVERT.replace("name: all", "name: bad") + "spec: {nodeSelectors: [{matchExpressions: "
                         "[{key: a, operator: Bad}]}]}\n", "operator")):
        with pytest.raises(RuntimeError) as refused:
            apply(cluster, tmp_path, text)
        assert words in str(refused.value)
    apply(cluster, tmp_path, POOL.format(name="overlaps", addresses="172.17.250.5/32"))
    state = poll.until(lambda: (c := config_of(cluster))["stale"] and c, 10, "it is refused")
    assert "IPAddressPool overlaps: spec.addresses[0]" in state["error"]
    poll.until(lambda: objects(cluster, "configurationstates", "controller")["status"]["result"] == "Invalid", 10,
               "the state object says so")
    wait_address(cluster, "a", "172.17.250.1")
    cluster.kubectl("delete", "ipaddresspool", "overlaps", "-n", "metallb-system")
    in_force(cluster, "custom resources")


def test_a_nul_in_a_pool_is_refused_where_it_matters_and_harms_nothing_elsewhere(cluster):
    def change(pool_part):
        cluster.client.request("PATCH", "/apis/metallb.io/v1beta1/namespaces/metallb-system/ipaddresspools/default",
                               pool_part, "application/merge-patch+json")

    change({"metadata": {"annotations": {"note": "a\0b"}}})
    create(cluster, "b")
    wait_address(cluster, "b", "172.17.250.2")
    change({"spec": {"serviceAllocation": {"namespaces": ["a\0b"]}}})
    state = poll.until(lambda: (c := config_of(cluster))["stale"] and c, 10, "it is refused")
    assert "IPAddressPool default: spec: " in state["error"] and "NUL" in state["error"]
    wait_address(cluster, "b", "172.17.250.2")
    change({"metadata": {"annotations": {"note": None}}, "spec": {"serviceAllocation": None}})
    in_force(cluster, "custom resources")
    delete(cluster, "b")


def test_explain_knows_the_fields(cluster):
    assert "tried first" in cluster.kubectl("explain", "ipaddresspool.spec.serviceAllocation.priority")


def test_the_converted_configmap_can_be_applied(cluster, tmp_path):
    document = tmp_path / "map.yaml"
    document.write_text(cluster.kubectl("get", "configmap", "config", "-n", "metallb-system", "-o", "yaml"))
    program = os.path.join(os.environ.get("TINLB_BUILD", os.path.join(ROOT, "build")), "cli/tinlb")
    done = subprocess.run([program, "check", "--convert", str(document)], capture_output=True, text=True, timeout=20,
                          check=True)
    apply(cluster, tmp_path, done.stdout)
    in_force(cluster, "custom resources")
    cluster.kubectl("delete", "configmap", "config", "-n", "metallb-system")
    poll.until(lambda: not any("delete it" in n for n in cluster.controller_status()["notes"]), 10, "one source is left")
    delete(cluster, "a")
