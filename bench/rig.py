"""rig - what the benches share: a lab without installed pods, and daemons started by hand"""
# SPDX-License-Identifier: Apache-2.0
import json
import os
import statistics
import subprocess
import threading

from lab import poll
from lab.cluster import ROOT, Cluster

CONFIG = "address-pools:\n- name: bench\n  protocol: layer2\n  addresses: [\"172.18.0.0/16\"]\n"


def quantile(values, part):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * part))]


def median(values):
    return statistics.median(values)


class Rig:
    """One or two nodes; a speaker on node1 only."""

    def __init__(self, nodes=2, made=Cluster):
        """made: what makes the lab."""
        self.cluster = made(nodes=nodes)
        self.daemons = []

    def __enter__(self):
        self.cluster.start()
        self.cluster.client.create("namespaces", {"metadata": {"name": "metallb-system"}})
        self.cluster.client.create("configmaps", {"metadata": {"namespace": "metallb-system", "name": "config"},
                                                  "data": {"config": CONFIG}})
        return self

    def __exit__(self, *_error):
        for daemon in self.daemons:
            daemon.kill()
            daemon.wait()
        self.cluster.stop()

    def _start(self, space, program, *arguments):
        log = open(os.path.join(self.cluster.directory, os.path.basename(program) + ".log"), "ab")
        daemon = subprocess.Popen(
            ["ip", "netns", "exec", self.cluster.spaces.full(space), os.path.join(ROOT, "build", program),
             "--kubeconfig", self.cluster.kubeconfig, "--namespace", "metallb-system", *arguments],
            stdout=log, stderr=log, stdin=subprocess.DEVNULL)
        log.close()
        self.daemons.append(daemon)
        return daemon

    def launch_speaker(self, *arguments):
        return self._start("node1", "speaker/announcer/tinlb-speaker", "--node-name", "node1", *arguments)

    def start_speaker(self, *arguments):
        daemon = self.launch_speaker(*arguments)
        poll.until(lambda: (self.cluster.speaker_status("node1") or {}).get("ready"), 60, "the speaker is ready")
        return daemon

    def start_controller(self):
        daemon = self._start("api", "controller/tinlb-controller")
        poll.until(lambda: (self.controller() or {}).get("ready"), 60, "the controller is ready")
        return daemon

    def controller(self):
        return self.cluster.page("api", "127.0.0.1", 7472)

    def add_services(self, first, count, assigned=True):
        """Services with a ready endpoint on node1; with their address stored when `assigned`."""
        client = self.cluster.client
        for number in range(first, first + count):
            name, ip = f"s{number:05d}", f"172.18.{number // 250}.{number % 250 + 1}"
            client.create("services", {"metadata": {"namespace": "default", "name": name},
                                       "spec": {"type": "LoadBalancer", "ports": [{"port": 80}],
                                                "allocateLoadBalancerNodePorts": False,
                                                "externalTrafficPolicy": "Cluster"}})
            client.create("endpointslices", {
                "metadata": {"namespace": "default", "name": name, "labels": {"kubernetes.io/service-name": name}},
                "addressType": "IPv4", "ports": [{"port": 80}],
                "endpoints": [{"addresses": ["10.244.1.9"], "nodeName": "node1", "conditions": {"ready": True}}]})
            if assigned:
                client.merge("services", "default", name,
                             {"metadata": {"annotations": {"metallb.io/ip-allocated-from-pool": "bench"}},
                              "status": {"loadBalancer": {"ingress": [{"ip": ip}]}}}, "status")

    def start_bare(self, node, ip):
        """The least that answers ARP for ip, on a node's own interface."""
        bare = subprocess.Popen(["ip", "netns", "exec", self.cluster.spaces.full(node),
                                 os.path.join(ROOT, "build/bench/arp_bare"), "eth0", ip], stdin=subprocess.DEVNULL)
        self.daemons.append(bare)
        return bare

    @staticmethod
    def pin(pids, cpu):
        """Let processes run on one processor only; None: on all."""
        for pid in pids:
            os.sched_setaffinity(pid, {cpu} if cpu is not None else set(range(os.cpu_count())))

    def wait_rows(self, count):
        poll.until(lambda: ((self.cluster.speaker_status("node1") or {}).get("agent") or {}).get("rows") == count,
                   120, f"{count} addresses are in the table")

    def wait_quiet(self):
        """Until events are posted and announcements are sent: two looks at the counters agree."""
        seen = []

        def unchanged():
            text = self.cluster.page("node1", self.cluster.network.nodes["node1"], 7472, "/metrics") or ""
            status = self.cluster.speaker_status("node1") or {}
            sent = sum(float(line.rsplit(" ", 1)[1]) for line in text.splitlines()
                       if line.startswith("metallb_layer2_gratuitous_sent"))
            seen.append((sent, status.get("agent", {}).get("eventsSent")))
            return len(seen) > 1 and seen[-1] == seen[-2]

        poll.until(unchanged, 900, "the speaker is quiet", every=2)

    def probe(self, *arguments, cpu=None):
        pin = [] if cpu is None else ["taskset", "-c", str(cpu)]
        output = self.cluster.execute("client", *pin, os.path.join(ROOT, "build/bench/arp_probe"),
                                      *map(str, arguments), timeout=120)
        return [json.loads(line) for line in output.splitlines()]


class Churn:
    """So many changed services a second, in the background."""

    def __init__(self, rig, per_second, numbers):
        self.rig, self.per_second, self.numbers = rig, per_second, numbers
        self.stopping = threading.Event()
        self.thread = threading.Thread(target=self._run, daemon=True)

    def _run(self):
        turn = 0
        while not self.stopping.wait(1 / self.per_second):
            number = self.numbers[turn % len(self.numbers)]
            turn += 1
            self.rig.cluster.client.merge("services", "default", f"s{number:05d}",
                                          {"metadata": {"labels": {"turn": str(turn)}},
                                           "spec": {"sessionAffinity": "ClientIP" if turn % 2 else "None"}})

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_error):
        self.stopping.set()
        self.thread.join()


def memory(pids):
    """PSS and private anonymous memory of some processes, in MB."""
    pss = anonymous = 0
    for pid in pids:
        with open(f"/proc/{pid}/smaps_rollup", encoding="utf-8") as file:
            fields = dict(line.split(":", 1) for line in file if ":" in line and "kB" in line)
        pss += int(fields["Pss"].split()[0])
        with open(f"/proc/{pid}/smaps", encoding="utf-8") as file:
            shared = False
            for line in file:
                if "-" in line.split(" ")[0] and ":" not in line.split(" ")[0]:
                    shared = len(line.split()) > 5 and not line.split()[5].startswith("[")
                elif line.startswith("Private_Dirty:") and not shared:
                    anonymous += int(line.split()[1])
    return pss / 1024, anonymous / 1024


def cpu_seconds(pids):
    """Time on a processor of all their threads, to the nanosecond; /proc/PID/stat has hundredths."""
    total = 0
    for pid in pids:
        for task in os.listdir(f"/proc/{pid}/task"):
            with open(f"/proc/{pid}/task/{task}/schedstat", encoding="utf-8") as file:
                total += int(file.read().split()[0])
    return total / 1e9
