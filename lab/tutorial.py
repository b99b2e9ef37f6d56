"""tutorial - the steps that a reader types, each shown as it is typed, and verified"""
# SPDX-License-Identifier: Apache-2.0
import json
import os
import re
import subprocess

from . import capture, network, poll
from .cluster import ROOT

DEPLOY = "config/deploy"
SAMPLES = "config/deploy/samples"
READY_S = 20
LOG_LINE = {"event": "ipAllocated", "ip": "172.17.255.1", "msg": "IP address assigned by controller",
            "service": "default/web-svc-lb"}
LOG_KEYS = {"caller", "ts", "level"}  # beside those; level may be missing
EVENT = re.compile(r'^  Normal +IPAllocated +\S.*  metallb-controller +Assigned IP "172\.17\.255\.1"$', re.M)


class Walk:
    """Shows each command and what came back; keeps what did not hold."""

    def __init__(self, cluster, show=print):
        self.cluster, self.show = cluster, show
        self.failures = []
        self.n_checks = self.n_skipped = 0

    def type(self, command):
        """A line as the reader types it in a shell on the client, at the root of the sources."""
        self.show(f"$ {command}")
        try:
            output = self.cluster.execute("client", "sh", "-c", f"({command}) 2>&1", check=False)
        except subprocess.TimeoutExpired as error:
            self.failures.append(f"{command}: no end after {error.timeout} s")
            output = "FAILED: " + self.failures[-1]
        for line in output.rstrip().splitlines():
            self.show("  " + line)
        return output

    def check(self, what, function, seconds=READY_S):
        self.n_checks += 1
        trouble = []

        def holds():
            try:
                return function()
            except (RuntimeError, LookupError, TypeError, OSError, subprocess.SubprocessError) as error:  # not there yet
                trouble[:] = [f": {error}"]
                return None

        try:
            value = poll.until(holds, seconds, what)
            self.show(f"  ok: {what}")
            return value
        except TimeoutError as error:
            self.failures.append(f"{error}{''.join(trouble)}")
            self.show(f"  FAILED: {self.failures[-1]}")
            return None

    # ---- what is looked at ----

    def external_ip(self, namespace, name):
        """What kubectl shows as EXTERNAL-IP."""
        return self.cluster.kubectl("-n", namespace, "get", "svc", name, "--no-headers").split()[3]

    def curl(self, space, url):
        return self.cluster.execute(space, "curl", "-s", "-m", "2", url, check=False)

    def who_answers(self, ip):
        """The MAC addresses that answer for an address on the LAN."""
        space = self.cluster.spaces.full("client")
        return capture.ask(space, "eth0", ip, self.cluster.mac("client"), network.CLIENT)

    def node_of(self, mac):
        return next((n for n in self.cluster.network.nodes if self.cluster.mac(n) == mac), None)

    def _one_mac(self, ip):
        macs = set(self.who_answers(ip))
        mac = macs.pop() if len(macs) == 1 else None
        return mac if mac and self.node_of(mac) else None

    # ---- the steps ----

    def step1(self):
        self.type(f"kubectl apply -f {DEPLOY}/namespace.yaml -f {DEPLOY}/tinlb.yaml")
        out = self.type("kubectl create secret generic -n metallb-system memberlist "
                        '--from-literal=secretkey="$(openssl rand -base64 128)"')
        self.check("kubectl says secret/memberlist created", lambda: "secret/memberlist created" in out)
        n_nodes = str(len(self.cluster.network.nodes))

        def row(name, *cells):
            table = self.cluster.kubectl("-n", "metallb-system", "get", "all")
            return any(line.split()[:len(cells) + 1] == [name, *cells] for line in table.splitlines())

        self.check("deployment controller is 1/1", lambda: row("deployment.apps/controller", "1/1"))
        self.check("daemonset speaker is ready on each node",
                   lambda: row("daemonset.apps/speaker", n_nodes, n_nodes, n_nodes))
        self.type("kubectl -n metallb-system get all")

    def workloads(self, *names):
        for name in names:
            self.type(f"kubectl apply -f {os.path.relpath(self.cluster.manifest(name), ROOT)}")

    def step2(self):
        out = self.type(f"kubectl apply -f {SAMPLES}/01-metallb-config.yaml")
        self.check("kubectl says configmap/config created", lambda: out == "configmap/config created\n")
        self.check("the controller picks it up by itself",
                   lambda: self.cluster.controller_status()["config"]["loaded"])

    def _is_allocation(self, line):
        entry = json.loads(line)
        return LOG_LINE.items() <= entry.items() and LOG_LINE.keys() | {"caller", "ts"} <= entry.keys() <= (
            LOG_LINE.keys() | LOG_KEYS)

    def step3(self):
        out = self.type(f"kubectl apply -f {SAMPLES}/02-web-svc-lb.yaml")
        self.check("kubectl says service/web-svc-lb created", lambda: out == "service/web-svc-lb created\n")
        self.check("EXTERNAL-IP is 172.17.255.1", lambda: self.external_ip("default", "web-svc-lb") == "172.17.255.1")
        self.type("kubectl get svc web-svc-lb")
        log = ("-n", "metallb-system", "logs", "deployment/controller")
        self.check("the controller's log has the line of the allocation",
                   lambda: any(self._is_allocation(line) for line in self.cluster.kubectl(*log).splitlines()))
        self.type("kubectl -n metallb-system logs deployment/controller | grep ipAllocated")
        self.check("kubectl describe shows the event",
                   lambda: EVENT.search(self.cluster.kubectl("describe", "svc", "web-svc-lb")))
        self.type("kubectl describe svc web-svc-lb")

    def step4(self):
        url = "http://172.17.255.1/index.html"
        pages = set()

        def more():
            pages.add(self.curl("client", url))
            return len({p for p in pages if p.startswith("web-")}) >= 2

        self.check("curl from the LAN gets pages from different pods", more)
        for _ in range(4):
            self.type(f"curl -s {url}")
        self.check("a host behind the router gets a page too",
                   lambda: self.curl("remote", url).startswith("web-"))
        self.check("one MAC answers for 172.17.255.1", lambda: self._one_mac("172.17.255.1"))
        out = self.type("arping -c 2 -I eth0 172.17.255.1")
        seen = {m.lower() for m in re.findall(r"\[([0-9A-F:]{17})\]", out)}
        self.check("arping was answered with one node's MAC", lambda: len(seen) == 1 and self.node_of(*seen))
        self.show(f"  it is {' and '.join(str(self.node_of(m)) for m in seen)}'s")

    def step5(self):
        self.type(f"kubectl apply -f {SAMPLES}/03-coredns-svc-lb.yaml -n kube-system")
        for name in ("coredns-svc-lb-tcp", "coredns-svc-lb-udp"):
            self.check(f"{name} has 172.17.255.2",
                       lambda name=name: self.external_ip("kube-system", name) == "172.17.255.2")
        self.type("kubectl -n kube-system get svc")
        cluster_ip = self.cluster.kubectl("get", "svc", "web-svc-cip", "-o", "jsonpath={.spec.clusterIP}")
        name = "web-svc-cip.default.svc.cluster.local"
        for words, how in (("", "UDP"), ("-vc ", "TCP")):
            command = f"nslookup {words}-timeout=1 {name} 172.17.255.2"
            self.check(f"nslookup over {how} answers {cluster_ip}", lambda command=command: cluster_ip in
                       self.cluster.execute("client", *command.split(), check=False))
            self.type(f"nslookup {words}{name} 172.17.255.2")

    def step6(self):
        self.type(f"kubectl apply -f {SAMPLES}/04-nginx-lb.yaml")
        self.check("ingress-nginx has 172.17.255.3",
                   lambda: self.external_ip("ingress-nginx", "ingress-nginx") == "172.17.255.3")
        self.check("curl 172.17.255.3 gets nginx's 404 page",
                   lambda: all(w in self.curl("client", "http://172.17.255.3") for w in ("404", "nginx")))
        self.type("curl -s 172.17.255.3")

        def on_a_node_with_a_pod():
            nodes = {p["spec"]["nodeName"] for p in self.cluster.client.list("pods", "ingress-nginx")}
            mac = self._one_mac("172.17.255.3")
            return mac and self.node_of(mac) in nodes

        self.check("it is announced only from a node that has a ready pod", on_a_node_with_a_pod)
        self.check("the pod sees the client's own address", lambda: network.CLIENT in self.cluster.kubectl(
            "-n", "ingress-nginx", "logs", "deployment/ingress-nginx-controller"))
        self.type("kubectl -n ingress-nginx logs deployment/ingress-nginx-controller --tail=1")

    def step7(self):
        self.type(f"kubectl delete -f {SAMPLES}/02-web-svc-lb.yaml")
        self.type(f"kubectl apply -f {SAMPLES}/05-minio-svc-lb.yaml")
        self.check("minio has 172.17.255.1, which web had given back",
                   lambda: self.external_ip("default", "minio-svc-lb") == "172.17.255.1")
        self.check("port 9000 answers",
                   lambda: self.curl("client", "http://172.17.255.1:9000/").startswith("minio-"))
        self.type("curl -s http://172.17.255.1:9000/")

    def step8(self):
        """Skipped: there is no such kernel, or no such mode of the lab."""
        why = ("this lab routes by nftables" if os.path.exists("/proc/net/ip_vs") else
               "this kernel has no IPVS (there is no /proc/net/ip_vs)")
        self.show(f"  skipped: {why}. On a cluster of yours set strictARP: true, or every node answers.")
        self.n_skipped += 1

    def run(self):
        steps = (("1. the namespace, the workloads and the secret", self.step1),
                 ("the tutorial's own pods", lambda: self.workloads("web", "dns", "ingress", "minio")),
                 ("2. the pools", self.step2), ("3. a service gets an address", self.step3),
                 ("4. a page from the LAN", self.step4), ("5. DNS over TCP and UDP on one address", self.step5),
                 ("6. an ingress that sees its clients", self.step6),
                 ("7. a second use of the first address", self.step7),
                 ("8. kube-proxy in IPVS mode", self.step8))
        for title, step in steps:
            self.show(f"\n== {title}")
            step()
