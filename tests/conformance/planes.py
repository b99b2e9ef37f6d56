"""planes - what keeps the objects of a scenario: the lab's endpoint, or a real API server

The endpoint is made for each scenario and stores whatever it is given. Real servers
are few and slow to start: each serves one scenario after the other and is emptied
before each. What a scenario says of an object is put into the words that a real
server takes, where they mean the same; what it refuses all the same is an error.
"""
# SPDX-License-Identifier: Apache-2.0
import contextlib
import copy
import functools
import json
import os

from lab import backend, kube, netns, poll
from lab.apiserver.server import InThread
from lab.real.client import SecureClient
from lab.real.control_plane import PORT, ControlPlane
from lab.real.pki import Pki

from lan import NETWORKS
from relay import Relay

NAMESPACE = "metallb-system"
WRITE_S = 10  # while the product writes the same object
HOST = "172.17.0.10"  # of a real server, in a namespace of its own
SERVICE_NETS = "10.96.0.0/16,fd00:10:96::/112"
KEPT_NAMESPACES = {"default", "kube-system", "kube-public", "kube-node-lease", NAMESPACE}
NAME_LABEL = "kubernetes.io/metadata.name"
EMPTIED = ("services", "endpoints", "endpointslices", "pods", "configmaps", "secrets", "leases", "events", "nodes")


class Embedded:
    """The lab's endpoint, without validation, in this process."""

    def __init__(self):
        self.endpoint = self.client = self.kubeconfig = None

    def serve(self, space, address):
        """Begin, on an address of a namespace."""
        self.endpoint = InThread(f"{address}:0", validate=False)
        netns.in_namespace(space, self.endpoint.__enter__)
        host, port = self.endpoint.address.rsplit(":", 1)
        self.client = kube.Client(host, int(port), space)
        self.client.create("namespaces", {"metadata": {"name": NAMESPACE}})
        self.kubeconfig = {"current-context": "c", "contexts": [{"name": "c", "context": {"cluster": "c"}}],
                           "clusters": [{"name": "c", "cluster": {"server": f"http://{self.endpoint.address}"}}]}

    def define(self, definitions):
        for definition in definitions:
            self.client.create("customresourcedefinitions", definition)

    def store(self, resource, obj):
        """Create or replace an object; what is stored then."""
        try:
            return self.client.replace(resource, obj)
        except kube.Refused as refused:
            if refused.code != 404:
                raise
            return self.client.create(resource, obj)

    def merge(self, resource, namespace, name, patch):
        return self.client.merge(resource, namespace, name, patch)

    def set_status(self, resource, namespace, name, status):
        obj = self.client.get(resource, namespace, name)
        obj["status"] = status
        obj["metadata"].pop("resourceVersion", None)
        return self.client.replace(resource, obj, "status")

    def delete(self, resource, namespace, name):
        self.client.delete(resource, namespace, name)

    def close(self):
        if self.endpoint:
            self.endpoint.__exit__()


def families(service):
    """Of a service's cluster addresses, as the server is asked for them; a real one chooses the addresses itself."""
    spec = service["spec"]
    ips = spec.get("clusterIPs") or [spec.get("clusterIP")]
    return ["IPv6" if ":" in ip else "IPv4" for ip in ips if ip and ip != "None"]


def as_real(resource, obj):
    """The object in the words of a real server."""
    obj = copy.deepcopy(obj)
    if resource == "services" and families(obj):
        spec, wanted = obj["spec"], families(obj)
        if len(set(wanted)) == len(wanted):  # else the server says what is wrong with it
            spec.pop("clusterIP", None)
            spec.pop("clusterIPs", None)
            spec.setdefault("ipFamilies", wanted)
            spec.setdefault("ipFamilyPolicy", "SingleStack" if len(wanted) == 1 else "RequireDualStack")
    if resource == "pods":
        for container in obj["spec"]["containers"]:
            container.setdefault("image", "none")
    return obj


class Real:
    """A real API server that other scenarios used before."""

    def __init__(self, server):
        self.server, self.client, self.kubeconfig, self.relay = server, server.client, None, None

    def serve(self, space, address):
        self.server.empty()
        self.relay = Relay(space, address, self.server.space, (HOST, PORT))
        self.kubeconfig = copy.deepcopy(self.server.kubeconfig)
        self.kubeconfig["clusters"][0]["cluster"]["server"] = f"https://{self.relay.address}"

    def define(self, definitions):
        self.server.define(definitions)

    def store(self, resource, obj):
        wanted = families(obj) if resource == "services" else []
        obj = as_real(resource, obj)
        meta, status = obj["metadata"], obj.pop("status", None)
        done = poll.until(lambda: self._replace(resource, obj), WRITE_S, f"{meta['name']} is stored", every=0)
        if wanted and families(done) != wanted:
            raise kube.Refused(422, f"the API server gives it cluster addresses of {families(done)}")
        return self.set_status(resource, meta.get("namespace"), meta["name"], status) if status else done

    def _replace(self, resource, obj):
        """None when the product has written it meanwhile; custom resources are not replaced blindly."""
        meta = obj["metadata"]
        try:
            held = self.client.get(resource, meta.get("namespace"), meta["name"])
            meta["resourceVersion"] = held["metadata"]["resourceVersion"]
            return self.client.replace(resource, obj)
        except kube.Refused as refused:
            if refused.code == 409:
                return None
            if refused.code != 404:
                raise
        self._need_namespace(meta.get("namespace"))
        return self.client.create(resource, obj)

    def _need_namespace(self, name):
        if name:
            with contextlib.suppress(kube.Refused):  # it is there
                self.client.create("namespaces", {"metadata": {"name": name}})

    def merge(self, resource, namespace, name, patch):
        patch = copy.deepcopy(patch)
        status = patch.pop("status", None)
        if patch or status is None:
            done = self.client.merge(resource, namespace, name, patch)
        return done if status is None else self.client.merge(resource, namespace, name, {"status": status}, "status")

    def set_status(self, resource, namespace, name, status):
        def write():
            obj = self.client.get(resource, namespace, name)
            obj["status"] = status
            try:
                return self.client.replace(resource, obj, "status")
            except kube.Refused as refused:
                if refused.code == 409:
                    return None
                raise

        return poll.until(write, WRITE_S, f"the status of {name} is stored", every=0)

    def delete(self, resource, namespace, name):
        self.client.delete(resource, namespace, name, grace=0)
        if resource == "namespaces":
            self.server.finish_namespace(name)

    def close(self):
        if self.relay:
            self.relay.close()


class Server:
    """A real API server with an etcd of its own; nothing else of Kubernetes runs."""

    def __init__(self, spaces, name, directory):
        self.space = spaces.add(name)
        spaces.ip(name, "addr", "add", HOST + "/32", "dev", "lo")
        os.makedirs(directory)
        pki = Pki(directory)
        self.plane = ControlPlane(spaces, pki, HOST, directory, space=name, service_nets=SERVICE_NETS,
                                  served_at=["127.0.0.1", *(network + ".1" for network in NETWORKS)],
                                  api=["--disable-admission-plugins=ServiceAccount"])
        self.client = SecureClient((HOST, PORT), self.space, pki.ca_file, self.plane.admin)
        with open(self.plane.kubeconfig("admin", self.plane.admin), encoding="utf-8") as file:
            self.kubeconfig = json.load(file)

    def start(self):
        self.plane.start_api(self.client.ready)

    def stop(self):
        self.plane.stop()

    # ---- from one scenario to the next ----

    def _paths(self):
        """Of all resources that scenarios and daemons leave something in."""
        groups = self.client.request("GET", "/apis/apiextensions.k8s.io/v1/customresourcedefinitions")["items"]
        return [*map(self.client.path, EMPTIED),
                *(f"/apis/{d['spec']['group']}/{d['spec']['versions'][0]['name']}/{d['spec']['names']['plural']}"
                  for d in groups)]

    def empty(self):
        """As a scenario expects to find it."""
        with contextlib.suppress(kube.Refused):
            self.client.create("namespaces", {"metadata": {"name": NAMESPACE}})
        for path in self._paths():
            root, resource = path.rsplit("/", 1)
            for obj in self.client.request("GET", path)["items"]:
                self._delete(root, resource, obj["metadata"])
        for space in self.client.list("namespaces"):
            meta = space["metadata"]
            if meta["name"] not in KEPT_NAMESPACES:
                self.client.delete("namespaces", None, meta["name"])
                self.finish_namespace(meta["name"])
            elif set(meta.get("labels") or {}) - {NAME_LABEL} or meta.get("annotations"):
                self.client.replace("namespaces", {"metadata": {"name": meta["name"]}})

    def _delete(self, root, resource, meta):
        namespace = meta.get("namespace")
        if namespace in KEPT_NAMESPACES - {NAMESPACE, "default"} or (namespace == "default" and meta["name"] == "kubernetes"):
            return  # the API server's own
        place = f"{root}/namespaces/{namespace}/{resource}" if namespace else f"{root}/{resource}"
        with contextlib.suppress(kube.Refused):
            self.client.request("DELETE", f"{place}/{meta['name']}", {"gracePeriodSeconds": 0})

    def finish_namespace(self, name):
        """The part of kube-controller-manager: it ends once nothing is in it."""
        with contextlib.suppress(kube.Refused):
            space = self.client.get("namespaces", None, name)
            space["spec"]["finalizers"] = []
            self.client.replace("namespaces", space, "finalize")

    def define(self, definitions):
        held = {d["metadata"]["name"] for d in
                self.client.request("GET", self.client.path("customresourcedefinitions"))["items"]}
        for definition in definitions:
            if definition["metadata"]["name"] not in held:
                self.client.create("customresourcedefinitions", definition)
        for definition in definitions:
            self._wait_served(definition)

    def _wait_served(self, definition):
        spec = definition["spec"]
        path = f"/apis/{spec['group']}/{spec['versions'][0]['name']}/{spec['names']['plural']}"

        def served():
            try:
                return self.client.request("GET", path)
            except kube.Refused:
                return None

        poll.until(served, 30, f"{path} is served")


@contextlib.contextmanager
def places(jobs, prefix, directory):
    """{slow: [what makes a plane, for one scenario after the other]}: so many of a kind run at once."""
    if not backend.is_real():
        yield dict.fromkeys((True, False), [Embedded] * jobs)
        return
    spaces = netns.Namespaces(prefix + "-planes")
    servers = [Server(spaces, f"s{n}", os.path.join(directory, f"s{n}")) for n in range(2 * jobs)]
    try:
        for server in servers:
            server.start()
        made = [functools.partial(Real, server) for server in servers]
        yield {True: made[:jobs], False: made[jobs:]}
    finally:
        for server in servers:
            server.stop()
