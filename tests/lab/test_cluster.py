"""test_cluster - what nodes, pods and service rules of the lab do, without the product"""
# SPDX-License-Identifier: Apache-2.0
import collections
import json
import os

import pytest

from lab import network, poll
from lab.cluster import Cluster

SAYS = """
apiVersion: v1
kind: Secret
metadata: {name: s}
stringData: {key: from a secret}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: m}
data: {a: "1", b: "2"}
---
apiVersion: v1
kind: Pod
metadata: {name: says, labels: {app: says}}
spec:
  terminationGracePeriodSeconds: 1
  securityContext: {runAsUser: 65534, runAsGroup: 65534}
  containers:
    - name: c
      image: lab/none
      command: [sh, -c, "$(COMMAND)"]
      securityContext: {allowPrivilegeEscalation: false, capabilities: {drop: [ALL], add: [NET_RAW]}}
      env:
        - {name: COMMAND, value: "env; grep -E '^(Uid|CapBnd|NoNewPrivs)' /proc/self/status; cd /etc/given; grep . *;
            cat /var/run/secrets/kubernetes.io/serviceaccount/token; echo; echo all said; exec tail -f /dev/null"}
        - {name: NODE, valueFrom: {fieldRef: {fieldPath: spec.nodeName}}}
        - {name: IP, valueFrom: {fieldRef: {fieldPath: status.podIP}}}
        - {name: HOST, valueFrom: {fieldRef: {fieldPath: status.hostIP}}}
        - {name: APP, valueFrom: {fieldRef: {fieldPath: "metadata.labels['app']"}}}
        - {name: SECRET, valueFrom: {secretKeyRef: {name: s, key: key}}}
        - {name: NONE, valueFrom: {configMapKeyRef: {name: m, key: z, optional: true}}}
        - {name: WITH, value: "$(IP) and $$(IP)"}
      envFrom: [{prefix: M_, configMapRef: {name: m}}]
      volumeMounts: [{name: v, mountPath: /etc/given, readOnly: true}]
  volumes:
    - name: v
      projected:
        sources:
          - secret: {name: s, items: [{key: key, path: secret}]}
          - configMap: {name: m}
          - downwardAPI: {items: [{path: name, fieldRef: {fieldPath: metadata.name}}]}
"""

PROBED = """
apiVersion: v1
kind: Pod
metadata: {name: probed}
spec:
  containers:
    - name: c
      image: lab/none
      command: [tail, -f, /dev/null]
      volumeMounts: [{name: v, mountPath: /v}]
      readinessProbe: {exec: {command: [test, -e, /v/ready]}, periodSeconds: 1, failureThreshold: 1}
      livenessProbe: {exec: {command: [test, "!", -e, /v/ill]}, periodSeconds: 1, failureThreshold: 1}
  terminationGracePeriodSeconds: 0
  volumes: [{name: v, emptyDir: {}}]
"""

SERVICES = """
apiVersion: v1
kind: Service
metadata: {name: spread}
spec: {type: LoadBalancer, selector: {app: web}, ports: [{port: 80, targetPort: 8000}]}
---
apiVersion: v1
kind: Service
metadata: {name: local}
spec: {type: LoadBalancer, externalTrafficPolicy: Local, selector: {app: web}, ports: [{port: 80, targetPort: 8000}]}
---
apiVersion: v1
kind: Service
metadata: {name: empty}
spec: {type: LoadBalancer, selector: {app: nobody}, ports: [{port: 80}]}
"""


@pytest.fixture(scope="module")
def cluster():
    if os.geteuid() != 0:
        pytest.skip("network namespaces of the lab need root here")
    with Cluster(nodes=2) as lab:
        yield lab


def apply(cluster, text):
    path = os.path.join(cluster.directory, "applied.yaml")
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    cluster.kubectl("apply", "-f", path)


def pod(cluster, name):
    return cluster.client.get("pods", "default", name)


def is_ready(cluster, name):
    return {c["type"]: c["status"] for c in pod(cluster, name).get("status", {}).get("conditions") or []}.get("Ready") == "True"


def test_a_container_gets_what_its_manifest_asks_for(cluster):
    apply(cluster, SAYS)
    poll.until(lambda: "all said" in cluster.kubectl("logs", "says", check=False), 20, "it has said all")
    said = cluster.kubectl("logs", "says")
    obj = pod(cluster, "says")
    lines = said.splitlines()
    assert f"NODE={obj['spec']['nodeName']}" in lines and f"HOST={cluster.network.nodes[obj['spec']['nodeName']]}" in lines
    ip = poll.until(lambda: (pod(cluster, "says").get("status") or {}).get("podIP"), 10, "its status has its address")
    assert f"IP={ip}" in lines and f"WITH={ip} and $(IP)" in lines
    for line in ("APP=says", "SECRET=from a secret", "M_a=1", "M_b=2", "HOSTNAME=says", "KUBERNETES_SERVICE_PORT=6443"):
        assert line in lines
    assert not any(line.startswith("NONE=") for line in lines)
    assert {"a:1", "b:2", "name:says", "secret:from a secret"} <= set(lines)
    assert "lab.default.default" in lines
    words = [line.split() for line in lines]
    assert ["Uid:", *["65534"] * 4] in words
    assert ["CapBnd:", f"{1 << 13:016x}"] in words and ["NoNewPrivs:", "1"] in words
    cluster.kubectl("delete", "pod", "says", "--now")


def test_files_follow_their_config_map(cluster):
    apply(cluster, SAYS.replace("name: says,", "name: follows,"))
    poll.until(lambda: is_ready(cluster, "follows"), 20, "it runs")
    folder = os.path.join(cluster.directory, "pods", pod(cluster, "follows")["metadata"]["uid"], "volumes/v")
    apply(cluster, SAYS.split("---")[1].replace('a: "1"', 'a: "new"'))

    def content():
        with open(os.path.join(folder, "a"), encoding="utf-8") as file:
            return file.read()

    poll.until(lambda: content() == "new", 15, "the file shows the new text")
    cluster.kubectl("delete", "pod", "follows", "--now")


def test_a_pod_waits_for_what_it_wants(cluster):
    apply(cluster, "apiVersion: v1\nkind: Pod\nmetadata: {name: wants}\nspec: {terminationGracePeriodSeconds: 0, containers: "
                   "[{name: c, image: lab/web, envFrom: [{secretRef: {name: later}}]}]}\n")
    poll.until(lambda: "CreateContainerConfigError" in cluster.kubectl("get", "pod", "wants"), 15, "it says that it waits")
    cluster.kubectl("create", "secret", "generic", "later", "--from-literal=a=b")
    poll.until(lambda: is_ready(cluster, "wants"), 15, "it starts")
    cluster.kubectl("delete", "pod", "wants")


def test_probes_make_a_pod_ready_unready_and_start_it_again(cluster):
    apply(cluster, PROBED)
    poll.until(lambda: pod(cluster, "probed").get("status", {}).get("phase") == "Running", 15, "it runs")
    folder = os.path.join(cluster.directory, "pods", pod(cluster, "probed")["metadata"]["uid"], "volumes/v")
    assert not is_ready(cluster, "probed")
    with open(os.path.join(folder, "ready"), "w", encoding="utf-8"):
        pass
    poll.until(lambda: is_ready(cluster, "probed"), 15, "the probe succeeds")
    os.unlink(os.path.join(folder, "ready"))
    poll.until(lambda: not is_ready(cluster, "probed"), 15, "and fails")
    with open(os.path.join(folder, "ill"), "w", encoding="utf-8"):
        pass
    poll.until(lambda: pod(cluster, "probed")["status"]["containerStatuses"][0]["restartCount"] > 0, 20,
               "it was started again")
    cluster.kubectl("delete", "pod", "probed")


@pytest.fixture(scope="module")
def web(cluster):
    """Web pods on node1 alone, and services for them at addresses that lead to the nodes."""
    cluster.kubectl("cordon", "node2")
    cluster.kubectl("apply", "-f", cluster.manifest("web"))
    cluster.kubectl("rollout", "status", "deployment/web", "--timeout=30s")
    cluster.kubectl("uncordon", "node2")
    apply(cluster, SERVICES)
    # The tests say which node is the way; what nodes say of shorter ways does not count.
    cluster.spaces.sysctl("client", net__ipv4__conf__all__accept_redirects=0, net__ipv4__conf__eth0__accept_redirects=0)
    for number, name in enumerate(("spread", "local", "empty"), 1):
        cluster.client.merge("services", "default", name, {"status": {"loadBalancer": {"ingress": [
            {"ip": f"172.17.254.{number}"}]}}}, "status")
    yield
    cluster.kubectl("delete", "deployment", "web")


def curl(cluster, space, url):
    return cluster.execute(space, "curl", "-s", "-m", "2", "-w", "%{errormsg}", url, check=False)


def through(cluster, node, ip):
    """What the client gets from an address when the way to it leads over a node."""
    cluster.spaces.ip("client", "route", "replace", f"{ip}/32", "via", cluster.network.nodes[node])
    return curl(cluster, "client", f"http://{ip}/")


def test_any_node_leads_to_pods_of_a_cluster_wide_service(cluster, web):
    for node in cluster.network.nodes:
        seen = collections.Counter()
        poll.until(lambda node=node, seen=seen: seen.update([through(cluster, node, "172.17.254.1")])
                   or len([name for name in seen if name.startswith("web-")]) == 3, 20, f"all pods answer through {node}")


def test_only_nodes_with_a_pod_serve_a_local_service(cluster, web):
    poll.until(lambda: through(cluster, "node1", "172.17.254.2").startswith("web-"), 15, "the node with pods")
    assert "timed out" in through(cluster, "node2", "172.17.254.2")


def test_node_ports_and_addresses_inside(cluster, web):
    service = cluster.client.get("services", "default", "spread")["spec"]
    for address in cluster.network.nodes.values():
        url = f"http://{address}:{service['ports'][0]['nodePort']}/"
        poll.until(lambda url=url: curl(cluster, "client", url).startswith("web-"), 15, url)
    inside = f"http://{service['clusterIP']}/"
    running = [p for p in cluster.pods(app="web") if p["spec"]["nodeName"] == "node1"]
    for space in ("node1", "node2", cluster.space_of(running[0])):
        poll.until(lambda space=space: curl(cluster, space, inside).startswith("web-"), 15, f"{inside} from {space}")


def test_a_service_without_pods_is_refused_at_once(cluster, web):
    poll.until(lambda: "Couldn't connect" in through(cluster, "node1", "172.17.254.3"), 15, "connection refused")


def test_an_unready_pod_leaves_both_kinds_of_endpoints(cluster, web):
    def both():
        old = cluster.client.get("endpoints", "default", "spread")["subsets"]
        slices = [s for s in cluster.client.list("endpointslices", "default")
                  if s["metadata"]["labels"].get("kubernetes.io/service-name") == "spread"]
        return (sum(len(s.get("addresses") or []) for s in old),
                sum(e["conditions"]["ready"] for s in slices for e in s["endpoints"]))

    poll.until(lambda: both() == (3, 3), 15, "three in both")
    cluster.kubectl("scale", "deployment", "web", "--replicas=1")
    poll.until(lambda: both() == (1, 1), 15, "one in both")
    cluster.kubectl("scale", "deployment", "web", "--replicas=3")
    poll.until(lambda: both() == (3, 3), 15, "three again")


def test_a_rollout_and_back(cluster, web):
    cluster.kubectl("set", "env", "deployment/web", "A=b")
    cluster.kubectl("rollout", "status", "deployment/web", "--timeout=30s")
    poll.until(lambda: len(cluster.pods(app="web")) == 3, 20, "the old pods are gone")
    assert all(p["spec"]["containers"][0]["env"] == [{"name": "A", "value": "b"}] for p in cluster.pods(app="web"))
    history = cluster.kubectl("rollout", "history", "deployment/web").split()
    assert history[-4:] == ["1", "<none>", "2", "<none>"]
    cluster.kubectl("rollout", "undo", "deployment/web")
    cluster.kubectl("rollout", "status", "deployment/web", "--timeout=30s")
    assert "env" not in cluster.client.get("deployments", "default", "web")["spec"]["template"]["spec"]["containers"][0]


def test_nodes_are_seen_alive(cluster):
    table = cluster.kubectl("get", "nodes", "-o", "wide")
    for node, address in cluster.network.nodes.items():
        assert any(line.split()[:2] == [node, "Ready"] and address in line for line in table.splitlines())
        assert "HolderIdentity:" in cluster.kubectl("describe", "node", node)
    assert json.loads(cluster.spaces.ip("lan", "-j", "addr", "show", "br0"))[0]["ifname"] == "br0"
    with_filter = cluster.spaces.exec("lan", "sysctl", "-n", "net.bridge.bridge-nf-call-iptables", check=False).strip()
    assert with_filter in ("0", "")
    assert network.CLIENT in cluster.spaces.ip("client", "addr")


