"""kubelet - the pods of all nodes: started, probed, started again, ended; and what the API is told of them

Kubelet never waits for the API: with it away, processes and probes go on. Reports
tells the API what has become of the pods, when it can.
"""
# SPDX-License-Identifier: Apache-2.0
import signal
import time

from .kube import Refused
from .pod import Pod
from .probes import Prober


class Kubelet:
    """The kubelets of all nodes."""

    def __init__(self, lab, cache):
        self.lab, self.cache = lab, cache
        self.pods = {}  # uid -> Pod
        self.statuses = {}  # uid -> (object, status)
        self.gone = {}  # uid -> object: ended here, to be taken out of the API
        self.last_ip = {}
        self.files_seen = None
        self.prober = Prober(cache.wake)

    def settle(self):
        wanted = {p["metadata"]["uid"]: p for p in self.cache.all("pods")
                  if p["spec"].get("nodeName") in self.lab.network.nodes}
        for uid, obj in wanted.items():
            self._follow(uid, obj)
        for uid, pod in list(self.pods.items()):
            if uid not in wanted:
                self._end(pod, 0)
            self._mind(pod)
        self._refresh()

    def _follow(self, uid, obj):
        pod, ends = self.pods.get(uid), obj["metadata"].get("deletionTimestamp")
        if pod is None and not ends and uid not in self.gone:
            self._start(obj)
        elif pod is None and ends:
            self.gone[uid] = obj
        elif pod and ends:
            pod.obj = obj
            self._end(pod, obj["metadata"].get("deletionGracePeriodSeconds", 30))

    def _refresh(self):
        seen = self.cache.counts("secrets", "configmaps")
        if seen != self.files_seen:
            for pod in self.pods.values():
                pod.refresh()
            self.files_seen = seen

    # ---- start ----

    def _address(self, node):
        self.last_ip[node] = self.last_ip.get(node, 1) + 1
        return f"{self.lab.network.pod_net(node)}.{self.last_ip[node]}"

    def _start(self, obj):
        node = obj["spec"]["nodeName"]
        if obj["spec"].get("hostNetwork"):
            space, ip = node, self.lab.network.nodes[node]
        else:
            space, ip = self.lab.space_of(obj), self._address(node)
            self.lab.network.add_pod(node, space, ip)
        self.pods[obj["metadata"]["uid"]] = Pod(self.lab, obj, space, ip)

    # ---- while it runs, and its end ----

    def _mind(self, pod):
        for container in pod.containers:
            if container.process and container.process.poll() is not None:
                container.ended()
            if container.process:
                self._probe(pod, container)
            elif not pod.ending and time.monotonic() >= container.again_at:
                pod.start(container)
            if container.kill_at is not None and time.monotonic() >= container.kill_at:
                container.signal(signal.SIGKILL)
        if pod.ending and not any(c.process for c in pod.containers):
            pod.remove()
            self.gone[pod.uid] = pod.obj
            del self.pods[pod.uid]
            self.statuses.pop(pod.uid, None)
        else:
            self.statuses[pod.uid] = (pod.obj, pod.status())

    def _probe(self, pod, container):
        for probe in (container.readiness, container.liveness):
            if probe:
                self.prober.mind(probe, pod.look(probe, container))
        if container.liveness and not container.liveness.good:
            container.end(pod.spec.get("terminationGracePeriodSeconds", 30))

    @staticmethod
    def _end(pod, grace_s):
        pod.ending = True
        for container in pod.containers:
            container.end(grace_s)

    def stop(self):
        self.prober.stop()
        running = [c for pod in self.pods.values() for c in pod.containers if c.process]
        for container in running:
            container.signal(signal.SIGKILL)
        for container in running:
            container.process.wait()


class Reports:
    """What the API is told of pods: their status, and that they are gone."""

    def __init__(self, kubelet, client):
        self.kubelet, self.client = kubelet, client
        self.told = {}

    def settle(self):
        for uid, (obj, status) in list(self.kubelet.statuses.items()):
            if self.told.get(uid) != status:
                self._try(self.client.merge, obj, {"status": status}, "status")
                self.told[uid] = status
        for uid, obj in list(self.kubelet.gone.items()):
            self._try(self.client.delete, obj, 0)
            self.told.pop(uid, None)
            if not self.kubelet.cache.find("pods", obj["metadata"]["namespace"], obj["metadata"]["name"]):
                del self.kubelet.gone[uid]

    @staticmethod
    def _try(function, obj, *arguments):
        try:
            function("pods", obj["metadata"]["namespace"], obj["metadata"]["name"], *arguments)
        except Refused as refused:
            if refused.code not in (404, 409):
                raise
