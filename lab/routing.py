"""routing - the rules by which nodes send the traffic of services to pods

nftables does what kube-proxy would. The address inside the cluster leads to any
ready endpoint. So do load balancer addresses and node ports with the policy
Cluster, with the client hidden behind the node; with Local, pods and the node
itself still reach all endpoints, but others only those of this node, which see
the client's own address. A pod that is sent to itself is answered through its
node. While no endpoint is ready, those that end but still serve are used.
"""
# SPDX-License-Identifier: Apache-2.0
from .network import POD_NET

MARK = "0x4000"  # on packets whose sender is to be hidden behind the node
PLACE = "ipv4_addr . inet_proto . inet_service"


def usable(slices, port):
    """(address, port, node) of the endpoints to which a port of a service leads."""
    ready, ending = [], []
    for slice_ in slices:
        number = next((p["port"] for p in slice_["ports"] if p.get("name", "") == port.get("name", "")), None)
        for endpoint in slice_["endpoints"] if number else ():
            found = (endpoint["addresses"][0], number, endpoint.get("nodeName"))
            conditions = endpoint["conditions"]
            if conditions.get("ready", True):
                ready.append(found)
            elif conditions.get("serving") and conditions.get("terminating"):
                ending.append(found)
    return ready or ending


def _is_v4(ip):
    return "." in (ip or "")


def outside_addresses(service):
    points = ((service.get("status") or {}).get("loadBalancer") or {}).get("ingress") or []
    return [ip for ip in [*(p.get("ip") for p in points), *(service["spec"].get("externalIPs") or [])] if _is_v4(ip)]


class Ruleset:
    """The rules of one node."""

    def __init__(self, node):
        self.node = node
        self.chains, self.places, self.node_ports, self.refused = [], [], [], []
        self.own = set()  # addresses of endpoints on this node

    def add(self, service, port, endpoints):
        spec, protocol = service["spec"], port["protocol"].lower()
        inside = [ip for ip in spec.get("clusterIPs") or [] if _is_v4(ip)]
        outside = outside_addresses(service)
        place = f"{protocol} . {port['port']}"
        if not endpoints:
            self.refused += [f"{ip} . {place} : goto refuse" for ip in inside + outside]
            return
        self.own |= {ip for ip, _, node in endpoints if node == self.node}
        number = len(self.chains)
        self._chain(f"all{number}", [self._dnat(protocol, endpoints)])
        self._chain(f"inside{number}", [f"ip saddr != {POD_NET} meta mark set {MARK}", f"goto all{number}"])
        self._chain(f"outside{number}", self._from_outside(spec, protocol, endpoints, f"goto all{number}"))
        self.places += [f"{ip} . {place} : goto inside{number}" for ip in inside]
        self.places += [f"{ip} . {place} : goto outside{number}" for ip in outside]
        if port.get("nodePort"):
            self.node_ports.append(f"{protocol} . {port['nodePort']} : goto outside{number}")

    def _chain(self, name, rules):
        self.chains.append(f"chain {name} {{ {'; '.join(rules)}; }}")

    def _from_outside(self, spec, protocol, endpoints, to_all):
        if spec.get("externalTrafficPolicy") != "Local":
            return [f"meta mark set {MARK}", to_all]
        local = [e for e in endpoints if e[2] == self.node]
        return [f"ip saddr {POD_NET} {to_all}", f"fib saddr type local meta mark set {MARK} {to_all}",
                self._dnat(protocol, local) if local else "drop"]

    @staticmethod
    def _dnat(protocol, endpoints):
        choice = ", ".join(f"{i} : {ip} . {port}" for i, (ip, port, _) in enumerate(endpoints))
        return f"meta l4proto {protocol} dnat ip to numgen random mod {len(endpoints)} map {{ {choice} }}"

    @staticmethod
    def _table(words, kind, elements):
        held = f" elements = {{ {', '.join(elements)} }};" if elements else ""
        return f"{words} {{ type {kind};{held} }}"

    def text(self):
        themselves = [f"{ip} . {ip}" for ip in sorted(self.own)]
        return "\n".join([
            "table ip tinlb-lab", "delete table ip tinlb-lab", "table ip tinlb-lab {",
            *self.chains,
            "chain refuse { reject; }",
            self._table("map places", PLACE + " : verdict", self.places),
            self._table("map node_ports", "inet_proto . inet_service : verdict", self.node_ports),
            self._table("map refused", PLACE + " : verdict", self.refused),
            self._table("set themselves", "ipv4_addr . ipv4_addr", themselves),
            "chain services { ip daddr . meta l4proto . th dport vmap @places",
            "ip daddr != 127.0.0.0/8 fib daddr type local meta l4proto . th dport vmap @node_ports; }",
            "chain unserved { ip daddr . meta l4proto . th dport vmap @refused; }",
            "chain prerouting { type nat hook prerouting priority dstnat; jump services; }",
            "chain output { type nat hook output priority -100; jump services; }",
            "chain forwarded { type filter hook forward priority filter; ct state new jump unserved; }",
            "chain sent { type filter hook output priority filter; ct state new jump unserved; }",
            "chain postrouting { type nat hook postrouting priority srcnat",
            f"meta mark {MARK} masquerade",
            "ct status dnat ip saddr . ip daddr @themselves masquerade; }",
            "}", ""])


class Rules:
    """Loads the rules of every node when they have changed."""

    def __init__(self, cache, spaces, nodes):
        self.cache, self.spaces, self.nodes = cache, spaces, nodes
        self.loaded = {}
        self.seen = None

    def settle(self):
        seen = self.cache.counts("services", "endpointslices")
        if seen == self.seen:
            return
        slices = {}
        for slice_ in self.cache.all("endpointslices"):
            meta = slice_["metadata"]
            name = (meta.get("labels") or {}).get("kubernetes.io/service-name")
            slices.setdefault((meta["namespace"], name), []).append(slice_)
        parts = [(service, port, usable(slices.get(self.cache.key(service), []), port))
                 for service in sorted(self.cache.all("services"), key=self.cache.key)
                 for port in service["spec"].get("ports") or []]
        for node in self.nodes:
            self._load(node, parts)
        self.seen = seen

    def _load(self, node, parts):
        rules = Ruleset(node)
        for part in parts:
            rules.add(*part)
        text = rules.text()
        if self.loaded.get(node) != text:
            self.spaces.exec(node, "nft", "-f", "-", stdin=text)
            self.loaded[node] = text
