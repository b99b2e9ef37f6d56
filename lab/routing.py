"""routing - endpoints of services, and the rules by which nodes send traffic to them

The rules are nftables' and do what kube-proxy's would: cluster addresses and
load balancer addresses go to a random ready endpoint; with the policy Cluster
the client's address is hidden behind the node, with Local only endpoints of the
node itself are used and the client's address stays.
"""
# SPDX-License-Identifier: Apache-2.0
import copy

from .kube import Refused
from .workloads import is_ready

MARK = "0x4000"


def target_port(port, pod):
    wanted = port.get("targetPort", port["port"])
    if isinstance(wanted, int):
        return wanted
    for container in pod["spec"]["containers"]:
        for named in container.get("ports") or []:
            if named.get("name") == wanted:
                return named["containerPort"]
    return None


class Endpoints:
    """EndpointSlices and Endpoints follow selectors and readiness."""

    def __init__(self, client, cache):
        self.client, self.cache = client, cache
        self.written = {}

    def settle(self):
        for service in self.cache.all("services"):
            if service["spec"].get("selector"):
                self._one(service)

    def _one(self, service):
        chosen = service["spec"]["selector"]
        namespace, name = service["metadata"]["namespace"], service["metadata"]["name"]
        pods = sorted((p for p in self.cache.all("pods")
                       if p["metadata"]["namespace"] == namespace and (p.get("status") or {}).get("podIP")
                       and all((p["metadata"].get("labels") or {}).get(k) == v for k, v in chosen.items())),
                      key=lambda p: p["metadata"]["name"])
        ports = [{"name": p.get("name", ""), "protocol": p["protocol"],
                  "port": (target_port(p, pods[0]) if pods else None) or p["port"]}
                 for p in service["spec"].get("ports") or []]
        state = (service["metadata"]["uid"], [(p["metadata"]["name"], p["status"]["podIP"], is_ready(p),
                                               p["spec"].get("nodeName")) for p in pods], ports)
        if self.written.get((namespace, name)) == state:
            return
        self._write(namespace, name, service, pods, ports)
        self.written[(namespace, name)] = copy.deepcopy(state)

    @staticmethod
    def _reference(pod):
        return {"kind": "Pod", "namespace": pod["metadata"]["namespace"], "name": pod["metadata"]["name"],
                "uid": pod["metadata"]["uid"]}

    def _write(self, namespace, name, service, pods, ports):
        owner = [{"apiVersion": "v1", "kind": "Service", "name": name, "uid": service["metadata"]["uid"],
                  "controller": True, "blockOwnerDeletion": True}]
        slice_ = {"apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice", "addressType": "IPv4",
                  "metadata": {"namespace": namespace, "name": f"{name}-lab", "ownerReferences": owner,
                               "labels": {"kubernetes.io/service-name": name}},
                  "ports": ports,
                  "endpoints": [{"addresses": [p["status"]["podIP"]], "nodeName": p["spec"]["nodeName"],
                                 "targetRef": self._reference(p),
                                 "conditions": {"ready": is_ready(p), "serving": is_ready(p),
                                                "terminating": bool(p["metadata"].get("deletionTimestamp"))}}
                                for p in pods]}
        entries = {True: [], False: []}
        for pod in pods:
            entries[is_ready(pod)].append({"ip": pod["status"]["podIP"], "nodeName": pod["spec"]["nodeName"],
                                           "targetRef": self._reference(pod)})
        subset = {"ports": ports}
        if entries[True]:
            subset["addresses"] = entries[True]
        if entries[False]:
            subset["notReadyAddresses"] = entries[False]
        old = {"apiVersion": "v1", "kind": "Endpoints", "metadata": {"namespace": namespace, "name": name,
                                                                    "ownerReferences": owner},
               "subsets": [subset] if pods else []}
        for resource, obj in (("endpointslices", slice_), ("endpoints", old)):
            try:
                self.client.replace(resource, obj)
            except Refused as refused:
                if refused.code != 404:
                    raise
                self.client.create(resource, obj)


class Rules:
    """The nftables rules of every node."""

    def __init__(self, cache, spaces, nodes):
        self.cache, self.spaces, self.nodes = cache, spaces, nodes
        self.loaded = {}

    def settle(self):
        slices = {}
        for slice_ in self.cache.all("endpointslices"):
            key = (slice_["metadata"]["namespace"],
                   (slice_["metadata"].get("labels") or {}).get("kubernetes.io/service-name"))
            slices.setdefault(key, []).append(slice_)
        services = sorted(self.cache.all("services"), key=self.cache.key)
        for node in self.nodes:
            rules = self._ruleset(node, services, slices)
            if self.loaded.get(node) != rules:
                self.spaces.exec(node, "nft", "-f", "-", stdin=rules)
                self.loaded[node] = rules

    @staticmethod
    def _ready(slices, port):
        found = []
        for slice_ in slices:
            number = next((p["port"] for p in slice_["ports"] if p.get("name", "") == port.get("name", "")), None)
            for endpoint in slice_["endpoints"]:
                if number and endpoint["conditions"].get("ready"):
                    found.append((endpoint["addresses"][0], number, endpoint.get("nodeName")))
        return found

    def _ruleset(self, node, services, slices):
        rules, chains = [], []
        for service in services:
            spec = service["spec"]
            parts = slices.get(self.cache.key(service), [])
            external = [p["ip"] for p in ((service.get("status") or {}).get("loadBalancer") or {}).get("ingress") or []
                        if "." in p.get("ip", "")]
            internal = [ip for ip in spec.get("clusterIPs") or [] if "." in ip]
            for port in spec.get("ports") or []:
                ready = self._ready(parts, port)
                local = [e for e in ready if e[2] == node]
                for ip in internal:
                    self._jump(rules, chains, ip, port, ready, False)
                for ip in external:
                    only_local = spec.get("externalTrafficPolicy") == "Local"
                    self._jump(rules, chains, ip, port, local if only_local else ready, not only_local)
        return "\n".join([
            "table ip tinlb-lab", "delete table ip tinlb-lab", "table ip tinlb-lab {", *chains,
            "chain services {", *rules, "}",
            "chain prerouting { type nat hook prerouting priority dstnat; jump services; }",
            "chain output { type nat hook output priority -100; jump services; }",
            f"chain postrouting {{ type nat hook postrouting priority srcnat; meta mark {MARK} masquerade; }}",
            "}", ""])

    @staticmethod
    def _jump(rules, chains, ip, port, ready, hide):
        match = f"ip daddr {ip} {port['protocol'].lower()} dport {port['port']}"
        if not ready:
            rules.append(f"{match} counter drop")
            return
        name = f"s{len(chains)}"
        body = [f"meta mark set {MARK}"] if hide else []
        choice = ", ".join(f"{i} : {a} . {p}" for i, (a, p, _) in enumerate(ready))
        body.append(f"meta l4proto {port['protocol'].lower()} dnat ip to numgen random mod {len(ready)} "
                    f"map {{ {choice} }}")
        chains.append(f"chain {name} {{ {'; '.join(body)}; }}")
        rules.append(f"{match} goto {name}")
