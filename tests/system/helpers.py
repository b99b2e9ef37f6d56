"""helpers - objects and questions that several system tests share"""
# SPDX-License-Identifier: Apache-2.0
import hashlib
import os

from lab import capture, kube, network, poll

# Gossip at 200 ms instead of a second, and a candidate at once.
FAST = ("--ml-probe-interval=200", "--ml-probe-timeout=100", "--ml-gossip-interval=50", "--candidate-after=0")

CONFIG = """address-pools:
  - name: default
    protocol: layer2
    addresses: ["{addresses}"]
"""


def apply_config(cluster, text):
    obj = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"namespace": "metallb-system", "name": "config"},
           "data": {"config": text}}
    try:
        cluster.client.replace("configmaps", obj)
    except kube.Refused:
        cluster.client.create("configmaps", obj)


def pool(addresses):
    return CONFIG.format(addresses=addresses)


def service(name, port=80, **spec):
    """A load balancer service without a selector; its endpoints are set by set_endpoints()."""
    annotations = spec.pop("annotations", {})
    return {"apiVersion": "v1", "kind": "Service",
            "metadata": {"namespace": "default", "name": name, "annotations": annotations},
            "spec": dict({"type": "LoadBalancer", "ports": [{"port": port, "protocol": "TCP"}]}, **spec)}


def set_endpoints(cluster, name, nodes):
    """One ready endpoint on each of these nodes."""
    slice_ = {"apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice", "addressType": "IPv4",
              "metadata": {"namespace": "default", "name": name, "labels": {"kubernetes.io/service-name": name}},
              "ports": [{"port": 80}],
              "endpoints": [{"addresses": [f"10.244.9.{i + 1}"], "nodeName": node, "conditions": {"ready": True}}
                            for i, node in enumerate(nodes)]}
    try:
        cluster.client.replace("endpointslices", slice_)
    except kube.Refused:
        cluster.client.create("endpointslices", slice_)


def create(cluster, name, nodes=("node1", "node2", "node3"), **arguments):
    cluster.client.create("services", service(name, **arguments))
    set_endpoints(cluster, name, nodes)


def delete(cluster, *names):
    for name in names:
        for resource in ("services", "endpointslices"):
            try:
                cluster.client.delete(resource, "default", name)
            except kube.Refused:
                pass


def address_of(cluster, name):
    points = cluster.client.get("services", "default", name)["status"]["loadBalancer"].get("ingress") or []
    return points[0]["ip"] if points else None


def addresses(cluster):
    """The address of every load balancer service in the namespace default, or None, by name."""
    found = {}
    for obj in cluster.client.list("services", "default"):
        if obj["spec"].get("type") == "LoadBalancer":
            points = obj["status"]["loadBalancer"].get("ingress") or []
            found[obj["metadata"]["name"]] = points[0]["ip"] if points else None
    return found


def wait_address(cluster, name, wanted=None, seconds=15):
    return poll.until(lambda: (address_of(cluster, name) == wanted) if wanted else address_of(cluster, name),
                      seconds, f"{name} has address {wanted or ''}")


def events_of(cluster, name):
    return [e for e in cluster.client.list("events", "default") if e["involvedObject"]["name"] == name]


def reason_of(cluster, name):
    """The controller's reason for a service."""
    status = cluster.controller_status() or {"services": []}
    return next((s["reason"] for s in status["services"] if s["service"] == f"default/{name}"), None)


def config_of(cluster, node=None):
    """What the controller, or a node's speaker, says of its configuration."""
    status = cluster.speaker_status(node) if node else cluster.controller_status()
    return (status or {}).get("config", {"loaded": False, "stale": None})


def speaker_entry(cluster, node, ip):
    status = cluster.speaker_status(node) or {"addresses": []}
    return next((a for a in status["addresses"] if a["ip"] == ip), None)


def owner_of(cluster, ip):
    """The one node that says it answers, or None when there are none or several."""
    owners = [n for n in cluster.network.nodes
              if (speaker_entry(cluster, n, ip) or {}).get("state") == "announced"]
    return owners[0] if len(owners) == 1 else None


def wait_owner(cluster, ip, seconds=15):
    return poll.until(lambda: owner_of(cluster, ip), seconds, f"one node owns {ip}")


def members(lab, node):
    """The live members that the speaker of a node sees."""
    return sorted(m["name"] for m in (lab.speaker_status(node) or {"members": []})["members"] if m["alive"])


def misses(lab, node, other):
    """Does the speaker of a node take another one for dead?"""
    seen = members(lab, node)
    return bool(seen) and other not in seen


def rings_are_joined(lab):
    """Has every speaker entered the ring, and does it see all others?"""
    everybody = sorted(lab.network.nodes)
    return all(members(lab, n) == everybody for n in everybody)


def one_owner(lab, ip):
    """The node that all speakers name as the owner, when it answers alone."""
    owners = {(speaker_entry(lab, n, ip) or {}).get("owner") for n in lab.network.nodes}
    owner = owners.pop() if len(owners) == 1 else None
    return owner if owner and answers_alone(lab, owner, ip) else None


def comes_first(lab, ip):
    """Of nodes that all can answer for an address, the one that does once all are known: the first by MetalLB's hash."""
    return min(lab.network.nodes, key=lambda node: hashlib.sha256(f"{node}#{ip}".encode()).digest())


def settled(lab, ip, seconds=30):
    """All members see all, and the node that comes first answers, to stay; before, another one may for a moment: which.

    Where a speaker that joins the others is a candidate after 30 s only, that takes longer.
    """
    first = comes_first(lab, ip)
    poll.until(lambda: rings_are_joined(lab), seconds, "every speaker sees every other")
    poll.until(lambda: one_owner(lab, ip) == first, seconds, f"all name {first} as the owner, and it answers alone")
    return first


def metrics_in(text):
    """{name{labels}: value} of a page of metrics; empty when there is none."""
    lines = (line.rpartition(" ") for line in (text or "").splitlines() if not line.startswith("#"))
    return {name: float(value) for name, _, value in lines}


def last_words(lab, n_lines=15):
    """The ends of all logs of pods, and what troubled the lab itself last."""
    found = [f"the lab: {lab.error!r}"]
    for name in sorted(os.listdir(lab.log_dir)):
        with open(os.path.join(lab.log_dir, name), encoding="utf-8", errors="replace") as file:
            found += [f"--- {name}", *file.read().splitlines()[-n_lines:]]
    return "\n".join(found)


def who(cluster, ip):
    """The MAC addresses that answer for an address on the LAN."""
    return capture.ask(cluster.spaces.full("client"), "eth0", ip, cluster.mac("client"), network.CLIENT)


def answers_alone(cluster, node, ip):
    return who(cluster, ip) == [cluster.mac(node)]


def restarts(cluster, **labels):
    """How often the containers of the pods with these labels were started again, by pod."""
    return {p["metadata"]["name"]: p["status"]["containerStatuses"][0]["restartCount"]
            for p in cluster.pods(**labels)}
