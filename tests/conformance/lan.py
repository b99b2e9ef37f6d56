"""lan - the nodes of a scenario as network namespaces, on one LAN for each interface name

In the namespace "lan" a bridge stands for each LAN, with a port for each node;
the bridge itself is the observer. Beside the LANs every node has a link to the
API endpoint and to its peers which no speaker can use: it has the flag NOARP, one
MAC address at both of its ends, and permanent neighbours, since the kernel's table
of the others is one for all namespaces and may be full.
"""
# SPDX-License-Identifier: Apache-2.0
import json

from lab import netns

from frames import Sender, Watcher

OBSERVER_MAC = "02:02:03:04:05:07"
NETWORKS = ("198.18.7", "100.127.7", "203.0.113", "192.0.2")  # of the links to the API: the first that is not used
PLAIN = "mgmt0"
LOOPBACK_NEIGHBOUR = "neighbour add 0.0.0.0 lladdr 00:00:00:00:00:00 dev lo nud permanent"


class Lan:
    def __init__(self, spaces, text):
        """text: of the scenario; the links to the API use none of its addresses."""
        self.spaces = spaces
        self.space = spaces.add("lan")
        self.network = next(n for n in NETWORKS if n.rsplit(".", 1)[0] + "." not in text)
        self.address = self.network + ".1"
        spaces.batch("lan", [f"address add {self.address}/32 dev lo", LOOPBACK_NEIGHBOUR])
        self._set("lan", "ipv4/ip_forward", "1")
        self.nodes = {}    # name -> namespace (short)
        self.bridges = {}  # interface name -> bridge
        self.senders = {}  # interface name -> Sender
        self.ports = {}    # port -> (node, interface)
        self.masters = {}  # (node, interface) -> bridge of the node
        self.watcher = Watcher(self.space)

    def close(self):
        self.watcher.close()
        for sender in self.senders.values():
            sender.close()

    def _set(self, space, key, value):
        def write():
            with open("/proc/sys/net/" + key, "w", encoding="utf-8") as file:
                file.write(value)

        netns.in_namespace(self.spaces.full(space), write)

    # ---- nodes and links ----

    def ip_of(self, node):
        return f"{self.network}.{2 + list(self.nodes).index(node)}"

    def space_of(self, node):
        return self.spaces.full(self.nodes[node])

    def add_node(self, node):
        number = len(self.nodes) + 1
        space = f"n{number}"
        self.nodes[node] = space
        self.spaces.add(space)
        for protocol_key in ("accept_dad", "dad_transmits"):
            self._set(space, f"ipv6/conf/default/{protocol_key}", "0")
        mac, end = f"02:fe:00:00:00:{number:02x}", f"m{number}"
        self.spaces.batch("lan", [
            f"link add {end} address {mac} arp off type veth peer name {PLAIN} address {mac} netns "
            f"{self.spaces.full(space)}", f"link set {end} up",
            f"route add {self.ip_of(node)}/32 dev {end}",
            f"neighbour add {self.ip_of(node)} lladdr {mac} dev {end} nud permanent"])
        self.spaces.batch(space, [
            f"address add {self.ip_of(node)}/32 dev {PLAIN}", f"link set {PLAIN} arp off up",
            f"neighbour add {self.address} lladdr {mac} dev {PLAIN} nud permanent",
            f"route add {self.network}.0/24 via {self.address} dev {PLAIN} onlink"])

    def _bridge(self, interface):
        if interface not in self.bridges:
            bridge = f"b{len(self.bridges)}"
            self.bridges[interface] = bridge
            self.spaces.batch("lan", [f"link add {bridge} address {OBSERVER_MAC} type bridge mcast_snooping 0",
                                      f"link set {bridge} up"])
            self.senders[interface] = Sender(self.space, bridge)
        return self.bridges[interface]

    def add_link(self, node, interface):
        """On the LAN of that name, not up yet."""
        bridge, port = self._bridge(interface), f"p{len(self.ports)}"
        self.spaces.batch("lan", [f"link add {port} type veth peer name {interface} netns {self.space_of(node)}",
                                  f"link set {port} master {bridge} up"])
        self.ports[port] = (node, interface)

    def add_bridge(self, node, interface):
        self.spaces.batch(self.nodes[node], [f"link add {interface} type bridge mcast_snooping 0"])

    def enslave(self, node, interface, master):
        self.spaces.batch(self.nodes[node], [f"link set {interface} master {master}"])
        self.masters[(node, interface)] = master

    def set_link(self, node, interface, *words):
        self.spaces.batch(self.nodes[node], [f"link set {interface} {' '.join(words)}"])

    def drop_link_local(self, node, interface):
        self.set_link(node, interface, "addrgenmode", "none")
        self.spaces.ip(self.nodes[node], "-6", "address", "flush", "dev", interface, "scope", "link")

    def mac(self, node, interface):
        found = json.loads(self.spaces.ip(self.nodes[node], "-j", "link", "show", interface))
        return found[0]["address"]

    # ---- who sent what ----

    def place(self, port):
        """(node, interface) of a port; of a part of a bridge, the bridge. None: it is no node's."""
        place = self.ports.get(port)
        return place and (place[0], self.masters.get(place, place[1]))

    def lans_of(self, node, interface):
        """The LANs that a node's interface is on: of a bridge, those of its parts."""
        parts = [part for (owner, part), master in self.masters.items() if (owner, master) == (node, interface)]
        return parts or [interface]

    def send(self, interface, frame):
        self.senders[interface].send(frame)

    def n_answers(self, node, ip):
        """How many questions for an address the node has answered, whoever asked."""
        return sum(1 for f in self.watcher.since(0) if (self.place(f.port) or ("",))[0] == node and (
            (f.fields.get("arp_op") == "reply" and f.fields["sender_ip"] == ip != f.fields["target_ip"])
            or (f.fields.get("type") == "neighbor-advertisement" and f.fields["target_ip"] == ip
                and f.fields["solicited"])))
