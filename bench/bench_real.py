"""bench_real - controller and speaker against a real kube-apiserver with its etcd, beside the fastest plain client

`real_backlog_ratio`: as in bench_controller, with TLS, and both on a server of their own that has just started.
`real_restart_first_ms`: with N services that have theirs, from the start of the controller until a new one has an
address; `real_restart_writes`: status writes for others. `real_rest_*`: requests a minute, of both, by the server's
audit log, without watches: those for the Lease and for kinds that are not installed apart. `real_start_answered_s`: from the start of a speaker that finds N assigned services until
every address has been answered; `real_start_announced_s`: until each was announced once.
"""
# SPDX-License-Identifier: Apache-2.0
import collections
import json
import os
import select
import socket
import subprocess
import time

from bench import rig
from lab import build, capture, netns, poll
from lab.network import API
from lab.real import programs
from lab.real.cluster import RealCluster
from lab.real.control_plane import PORT

SERVER = f"https://{API}:{PORT}"
USER = "tinlb"
MISSING = {"ipaddresspools", "l2advertisements", "servicel2statuses", "configurationstates",
           "/apis/metallb.io/v1beta1"}  # they are looked for
SETTLED_S = 20  # after the announcements; Events of thousands of services take minutes more
AGAIN_S = 0.2  # between two questions for an address
SO_RCVBUFFORCE = 33  # of Linux; Python has no name for it


class ApiAlone(RealCluster):
    """No controllers, no kube-proxy: objects stay as they are written."""

    plane_options = {"audited": [USER]}

    def _controllers(self):
        return []

    def _write_kubeconfig(self):
        super()._write_kubeconfig()
        self.kubeconfig = self.plane.kubeconfig(USER, self.pki.issue(USER, f"/O=system:masters/CN={USER}"))


class RealRig(rig.Rig):
    def __init__(self):
        super().__init__(1, ApiAlone)

    def plain(self, *arguments):
        """Seconds that the plain client takes."""
        certificate, key = self.cluster.plane.admin
        done = subprocess.run(
            ["ip", "netns", "exec", self.cluster.spaces.full("api"), os.path.join(rig.ROOT, "build/bench/plain_client"),
             SERVER, *map(str, arguments)], capture_output=True, text=True, check=True,
            env=dict(os.environ, PLAIN_CA=self.cluster.ca_file, PLAIN_CERT=certificate, PLAIN_KEY=key))
        return json.loads(done.stdout)["seconds"]

    def fill(self, count):
        self.plain("create", 0, count)
        self.plain("assign", count, "bench")

    def metric(self, name):
        text = self.cluster.page("api", "127.0.0.1", 7472, "/metrics") or ""
        return next((float(line.rsplit(" ", 1)[1]) for line in text.splitlines() if line.rsplit(" ", 1)[0] == name), 0)

    def add_endpoints(self, count):
        """Each service is served by a pod on node1."""
        for number in range(count):
            name = f"s{number:05d}"
            self.cluster.client.create("endpointslices", {
                "metadata": {"namespace": "default", "name": name, "labels": {"kubernetes.io/service-name": name}},
                "addressType": "IPv4", "ports": [{"port": 80}],
                "endpoints": [{"addresses": ["10.244.1.9"], "nodeName": "node1", "conditions": {"ready": True}}]})

    def address_of(self, name):
        status = self.cluster.client.get("services", "default", name)["status"]
        return (status["loadBalancer"].get("ingress") or [{}])[0].get("ip")

    def asked(self):
        """(verb, resource) -> how often the daemons have asked."""
        found = collections.Counter()
        with open(self.cluster.plane.audit_log, encoding="utf-8") as file:
            for line in file:
                entry = json.loads(line)
                if entry["user"]["username"] == USER and entry["stage"] == "ResponseComplete":
                    found[(entry["verb"], (entry.get("objectRef") or {}).get("resource", entry["requestURI"]))] += 1
        return found


def backlog(count, rounds):
    ratios, rates = [], []
    for _ in range(rounds):
        with RealRig() as lab:
            lab.plain("create", 0, count)
            base = lab.plain("assign", count, "bench")
        with RealRig() as lab:
            lab.plain("create", 0, count)
            begun = time.monotonic()
            lab.start_controller()
            poll.until(lambda lab=lab: lab.metric("tinlb_controller_status_writes_total") >= count
                       and lab.metric("tinlb_controller_events_total") >= count, 600, "the backlog is done")
            took = time.monotonic() - begun
        ratios.append(base / took)
        rates.append(count / took)
    return {"real_backlog_services": count, "real_backlog_ratio": rig.median(ratios),
            "real_backlog_per_s": rig.median(rates)}


class AllAddresses:
    """Asks for every address until it is answered, and hears which ones are announced."""

    def __init__(self, lab, wanted):
        space = lab.cluster.spaces.full("client")
        self.raw, self.mac = netns.packet_socket(space, "eth0", capture.ETH_P_ARP), lab.cluster.mac("client")
        self.raw.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 1 << 24)
        self.wanted, self.answered, self.announced = wanted, set(), set()

    def ask(self):
        mac = capture.mac_bytes(self.mac)
        for ip in self.wanted - self.answered:
            self.raw.send(capture.build(capture.REQUEST, capture.BROADCAST, mac, mac, "172.17.0.100", b"\0" * 6, ip))

    def hear(self, until):
        while (left := until - time.monotonic()) > 0 and select.select([self.raw], [], [], left)[0]:
            frame = capture.parse(self.raw.recv(2048), 0)
            if frame and frame.spa in self.wanted:
                (self.announced if frame.spa == frame.tpa else self.answered).add(frame.spa)

    def measure(self, begun):
        """Seconds from `begun` until all are answered, and until all are announced."""
        took = {}
        while len(took) < 2:
            if time.monotonic() - begun > 120:
                raise TimeoutError(f"{len(self.answered)} answered, {len(self.announced)} announced of {len(self.wanted)}")
            self.ask()
            self.hear(time.monotonic() + AGAIN_S)
            for name, heard in (("answered", self.answered), ("announced", self.announced)):
                if len(heard) == len(self.wanted):
                    took.setdefault(name, time.monotonic() - begun)
        self.raw.close()
        return took["answered"], took["announced"]


def speaker_start(lab, count):
    """Seconds until all addresses are answered, and until all are announced."""
    ips = {f"172.18.{n // 250}.{n % 250 + 1}" for n in range(count)}
    asker, begun = AllAddresses(lab, ips), time.monotonic()
    lab.launch_speaker()
    return asker.measure(begun)


def at_rest(lab, seconds):
    """Requests a minute; a watch is counted when it ends."""
    before, begun = lab.asked(), time.monotonic()
    poll.until(lambda: time.monotonic() - begun > seconds, seconds + 5, "a time of rest")
    asked = lab.asked()
    asked.subtract(before)
    leases = sum(n for (_, resource), n in asked.items() if resource == "leases")
    missing = sum(n for (_, resource), n in asked.items() if resource in MISSING)
    others = sum(n for (verb, resource), n in asked.items() if verb != "watch") - leases - missing
    return {"real_rest_requests_per_minute": others * 60 / seconds,
            "real_rest_lease_requests_per_minute": leases * 60 / seconds,
            "real_rest_missing_kinds_per_minute": missing * 60 / seconds}


def with_services(count, rest_s):
    """Restart, start, memory and rest (rest_s: 0 for none), with so many services that have their addresses."""
    with RealRig() as lab:
        lab.fill(count)
        lab.add_endpoints(count)
        lab.plain("create", count, 1)
        begun = time.monotonic()
        controller = lab.start_controller()
        poll.until(lambda: lab.address_of(f"s{count:05d}"), 60, "the new one has an address", every=0.005)
        first_ms = (time.monotonic() - begun) * 1000
        answered, announced = speaker_start(lab, count)
        if rest_s:
            lab.wait_quiet()
        else:
            poll.pause(SETTLED_S)
        speaker = lab.cluster.processes("node1", "tinlb-speaker") + lab.cluster.processes("node1", "tinlb-agent")
        figures = {f"real_restart_{count}_first_ms": first_ms,
                   f"real_restart_{count}_writes": lab.metric("tinlb_controller_status_writes_total") - 1,
                   f"real_start_{count}_answered_s": answered, f"real_start_{count}_announced_s": announced}
        for name, pids in (("speaker", speaker), ("controller", [controller.pid])):
            figures[f"real_memory_{name}_{count}_pss_mb"], figures[f"real_memory_{name}_{count}_anonymous_mb"] = rig.memory(pids)
        return {**figures, **(at_rest(lab, rest_s) if rest_s else {})}


def run(quick):
    try:
        for name in programs.ALL:
            programs.get(name)
    except programs.Missing as missing:
        print(f"  skipped: {missing}")
        return {}
    build.build(targets=["bench/plain_client", *build.PROGRAMS])
    figures = backlog(500 if quick else 5000, 1 if quick else 3)
    if quick:
        return {**figures, **with_services(200, 10)}
    return {**figures, **with_services(1000, 60), **with_services(5000, 0)}
