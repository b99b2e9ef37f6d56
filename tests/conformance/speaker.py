"""speaker - the world of a speaker file: a speaker for each node, and an observer on every LAN"""
# SPDX-License-Identifier: Apache-2.0
import collections
import ipaddress
import json
import os
import signal
import subprocess
import time

from lab import capture, kube, poll

import announcements
from frames import SOLICITATION, build_ndp, link_local, multicast_mac, solicited_node
from lan import OBSERVER_MAC, Lan
from world import NAMESPACE, Failed, World, is_part

SETTLE_S = 15  # for the speakers' views of each other
FIRST_LOOK_S, LAST_LOOK_S = 0.1, 0.5  # how long answers to one question are waited for
LABELS = {"app": "metallb", "component": "speaker"}
# Memberlist's own intervals, shortened alike: three kills in a row would take longer than scenarios wait, since the
# recently dead count among those who could confirm a death.
GOSSIP = {"candidate-after": 0, "ml-probe-interval": 400, "ml-probe-timeout": 200}
SECRET = "conformance secret conformance"
# A file of the scenario appears at its path for the speaker alone: an overlay of the folder that is there.
WITH_FILES = """set -e
mount --make-rprivate /
mount -t tmpfs files "$1"
mkdir "$1/upper" "$1/work"
cp -r "$2/." "$1/upper"
mount -t overlay -o "lowerdir=$3,upperdir=$1/upper,workdir=$1/work" overlay "$3"
shift 3
exec "$@"
"""


class SpeakerWorld(announcements.Expectations, World):
    component = "speaker"

    def __init__(self, scenario, build, spaces, plane):
        super().__init__(scenario, build, spaces, plane)
        self.lan = Lan(spaces, json.dumps(scenario))
        self._serve(self.lan.space, self.lan.address)
        self.speakers = {}    # node -> process
        self.may_speak = []   # nodes that have a speaker when it is alive
        self.asked = collections.Counter()  # (node, address): questions of the scenario that were answered
        self.gossip = False
        self.unsettled = self.configured = False
        os.mkdir(self.file("secret"))
        with open(self.file("secret/secretkey"), "w", encoding="utf-8") as file:
            file.write(SECRET)

    def close(self):
        for node in list(self.speakers):
            self._kill(node)
        self.lan.close()
        super().close()

    # ---- nodes ----

    def op_nodes(self, step):
        for node in step["nodes"]:
            name = node["name"]
            self.lan.add_node(name)
            for interface in node.get("interfaces") or ["eth0"]:
                self.lan.add_link(name, interface)
                self.lan.set_link(name, interface, "up")
            self.put("nodes", {
                "metadata": {"name": name, "labels": node.get("labels") or {}},
                "status": {"conditions": node.get("conditions") or [],
                           "addresses": [{"type": "InternalIP", "address": self.lan.ip_of(name)}]}})
            if node.get("speaker", True):
                self._add_pod(name)
                self.may_speak.append(name)
        self._start_first(self.may_speak)

    def _start_first(self, nodes):
        """As the first `memberlist` step will want it, so that nobody starts twice."""
        steps = [s for s in self.scenario["steps"] if s["op"] in ("nodes", "memberlist")]
        first = next((s for s in steps if s["op"] == "memberlist"), {"disabled": True})
        self.gossip = not first.get("disabled")
        wanted = first["alive"] if self.gossip and steps[1] is first else nodes
        for node in nodes:
            if node in wanted:
                self._start(node)
        self.unsettled = True

    def _add_pod(self, node):
        self.put("pods", {
            "metadata": {"namespace": NAMESPACE, "name": f"speaker-{node}", "labels": LABELS},
            "spec": {"nodeName": node, "hostNetwork": True, "containers": [{"name": "speaker"}]},
            "status": {"phase": "Running", "podIP": self.lan.ip_of(node), "hostIP": self.lan.ip_of(node),
                       "podIPs": [{"ip": self.lan.ip_of(node)}]}})

    def op_node_update(self, step):
        node = self.client.get("nodes", None, step["name"])
        node["metadata"].pop("resourceVersion")
        if "labels" in step:
            node["metadata"]["labels"] = step["labels"]
        if "unschedulable" in step:
            node.setdefault("spec", {})["unschedulable"] = step["unschedulable"]
        if "conditions" in step:
            node.setdefault("status", {})["conditions"] = step["conditions"]
        self.put("nodes", node)

    # ---- speakers ----

    def _start(self, node):
        ip = self.lan.ip_of(node)
        environment = dict(os.environ, METALLB_NODE_NAME=node, METALLB_POD_NAME=f"speaker-{node}",
                           METALLB_HOST=ip, METALLB_NAMESPACE=NAMESPACE)
        if self.gossip:
            environment.update(METALLB_ML_BIND_ADDR=ip, METALLB_ML_NAMESPACE=NAMESPACE,
                               METALLB_ML_LABELS=",".join(f"{k}={v}" for k, v in LABELS.items()),
                               METALLB_ML_SECRET_KEY_PATH=self.file("secret"))
        command = [os.path.join(self.build, "speaker/announcer/tinlb-speaker"),
                   *self.options({"kubeconfig": self.kubeconfig, **GOSSIP})]
        with open(self.file(f"speaker-{node}.log"), "ab") as log:
            self.speakers[node] = subprocess.Popen(
                ["ip", "netns", "exec", self.lan.space_of(node), *self._with_files(node, command)],
                stdout=log, stderr=log, stdin=subprocess.DEVNULL, start_new_session=True, env=environment)

    def _with_files(self, node, command):
        """The command, so that it finds the files of the scenario."""
        for number, (path, text) in enumerate((self.scenario.get("files") or {}).items()):
            folder = os.path.dirname(path)
            while not os.path.isdir(folder):
                folder = os.path.dirname(folder)
            tree, room = self.file(f"files-{node}-{number}"), self.file(f"room-{node}-{number}")
            copy = os.path.join(tree, os.path.relpath(path, folder))
            os.makedirs(os.path.dirname(copy), exist_ok=True)
            os.makedirs(room, exist_ok=True)
            with open(copy, "w", encoding="utf-8") as file:
                file.write(text)
            command = ["sh", "-c", WITH_FILES, "sh", room, tree, folder, *command]
        return command

    def _kill(self, node):
        process = self.speakers.pop(node)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def op_memberlist(self, step):
        gossip = not step.get("disabled")
        wanted = [n for n in self.may_speak if not gossip or n in step["alive"]]
        for node in list(self.speakers):
            if node not in wanted or gossip != self.gossip:
                self._kill(node)
        self.gossip = gossip
        for node in wanted:
            if node not in self.speakers:
                self._start(node)
        self.unsettled = True

    def settle(self):
        """Until the speakers know what was written, and see each other and nobody else: expectations count from then."""
        if not self.unsettled:
            return
        self.unsettled = False
        deadline = time.monotonic() + SETTLE_S
        while not all(self._is_settled(node) for node in self.speakers) and time.monotonic() < deadline:
            poll.pause(0.05)

    def _is_settled(self, node):
        status = json.loads(self.page(self.lan.ip_of(node), "/status") or "{}")
        config = status.get("config") or {}
        if not status.get("ready") or (self.configured and not (config.get("loaded") or config.get("error"))):
            return False
        if config.get("loaded") and not (status.get("agent") or {}).get("synced"):
            return False
        seen = {m["name"] for m in status.get("members") or [] if m["alive"]}
        return not self.gossip or not config.get("loaded") or seen == set(self.speakers)

    def addresses_of(self, component, node=None):
        if component != "speaker":
            raise Failed(f"there is no {component} in this scenario")
        self.settle()
        nodes = [node] if node else list(self.speakers)
        return [(n, self.lan.ip_of(n)) for n in nodes]

    def op_apply_config(self, step):
        super().op_apply_config(step)
        self.configured = True

    # ---- endpoints ----

    def op_endpoints(self, step):
        namespace, name = step["service"].split("/")
        slices = [] if step.get("delete") else step.get("slices") or []
        for number, points in enumerate(slices, 1):
            self.put("endpointslices", self._slice(namespace, name, number, points))
        for old in self.client.list("endpointslices", namespace):
            meta = old["metadata"]
            number = int(meta["name"].rsplit("-", 1)[1])
            if meta["labels"]["kubernetes.io/service-name"] == name and number > len(slices):
                self.remove("endpointslices", namespace, meta["name"])
        if step.get("delete"):
            self.remove("endpoints", namespace, name)
        else:
            self.put("endpoints", self._endpoints(namespace, name, [p for points in slices for p in points]))

    @staticmethod
    def _slice(namespace, name, number, points):
        def condition(point):
            return {k: point[k] for k in ("ready", "serving") if point.get(k) is not None}

        return {"metadata": {"namespace": namespace, "name": f"{name}-{number}",
                             "labels": {"kubernetes.io/service-name": name}},
                "addressType": "IPv6" if points and ":" in points[0]["ip"] else "IPv4", "ports": [],
                "endpoints": [{"addresses": [p["ip"]], "conditions": condition(p),
                               **({"nodeName": p["node"]} if p.get("node") else {})} for p in points]}

    @staticmethod
    def _endpoints(namespace, name, points):
        def addresses(wanted):
            return [{"ip": p["ip"], **({"nodeName": p["node"]} if p.get("node") else {})} for p in points
                    if (p.get("ready") is not False) == wanted]

        subset = {k: v for k, v in (("addresses", addresses(True)), ("notReadyAddresses", addresses(False))) if v}
        return {"metadata": {"namespace": namespace, "name": name}, "subsets": [subset] if subset else []}

    # ---- links ----

    def op_link(self, step):
        node, interface, action = step["node"], step["iface"], step["action"]
        actions = {
            "add": lambda: self.lan.add_link(node, interface),
            "add-bridge": lambda: self.lan.add_bridge(node, interface),
            "up": lambda: self.lan.set_link(node, interface, "up"),
            "down": lambda: self.lan.set_link(node, interface, "down"),
            "enslave": lambda: self.lan.enslave(node, interface, step["master"]),
            "noarp": lambda: self.lan.set_link(node, interface, "arp", "off"),
            "no-linklocal": lambda: self.lan.drop_link_local(node, interface),
        }
        if action not in actions:
            raise Failed(f"there is no action {action}")
        actions[action]()

    # ---- who answers ----

    def _question(self, ip):
        """A frame that asks all of a LAN for an address, and what an answer to it is."""
        address = ipaddress.ip_address(ip)
        own = capture.mac_bytes(OBSERVER_MAC)
        if address.version == 4:
            frame = capture.build(capture.REQUEST, capture.BROADCAST, own, own, self.lan.address, b"\0" * 6, ip)
            return frame, {"arp_op": "reply", "sender_ip": ip, "target_mac": OBSERVER_MAC}
        group, me = solicited_node(ip), link_local(OBSERVER_MAC)
        frame = build_ndp(SOLICITATION, (OBSERVER_MAC, multicast_mac(group)), (me, group), ip, OBSERVER_MAC)
        return frame, {"type": "neighbor-advertisement", "target_ip": str(address), "ip_dst": me}

    def _answers(self, ip, wanted):
        """The (node, interface)s that answer for ip; those that are wanted are waited for longer."""
        frame, answer = self._question(ip)
        began = time.monotonic()
        for interface in self.lan.senders:
            self.lan.send(interface, frame)
        while True:
            poll.pause(0.02)
            found = {self.lan.place(f.port) for f in self.lan.watcher.since(began) if is_part(answer, f.fields)}
            found.discard(None)  # the bridge itself sees them, too
            took = time.monotonic() - began
            if took > LAST_LOOK_S or (took > FIRST_LOOK_S and wanted(found)):
                return found

    def op_expect_announcer(self, step):
        self.settle()
        node, interfaces = step["node"], step.get("interfaces")
        if node is None:
            self.quiet()

        def fits(found):
            if {n for n, _ in found} != ({node} if node else set()):
                return False
            return interfaces is None or {i for _, i in found} == set(interfaces)

        def check():
            found = self._answers(step["ip"], fits)
            return None if fits(found) else f"{sorted(found) or 'nobody'}"

        where = f" on {interfaces}" if interfaces else ""
        self.eventually(check, f"{node or 'nobody'} should answer for {step['ip']}{where}")

    def op_expect_service_node(self, step):
        self.settle()

        def check():
            found = set()
            for node in self.speakers:
                found |= {node for labels, value in self.samples(self.lan.ip_of(node), "metallb_speaker_announced")
                          if labels.get("service") == step["service"] and value == 1}
            return None if found == ({step["node"]} if step["node"] else set()) else f"{sorted(found) or 'none'}"

        self.eventually(check, f"{step['node'] or 'no node'} should hold {step['service']}")

    def op_expect_l2status(self, step):
        self.settle()
        if step["node"] is None:
            self.quiet()

        def check():
            found = self._l2statuses(step)
            return None if self._l2_fits(step, found) else str([(o["metadata"], o.get("status")) for o in found])

        self.eventually(check, f"the status objects of {step['service']} should be so: {step}")

    def _l2statuses(self, step):
        namespace, name = step["service"].split("/")
        wanted = {"metallb.io/service-name": name, "metallb.io/service-namespace": namespace}
        try:
            found = self.client.list("servicel2statuses", step.get("namespace"))
        except kube.Refused:
            return []
        return [o for o in found if is_part(wanted, o["metadata"].get("labels"))]

    @staticmethod
    def _l2_fits(step, found):
        if len(found) != step.get("count", 1 if step["node"] else 0):
            return False
        for obj in found:
            meta, status = obj["metadata"], obj.get("status") or {}
            names = {i["name"] for i in status.get("interfaces") or []}
            good = meta["labels"].get("metallb.io/node") == step["node"] == status.get("node")
            good &= is_part(step.get("labels") or {}, meta["labels"]) and is_part(step.get("status") or {}, status)
            good &= "interfaces" not in step or names == set(step["interfaces"])
            good &= step.get("owner_kind") in (None, *(o["kind"] for o in meta.get("ownerReferences") or []))
            if not good:
                return False
        return True
