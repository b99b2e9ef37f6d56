"""pod - one pod on its node: its processes with their files and rights, and what its status says of them"""
# SPDX-License-Identifier: Apache-2.0
import json
import os
import shutil
import signal
import subprocess
import sys
import time

from . import images, probes, rights
from .probes import Probe
from .values import Values, Wanting, expand
from .volumes import Volumes

RESTART_S = (0.2, 0.5, 1, 2, 5, 10)
AGAIN_S = 0.3  # between two tries to start what wants something
ENTER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "pods/enter.py")


def stamp():
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())


class Container:
    """One process of a pod, started again when it ends."""

    def __init__(self, spec):
        self.spec, self.name = spec, spec["name"]
        self.process = self.started = self.environment = None
        self.again_at = 0.0
        self.kill_at = None  # a deadline, once it was asked to end
        self.restarts = 0
        self.waiting = ("ContainerCreating", "")
        self.last = None  # how it ended the last time
        self.readiness = self.liveness = None

    @property
    def ready(self):
        return self.process is not None and (self.readiness is None or self.readiness.good)

    def began(self, process, host_network):
        self.process, self.started, self.kill_at = process, stamp(), None
        now, asked = time.monotonic(), probes.readiness(self.spec, host_network)
        self.readiness = Probe(asked, False, now) if asked else None
        alive = self.spec.get("livenessProbe")
        self.liveness = Probe(alive, True, now) if alive else None

    def ended(self):
        """Its process has ended: it waits for its next start."""
        code = self.process.returncode
        self.last = {"exitCode": code if code >= 0 else 128 - code, "reason": "Completed" if code == 0 else "Error",
                     "startedAt": self.started, "finishedAt": stamp()}
        self.process = None
        self.waiting = ("CrashLoopBackOff", f"restarting failed container={self.name}")
        self.again_at = time.monotonic() + RESTART_S[min(self.restarts, len(RESTART_S) - 1)]
        self.restarts += 1

    def signal(self, number):
        if self.process and self.process.poll() is None:
            try:
                os.killpg(self.process.pid, number)
            except ProcessLookupError:
                pass

    def end(self, grace_s):
        """Ask it to end, and after the grace make it."""
        if self.kill_at is None:
            self.kill_at = time.monotonic() + grace_s
            self.signal(signal.SIGTERM)

    def status(self):
        reason, message = self.waiting
        state = {"running": {"startedAt": self.started}} if self.process else {
            "waiting": {"reason": reason, **({"message": message} if message else {})}}
        return {"name": self.name, "ready": self.ready, "started": self.process is not None, "state": state,
                "restartCount": self.restarts, "image": self.spec.get("image", ""), "imageID": "",
                "lastState": {"terminated": self.last} if self.last else {}}


class Pod:
    """A pod that runs here, in a network namespace of its own or in its node's."""

    def __init__(self, lab, obj, space, ip):
        self.lab, self.obj, self.space, self.ip = lab, obj, space, ip
        self.uid, self.spec = obj["metadata"]["uid"], obj["spec"]
        self.host_network = bool(self.spec.get("hostNetwork"))
        self.directory = os.path.join(lab.directory, "pods", self.uid)
        self.own = os.path.join(self.directory, "own")  # for what its images need
        for folder in (self.own, os.path.join(self.directory, "roots")):
            os.makedirs(folder)
        self.values = Values(lab.cache, obj, ip, lab.network.nodes[self.spec["nodeName"]])
        self.volumes = Volumes(os.path.join(self.directory, "volumes"), obj, self.values,
                               lambda: lab.account(self.obj))
        self.containers = [Container(c) for c in self.spec["containers"]]
        self.started = stamp()
        self.ending = False
        self.conditions = {}

    # ---- processes ----

    def log_file(self, container):
        meta = self.obj["metadata"]
        return os.path.join(self.lab.log_dir, f"{meta['namespace']}_{meta['name']}_{container.name}.log")

    def _given(self):
        return {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOSTNAME": self.obj["metadata"]["name"],
                "KUBERNETES_SERVICE_HOST": self.lab.api_host, "KUBERNETES_SERVICE_PORT": str(self.lab.api_port)}

    def command(self, container, words):
        """Words as a command line that runs them in the container's place, with its files and rights."""
        root = os.path.join(self.directory, "roots", container.name)
        os.makedirs(root, exist_ok=True)
        plan = {"root": root, "directory": container.spec.get("workingDir", "/"),
                "mounts": images.mounts(self) + self.volumes.mounts(container.spec)}
        with open(root + ".json", "w", encoding="utf-8") as file:
            json.dump(plan, file)
        return ["ip", "netns", "exec", self.lab.spaces.full(self.space), sys.executable, "-I", "-S", ENTER,
                root + ".json", *rights.prefix(self.spec, container.spec, rights.has_users()), *words]

    def start(self, container):
        """Start a container, or say why it cannot start."""
        try:
            self.volumes.write()
            environment = container.environment = self.values.environment(container.spec, self._given())
            words = [expand(word, environment) for word in images.command(container.spec, self)]
            command = self.command(container, words)
        except Wanting as wanting:
            container.waiting = (wanting.reason, str(wanting))
            container.again_at = time.monotonic() + AGAIN_S
            return
        with open(self.log_file(container), "ab") as log:
            process = subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                       start_new_session=True)
        container.began(process, self.host_network)

    def look(self, probe, container):
        """A function that carries out one look of a probe."""
        spec, timeout = probe.spec, probe.spec.get("timeoutSeconds", 1)
        if spec.get("exec"):
            return lambda: probes.succeeds(self.command(container, spec["exec"]["command"]), container.environment,
                                           timeout)
        kind = "httpGet" if spec.get("httpGet") else "tcpSocket"
        asked, node = spec[kind], self.lab.spaces.full(self.spec["nodeName"])

        def ask():
            address = (asked.get("host") or self.ip, probes.port_of(asked["port"], container.spec))
            if kind == "httpGet":
                return probes.http_ok(node, address, asked.get("path", "/"), timeout)
            return probes.connects(node, address, timeout)

        return ask

    def refresh(self):
        """The files of Secrets and ConfigMaps follow what these hold now."""
        try:
            self.volumes.write()
        except Wanting:
            pass  # what was there stays

    def remove(self):
        if not self.host_network:
            self.lab.spaces.delete(self.space)
        shutil.rmtree(self.directory, ignore_errors=True)

    # ---- status ----

    def _condition(self, kind, value):
        held = self.conditions.get(kind)
        word = "True" if value else "False"
        if held is None or held["status"] != word:
            held = self.conditions[kind] = {"type": kind, "status": word, "lastTransitionTime": stamp()}
        return held

    def status(self):
        ready = all(c.ready for c in self.containers)
        return {"phase": "Running" if all(c.started for c in self.containers) else "Pending",
                "hostIP": self.values.fields["status.hostIP"], "podIP": self.ip, "podIPs": [{"ip": self.ip}],
                "startTime": self.started, "containerStatuses": [c.status() for c in self.containers],
                "conditions": [self._condition(kind, value) for kind, value in (
                    ("Initialized", True), ("Ready", ready), ("ContainersReady", ready), ("PodScheduled", True))]}
