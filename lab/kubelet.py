"""kubelet - pods as processes: environment, files, probes, logs, restarts, and their status"""
# SPDX-License-Identifier: Apache-2.0
import base64
import copy
import http.client
import os
import shutil
import signal
import subprocess
import threading
import time

from . import images, netns
from .kube import Refused
from .routing import target_port

ACCOUNT_DIR = "/run/secrets/kubernetes.io/serviceaccount"
RESTART_S = (0.2, 0.5, 1, 2, 5, 10)


def stamp():
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())


class Container:
    """One process of a pod, started again when it ends."""

    def __init__(self, name):
        self.name = name
        self.process = None
        self.restarts = 0
        self.again_at = 0.0
        self.ready = False
        self.started = None


class PodProcess:
    """A pod that runs here."""

    def __init__(self, pod):
        self.pod = pod
        self.uid = pod["metadata"]["uid"]
        self.space = None
        self.ip = None
        self.containers = [Container(c["name"]) for c in pod["spec"]["containers"]]
        self.directory = None
        self.ending_at = None


class Kubelet:
    """The kubelets of all nodes."""

    def __init__(self, lab, client, cache):
        self.lab, self.client, self.cache = lab, client, cache
        self.pods = {}
        self.next_ip = {}
        self.lock = threading.Lock()

    def settle(self):
        wanted = {p["metadata"]["uid"]: p for p in self.cache.all("pods")
                  if p["spec"].get("nodeName") in self.lab.network.nodes}
        for uid, pod in wanted.items():
            running = self.pods.get(uid)
            if running is None and not pod["metadata"].get("deletionTimestamp"):
                self._start(pod)
            elif running is None:
                self._forget(pod)
            else:
                running.pod = pod
                if pod["metadata"].get("deletionTimestamp"):
                    self._end(running)
        for uid in [u for u in self.pods if u not in wanted]:
            self._end(self.pods[uid], at_once=True)
        for running in list(self.pods.values()):
            self._mind(running)

    def _forget(self, pod):
        try:
            self.client.delete("pods", pod["metadata"]["namespace"], pod["metadata"]["name"], 0)
        except Refused:
            pass

    # ---- start ----

    def _address(self, node):
        number = self.next_ip.get(node, 1) + 1
        self.next_ip[node] = number
        return f"{self.lab.network.pod_net(node)}.{number}"

    def _start(self, pod):
        running = PodProcess(pod)
        meta, node = pod["metadata"], pod["spec"]["nodeName"]
        running.directory = os.path.join(self.lab.directory, "pods", meta["uid"])
        os.makedirs(running.directory)
        if pod["spec"].get("hostNetwork"):
            running.space, running.ip = node, self.lab.network.nodes[node]
        else:
            running.ip = self._address(node)
            running.space = f"pod-{meta['uid'][:8]}"
            self.lab.network.add_pod(node, running.space, running.ip)
        self._write_account(pod, running.directory)
        self.pods[running.uid] = running
        for container in running.containers:
            self._run(running, container)
        self._report(running)

    def _write_account(self, pod, directory):
        account = os.path.join(directory, "account")
        os.makedirs(account)
        name = pod["spec"].get("serviceAccountName", "default")
        for file, text in (("token", f"lab.{pod['metadata']['namespace']}.{name}"),
                           ("namespace", pod["metadata"]["namespace"])):
            with open(os.path.join(account, file), "w", encoding="utf-8") as out:
                out.write(text)
        shutil.copy(self.lab.ca_file, os.path.join(account, "ca.crt"))

    def _field(self, pod, running, path):
        known = {"spec.nodeName": pod["spec"]["nodeName"], "metadata.name": pod["metadata"]["name"],
                 "metadata.namespace": pod["metadata"]["namespace"], "metadata.uid": running.uid,
                 "status.hostIP": self.lab.network.nodes[pod["spec"]["nodeName"]], "status.podIP": running.ip}
        return known[path]

    def _environment(self, running, container):
        """The environment, or None while a Secret or ConfigMap that it needs is not there."""
        pod = running.pod
        spec = next(c for c in pod["spec"]["containers"] if c["name"] == container.name)
        result = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "KUBERNETES_SERVICE_HOST": self.lab.api_host,
                  "KUBERNETES_SERVICE_PORT": "6443", "POD_NAME": pod["metadata"]["name"]}
        for entry in spec.get("env") or []:
            source = entry.get("valueFrom") or {}
            if "fieldRef" in source:
                result[entry["name"]] = self._field(pod, running, source["fieldRef"]["fieldPath"])
            elif "secretKeyRef" in source:
                secret = self.cache.find("secrets", pod["metadata"]["namespace"], source["secretKeyRef"]["name"])
                value = ((secret or {}).get("data") or {}).get(source["secretKeyRef"]["key"])
                if value is None and not source["secretKeyRef"].get("optional"):
                    return None
                if value is not None:
                    result[entry["name"]] = base64.b64decode(value).decode()
            else:
                result[entry["name"]] = entry.get("value", "")
        return result

    def log_file(self, pod, container):
        meta = pod["metadata"]
        return os.path.join(self.lab.log_dir, f"{meta['namespace']}_{meta['name']}_{container}.log")

    def _run(self, running, container):
        environment = self._environment(running, container)
        if environment is None:
            container.again_at = time.monotonic() + 0.3
            return
        spec = next(c for c in running.pod["spec"]["containers"] if c["name"] == container.name)
        command = images.command(self.lab, spec, running)
        account = os.path.join(running.directory, "account")
        # A private /run with the service account's files, as a pod has it.
        script = (f'mount -t tmpfs lab /run && mkdir -p {ACCOUNT_DIR} && cp {account}/* {ACCOUNT_DIR}/ '
                  '&& exec "$@"')
        with open(self.log_file(running.pod, container.name), "ab") as log:
            container.process = subprocess.Popen(
                ["ip", "netns", "exec", self.lab.spaces.full(running.space), "sh", "-c", script, "sh", *command],
                env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)
        container.started = stamp()

    # ---- while it runs ----

    def _mind(self, running):
        changed = False
        for container in running.containers:
            if container.process and container.process.poll() is not None:
                container.process = None
                container.ready = False
                changed = True
                if running.ending_at is None:
                    delay = RESTART_S[min(container.restarts, len(RESTART_S) - 1)]
                    container.restarts += 1
                    container.again_at = time.monotonic() + delay
            if container.process is None and running.ending_at is None and time.monotonic() >= container.again_at:
                self._run(running, container)
                changed = True
            ready = container.process is not None and self._probe(running, container)
            changed |= ready != container.ready
            container.ready = ready
        if running.ending_at is not None:
            self._finish(running)
        elif changed:
            self._report(running)

    def _probe(self, running, container):
        spec = next(c for c in running.pod["spec"]["containers"] if c["name"] == container.name)
        probe = (spec.get("readinessProbe") or {}).get("httpGet")
        ports = [p["containerPort"] for p in spec.get("ports") or [] if p.get("protocol", "TCP") == "TCP"]
        if probe:
            port = probe["port"] if isinstance(probe["port"], int) else target_port(
                {"targetPort": probe["port"], "port": 0}, running.pod)
            return self._http_ok(running, port, probe.get("path", "/"))
        if ports and not running.pod["spec"].get("hostNetwork"):
            return self._connects(running, ports[0])
        return True

    def _http_ok(self, running, port, path):
        connection = http.client.HTTPConnection(running.ip, port, timeout=1)
        try:
            netns.in_namespace(self.lab.spaces.full(running.pod["spec"]["nodeName"]), connection.connect)
            connection.request("GET", path)
            return connection.getresponse().status < 400
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    def _connects(self, running, port):
        connection = http.client.HTTPConnection(running.ip, port, timeout=1)
        try:
            netns.in_namespace(self.lab.spaces.full(running.pod["spec"]["nodeName"]), connection.connect)
            return True
        except OSError:
            return False
        finally:
            connection.close()

    # ---- end ----

    def _signal(self, running, number):
        for container in running.containers:
            if container.process and container.process.poll() is None:
                try:
                    os.killpg(container.process.pid, number)
                except ProcessLookupError:
                    pass

    def _end(self, running, at_once=False):
        if running.ending_at is None:
            grace = running.pod["metadata"].get("deletionGracePeriodSeconds", 30)
            running.ending_at = time.monotonic() + (0 if at_once else grace)
            self._signal(running, signal.SIGTERM)
            self._report(running)

    def _finish(self, running):
        alive = any(c.process for c in running.containers)
        if alive and time.monotonic() > running.ending_at:
            self._signal(running, signal.SIGKILL)
        if alive:
            return
        del self.pods[running.uid]
        if not running.pod["spec"].get("hostNetwork"):
            self.lab.spaces.delete(running.space)
        shutil.rmtree(running.directory, ignore_errors=True)
        self._forget(running.pod)

    def stop(self):
        for running in self.pods.values():
            self._signal(running, signal.SIGKILL)
        for running in self.pods.values():
            for container in running.containers:
                if container.process:
                    container.process.wait()

    # ---- status ----

    def _report(self, running):
        states, ready = [], all(c.ready for c in running.containers)
        for container in running.containers:
            state = {"running": {"startedAt": container.started}} if container.process else {
                "waiting": {"reason": "CrashLoopBackOff" if container.restarts else "CreateContainerConfigError"}}
            states.append({"name": container.name, "ready": container.ready, "restartCount": container.restarts,
                           "state": state, "image": "", "imageID": "", "started": container.process is not None})
        status = {"phase": "Running" if any(c.process for c in running.containers) else "Pending",
                  "hostIP": self.lab.network.nodes[running.pod["spec"]["nodeName"]], "podIP": running.ip,
                  "podIPs": [{"ip": running.ip}], "startTime": stamp(), "containerStatuses": states,
                  "conditions": [{"type": kind, "status": "True" if value else "False", "lastTransitionTime": stamp()}
                                 for kind, value in (("Initialized", True), ("Ready", ready),
                                                     ("ContainersReady", ready), ("PodScheduled", True))]}
        obj = copy.deepcopy(running.pod)
        obj["status"] = status
        obj["metadata"].pop("resourceVersion", None)
        try:
            self.client.replace("pods", obj, "status")
        except Refused:
            pass
