"""tutorial - the seven steps that a reader types, each shown and verified"""
# SPDX-License-Identifier: Apache-2.0
import json
import os
import shlex

from . import capture, netns, network, poll
from .cluster import ROOT

SAMPLES = os.path.join(ROOT, "config/deploy/samples")
READY_S = 20


class Walk:
    """Shows each command and what came back; keeps what did not hold."""

    def __init__(self, cluster, show=print):
        self.cluster, self.show = cluster, show
        self.failures = []
        self.n_checks = 0

    def type(self, space, command, check=True):
        """A command as the reader types it, in a namespace."""
        self.show(f"$ {command.replace(ROOT + '/', '')}")
        output = self.cluster.execute(space, *shlex.split(command), check=check)
        for line in output.rstrip().splitlines():
            self.show("  " + line)
        return output

    def check(self, what, function, seconds=5):
        self.n_checks += 1
        try:
            value = poll.until(function, seconds, what)
            self.show(f"  ok: {what}")
            return value
        except (TimeoutError, RuntimeError, KeyError, IndexError, OSError) as error:
            self.failures.append(f"{what} ({error})")
            self.show(f"  FAILED: {what}: {error}")
            return None

    # ---- what is looked at ----

    def address_of(self, namespace, name):
        service = self.cluster.client.get("services", namespace, name)
        points = service["status"]["loadBalancer"].get("ingress") or []
        return points[0]["ip"] if points else None

    def curl(self, space, url):
        return self.cluster.execute(space, "curl", "-s", "-m", "2", url, check=False)

    def who_answers(self, ip):
        """The MAC addresses that answer for an address on the LAN."""
        space = self.cluster.spaces.full("client")
        return capture.ask(space, "eth0", ip, self.cluster.mac("client"), network.CLIENT)

    def node_of(self, mac):
        return next((n for n in self.cluster.network.nodes if self.cluster.mac(n) == mac), None)

    def log_of(self, component):
        pod = self.cluster.pods(component=component)[0]
        return self.cluster.kubectl("-n", "metallb-system", "logs", pod["metadata"]["name"])

    # ---- the steps ----

    def step1(self):
        self.type("client", f"kubectl apply -f {ROOT}/config/deploy/namespace.yaml "
                            f"-f {ROOT}/config/deploy/tinlb.yaml")
        key = netns.run("openssl", "rand", "-base64", "128").replace("\n", "")
        self.type("client", "kubectl create secret generic -n metallb-system memberlist "
                            f"--from-literal=secretkey={key}")
        client = self.cluster.client
        self.check("deployment controller is 1/1", lambda: client.get(
            "deployments", "metallb-system", "controller").get("status", {}).get("readyReplicas") == 1, READY_S)
        self.check("daemonset speaker is ready on each node", lambda: client.get(
            "daemonsets", "metallb-system", "speaker").get("status", {}).get("numberReady")
            == len(self.cluster.network.nodes), READY_S)
        self.type("client", "kubectl -n metallb-system get all")

    def workloads(self, *names):
        for name in names:
            self.type("client", f"kubectl apply -f {self.cluster.manifest(name)}")

    def step2(self):
        out = self.type("client", f"kubectl apply -f {SAMPLES}/01-metallb-config.yaml")
        self.check("kubectl says configmap/config created", lambda: "configmap/config created" in out)
        self.check("the controller picks it up by itself",
                   lambda: self.cluster.controller_status()["config"]["loaded"])

    def _is_allocation(self, line):
        entry = json.loads(line)
        return (entry.get("event"), entry.get("ip"), entry.get("msg"), entry.get("service")) == (
            "ipAllocated", "172.17.255.1", "IP address assigned by controller", "default/web-svc-lb") and {
                "caller", "ts"} <= entry.keys()

    def step3(self):
        self.type("client", f"kubectl apply -f {SAMPLES}/02-web-svc-lb.yaml")
        self.check("EXTERNAL-IP is 172.17.255.1", lambda: self.address_of("default", "web-svc-lb") == "172.17.255.1")
        self.type("client", "kubectl get svc web-svc-lb")
        self.check("the controller's log has the line of the allocation",
                   lambda: any(self._is_allocation(line) for line in self.log_of("controller").splitlines()))
        wanted = "metallb-controller  Assigned IP \"172.17.255.1\""
        self.check("kubectl describe ends with the event",
                   lambda: wanted in self.cluster.kubectl("describe", "svc", "web-svc-lb"))
        self.type("client", "kubectl describe svc web-svc-lb")

    def step4(self):
        url = "http://172.17.255.1/index.html"
        pages = set()

        def more():
            pages.add(self.curl("client", url))
            return len({p for p in pages if p.startswith("web-")}) >= 2

        self.check("curl from the LAN gets pages from different pods", more, READY_S)
        self.type("client", f"curl -s {url}", check=False)
        self.check("a host behind the router gets a page too", lambda: self.curl("remote", url).startswith("web-"))
        macs = self.check("one MAC answers for 172.17.255.1", lambda: self._one_mac("172.17.255.1"))
        if macs:
            self.show(f"  it is {self.node_of(macs)}'s")
        self.type("client", "arping -c 2 -I eth0 172.17.255.1", check=False)

    def _one_mac(self, ip):
        macs = set(self.who_answers(ip))
        mac = macs.pop() if len(macs) == 1 else None
        return mac if mac and self.node_of(mac) else None

    def step5(self):
        self.type("client", f"kubectl apply -f {SAMPLES}/03-coredns-svc-lb.yaml -n kube-system")
        for name in ("coredns-svc-lb-tcp", "coredns-svc-lb-udp"):
            self.check(f"{name} has 172.17.255.2",
                       lambda name=name: self.address_of("kube-system", name) == "172.17.255.2")
        cluster_ip = self.cluster.client.get("services", "default", "web-svc-cip")["spec"]["clusterIP"]
        name = "web-svc-cip.default.svc.cluster.local"
        for words, how in (("", "UDP"), ("-vc ", "TCP")):
            command = f"nslookup {words}-timeout=1 {name} 172.17.255.2"
            self.check(f"nslookup over {how} answers {cluster_ip}", lambda command=command: cluster_ip in
                       self.cluster.execute("client", *command.split(), check=False), READY_S)
        self.type("client", f"nslookup {name} 172.17.255.2", check=False)

    def step6(self):
        self.type("client", f"kubectl apply -f {SAMPLES}/04-nginx-lb.yaml")
        self.check("ingress-nginx has 172.17.255.3",
                   lambda: self.address_of("ingress-nginx", "ingress-nginx") == "172.17.255.3")
        self.check("curl 172.17.255.3 gets nginx's 404 page",
                   lambda: all(w in self.curl("client", "http://172.17.255.3") for w in ("404", "nginx")), READY_S)
        self.type("client", "curl -s http://172.17.255.3", check=False)

        def on_a_node_with_a_pod():
            nodes = {p["spec"]["nodeName"] for p in self.cluster.client.list("pods", "ingress-nginx")}
            mac = self._one_mac("172.17.255.3")
            return mac and self.node_of(mac) in nodes

        self.check("it is announced only from a node that has a ready pod", on_a_node_with_a_pod)
        self.check("the pod sees the client's own address", lambda: network.CLIENT in self.cluster.kubectl(
            "-n", "ingress-nginx", "logs", self.cluster.client.list("pods", "ingress-nginx")[0]["metadata"]["name"]))

    def step7(self):
        self.type("client", f"kubectl delete -f {SAMPLES}/02-web-svc-lb.yaml")
        self.type("client", f"kubectl apply -f {SAMPLES}/05-minio-svc-lb.yaml")
        self.check("minio has 172.17.255.1, which web had given back",
                   lambda: self.address_of("default", "minio-svc-lb") == "172.17.255.1")
        self.check("port 9000 answers",
                   lambda: self.curl("client", "http://172.17.255.1:9000/").startswith("minio-"), READY_S)

    def run(self):
        steps = (("1. the namespace, the workloads and the secret", self.step1),
                 ("the tutorial's own pods", lambda: self.workloads("web", "dns", "ingress", "minio")),
                 ("2. the pools", self.step2), ("3. a service gets an address", self.step3),
                 ("4. a page from the LAN", self.step4), ("5. DNS over TCP and UDP on one address", self.step5),
                 ("6. an ingress that sees its clients", self.step6),
                 ("7. a second use of the first address", self.step7))
        for title, step in steps:
            self.show(f"\n== {title}")
            step()
        self.show("\n8. kube-proxy in IPVS mode: left out here, this lab routes by nftables.")
