"""controller - the world of a controller file: one controller beside the control plane"""
# SPDX-License-Identifier: Apache-2.0
import http.client
import ipaddress
import json
import os
import ssl
import subprocess
import time
import uuid

from lab import kube, netns, poll

from lan import LOOPBACK_NEIGHBOUR
from world import CUSTOM, METRICS_PORT, NAMESPACE, STABLE_S, Failed, World, words_of

LOCAL = "127.0.0.1"
WEBHOOK_PORT = 9443
HTTP_S = 1
START_S = 3  # until it is ready, if it serves pages at all
TAKEN_IN_S = 1  # for a change that may also mean nothing to it
CONFIG_WRITES = ("apply_config", "delete_config")
TAKEN_IN = ("ConfigMap", "Namespace", "Node")


class ControllerWorld(World):
    component = "controller"

    def __init__(self, scenario, build, spaces, plane):
        super().__init__(scenario, build, spaces, plane)
        self.daemon = None
        space = spaces.add("ctl")
        spaces.batch("ctl", [LOOPBACK_NEIGHBOUR])
        self._serve(space, LOCAL)

    def close(self):
        if self.daemon:
            self.daemon.kill()
            self.daemon.wait()
        super().close()

    def begin(self):
        steps = self.scenario["steps"]
        if not steps or steps[0]["op"] != "stop":
            self.op_start({})

    def perform(self, step, operation):
        """What decides about addresses is taken in before the next step: the watches of different kinds race."""
        kind = "ConfigMap" if step["op"] in CONFIG_WRITES else (step.get("object") or step).get("kind")
        if step["op"] not in (*CONFIG_WRITES, "apply", "patch", "delete") or kind not in (*CUSTOM, *TAKEN_IN):
            super().perform(step, operation)
            return
        known = self._known(kind)
        super().perform(step, operation)
        deadline = time.monotonic() + TAKEN_IN_S
        while self._known(kind) == known and time.monotonic() < deadline:
            poll.pause(0.01)

    def _known(self, kind):
        """Something that changes when the controller takes in a change of this kind."""
        if kind in ("Namespace", "Node"):
            return list(self.samples(LOCAL, "metallb_k8s_client_updates_total"))
        config = json.loads(self.page(LOCAL, "/status") or "{}").get("config") or {}
        return [config.get(k) for k in ("hash", "loaded", "stale", "error")]

    def addresses_of(self, component, node=None):
        if component != "controller" or node:
            raise Failed(f"there is no {component} {node or ''} in this scenario")
        return [("controller", LOCAL)]

    # ---- the process ----

    def op_start(self, _step):
        flags = self.options({"kubeconfig": self.kubeconfig, "namespace": NAMESPACE, "port": METRICS_PORT})
        with open(self.file("controller.log"), "ab") as log:
            self.daemon = subprocess.Popen(
                ["ip", "netns", "exec", self.space, os.path.join(self.build, "controller/tinlb-controller"), *flags],
                stdout=log, stderr=log, stdin=subprocess.DEVNULL, start_new_session=True)
        deadline = time.monotonic() + START_S
        while self.page(LOCAL, "/readyz").strip() != "ok" and time.monotonic() < deadline:
            poll.pause(0.02)

    def op_stop(self, _step):
        if self.daemon:
            self.daemon.terminate()
            self.daemon.wait()
            self.daemon = None

    def op_restart(self, step):
        self.op_stop(step)
        self.op_start(step)

    def config_state(self, address):
        """By the log where the scenario leaves no port."""
        state = super().config_state(address)
        if state is not None:
            return state
        with open(self.file("controller.log"), encoding="utf-8") as file:
            lines = [json.loads(line) for line in file if '"event":"config' in line and line.endswith("\n")]
        return (any(x["event"] == "configLoaded" for x in lines), bool(lines) and lines[-1]["event"] == "configStale",
                lines[-1].get("error", "") if lines else "")

    def op_api_fault(self, step):
        self.client.request("POST", "/lab/faults", {"verb": {"update": "PUT"}.get(step["verb"], step["verb"]),
                                                    "path": step["path"].replace("*", ""), "codes": step["codes"]})

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
            self.quiet()
        self.eventually(check, f"{step['service']} should have {self._shown(step)}",
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

        self.eventually(check, f"services should have {self._shown(step)}")

    def op_expect_unchanged(self, step):
        self.quiet()
        namespace, name = step["service"].split("/")
        now = self.client.get("services", namespace, name)["metadata"]["resourceVersion"]
        if now != self.last_write.get(step["service"]):
            raise Failed(f"{step['service']} was written to")

    def op_expect_http(self, step):
        def check():
            connection = http.client.HTTPConnection(LOCAL, step["port"], timeout=HTTP_S)
            try:
                netns.in_namespace(self.space, connection.connect)
                return None if step["reachable"] else "a listener"
            except OSError as error:
                return str(error) if step["reachable"] else None
            finally:
                connection.close()

        self.eventually(check, f"port {step['port']} should {'' if step['reachable'] else 'not '}be reachable")

    def op_admit(self, step):
        answer = self._review(step["operation"], step["object"])
        message = (answer.get("status") or {}).get("message", "")
        if answer.get("allowed") != step["allowed"]:
            raise Failed(f"{step['operation']} was {'allowed' if answer.get('allowed') else 'refused'}: {message}")
        missing = [w for w in words_of(step, "message_contains") if w not in message]
        if missing:
            raise Failed(f"the message does not name {', '.join(missing)}: {message}")

    def _review(self, operation, obj):
        """The answer of the product's webhook to an AdmissionReview."""
        group, _, version = obj["apiVersion"].partition("/")
        kind, meta = obj["kind"], obj["metadata"]
        gone = operation == "DELETE"
        resource = self._resource(kind)
        request = {"uid": str(uuid.uuid4()), "operation": operation, "name": meta["name"],
                   "namespace": meta.get("namespace", ""), "object": None if gone else obj,
                   "kind": {"group": group, "version": version, "kind": kind},
                   "resource": {"group": group, "version": version, "resource": resource},
                   "oldObject": None if operation == "CREATE" else self._stored(resource, obj)}
        body = {"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "request": request}
        path = f"/validate-{group.replace('.', '-')}-{version}-{kind.lower()}"
        answers = []

        def ask():
            connection = http.client.HTTPSConnection(LOCAL, WEBHOOK_PORT, timeout=HTTP_S, context=_any_certificate())
            try:
                connection.request("POST", path, json.dumps(body), {"Content-Type": "application/json"})
                answers.append(json.loads(connection.getresponse().read())["response"])
                return None
            except (OSError, http.client.HTTPException, ValueError, KeyError) as error:
                return repr(error)
            finally:
                connection.close()

        self.eventually(lambda: netns.in_namespace(self.space, ask), f"the webhook should answer on {path}", 0)
        return answers[-1]

    def _stored(self, resource, obj):
        try:
            return self.client.get(resource, obj["metadata"].get("namespace"), obj["metadata"]["name"])
        except kube.Refused:
            return obj


def _any_certificate():
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context
