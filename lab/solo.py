"""solo - the API endpoint on loopback and controllers beside it: no namespaces, no root"""
# SPDX-License-Identifier: Apache-2.0
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile

from . import kube, poll
from .build import ROOT

CONTROLLER = os.path.join(os.environ.get("TINLB_BUILD", os.path.join(ROOT, "build")), "controller/tinlb-controller")
NAMESPACE = "metallb-system"


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Controller:
    """One process with a port of its own."""

    def __init__(self, solo, name, arguments):
        self.name, self.port = name, free_port()
        self.log = os.path.join(solo.directory.name, f"{name}.log")
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                [CONTROLLER, f"--kubeconfig={solo.kubeconfig}", f"--namespace={NAMESPACE}", f"--port={self.port}",
                 "--host=127.0.0.1", "--health-probe-port=0", *arguments],
                stdout=log, stderr=log, stdin=subprocess.DEVNULL)

    def page(self, path):
        """(status, text), or (0, "") while nobody answers."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        except (OSError, http.client.HTTPException):
            return 0, ""
        finally:
            connection.close()

    def status(self):
        code, text = self.page("/status")
        return json.loads(text) if code == 200 else {}

    def metric(self, name):
        for line in self.page("/metrics")[1].splitlines():
            if line.rsplit(" ", 1)[0] == name:
                return float(line.rsplit(" ", 1)[1])
        return None

    def lines(self):
        """Of the log; the last one may be on its way."""
        with open(self.log, encoding="utf-8") as file:
            return [json.loads(line) for line in file if line.endswith("\n")]

    def leads(self):
        return self.status().get("role") in ("leader", "alone")

    def signal(self, number):
        self.process.send_signal(number)

    def stop(self):
        """As a pod is stopped; the exit code."""
        self.process.send_signal(signal.SIGCONT)
        self.process.terminate()
        try:
            return self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return self.process.wait()

    def kill(self):
        self.process.kill()
        self.process.wait()


class Solo:
    def __init__(self, validate=True):
        self.directory = tempfile.TemporaryDirectory(prefix="tinlb-solo-")
        ready = os.path.join(self.directory.name, "ready")
        self.endpoint = subprocess.Popen(
            [sys.executable, "-m", "lab.apiserver", "--listen", "127.0.0.1:0", "--ready-file", ready,
             *([] if validate else ["--no-validation"])], cwd=ROOT)
        poll.until(lambda: os.path.exists(ready) and os.path.getsize(ready), 20, "the endpoint answers")
        with open(ready, encoding="utf-8") as file:
            self.address = file.read().strip()
        host, port = self.address.rsplit(":", 1)
        self.client = kube.Client(host, int(port))
        self.kubeconfig = os.path.join(self.directory.name, "kubeconfig")
        with open(self.kubeconfig, "w", encoding="utf-8") as file:
            file.write(f"current-context: c\nclusters: [{{name: c, cluster: {{server: 'http://{self.address}'}}}}]\n"
                       "contexts: [{name: c, context: {cluster: c}}]\n")
        self.controllers = []
        self.client.create("namespaces", {"metadata": {"name": NAMESPACE}})

    def __enter__(self):
        return self

    def __exit__(self, *_error):
        for controller in self.controllers:
            controller.kill()
        self.endpoint.kill()
        self.endpoint.wait()
        self.directory.cleanup()

    def start(self, *arguments, name=None):
        controller = Controller(self, name or f"controller{len(self.controllers) + 1}", arguments)
        self.controllers.append(controller)
        return controller

    def configure(self, document):
        obj = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"namespace": NAMESPACE, "name": "config"},
               "data": {"config": document}}
        try:
            self.client.replace("configmaps", obj)
        except kube.Refused:
            self.client.create("configmaps", obj)

    def add_service(self, name, **spec):
        annotations = spec.pop("annotations", {})
        status = spec.pop("status", None)
        obj = {"apiVersion": "v1", "kind": "Service",
               "metadata": {"namespace": "default", "name": name, "annotations": annotations},
               "spec": dict({"type": "LoadBalancer", "ports": [{"port": 80, "protocol": "TCP"}]}, **spec)}
        if status:
            obj["status"] = status
        return self.client.create("services", obj)

    def addresses(self, name):
        points = self.client.get("services", "default", name)["status"]["loadBalancer"].get("ingress") or []
        return [p.get("ip") for p in points]

    def events(self, name):
        return [e for e in self.client.list("events", "default") if e["involvedObject"]["name"] == name]

    def lab(self, what, body=None, method="POST"):
        return self.client.request(method, f"/lab/{what}", body)

    def requests(self, agent="tinlb-controller", reset=False):
        """(verb, resource) -> how often it was asked."""
        found = self.client.request("GET", "/lab/requests" + ("?reset=true" if reset else ""))
        return {(r["verb"], r["resource"]): r["count"] for r in found if r["agent"] == agent}
