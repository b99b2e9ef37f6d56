"""world - what a scenario runs in: a control plane, and the operations of both kinds of files"""
# SPDX-License-Identifier: Apache-2.0
import http.client
import json
import os
import shutil
import tempfile
import time

from lab import kube, netns, poll

import scenario as form
from planes import NAMESPACE

EXPECT_S, STABLE_S, QUIET_S = 5.0, 0.3, 0.3
METRICS_PORT = 7472
METALLB = "/apis/metallb.io/"
CUSTOM = {  # kind -> (plural, versions, has a status)
    "IPAddressPool": ("ipaddresspools", ("v1beta1",), True),
    "L2Advertisement": ("l2advertisements", ("v1beta1",), True),
    "ServiceL2Status": ("servicel2statuses", ("v1beta1",), True),
    "ConfigurationState": ("configurationstates", ("v1beta1",), True),
    "BGPAdvertisement": ("bgpadvertisements", ("v1beta1",), True),
    "BGPPeer": ("bgppeers", ("v1beta2", "v1beta1"), True),
    "BFDProfile": ("bfdprofiles", ("v1beta1",), True),
    "Community": ("communities", ("v1beta1",), True),
}
CUSTOM_NEEDS = {"crd", "l2status", "configstate", "pool-status", "webhook"}
IRREGULAR = {"Endpoints": "endpoints"}
CLUSTER_WIDE = ("namespaces", "nodes")
kube.PATHS.update({plural: METALLB + versions[0] for plural, versions, _ in CUSTOM.values()})
kube.PATHS["customresourcedefinitions"] = "/apis/apiextensions.k8s.io/v1"


class Failed(Exception):
    """An expectation that did not hold."""


def is_part(wanted, found):
    """Are all fields of `wanted` so in `found`?"""
    if isinstance(wanted, dict):
        return isinstance(found, dict) and all(is_part(v, found.get(k)) for k, v in wanted.items())
    return wanted == found


def words_of(step, field):
    words = step.get(field) or []
    return [words] if isinstance(words, str) else words


class World:
    """A control plane, reached from a namespace of its own, and what a scenario does to it and asks of it."""

    component = None  # what a step means that does not say it

    def __init__(self, scenario, build, spaces, plane):
        """spaces, plane: namespaces and control plane of this scenario, which the caller ends."""
        self.scenario, self.build, self.spaces, self.plane = scenario, build, spaces, plane
        self.directory = tempfile.mkdtemp(prefix="tinlb-conformance-")
        self.last_write = {}
        self.step_began = self.last_began = time.monotonic()

    def _serve(self, space, address):
        """The control plane, on an address of a namespace."""
        self.space = space
        self.plane.serve(space, address)
        self.client = self.plane.client
        if CUSTOM_NEEDS & set(self.scenario["needs"]):
            self.plane.define([self._definition(kind, *how) for kind, how in CUSTOM.items()])
        self.kubeconfig = self.file("kubeconfig")
        with open(self.kubeconfig, "w", encoding="utf-8") as file:
            json.dump(self.plane.kubeconfig, file)

    @staticmethod
    def _definition(kind, plural, versions, status):
        return {"metadata": {"name": plural + ".metallb.io"}, "spec": {
            "group": "metallb.io", "scope": "Namespaced", "names": {"kind": kind, "plural": plural},
            "versions": [{"name": v, "served": True, "storage": v == versions[0],
                          "subresources": {"status": {}} if status else {},
                          "schema": {"openAPIV3Schema": {"type": "object",
                                                         "x-kubernetes-preserve-unknown-fields": True}}}
                         for v in versions]}}

    def file(self, name):
        return os.path.join(self.directory, name)

    def options(self, presets):
        """The command line: presets, and what the scenario says."""
        flags = dict(presets, **(self.scenario.get("flags") or {}))
        return [f"--{k}={str(v).lower() if isinstance(v, bool) else v}" for k, v in flags.items()]

    def close(self):
        shutil.rmtree(self.directory, ignore_errors=True)

    def begin(self):
        """What happens before the first step."""

    def run(self):
        for number, step in enumerate(self.scenario["steps"], 1):
            fault = form.fault_of(step)
            if fault:
                raise Failed(f"step {number}, {step['op']}: {fault}")
        self.begin()
        for number, step in enumerate(self.scenario["steps"], 1):
            self.last_began, self.step_began = self.step_began, time.monotonic()
            operation = getattr(self, "op_" + step["op"], None)
            if operation is None:
                raise Failed(f"step {number}: {step['op']} is no operation of a {self.scenario['world']} file")
            try:
                self.perform(step, operation)
            except (Failed, TimeoutError, kube.Refused) as error:
                raise Failed(f"step {number}, {step['op']}: {error}") from None

    def perform(self, step, operation):
        operation(step)

    # ---- waiting ----

    def eventually(self, check, what, stable=STABLE_S):
        """check() returns None when it holds, else what is there instead; it must hold for a while."""
        deadline = time.monotonic() + EXPECT_S
        since = None
        while True:
            now = time.monotonic()
            wrong = check()
            if wrong is None:
                since = since or now
                if time.monotonic() - since >= stable:
                    return
            else:
                since = None
                if now > deadline:
                    raise Failed(f"{what}; there is {wrong}")
            poll.pause(0.02)

    def _version(self):
        return self.client.request("GET", "/api/v1/services?limit=1")["metadata"]["resourceVersion"]

    def quiet(self):
        """Until nothing was written for a while."""
        last, since = self._version(), time.monotonic()
        while time.monotonic() - since < QUIET_S:
            poll.pause(0.03)
            now = self._version()
            if now != last:
                last, since = now, time.monotonic()

    # ---- objects ----

    @staticmethod
    def _resource(kind):
        if kind in CUSTOM:
            return CUSTOM[kind][0]
        resource = IRREGULAR.get(kind, kind.lower() + "s")
        if resource not in kube.PATHS:
            raise Failed(f"the runner does not know objects of kind {kind}")
        return resource

    @staticmethod
    def _place(resource, step):
        return None if resource in CLUSTER_WIDE else step.get("namespace") or "default"

    def put(self, resource, obj):
        done = self.plane.store(resource, obj)
        self._wrote(resource, done)
        return done

    def _wrote(self, resource, obj):
        if resource == "services":
            key = f"{obj['metadata'].get('namespace')}/{obj['metadata']['name']}"
            self.last_write[key] = obj["metadata"]["resourceVersion"]

    def op_apply_config(self, step):
        data = {} if step["config"] is None else {"config": step["config"]}
        self.put("configmaps", {"apiVersion": "v1", "kind": "ConfigMap", "data": data,
                                "metadata": {"namespace": NAMESPACE, "name": "config"}})

    def op_delete_config(self, _step):
        self.remove("configmaps", NAMESPACE, "config")

    def op_apply(self, step):
        resource = self._resource(step["object"]["kind"])
        obj = json.loads(json.dumps(step["object"]))
        obj["metadata"].pop("resourceVersion", None)
        if resource not in CLUSTER_WIDE:
            obj["metadata"].setdefault("namespace", "default")
        self.put(resource, obj)

    def op_patch(self, step):
        resource = self._resource(step["kind"])
        self._wrote(resource, self.plane.merge(resource, self._place(resource, step), step["name"], step["merge"]))

    def remove(self, resource, namespace, name):
        try:
            self.plane.delete(resource, namespace, name)
        except kube.Refused as refused:
            if refused.code != 404:
                raise

    def op_delete(self, step):
        resource = self._resource(step["kind"])
        self.remove(resource, self._place(resource, step), step["name"])

    def op_set_status(self, step):
        resource = self._resource(step["kind"])
        self._wrote(resource, self.plane.set_status(resource, self._place(resource, step), step["name"], step["status"]))

    def op_wait_ms(self, step):
        poll.pause(step["ms"] / 1000)

    # ---- pages ----

    def page(self, address, path, port=METRICS_PORT):
        """A page that a process serves; "" when it does not."""
        connection = http.client.HTTPConnection(address, port, timeout=2)
        try:
            netns.in_namespace(self.space, connection.connect)
            connection.request("GET", path)
            return connection.getresponse().read().decode()
        except (OSError, http.client.HTTPException):
            return ""
        finally:
            connection.close()

    def samples(self, address, name):
        """(labels, value) of every sample of that name."""
        for line in self.page(address, "/metrics").splitlines():
            head, _, value = line.rpartition(" ")
            metric, _, labels = head.partition("{")
            if metric == name:
                pairs = dict(p.split("=", 1) for p in labels.rstrip("}").split(",") if p)
                yield {k: v.strip('"') for k, v in pairs.items()}, float(value)

    def addresses_of(self, component, node=None):
        """Where that component serves its pages: [(name, address)]."""
        raise NotImplementedError

    def own_share(self, _node, _name, _labels):
        """What of a counter comes from the runner's own questions."""
        return 0

    # ---- expectations ----

    def op_expect_event(self, step):
        namespace, name = step["service"].split("/")

        def found():
            return [e for e in self.client.list("events", namespace)
                    if e["involvedObject"]["name"] == name
                    and step["reason"] in ("*", e["reason"])
                    and step.get("type", e["type"]) == e["type"]
                    and all(word in e["message"] for word in words_of(step, "message_contains"))]

        if step.get("absent"):
            self.quiet()
            if found():
                raise Failed(f"there is an event: {found()[0]['message']}")
            return
        self.eventually(lambda: None if found() else str(
            [(e["reason"], e["message"]) for e in self.client.list("events", namespace)]),
            f"an event {step['reason']} on {step['service']} is missing", 0)

    def op_expect_metric(self, step):
        labels = step.get("labels") or {}
        places = self.addresses_of(step.get("component") or self.component, step.get("node"))

        def check():
            values = []
            for node, address in places:
                own = self.own_share(node, step["name"], labels)
                values += [v - own for found, v in self.samples(address, step["name"]) if is_part(labels, found)]
            if step.get("absent"):
                return None if not values else str(values)
            if "value" in step:
                return None if step["value"] in values else str(values)
            return None if any(v >= step.get("ge", 0) for v in values) else str(values)

        self.eventually(check, f"{step['name']} {labels} should be "
                               f"{ {k: step[k] for k in ('value', 'ge', 'absent') if k in step} }")

    def config_state(self, address):
        """(loaded, stale, error) of the last configuration, by the gauges; None: there are none."""
        gauges = {n: [v for _, v in self.samples(address, f"metallb_k8s_client_config_{n}_bool")]
                  for n in ("loaded", "stale")}
        if not gauges["loaded"]:
            return None
        status = json.loads(self.page(address, "/status") or "{}")
        return gauges["loaded"] == [1], gauges["stale"] == [1], (status.get("config") or {}).get("error") or ""

    def op_expect_config(self, step):
        shown = {k: v for k, v in step.items() if k != "op"}

        def check():
            for name, address in self.addresses_of(step.get("component") or self.component):
                state = self.config_state(address)
                wrong = "no answer" if state is None else self._config_wrong(step, *state)
                if wrong:
                    return f"{name}: {wrong}"
            return None

        self.eventually(check, f"configuration {shown}")

    @staticmethod
    def _config_wrong(step, loaded, stale, error):
        good = (loaded and not stale) if step["valid"] else (stale or not loaded)
        if "loaded" in step:
            good &= loaded == step["loaded"]
        if "stale" in step:
            good &= stale == step["stale"]
        words = words_of(step, "error_mentions_any")
        if words and not step["valid"]:
            good &= any(w.lower() in error.lower() for w in words)
        return None if good else f"loaded {loaded}, stale {stale}, error {error!r}"

    def op_expect_status(self, step):
        resource = self._resource(step["kind"])

        def check():
            try:
                obj = self.client.get(resource, self._place(resource, step), step["name"])
            except kube.Refused:
                return "no such object"
            return None if self._status_fits(step, obj) else f"{obj['metadata'].get('labels')} {obj.get('status')}"

        self.eventually(check, f"{step['kind']} {step['name']} should be so: {step}")

    @staticmethod
    def _status_fits(step, obj):
        status, meta = obj.get("status") or {}, obj["metadata"]
        condition = step.get("condition")
        if condition:
            wanted = {k: v for k, v in condition.items() if k != "message_contains"}
            if not any(is_part(wanted, c) and all(w in c.get("message", "") for w in
                                                  words_of(condition, "message_contains"))
                       for c in status.get("conditions") or []):
                return False
        owners = [o.get("kind") for o in meta.get("ownerReferences") or []]
        return (is_part(step["status"], status) and is_part(step.get("labels") or {}, meta.get("labels") or {})
                and step.get("owner_kind") in (None, *owners)
                and all(w in status.get("errorSummary", "") for w in words_of(step, "summary_contains")))
