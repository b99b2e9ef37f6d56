"""network - the lab's LAN: nodes and a client on one bridge, a router, a host behind it

The bridge has a namespace of its own with bridge-nf-call-* at 0: where it is 1,
NAT rules would see frames that are only bridged.
"""
# SPDX-License-Identifier: Apache-2.0
from . import capture, poll

ROUTER = "172.17.0.1"
API = "172.17.0.10"
CLIENT = "172.17.0.100"
REMOTE = "192.0.2.10"
MASK = "/16"
POD_NET = "10.244.0.0/16"


def node_ip(number):
    return f"172.17.0.{number + 1}"


class Network:
    def __init__(self, spaces, n_nodes):
        self.spaces = spaces
        self.nodes = {f"node{i}": node_ip(i) for i in range(1, n_nodes + 1)}

    def up(self):
        spaces = self.spaces
        spaces.add("lan")
        spaces.ip("lan", "link", "add", "br0", "type", "bridge")
        spaces.ip("lan", "link", "set", "br0", "up")
        for key in ("iptables", "ip6tables", "arptables"):
            spaces.exec("lan", "sysctl", "-q", "-w", f"net.bridge.bridge-nf-call-{key}=0", check=False)
        self._host("router", ROUTER)
        spaces.sysctl("router", net__ipv4__ip_forward=1)
        self._host("api", API, ROUTER)
        self._host("client", CLIENT, ROUTER)
        for name, address in self.nodes.items():
            self._host(name, address, ROUTER)
            spaces.sysctl(name, net__ipv4__ip_forward=1)
        spaces.add("remote")
        spaces.cable("router", "eth1", "remote", "eth0")
        spaces.ip("router", "addr", "add", "192.0.2.1/24", "dev", "eth1")
        spaces.ip("remote", "addr", "add", REMOTE + "/24", "dev", "eth0")
        spaces.ip("remote", "route", "add", "default", "via", "192.0.2.1")
        self._pod_routes()

    def wait(self):
        """Until frames get through: a busy kernel takes its time to see that a cable is plugged in."""
        for name, address in {"client": CLIENT, **self.nodes}.items():
            space = self.spaces.full(name)
            mac = capture.own_mac_of(space, "eth0")
            poll.until(lambda space=space, mac=mac, address=address: capture.ask(space, "eth0", API, mac, address, 0),
                       30, f"{name} reaches the API's host")

    def _host(self, name, address, gateway=None):
        self.spaces.add(name)
        self.spaces.cable(name, "eth0", "lan", f"p-{name}")
        self.spaces.ip("lan", "link", "set", f"p-{name}", "master", "br0")
        self.spaces.ip(name, "addr", "add", address + MASK, "dev", "eth0")
        if gateway:
            self.spaces.ip(name, "route", "add", "default", "via", gateway)

    def pod_net(self, node):
        return f"10.244.{list(self.nodes).index(node) + 1}"

    def _pod_routes(self):
        """Every host of the LAN finds the pods of a node through the node."""
        for name in [*self.nodes, "api", "client", "router"]:
            for node, address in self.nodes.items():
                if node != name:
                    self.spaces.ip(name, "route", "add", self.pod_net(node) + ".0/24", "via", address)

    def add_pod(self, node, name, address):
        """A namespace for a pod, reached from its node by a cable of its own."""
        number = address.rsplit(".", 1)[1]
        self.spaces.add(name)
        self.spaces.cable(name, "eth0", node, f"pod{number}")
        self.spaces.sysctl(node, **{f"net__ipv4__conf__pod{number}__proxy_arp": 1})
        self.spaces.ip(node, "route", "add", address + "/32", "dev", f"pod{number}")
        self.spaces.batch(name, [f"addr add {address}/32 dev eth0", "route add 169.254.1.1 dev eth0 scope link",
                                 "route add default via 169.254.1.1 dev eth0"])
