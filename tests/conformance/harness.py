"""harness - one controller against one endpoint that validates nothing, and what scenarios do with them"""
# SPDX-License-Identifier: Apache-2.0
import ipaddress
import json
import os
import socket
import subprocess
import sys
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, ROOT)

from lab import kube, poll  # noqa: E402

EXPECT_S, STABLE_S, QUIET_S = 5.0, 0.3, 0.3
NAMESPACE = "metallb-system"


class Failed(Exception):
    """An expectation that did not hold."""


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Controller:
    """The scenario's world: endpoint, controller, and the operations of the format."""

    def __init__(self, scenario, build):
        self.scenario, self.build = scenario, build
        self.directory = tempfile.TemporaryDirectory(prefix="tinlb-conformance-")
        self.log_path = os.path.join(self.directory.name, "controller.log")
        self.port = free_port()
        self.daemon = None
        self.last_write = {}
        self._start_endpoint()

    def _start_endpoint(self):
        ready = os.path.join(self.directory.name, "ready")
        self.endpoint = subprocess.Popen([sys.executable, "-m", "lab.apiserver", "--listen", "127.0.0.1:0",
                                          "--ready-file", ready, "--no-validation"], cwd=ROOT)
        poll.until(lambda: os.path.exists(ready), 20, "the endpoint answers")
        with open(ready, encoding="utf-8") as file:
            address = file.read().strip()
        host, port = address.rsplit(":", 1)
        self.client = kube.Client(host, int(port))
        self.client.create("namespaces", {"metadata": {"name": NAMESPACE}})
        self.kubeconfig = os.path.join(self.directory.name, "kubeconfig")
        with open(self.kubeconfig, "w", encoding="utf-8") as file:
            file.write(f"current-context: c\nclusters: [{{name: c, cluster: {{server: 'http://{address}'}}}}]\n"
                       "contexts: [{name: c, context: {cluster: c}}]\n")

    def close(self):
        self.op_stop({})
        self.endpoint.kill()
        self.endpoint.wait()
        self.directory.cleanup()

    def run(self):
        steps = self.scenario["steps"]
        if not steps or steps[0]["op"] != "stop":
            self.op_start({})
        for number, step in enumerate(steps, 1):
            try:
                getattr(self, "op_" + step["op"])(step)
            except (Failed, TimeoutError, kube.Refused) as error:
                raise Failed(f"step {number}, {step['op']}: {error}") from None

    # ---- waiting ----

    def _eventually(self, check, what, stable=STABLE_S):
        """check() returns None when it holds, else what is there instead; it must hold for a while."""
        deadline = time.monotonic() + EXPECT_S
        seen, since = "nothing", None
        while True:
            now = time.monotonic()
            wrong = check()
            if wrong is None:
                since = since or now
                if now - since >= stable:
                    return
            else:
                seen, since = wrong, None
                if now > deadline:
                    raise Failed(f"{what}; there is {seen}")
            poll.pause(0.02)

    def _version(self):
        return self.client.request("GET", "/api/v1/services?limit=1")["metadata"]["resourceVersion"]

    def _quiet(self):
        last, since = self._version(), time.monotonic()
        while time.monotonic() - since < QUIET_S:
            poll.pause(0.03)
            now = self._version()
            if now != last:
                last, since = now, time.monotonic()

    # ---- objects ----

    @staticmethod
    def _resource(kind):
        return kind.lower() + "s"

    def _put(self, resource, obj):
        try:
            done = self.client.replace(resource, obj)
        except kube.Refused:
            done = self.client.create(resource, obj)
        self._wrote(resource, done)

    def _wrote(self, resource, obj):
        if resource == "services":
            key = f"{obj['metadata'].get('namespace')}/{obj['metadata']['name']}"
            self.last_write[key] = obj["metadata"]["resourceVersion"]

    def op_apply_config(self, step):
        data = {} if step["config"] is None else {"config": step["config"]}
        self._put("configmaps", {"apiVersion": "v1", "kind": "ConfigMap", "data": data,
                                 "metadata": {"namespace": NAMESPACE, "name": "config"}})

    def op_delete_config(self, _step):
        self._delete("configmaps", NAMESPACE, "config")

    def op_apply(self, step):
        self._put(self._resource(step["object"]["kind"]), step["object"])

    def op_patch(self, step):
        resource = self._resource(step["kind"])
        self._wrote(resource, self.client.merge(resource, step.get("namespace"), step["name"], step["merge"]))

    def _delete(self, resource, namespace, name):
        try:
            self.client.delete(resource, namespace, name)
        except kube.Refused as refused:
            if refused.code != 404:
                raise

    def op_delete(self, step):
        self._delete(self._resource(step["kind"]), step.get("namespace"), step["name"])

    def op_set_status(self, step):
        resource = self._resource(step["kind"])
        obj = self.client.get(resource, step.get("namespace"), step["name"])
        obj["status"] = step["status"]
        obj["metadata"].pop("resourceVersion", None)
        self._wrote(resource, self.client.replace(resource, obj, "status"))

    def op_api_fault(self, step):
        self.client.request("POST", "/lab/faults", {"verb": {"update": "PUT"}.get(step["verb"], step["verb"]),
                                                    "path": step["path"].replace("*", ""), "codes": step["codes"]})

    def op_wait_ms(self, step):
        poll.pause(step["ms"] / 1000)

    # ---- the process ----

    def op_start(self, _step):
        flags = dict({"port": str(self.port), "health-probe-port": "0"}, **(self.scenario.get("flags") or {}))
        with open(self.log_path, "ab") as log:
            self.daemon = subprocess.Popen(
                [os.path.join(self.build, "controller/tinlb-controller"), f"--kubeconfig={self.kubeconfig}",
                 f"--namespace={NAMESPACE}", "--host=127.0.0.1", *(f"--{k}={v}" for k, v in flags.items())],
                stdout=log, stderr=log, stdin=subprocess.DEVNULL)

    def op_stop(self, _step):
        if self.daemon:
            self.daemon.terminate()
            self.daemon.wait()
            self.daemon = None

    def op_restart(self, step):
        self.op_stop(step)
        self.op_start(step)

    def _page(self, path):
        connection = kube.http.client.HTTPConnection("127.0.0.1", self.port, timeout=2)
        try:
            connection.request("GET", path)
            return connection.getresponse().read().decode()
        except OSError:
            return ""
        finally:
            connection.close()

    def _samples(self, name):
        for line in self._page("/metrics").splitlines():
            head, _, value = line.rpartition(" ")
            metric, _, labels = head.partition("{")
            if metric == name:
                pairs = dict(p.split("=", 1) for p in labels.rstrip("}").split(",") if p)
                yield {k: v.strip('"') for k, v in pairs.items()}, float(value)

    # ---- expectations ----

    def _ingress(self, key):
        namespace, name = key.split("/")
        try:
            obj = self.client.get("services", namespace, name)
        except kube.Refused:
            return None, {}
        points = ((obj.get("status") or {}).get("loadBalancer") or {}).get("ingress") or []
        return [p["ip"] for p in points if p.get("ip")], obj["metadata"].get("annotations") or {}

    @staticmethod
    def _inside(ip, places):
        address = ipaddress.ip_address(ip)
        for place in places:
            if "-" in place:
                first, last = (ipaddress.ip_address(p.strip()) for p in place.split("-", 1))
                if first.version == address.version and first <= address <= last:
                    return True
            elif address in ipaddress.ip_network(place, strict=False):
                return True
        return False

    def _fits(self, step, ips, annotations):
        wanted = []
        if "ip" in step:
            wanted.append(ips == ([step["ip"]] if step["ip"] is not None else []))
        if "ips" in step:
            wanted.append(ips == step["ips"] if step.get("ordered") else sorted(ips) == sorted(step["ips"]))
        if "ip_in" in step:
            wanted.append(bool(ips) and all(self._inside(ip, step["ip_in"]) for ip in ips))
        if "not_ip" in step:
            wanted.append(step["not_ip"] not in ips)
        if "count" in step:
            wanted.append(len(ips) == step["count"])
        for key, value in (step.get("annotations") or {}).items():
            wanted.append(annotations.get(key) == value)
        return all(wanted)

    def op_expect(self, step):
        def check():
            ips, annotations = self._ingress(step["service"])
            if ips is not None and self._fits(step, ips, annotations):
                return None
            return f"{ips} {annotations}"

        if step.get("ip", "") is None or step.get("count") == 0:
            self._quiet()
        self._eventually(check, f"{step['service']} should have {self._shown(step)}",
                         step.get("stable_ms", STABLE_S * 1000) / 1000)

    @staticmethod
    def _shown(step):
        return {k: v for k, v in step.items() if k not in ("op", "service", "stable_ms")}

    def op_expect_all(self, step):
        def check():
            lists = [self._ingress(s)[0] for s in step["services"]]
            every = sorted(ip for ips in lists for ip in ips or [])
            good = all(lists)
            if "ip_set" in step:
                good &= every == sorted(step["ip_set"])
            if "ip_in" in step:
                good &= all(self._inside(ip, step["ip_in"]) for ip in every)
            if step.get("distinct"):
                good &= len(set(every)) == len(every)
            if step.get("same"):
                good &= len({tuple(sorted(ips or [])) for ips in lists}) == 1
            if "must_include" in step:
                good &= set(step["must_include"]) <= set(every)
            return None if good else f"{lists}"

        self._eventually(check, f"services should have {self._shown(step)}")

    def op_expect_unchanged(self, step):
        self._quiet()
        namespace, name = step["service"].split("/")
        now = self.client.get("services", namespace, name)["metadata"]["resourceVersion"]
        if now != self.last_write.get(step["service"]):
            raise Failed(f"{step['service']} was written to")

    def op_expect_event(self, step):
        namespace, name = step["service"].split("/")
        words = step.get("message_contains", [])
        words = [words] if isinstance(words, str) else words

        def found():
            return [e for e in self.client.list("events", namespace)
                    if e["involvedObject"]["name"] == name
                    and step["reason"] in ("*", e["reason"])
                    and step.get("type", e["type"]) == e["type"]
                    and all(word in e["message"] for word in words)]

        if step.get("absent"):
            self._quiet()
            if found():
                raise Failed(f"there is an event: {found()[0]['message']}")
            return
        self._eventually(lambda: None if found() else str(
            [(e["reason"], e["message"]) for e in self.client.list("events", namespace)]),
            f"an event {step['reason']} on {step['service']}", 0)

    def op_expect_metric(self, step):
        def check():
            values = [v for labels, v in self._samples(step["name"])
                      if all(labels.get(k) == w for k, w in (step.get("labels") or {}).items())]
            if step.get("absent"):
                return None if not values else str(values)
            if "value" in step:
                return None if step["value"] in values else str(values)
            return None if any(v >= step["ge"] for v in values) else str(values)

        self._eventually(check, f"{step['name']} {self._shown(step)}")

    def _config_state(self):
        """(loaded, stale, error) by the gauges, or by the log where there is no port."""
        gauges = {n: [v for _, v in self._samples(f"metallb_k8s_client_config_{n}_bool")] for n in ("loaded", "stale")}
        if gauges["loaded"]:
            status = json.loads(self._page("/status") or "{}")
            return gauges["loaded"] == [1], gauges["stale"] == [1], (status.get("config") or {}).get("error") or ""
        with open(self.log_path, encoding="utf-8") as file:
            lines = [json.loads(line) for line in file if '"event":"config' in line]
        return (any(x["event"] == "configLoaded" for x in lines), bool(lines) and lines[-1]["event"] == "configStale",
                lines[-1].get("error", "") if lines else "")

    def op_expect_config(self, step):
        def check():
            loaded, stale, error = self._config_state()
            good = (loaded and not stale) if step["valid"] else (stale or not loaded)
            if "loaded" in step:
                good &= loaded == step["loaded"]
            if "stale" in step:
                good &= stale == step["stale"]
            words = step.get("error_mentions_any") or []
            if words and not step["valid"]:
                good &= any(w.lower() in error.lower() for w in words)
            return None if good else f"loaded {loaded}, stale {stale}, error {error!r}"

        self._eventually(check, f"configuration {self._shown(step)}")

    def op_expect_http(self, step):
        with socket.socket() as probe:
            probe.settimeout(1)
            reachable = probe.connect_ex(("127.0.0.1", step["port"])) == 0
        if reachable != step["reachable"]:
            raise Failed(f"port {step['port']} is {'' if reachable else 'not '}reachable")
