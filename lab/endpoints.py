"""endpoints - EndpointSlices and Endpoints follow the selectors of services and the readiness of pods"""
# SPDX-License-Identifier: Apache-2.0
import copy

from .kube import Refused
from .workloads import is_ready, passes_probes


def target_port(port, pod):
    wanted = port.get("targetPort", port["port"])
    if isinstance(wanted, int):
        return wanted
    for container in pod["spec"]["containers"]:
        for named in container.get("ports") or []:
            if named.get("name") == wanted:
                return named["containerPort"]
    return None


def _reference(pod):
    return {"kind": "Pod", "namespace": pod["metadata"]["namespace"], "name": pod["metadata"]["name"],
            "uid": pod["metadata"]["uid"]}


def _slice_entry(pod):
    return {"addresses": [pod["status"]["podIP"]], "nodeName": pod["spec"]["nodeName"], "targetRef": _reference(pod),
            "conditions": {"ready": is_ready(pod), "serving": passes_probes(pod),
                           "terminating": bool(pod["metadata"].get("deletionTimestamp"))}}


def _subset(pods, ports):
    subset = {"ports": ports}
    for pod in pods:
        key = "addresses" if is_ready(pod) else "notReadyAddresses"
        subset.setdefault(key, []).append({"ip": pod["status"]["podIP"], "nodeName": pod["spec"]["nodeName"],
                                           "targetRef": _reference(pod)})
    return subset


class Endpoints:
    def __init__(self, client, cache):
        self.client, self.cache = client, cache
        self.written = {}  # uid of a service -> (slice, endpoints)
        self.seen = None

    def settle(self):
        seen = self.cache.counts("services", "pods")
        if seen == self.seen:
            return
        pods = [p for p in self.cache.all("pods") if (p.get("status") or {}).get("podIP")]
        for service in self.cache.all("services"):
            if service["spec"].get("selector"):
                self._one(service, pods)
        self.seen = seen

    def _one(self, service, pods):
        chosen, meta = service["spec"]["selector"], service["metadata"]
        pods = sorted((p for p in pods if p["metadata"]["namespace"] == meta["namespace"]
                       and chosen.items() <= (p["metadata"].get("labels") or {}).items()),
                      key=lambda p: p["metadata"]["name"])
        ports = [{"name": p.get("name", ""), "protocol": p["protocol"],
                  "port": (target_port(p, pods[0]) if pods else None) or p["port"]}
                 for p in service["spec"].get("ports") or []]
        wanted = self._objects(meta, pods, ports)
        if self.written.get(meta["uid"]) != wanted:
            self._write(wanted)
            self.written[meta["uid"]] = wanted

    @staticmethod
    def _objects(service, pods, ports):
        namespace, name = service["namespace"], service["name"]
        owner = [{"apiVersion": "v1", "kind": "Service", "name": name, "uid": service["uid"],
                  "controller": True, "blockOwnerDeletion": True}]
        slice_ = {"apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice", "addressType": "IPv4",
                  "metadata": {"namespace": namespace, "name": f"{name}-lab", "ownerReferences": owner,
                               "labels": {"kubernetes.io/service-name": name}},
                  "ports": ports, "endpoints": [_slice_entry(p) for p in pods]}
        old = {"apiVersion": "v1", "kind": "Endpoints",
               "metadata": {"namespace": namespace, "name": name, "ownerReferences": owner},
               "subsets": [_subset(pods, ports)] if pods else []}
        return slice_, old

    def _write(self, objects):
        for resource, obj in zip(("endpointslices", "endpoints"), objects):
            try:
                self.client.replace(resource, copy.deepcopy(obj))
            except Refused as refused:
                if refused.code != 404:
                    raise
                self.client.create(resource, copy.deepcopy(obj))
