"""defaults - what the API server fills in, and what it refuses"""
# SPDX-License-Identifier: Apache-2.0
import base64
import ipaddress

from .status import bad_request, invalid

SERVICE_NET_V4 = ipaddress.ip_network("10.96.0.0/12")
SERVICE_NET_V6 = ipaddress.ip_network("fd00:10:96::/112")
NODE_PORTS = range(30000, 32768)


class Allocations:
    """Cluster IPs and node ports in use."""

    def __init__(self):
        self.cluster_ips = set()
        self.node_ports = set()
        self.next_v4, self.next_v6, self.next_port = 10, 10, 0

    def cluster_ip(self, family):
        net = SERVICE_NET_V4 if family == "IPv4" else SERVICE_NET_V6
        while True:
            if family == "IPv4":
                self.next_v4 += 1
                ip = str(net[self.next_v4])
            else:
                self.next_v6 += 1
                ip = str(net[self.next_v6])
            if ip not in self.cluster_ips:
                self.cluster_ips.add(ip)
                return ip

    def node_port(self):
        for _ in NODE_PORTS:
            self.next_port = (self.next_port + 7919) % len(NODE_PORTS)
            port = NODE_PORTS[self.next_port]
            if port not in self.node_ports:
                self.node_ports.add(port)
                return port
        raise bad_request("no node ports are left")

    def release(self, service):
        spec = service.get("spec") or {}
        self.cluster_ips -= set(spec.get("clusterIPs") or [])
        self.node_ports -= {p.get("nodePort") for p in spec.get("ports") or []}


def _family(ip):
    return "IPv6" if ":" in ip else "IPv4"


def _service_ports(kind, name, spec, old_spec, allocations):
    service_type = spec["type"]
    wants_node_ports = service_type == "NodePort" or (
        service_type == "LoadBalancer" and spec.get("allocateLoadBalancerNodePorts", True))
    old = {(p["port"], p.get("protocol")): p.get("nodePort") for p in old_spec.get("ports") or []}
    own = set(old.values())
    ports = spec.get("ports") or []
    if not ports and spec.get("clusterIP") != "None" and service_type != "ExternalName":
        raise invalid(kind, name, "spec.ports", "FieldValueRequired", "Required value")
    for index, port in enumerate(ports):
        if not isinstance(port.get("port"), int) or not 0 < port["port"] < 65536:
            raise invalid(kind, name, f"spec.ports[{index}].port", "FieldValueInvalid",
                          f"Invalid value: {port.get('port')!r}: must be between 1 and 65535, inclusive")
        if len(ports) > 1 and not port.get("name"):
            raise invalid(kind, name, f"spec.ports[{index}].name", "FieldValueRequired", "Required value")
        port.setdefault("protocol", "TCP")
        if port.get("targetPort") in (None, 0, ""):
            port["targetPort"] = port["port"]
        if wants_node_ports:
            asked, had = port.get("nodePort"), old.get((port["port"], port["protocol"]))
            if asked and asked not in own and asked in allocations.node_ports:
                raise invalid(kind, name, f"spec.ports[{index}].nodePort", "FieldValueInvalid",
                              f"Invalid value: {asked}: provided port is already allocated")
            port["nodePort"] = asked or had or allocations.node_port()
            allocations.node_ports.add(port["nodePort"])
        else:
            port.pop("nodePort", None)


def _service_ips(kind, name, spec, old_spec, allocations):
    if spec["type"] == "ExternalName":
        for key in ("clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy"):
            spec.pop(key, None)
        return
    for key in ("clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy"):
        if not spec.get(key) and old_spec.get(key):
            spec[key] = old_spec[key]
    if spec.get("clusterIP") and not spec.get("clusterIPs"):
        spec["clusterIPs"] = [spec["clusterIP"]]
    old_ips = old_spec.get("clusterIPs") or []
    ips = spec.get("clusterIPs") or []
    if old_ips and ips and ips[0] != old_ips[0]:
        raise invalid(kind, name, "spec.clusterIPs[0]", "FieldValueInvalid",
                      f"Invalid value: {ips!r}: may not change once set")
    policy = spec.setdefault("ipFamilyPolicy", "SingleStack")
    if ips == ["None"]:
        spec["clusterIP"] = "None"
        spec.setdefault("ipFamilies", ["IPv4"])
        return
    families = list(spec.get("ipFamilies") or [_family(ip) for ip in ips] or ["IPv4"])
    if policy != "SingleStack" and len(families) == 1:
        families.append("IPv6" if families[0] == "IPv4" else "IPv4")
    if policy == "SingleStack":
        families = families[:1]
    for ip in ips:
        try:
            ipaddress.ip_address(ip)
        except ValueError:
            raise invalid(kind, name, "spec.clusterIPs", "FieldValueInvalid",
                          f"Invalid value: {ip!r}: must be a valid IP address") from None
        allocations.cluster_ips.add(ip)
    have = {_family(ip): ip for ip in ips}
    spec["clusterIPs"] = [have.get(f) or allocations.cluster_ip(f) for f in families]
    spec["clusterIP"] = spec["clusterIPs"][0]
    spec["ipFamilies"] = families


def _service(kind, obj, old, allocations):
    name, spec = obj["metadata"]["name"], obj.setdefault("spec", {})
    old_spec = (old or {}).get("spec") or {}
    service_type = spec.setdefault("type", "ClusterIP")
    if (old_spec.get("type") == "LoadBalancer" == service_type
            and spec.get("loadBalancerClass") != old_spec.get("loadBalancerClass")):
        raise invalid(kind, name, "spec.loadBalancerClass", "FieldValueInvalid",
                      "Invalid value: may not change once set")
    if service_type != "LoadBalancer":
        spec.pop("allocateLoadBalancerNodePorts", None)
        spec.pop("loadBalancerClass", None)
        if old_spec.get("type") == "LoadBalancer":
            (obj.get("status") or {})["loadBalancer"] = {}
    spec.setdefault("sessionAffinity", "None")
    _service_ips(kind, name, spec, old_spec, allocations)
    if service_type != "ExternalName":
        spec.setdefault("internalTrafficPolicy", "Cluster")
    if service_type in ("LoadBalancer", "NodePort"):
        spec.setdefault("externalTrafficPolicy", "Cluster")
    else:
        spec.pop("externalTrafficPolicy", None)
    if service_type == "LoadBalancer":
        spec.setdefault("allocateLoadBalancerNodePorts", True)
    _service_ports(kind, name, spec, old_spec, allocations)
    if service_type == "LoadBalancer" and spec["externalTrafficPolicy"] == "Local":
        if not spec.get("healthCheckNodePort"):
            spec["healthCheckNodePort"] = old_spec.get("healthCheckNodePort") or allocations.node_port()
    else:
        spec.pop("healthCheckNodePort", None)
    status = obj.setdefault("status", {})
    status.setdefault("loadBalancer", {})


def service_status(obj):
    """What the server adds to a written load balancer status."""
    for point in ((obj.get("status") or {}).get("loadBalancer") or {}).get("ingress") or []:
        if point.get("ip"):
            point.setdefault("ipMode", "VIP")


def _pod_spec(spec):
    spec.setdefault("restartPolicy", "Always")
    spec.setdefault("dnsPolicy", "ClusterFirst")
    spec.setdefault("schedulerName", "default-scheduler")
    spec.setdefault("terminationGracePeriodSeconds", 30)
    spec.setdefault("securityContext", {})
    if "serviceAccountName" in spec:
        spec.setdefault("serviceAccount", spec["serviceAccountName"])
    for container in spec.get("containers") or []:
        image = container.get("image", "")
        latest = ":" not in image.rsplit("/", 1)[-1] or image.endswith(":latest")
        container.setdefault("imagePullPolicy", "Always" if latest else "IfNotPresent")
        container.setdefault("terminationMessagePath", "/dev/termination-log")
        container.setdefault("terminationMessagePolicy", "File")
        container.setdefault("resources", {})
        for port in container.get("ports") or []:
            port.setdefault("protocol", "TCP")
        for probe in ("livenessProbe", "readinessProbe"):
            if container.get(probe):
                for key, value in (("timeoutSeconds", 1), ("periodSeconds", 10), ("successThreshold", 1),
                                   ("failureThreshold", 3)):
                    container[probe].setdefault(key, value)


def _workload(kind, obj, old, _allocations):
    spec, name = obj.setdefault("spec", {}), obj["metadata"]["name"]
    template = spec.setdefault("template", {})
    template.setdefault("metadata", {})
    _pod_spec(template.setdefault("spec", {}))
    if kind.kind != "DaemonSet" and spec.get("replicas") is None:
        spec["replicas"] = 1
    if old and old["spec"].get("selector") != spec.get("selector"):
        raise invalid(kind, name, "spec.selector", "FieldValueInvalid", "Invalid value: field is immutable")
    chosen = (spec.get("selector") or {}).get("matchLabels") or {}
    labels = template["metadata"].get("labels") or {}
    if any(labels.get(k) != v for k, v in chosen.items()) or not spec.get("selector"):
        raise invalid(kind, name, "spec.template.metadata.labels", "FieldValueInvalid",
                      f"Invalid value: {labels!r}: `selector` does not match template `labels`")
    if kind.kind == "Deployment":
        strategy = spec.setdefault("strategy", {})
        if strategy.setdefault("type", "RollingUpdate") == "RollingUpdate":
            rolling = strategy.setdefault("rollingUpdate", {})
            rolling.setdefault("maxUnavailable", "25%")
            rolling.setdefault("maxSurge", "25%")
        spec.setdefault("revisionHistoryLimit", 10)
        spec.setdefault("progressDeadlineSeconds", 600)
    if kind.kind == "DaemonSet":
        spec.setdefault("updateStrategy", {"type": "RollingUpdate",
                                           "rollingUpdate": {"maxUnavailable": 1, "maxSurge": 0}})
        spec.setdefault("revisionHistoryLimit", 10)
    obj.setdefault("status", {})


def _pod(_kind, obj, _old, _allocations):
    spec = obj.setdefault("spec", {})
    _pod_spec(spec)
    spec.setdefault("serviceAccountName", "default")
    spec.setdefault("enableServiceLinks", True)
    obj.setdefault("status", {}).setdefault("phase", "Pending")


def _namespace(_kind, obj, _old, _allocations):
    obj["metadata"].setdefault("labels", {})["kubernetes.io/metadata.name"] = obj["metadata"]["name"]
    obj.setdefault("spec", {}).setdefault("finalizers", ["kubernetes"])
    obj.setdefault("status", {}).setdefault("phase", "Active")


def _strings(kind, obj, field):
    for key, value in (obj.get(field) or {}).items():
        if not isinstance(value, str):
            raise bad_request(f"{kind.kind} in version \"v1\" cannot be handled as a {kind.kind}: "
                              f"{field}.{key}: expected a string")


def _secret(kind, obj, _old, _allocations):
    obj.setdefault("type", "Opaque")
    _strings(kind, obj, "stringData")
    for key, value in (obj.pop("stringData", None) or {}).items():
        obj.setdefault("data", {})[key] = base64.b64encode(value.encode()).decode()


def _config_map(kind, obj, old, _allocations):
    _strings(kind, obj, "data")
    if old and old.get("immutable") and old.get("data") != obj.get("data"):
        raise invalid(kind, obj["metadata"]["name"], "data", "FieldValueForbidden",
                      "Forbidden: field is immutable when `immutable` is set")


def _slice(_kind, obj, _old, _allocations):
    for port in obj.get("ports") or []:
        port.setdefault("protocol", "TCP")


BY_KIND = {"Service": _service, "Deployment": _workload, "DaemonSet": _workload, "ReplicaSet": _workload,
           "Pod": _pod, "Namespace": _namespace, "Secret": _secret, "ConfigMap": _config_map,
           "EndpointSlice": _slice}


def fill(kind, obj, old, allocations):
    """Default and validate in place."""
    function = BY_KIND.get(kind.kind)
    if function:
        function(kind, obj, old, allocations)
