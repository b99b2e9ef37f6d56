"""services - what the API server fills into a Service, and what it refuses"""
# SPDX-License-Identifier: Apache-2.0
import ipaddress
import json

from . import names
from .status import bad_request, invalid

NETS = {"IPv4": ipaddress.ip_network("10.96.0.0/12"), "IPv6": ipaddress.ip_network("fd00:10:96::/112")}
FIRST_OFFSET = 11  # below are the addresses that people ask for by hand
NODE_PORTS = range(30000, 32768)
NODE_PORT_STEP = 7919  # prime: allocated ports look random, and each is tried once
CHOICES = {
    "type": ("ClusterIP", "ExternalName", "LoadBalancer", "NodePort"),
    "sessionAffinity": ("ClientIP", "None"),
    "externalTrafficPolicy": ("Cluster", "Local"),
    "internalTrafficPolicy": ("Cluster", "Local"),
    "ipFamilyPolicy": ("PreferDualStack", "RequireDualStack", "SingleStack"),
}
IP_KEYS = ("clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy")


class Allocations:
    """Cluster IPs and node ports in use. Free ones are looked up first and held once they are stored."""

    def __init__(self):
        self.ips, self.ports = set(), set()
        self.next_offset = dict.fromkeys(NETS, FIRST_OFFSET)
        self.next_port = 0

    def free_ip(self, family):
        net = NETS[family]
        for _ in range(net.num_addresses):
            offset = self.next_offset[family]
            self.next_offset[family] = offset + 1 if offset + 2 < net.num_addresses else FIRST_OFFSET
            ip = str(net[offset])
            if ip not in self.ips:
                return ip
        raise bad_request(f"no {family} cluster addresses are left")

    def free_port(self, taken=()):
        for _ in NODE_PORTS:
            self.next_port = (self.next_port + NODE_PORT_STEP) % len(NODE_PORTS)
            port = NODE_PORTS[self.next_port]
            if port not in self.ports and port not in taken:
                return port
        raise bad_request("no node ports are left")

    def hold(self, service):
        self.ips.update(_ips(service))
        self.ports.update(_ports(service))

    def release(self, service):
        self.ips.difference_update(_ips(service))
        self.ports.difference_update(_ports(service))


def _ips(service):
    return set((service.get("spec") or {}).get("clusterIPs") or ()) - {"None"}


def _ports(service):
    spec = service.get("spec") or {}
    held = {p.get("nodePort") for p in spec.get("ports") or ()} | {spec.get("healthCheckNodePort")}
    return {p for p in held if p}


def _is_address(text):
    try:
        return ipaddress.ip_address(text) is not None
    except ValueError:
        return False


def _family(ip):
    return "IPv6" if ":" in ip else "IPv4"


class _Fill:
    """One Service on its way into the store."""

    def __init__(self, kind, obj, old, allocations):
        self.kind, self.obj, self.allocations = kind, obj, allocations
        self.spec = obj.setdefault("spec", {})
        self.old = (old or {}).get("spec") or {}
        self.had = _ips(old or {}), _ports(old or {})

    def refuse(self, field, message, reason="FieldValueInvalid"):
        raise invalid(self.kind, self.obj["metadata"]["name"], field, reason, message)

    def require(self, field):
        self.refuse(field, "Required value", "FieldValueRequired")

    def is_type(self, *types):
        return self.spec["type"] in types

    def choices(self):
        for key, allowed in CHOICES.items():
            if key in self.spec and self.spec[key] not in allowed:
                words = ", ".join(f'"{w}"' for w in allowed)
                self.refuse(f"spec.{key}", f'Unsupported value: "{self.spec[key]}": supported values: {words}',
                            "FieldValueNotSupported")

    def load_balancer(self):
        spec = self.spec
        if self.is_type("LoadBalancer"):
            spec.setdefault("allocateLoadBalancerNodePorts", True)
            if (self.old.get("type") == "LoadBalancer"
                    and spec.get("loadBalancerClass") != self.old.get("loadBalancerClass")):
                self.refuse("spec.loadBalancerClass",
                            f"Invalid value: {json.dumps(spec.get('loadBalancerClass'))}: may not change once set")
            return
        if self.old.get("type") == "LoadBalancer":  # it goes with the type
            for key in ("loadBalancerClass", "allocateLoadBalancerNodePorts"):
                if spec.get(key) == self.old.get(key):
                    spec.pop(key, None)
            self.obj["status"] = dict(self.obj.get("status") or {}, loadBalancer={})
        for key in ("loadBalancerClass", "allocateLoadBalancerNodePorts"):
            if key in spec:
                self.refuse(f"spec.{key}", "Forbidden: may only be used when `type` is 'LoadBalancer'",
                            "FieldValueForbidden")

    def source_ranges(self):
        for index, text in enumerate(self.spec.get("loadBalancerSourceRanges") or ()):
            try:
                ipaddress.ip_network(text.strip(), strict=False)
            except ValueError:
                self.refuse(f"spec.LoadBalancerSourceRanges[{index}]",
                            f'Invalid value: "{text}": must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)')

    def policies(self):
        spec = self.spec
        if spec.setdefault("sessionAffinity", "None") == "ClientIP":
            spec.setdefault("sessionAffinityConfig", {}).setdefault("clientIP", {}).setdefault("timeoutSeconds", 10800)
        else:
            spec.pop("sessionAffinityConfig", None)
        if self.is_type("ExternalName"):
            if not spec.get("externalName"):
                self.require("spec.externalName")
            spec.pop("internalTrafficPolicy", None)
        else:
            spec.setdefault("internalTrafficPolicy", "Cluster")
        if self.is_type("LoadBalancer", "NodePort") or spec.get("externalIPs"):
            spec.setdefault("externalTrafficPolicy", "Cluster")
        else:
            spec.pop("externalTrafficPolicy", None)

    # ---- addresses ----

    def addresses(self):
        spec = self.spec
        if self.is_type("ExternalName"):
            for key in IP_KEYS:
                spec.pop(key, None)
            return
        if self.old.get("type") != "ExternalName":
            for key in IP_KEYS:
                if not spec.get(key) and self.old.get(key):
                    spec[key] = self.old[key]
        if spec.get("clusterIP") and not spec.get("clusterIPs"):
            spec["clusterIPs"] = [spec["clusterIP"]]
        ips = list(spec.get("clusterIPs") or ())
        self._check_unchanged(ips)
        if ips[:1] == ["None"]:
            if not self.is_type("ClusterIP"):
                self.refuse("spec.clusterIPs[0]", f"Invalid value: \"None\": may not be set to 'None' for "
                            f"{spec['type']} services")
            spec["clusterIP"] = "None"
            spec.setdefault("ipFamilies", ["IPv4"])
            spec.setdefault("ipFamilyPolicy", "SingleStack")
            return
        for index, ip in enumerate(ips):
            self._check_ip(index, ip)
        families = self._families(ips)
        have = {_family(ip): ip for ip in ips}
        spec["clusterIPs"] = [have.get(f) or self.allocations.free_ip(f) for f in families]
        spec["clusterIP"], spec["ipFamilies"] = spec["clusterIPs"][0], families

    def _check_unchanged(self, ips):
        old_ips = self.old.get("clusterIPs") or ()
        if old_ips and ips and ips[0] != old_ips[0] and self.old.get("type") != "ExternalName":
            self.refuse("spec.clusterIPs[0]", f"Invalid value: {json.dumps(ips)}: may not change once set")
        if self.spec.get("clusterIP") and ips and self.spec["clusterIP"] != ips[0]:
            if old_ips and self.spec["clusterIP"] != old_ips[0]:
                self.refuse("spec.clusterIPs[0]",
                            f"Invalid value: {json.dumps([self.spec['clusterIP']])}: may not change once set")
            self.refuse("spec.clusterIPs", f"Invalid value: {json.dumps(ips)}: first value must match `clusterIP`")
        old_families, families = self.old.get("ipFamilies") or (), self.spec.get("ipFamilies") or ()
        if old_families and families and families[0] != old_families[0]:
            self.refuse("spec.ipFamilies[0]", f'Invalid value: "{families[0]}": may not change once set')

    def _check_ip(self, index, ip):
        try:
            inside = ipaddress.ip_address(ip) in NETS[_family(ip)]
        except ValueError:
            self.refuse(f"spec.clusterIPs[{index}]",
                        f'Invalid value: "{ip}": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)')
        if ip in self.had[0]:
            return
        if not inside:
            self.refuse("spec.clusterIPs", f"Invalid value: {json.dumps([ip])}: failed to allocate IP {ip}: the "
                        f"provided IP ({ip}) is not in the valid range. The range of valid IPs is "
                        f"{NETS[_family(ip)]}")
        if ip in self.allocations.ips:
            self.refuse("spec.clusterIPs", f"Invalid value: {json.dumps([ip])}: failed to allocate IP {ip}: provided "
                        "IP is already allocated")

    def _families(self, ips):
        families = list(self.spec.get("ipFamilies") or [_family(ip) for ip in ips] or ["IPv4"])
        for index, family in enumerate(families):
            if family not in NETS:
                self.refuse(f"spec.ipFamilies[{index}]",
                            f'Unsupported value: "{family}": supported values: "IPv4", "IPv6"',
                            "FieldValueNotSupported")
        policy = self.spec.setdefault("ipFamilyPolicy", "RequireDualStack" if len(families) > 1 else "SingleStack")
        if policy == "SingleStack":
            return families[:1]
        if len(families) == 1:
            families.append("IPv6" if families[0] == "IPv4" else "IPv4")
        return families

    # ---- ports ----

    def ports(self):
        ports = self.spec.get("ports") or []
        if not ports and self.spec.get("clusterIP") != "None" and not self.is_type("ExternalName"):
            self.require("spec.ports")
        seen = set()
        for index, port in enumerate(ports):
            self._check_port(f"spec.ports[{index}]", port, len(ports))
            key = (port["port"], port["protocol"])
            if key in seen:
                self.refuse(f"spec.ports[{index}]", f"Duplicate value: {json.dumps(dict(zip(('port', 'protocol'), key)))}",
                            "FieldValueDuplicate")
            seen.add(key)
        self._node_ports(ports)
        if not (self.is_type("LoadBalancer") and self.spec["externalTrafficPolicy"] == "Local"):
            self.spec.pop("healthCheckNodePort", None)
        elif not self.spec.get("healthCheckNodePort"):
            self.spec["healthCheckNodePort"] = (self.old.get("healthCheckNodePort")
                                                or self.allocations.free_port(_ports(self.obj)))

    def _check_port(self, path, port, n_ports):
        number = port.get("port")
        if number is None:
            self.require(f"{path}.port")
        if not 0 < number < 65536:
            self.refuse(f"{path}.port", f"Invalid value: {number}: must be between 1 and 65535, inclusive")
        if n_ports > 1 and not port.get("name"):
            self.require(f"{path}.name")
        if port.setdefault("protocol", "TCP") not in ("SCTP", "TCP", "UDP"):
            self.refuse(f"{path}.protocol", f'Unsupported value: "{port["protocol"]}": supported values: '
                        '"SCTP", "TCP", "UDP"', "FieldValueNotSupported")
        if port.get("targetPort") in (None, 0, ""):
            port["targetPort"] = number

    def _node_ports(self, ports):
        keeps = self.is_type("NodePort", "LoadBalancer")
        allocates = self.is_type("NodePort") or (keeps and self.spec.get("allocateLoadBalancerNodePorts", True))
        held = {(p["port"], p.get("protocol")): p.get("nodePort") for p in self.old.get("ports") or ()}
        taken = {p["nodePort"] for p in ports if p.get("nodePort")}
        asked = set()
        for index, port in enumerate(ports):
            if not keeps or not (port.get("nodePort") or allocates):
                port.pop("nodePort", None)
            elif port.get("nodePort"):
                self._check_node_port(f"spec.ports[{index}].nodePort", port["nodePort"], asked, port["protocol"])
            else:
                had = held.get((port["port"], port["protocol"]))
                port["nodePort"] = had if had and had not in taken else self.allocations.free_port(taken)
                taken.add(port["nodePort"])

    def _check_node_port(self, path, number, asked, protocol):
        if number not in NODE_PORTS:
            self.refuse(path, f"Invalid value: {number}: provided port is not in the valid range. The range of valid "
                        f"ports is {NODE_PORTS[0]}-{NODE_PORTS[-1]}")
        if (number, protocol) in asked or number in self.allocations.ports - self.had[1]:
            self.refuse(path, f"Invalid value: {number}: provided port is already allocated")
        asked.add((number, protocol))


def fill(kind, obj, old, allocations):
    """Default and validate in place; nothing is held in allocations yet."""
    one = _Fill(kind, obj, old, allocations)
    obj["spec"].setdefault("type", "ClusterIP")
    one.choices()
    one.load_balancer()
    one.source_ranges()
    one.policies()
    one.addresses()
    one.ports()
    obj["status"] = dict(obj.get("status") or {})
    obj["status"].setdefault("loadBalancer", {})


def check_status(kind, obj):
    """Default and validate a written status in place."""
    ingress = ((obj.get("status") or {}).get("loadBalancer") or {}).get("ingress") or []
    name, path = obj["metadata"]["name"], "status.loadBalancer.ingress"
    if ingress and obj["spec"].get("type") != "LoadBalancer":
        raise invalid(kind, name, path, "FieldValueForbidden",
                      "Forbidden: may only be used when `spec.type` is LoadBalancer")
    for index, point in enumerate(ingress):
        host = point.get("hostname")
        if host and (not names.is_subdomain(host) or _is_address(host)):
            raise invalid(kind, name, f"{path}[{index}].hostname", "FieldValueInvalid",
                          f'Invalid value: "{host}": must be a DNS name, and no IP address')
        if point.get("ip"):
            if not _is_address(point["ip"]):
                raise invalid(kind, name, f"{path}[{index}].ip", "FieldValueInvalid",
                              f'Invalid value: "{point["ip"]}": must be a valid IP address')
            point.setdefault("ipMode", "VIP")
    obj.setdefault("status", {}).setdefault("loadBalancer", {})
