"""workloads - Deployments, ReplicaSets and DaemonSets become Pods on nodes, and report back"""
# SPDX-License-Identifier: Apache-2.0
import copy
import hashlib
import json

from .kube import Refused


def _owner(obj, kind):
    return [{"apiVersion": "apps/v1", "kind": kind, "name": obj["metadata"]["name"], "uid": obj["metadata"]["uid"],
             "controller": True, "blockOwnerDeletion": True}]


def _owned(objects, owner):
    uid = owner["metadata"]["uid"]
    return [o for o in objects if any(r["uid"] == uid for r in o["metadata"].get("ownerReferences") or [])]


def _hash(template):
    return hashlib.sha256(json.dumps(template, sort_keys=True).encode()).hexdigest()[:10]


def passes_probes(pod):
    return any(c["type"] == "Ready" and c["status"] == "True"
               for c in (pod.get("status") or {}).get("conditions") or [])


def is_ready(pod):
    return not pod["metadata"].get("deletionTimestamp") and passes_probes(pod)


def _pod_of(owner, kind, template, node=None):
    meta = copy.deepcopy(template.get("metadata") or {})
    meta.update(namespace=owner["metadata"]["namespace"], generateName=owner["metadata"]["name"] + "-",
                ownerReferences=_owner(owner, kind))
    spec = copy.deepcopy(template["spec"])
    if node:
        spec["nodeName"] = node
    return {"apiVersion": "v1", "kind": "Pod", "metadata": meta, "spec": spec}


def fits(pod_spec, node):
    labels = node["metadata"].get("labels") or {}
    return all(labels.get(k) == v for k, v in (pod_spec.get("nodeSelector") or {}).items())


class Workloads:
    def __init__(self, client, cache):
        self.client, self.cache = client, cache

    def settle(self):
        for deployment in self.cache.all("deployments"):
            self._deployment(deployment)
        for replica_set in self.cache.all("replicasets"):
            self._replica_set(replica_set)
        for daemon_set in self.cache.all("daemonsets"):
            self._daemon_set(daemon_set)
        self._schedule()

    def _try(self, function, *arguments):
        try:
            return function(*arguments)
        except Refused as refused:
            if refused.code not in (404, 409):
                raise
            return None

    def _write_status(self, resource, obj, status):
        if (obj.get("status") or {}) != status:
            changed = copy.deepcopy(obj)
            changed["status"] = status
            changed["metadata"].pop("resourceVersion", None)
            self._try(self.client.replace, resource, changed, "status")

    def _deployment(self, deployment):
        template = deployment["spec"]["template"]
        wanted = _hash(template)
        sets = _owned(self.cache.all("replicasets"), deployment)
        current = next((s for s in sets if s["metadata"]["labels"].get("pod-template-hash") == wanted), None)
        replicas = deployment["spec"].get("replicas", 1)
        if current is None:
            labelled = copy.deepcopy(template)
            labelled.setdefault("metadata", {}).setdefault("labels", {})["pod-template-hash"] = wanted
            self._try(self.client.create, "replicasets", {
                "apiVersion": "apps/v1", "kind": "ReplicaSet",
                "metadata": {"namespace": deployment["metadata"]["namespace"],
                             "name": f"{deployment['metadata']['name']}-{wanted}",
                             "labels": dict(labelled["metadata"]["labels"]),
                             "annotations": {"deployment.kubernetes.io/revision": str(len(sets) + 1)},
                             "ownerReferences": _owner(deployment, "Deployment")},
                "spec": {"replicas": replicas, "template": labelled,
                         "selector": {"matchLabels": dict(deployment["spec"]["selector"]["matchLabels"],
                                                          **{"pod-template-hash": wanted})}}})
            return
        ready = (current.get("status") or {}).get("readyReplicas", 0)
        for replica_set in sets:
            goal = replicas if replica_set is current else (0 if ready >= replicas else None)
            if goal is not None and replica_set["spec"].get("replicas") != goal:
                self._try(self.client.merge, "replicasets", replica_set["metadata"]["namespace"],
                          replica_set["metadata"]["name"], {"spec": {"replicas": goal}})
        total = sum((s.get("status") or {}).get("replicas", 0) for s in sets)
        status = {"observedGeneration": deployment["metadata"]["generation"], "replicas": total,
                  "updatedReplicas": (current.get("status") or {}).get("replicas", 0), "readyReplicas": ready,
                  "availableReplicas": ready, "unavailableReplicas": max(replicas - ready, 0),
                  "conditions": [{"type": "Available", "status": "True" if ready >= replicas else "False"},
                                 {"type": "Progressing", "status": "True", "reason": "NewReplicaSetAvailable"}]}
        self._write_status("deployments", deployment, status)
        if "deployment.kubernetes.io/revision" not in (deployment["metadata"].get("annotations") or {}):
            self._try(self.client.merge, "deployments", deployment["metadata"]["namespace"],
                      deployment["metadata"]["name"],
                      {"metadata": {"annotations": {"deployment.kubernetes.io/revision": str(len(sets))}}})

    def _replica_set(self, replica_set):
        pods = [p for p in _owned(self.cache.all("pods"), replica_set)
                if not p["metadata"].get("deletionTimestamp")]
        wanted = replica_set["spec"].get("replicas", 1)
        for _ in range(wanted - len(pods)):
            self._create_once(_pod_of(replica_set, "ReplicaSet", replica_set["spec"]["template"]))
        for pod in pods[wanted:]:
            self._try(self.client.delete, "pods", pod["metadata"]["namespace"], pod["metadata"]["name"])
        self._write_status("replicasets", replica_set, {
            "replicas": len(pods), "fullyLabeledReplicas": len(pods),
            "readyReplicas": sum(map(is_ready, pods)), "availableReplicas": sum(map(is_ready, pods)),
            "observedGeneration": replica_set["metadata"]["generation"]})

    def _create_once(self, pod):
        """Create, and put it into the cache at once, so that the next turn does not create it again."""
        made = self._try(self.client.create, "pods", pod)
        if made and not self.cache.find("pods", *self.cache.key(made)):
            self.cache.take("pods", made)

    def _daemon_set(self, daemon_set):
        nodes = [n for n in self.cache.all("nodes") if fits(daemon_set["spec"]["template"]["spec"], n)]
        pods = _owned(self.cache.all("pods"), daemon_set)
        by_node = {}
        for pod in pods:
            by_node.setdefault(pod["spec"].get("nodeName"), []).append(pod)
        template, generation = daemon_set["spec"]["template"], _hash(daemon_set["spec"]["template"])
        for node in nodes:
            name = node["metadata"]["name"]
            held = by_node.pop(name, [])
            live = [p for p in held if not p["metadata"].get("deletionTimestamp")]
            for pod in live:
                if pod["metadata"].get("labels", {}).get("controller-revision-hash") != generation:
                    self._try(self.client.delete, "pods", pod["metadata"]["namespace"], pod["metadata"]["name"])
            if not held:
                pod = _pod_of(daemon_set, "DaemonSet", template, name)
                pod["metadata"].setdefault("labels", {})["controller-revision-hash"] = generation
                self._create_once(pod)
        for pod in [p for left in by_node.values() for p in left]:
            if not pod["metadata"].get("deletionTimestamp"):
                self._try(self.client.delete, "pods", pod["metadata"]["namespace"], pod["metadata"]["name"])
        ready = sum(map(is_ready, pods))
        self._write_status("daemonsets", daemon_set, {
            "observedGeneration": daemon_set["metadata"]["generation"], "desiredNumberScheduled": len(nodes),
            "currentNumberScheduled": len(pods), "updatedNumberScheduled": len(pods), "numberReady": ready,
            "numberAvailable": ready, "numberUnavailable": max(len(nodes) - ready, 0), "numberMisscheduled": 0})

    def _schedule(self):
        nodes = sorted(self.cache.all("nodes"), key=lambda n: n["metadata"]["name"])
        pods = self.cache.all("pods")
        load = {n["metadata"]["name"]: 0 for n in nodes}
        for pod in pods:
            if pod["spec"].get("nodeName") in load and not pod["spec"].get("hostNetwork"):
                load[pod["spec"]["nodeName"]] += 1
        for pod in pods:
            if pod["spec"].get("nodeName") or pod["metadata"].get("deletionTimestamp"):
                continue
            able = [n["metadata"]["name"] for n in nodes
                    if fits(pod["spec"], n) and not (n.get("spec") or {}).get("unschedulable")]
            if not able:
                continue
            chosen = min(able, key=lambda name: load[name])
            load[chosen] += 1
            placed = self._try(self.client.merge, "pods", pod["metadata"]["namespace"], pod["metadata"]["name"],
                               {"spec": {"nodeName": chosen}})
            if placed:
                self.cache.take("pods", placed)
