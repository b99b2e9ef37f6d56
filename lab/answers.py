"""answers - with which status a Kubernetes API server answers requests, right and wrong

The lab's own endpoint is held to it in tests/lab, and a real API server in tests/real.
"""
# SPDX-License-Identifier: Apache-2.0
from . import kube

CORE = "/api/v1/namespaces/default"
LEASES = "/apis/coordination.k8s.io/v1/namespaces/default/leases"
SLICES = "/apis/discovery.k8s.io/v1/namespaces/default/endpointslices"
MERGE = "application/merge-patch+json"


def service(name, **spec):
    return {"metadata": {"name": name}, "spec": {"type": "LoadBalancer", "ports": [{"port": 80}], **spec}}


def status(*points):
    return {"status": {"loadBalancer": {"ingress": list(points)}}}


def event(name, about="default"):
    return {"metadata": {"name": name}, "involvedObject": {"kind": "Service", "name": "one", "namespace": about},
            "reason": "x", "message": "y", "type": "Normal"}


# What a daemon or a test may ask, right and wrong, in an order that makes sense: (status, name, method, path, body);
# 200 stands for every success.
REQUESTS = [
    (200, "create", "POST", f"{CORE}/services", service("one")),
    (409, "create it again", "POST", f"{CORE}/services", service("one")),
    (404, "create where there is no namespace", "POST", "/api/v1/namespaces/nowhere/services", service("one")),
    (404, "get what is not there", "GET", f"{CORE}/services/none", None),
    (404, "get of an unknown kind", "GET", f"{CORE}/unknowns", None),
    (404, "get of an unknown group", "GET", "/apis/nobody.example/v1/things", None),
    (422, "a name with a capital letter", "POST", f"{CORE}/services", service("One")),
    (422, "a name that begins with a digit", "POST", f"{CORE}/services", service("1one")),
    (422, "no ports", "POST", f"{CORE}/services", service("none", ports=[])),
    (422, "a port out of range", "POST", f"{CORE}/services", service("far", ports=[{"port": 70000}])),
    (422, "the same port twice", "POST", f"{CORE}/services", service("two", ports=[{"port": 80}, {"port": 80}])),
    (422, "an unknown type", "POST", f"{CORE}/services", service("odd", type="Balancer")),
    (422, "a headless load balancer", "POST", f"{CORE}/services", service("bare", clusterIP="None")),
    (422, "a cluster address outside of the network", "POST", f"{CORE}/services", service("out", clusterIP="192.0.2.1")),
    (422, "a wrong source range", "POST", f"{CORE}/services", service("range", loadBalancerSourceRanges=["300.0.0.0/8"])),
    (422, "another cluster address", "MERGE", f"{CORE}/services/one", {"spec": {"clusterIP": "10.96.3.3"}}),
    (200, "a status", "MERGE", f"{CORE}/services/one/status", status({"ip": "172.18.0.1"})),
    (200, "a status with a host name", "MERGE", f"{CORE}/services/one/status", status({"hostname": "lb.example"})),
    (422, "a status with what is no address", "MERGE", f"{CORE}/services/one/status", status({"ip": "no address"})),
    (422, "a status with a wrong host name", "MERGE", f"{CORE}/services/one/status", status({"hostname": "-"})),
    (409, "a replacement of what was changed", "PUT", f"{CORE}/services/one", {
        **service("one"), "metadata": {"name": "one", "resourceVersion": "1"}}),
    (400, "a replacement under another name", "PUT", f"{CORE}/services/one", service("two")),
    (200, "a replacement of what is not there", "PUT", f"{CORE}/services/none", service("none")),
    (400, "a wrong label selector", "GET", f"{CORE}/services?labelSelector=a%3D%3D%3Db", None),
    (400, "an unknown field selector", "GET", f"{CORE}/services?fieldSelector=spec.odd%3Dx", None),
    (400, "a wrong limit", "GET", f"{CORE}/services?limit=some", None),
    (400, "a wrong continuation", "GET", f"{CORE}/services?limit=1&continue=odd", None),
    (200, "an event", "POST", f"{CORE}/events", event("one.1")),
    (422, "an event about another namespace", "POST", f"{CORE}/events", event("one.2", "other")),
    (200, "a lease", "POST", LEASES, {"metadata": {"name": "one"}, "spec": {"holderIdentity": "me"}}),
    (409, "a lease that was changed", "PUT", f"{LEASES}/one", {
        "metadata": {"name": "one", "resourceVersion": "1"}, "spec": {"holderIdentity": "you"}}),
    (422, "a lease of no time", "POST", LEASES, {"metadata": {"name": "two"}, "spec": {"leaseDurationSeconds": 0}}),
    (200, "a slice", "POST", SLICES, {"metadata": {"name": "one"}, "addressType": "IPv4", "endpoints": [], "ports": []}),
    (422, "a slice without a kind of address", "POST", SLICES, {"metadata": {"name": "two"}, "endpoints": [], "ports": []}),
    (422, "a slice of what is no address", "POST", SLICES, {
        "metadata": {"name": "two"}, "addressType": "IPv4", "endpoints": [{"addresses": ["odd"]}], "ports": []}),
    (422, "a node with a capital letter", "POST", "/api/v1/nodes", {"metadata": {"name": "nodeA"}}),
    (200, "a config map", "POST", f"{CORE}/configmaps", {"metadata": {"name": "one"}, "data": {"config": "x"}}),
    (422, "a config map with a wrong key", "POST", f"{CORE}/configmaps", {"metadata": {"name": "two"}, "data": {"a b": "x"}}),
    (200, "a secret", "POST", f"{CORE}/secrets", {"metadata": {"name": "one"}, "data": {"key": "eA=="}}),
    (400, "a secret that is not base64", "POST", f"{CORE}/secrets", {"metadata": {"name": "two"}, "data": {"key": "?"}}),
    (400, "a number where a text belongs", "POST", f"{CORE}/configmaps", {"metadata": {"name": "two"}, "data": {"a": 1}}),
    (200, "delete", "DELETE", f"{CORE}/services/one", None),
    (404, "delete it again", "DELETE", f"{CORE}/services/one", None),
]


def status_of(client, method, path, body):
    """200 for success, else the refusal's."""
    try:
        if method == "MERGE":
            client.request("PATCH", path, body, MERGE)
        else:
            client.request(method, path, body)
    except kube.Refused as refused:
        return refused.code
    return 200


def wrong(client):
    """The requests that are answered otherwise: {name: (status, what it should be)}."""
    found = {name: (status_of(client, *request), wanted) for wanted, name, *request in REQUESTS}
    return {name: pair for name, pair in found.items() if pair[0] != pair[1]}
