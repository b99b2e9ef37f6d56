"""nodes - the objects of the nodes, and the signs of life that their kubelets give"""
# SPDX-License-Identifier: Apache-2.0
import datetime
import os
import time

from .kube import Refused

LEASES = "kube-node-lease"
RENEW_S = 10  # a Lease, as a kubelet does
STATUS_S = 60  # the node's status
ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}


def _moment(form):
    return datetime.datetime.now(datetime.timezone.utc).strftime(form)


def _second():
    return _moment("%Y-%m-%dT%H:%M:%SZ")


def labels(name):
    machine = os.uname().machine
    arch = ARCHITECTURES.get(machine, machine)
    return {"kubernetes.io/hostname": name, "kubernetes.io/os": "linux", "kubernetes.io/arch": arch,
            "beta.kubernetes.io/os": "linux", "beta.kubernetes.io/arch": arch}


def register(client, name, network, more_labels):
    """The Node object of a node that is ready."""
    held = labels(name)
    client.create("nodes", {"apiVersion": "v1", "kind": "Node",
                            "metadata": {"name": name, "labels": {**held, **more_labels}},
                            "spec": {"podCIDR": network.pod_net(name) + ".0/24"}})
    client.merge("nodes", None, name, {"status": {
        "addresses": [{"type": "InternalIP", "address": network.nodes[name]}, {"type": "Hostname", "address": name}],
        "nodeInfo": {"kubeletVersion": "v1.34.0", "osImage": "lab", "kernelVersion": os.uname().release,
                     "operatingSystem": "linux", "architecture": held["kubernetes.io/arch"],
                     "containerRuntimeVersion": "process://1"},
        "conditions": [{"type": "Ready", "status": "True", "reason": "KubeletReady",
                        "message": "the lab posts ready status", "lastHeartbeatTime": _second(),
                        "lastTransitionTime": _second()}]}}, "status")


class Heartbeats:
    """Renews every node's Lease, and now and then the time in its status, whatever that says."""

    def __init__(self, client, nodes):
        self.client, self.nodes = client, nodes
        self.renew_at, self.status_at = 0.0, time.monotonic() + STATUS_S

    def settle(self, now=None):
        now = time.monotonic() if now is None else now
        if now >= self.renew_at:
            for node in self.nodes:
                self._renew(node)
            self.renew_at = now + RENEW_S
        if now >= self.status_at:
            for node in self.nodes:
                self._beat(node)
            self.status_at = now + STATUS_S

    def _renew(self, node):
        spec = {"renewTime": _moment("%Y-%m-%dT%H:%M:%S.%fZ")}
        try:
            self.client.merge("leases", LEASES, node, {"spec": spec})
        except Refused as refused:
            if refused.code != 404:
                raise
            self.client.create("leases", {
                "apiVersion": "coordination.k8s.io/v1", "kind": "Lease",
                "metadata": {"namespace": LEASES, "name": node},
                "spec": {"holderIdentity": node, "leaseDurationSeconds": 40, **spec}})

    def _beat(self, node):
        try:
            obj = self.client.get("nodes", None, node)
            for condition in obj["status"].get("conditions") or []:
                condition["lastHeartbeatTime"] = _second()
            self.client.replace("nodes", obj, "status")
        except Refused as refused:
            if refused.code not in (404, 409):  # gone, or changed meanwhile: next time
                raise
