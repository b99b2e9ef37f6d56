"""kinds - which resources there are, as data"""
# SPDX-License-Identifier: Apache-2.0
from dataclasses import dataclass, field

VERBS = ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"]


@dataclass(frozen=True)
class Kind:
    group: str
    version: str
    plural: str
    kind: str
    namespaced: bool = True
    short: tuple = ()
    status: bool = False     # has a status subresource
    scale: bool = False
    generation: bool = False  # counts changes of its spec
    categories: tuple = ()
    columns: tuple = field(default=(), hash=False, compare=False)  # of a custom resource: its printer columns
    schema: dict = field(default=None, hash=False, compare=False)  # of a custom resource, else None
    view: str = ""           # the group that stores it, for a second view of the same objects

    @property
    def api_version(self):
        return f"{self.group}/{self.version}" if self.group else self.version

    @property
    def singular(self):
        return self.kind.lower()

    @property
    def custom(self):
        return self.schema is not None

    @property
    def key(self):
        """Where the store keeps its objects."""
        return ("" if self.view == "core" else self.group, self.plural)


ALL = ("all",)
APPS = {"group": "apps", "version": "v1", "status": True, "generation": True}
RBAC = {"group": "rbac.authorization.k8s.io", "version": "v1"}

BUILT_IN = [
    Kind("", "v1", "pods", "Pod", short=("po",), categories=ALL, status=True),
    Kind("", "v1", "services", "Service", short=("svc",), categories=ALL, status=True),
    Kind("", "v1", "namespaces", "Namespace", namespaced=False, short=("ns",), status=True),
    Kind("", "v1", "nodes", "Node", namespaced=False, short=("no",), status=True),
    Kind("", "v1", "endpoints", "Endpoints", short=("ep",)),
    Kind("", "v1", "configmaps", "ConfigMap", short=("cm",)),
    Kind("", "v1", "secrets", "Secret"),
    Kind("", "v1", "serviceaccounts", "ServiceAccount", short=("sa",)),
    Kind("", "v1", "events", "Event", short=("ev",)),
    Kind(plural="deployments", kind="Deployment", short=("deploy",), categories=ALL, scale=True, **APPS),
    Kind(plural="daemonsets", kind="DaemonSet", short=("ds",), categories=ALL, **APPS),
    Kind(plural="replicasets", kind="ReplicaSet", short=("rs",), categories=ALL, scale=True, **APPS),
    Kind(plural="statefulsets", kind="StatefulSet", short=("sts",), categories=ALL, scale=True, **APPS),
    Kind("apps", "v1", "controllerrevisions", "ControllerRevision"),
    Kind("discovery.k8s.io", "v1", "endpointslices", "EndpointSlice", generation=True),
    Kind("coordination.k8s.io", "v1", "leases", "Lease"),
    Kind("events.k8s.io", "v1", "events", "Event", short=("ev",), view="core"),
    Kind(plural="roles", kind="Role", **RBAC),
    Kind(plural="rolebindings", kind="RoleBinding", **RBAC),
    Kind(plural="clusterroles", kind="ClusterRole", namespaced=False, **RBAC),
    Kind(plural="clusterrolebindings", kind="ClusterRoleBinding", namespaced=False, **RBAC),
    Kind("policy", "v1", "poddisruptionbudgets", "PodDisruptionBudget", short=("pdb",), status=True,
         generation=True),
    Kind("networking.k8s.io", "v1", "networkpolicies", "NetworkPolicy", short=("netpol",), generation=True),
    Kind("networking.k8s.io", "v1", "ingresses", "Ingress", short=("ing",), status=True, generation=True),
    Kind("networking.k8s.io", "v1", "ingressclasses", "IngressClass", namespaced=False, generation=True),
    Kind("admissionregistration.k8s.io", "v1", "validatingwebhookconfigurations",
         "ValidatingWebhookConfiguration", namespaced=False, generation=True),
    Kind("apiextensions.k8s.io", "v1", "customresourcedefinitions", "CustomResourceDefinition", namespaced=False,
         short=("crd", "crds"), status=True, generation=True),
]


class Registry:
    """The kinds by group, version and plural."""

    def __init__(self):
        self.by_path = {(k.group, k.version, k.plural): k for k in BUILT_IN}

    def add(self, kind):
        self.by_path[(kind.group, kind.version, kind.plural)] = kind

    def remove(self, group, plural):
        for key in [k for k in self.by_path if (k[0], k[2]) == (group, plural)]:
            del self.by_path[key]

    def stored(self):
        """One kind for each set of objects in the store, in the version that is stored."""
        found = {}
        for kind in self.by_path.values():
            found.setdefault(kind.key, kind)
        return list(found.values())

    def stored_as(self, kind):
        return next(k for k in self.by_path.values() if k.key == kind.key)

    def find(self, group, version, plural):
        return self.by_path.get((group, version, plural))

    def groups(self):
        """group -> [versions], without the core group, in the order of registration"""
        groups = {}
        for kind in self.by_path.values():
            if kind.group and kind.version not in groups.setdefault(kind.group, []):
                groups[kind.group].append(kind.version)
        return groups

    def of_version(self, group, version):
        return [k for k in self.by_path.values() if (k.group, k.version) == (group, version)]


def _entry(kind):
    entry = {"name": kind.plural, "singularName": kind.singular, "namespaced": kind.namespaced, "kind": kind.kind,
             "verbs": VERBS}
    if kind.short:
        entry["shortNames"] = list(kind.short)
    if kind.categories:
        entry["categories"] = list(kind.categories)
    return entry


def _subresources(kind):
    changeable, core = ["get", "patch", "update"], kind.group == ""
    if kind.status:
        yield {"name": kind.plural + "/status", "kind": kind.kind, "verbs": changeable}
    if kind.scale:
        yield {"name": kind.plural + "/scale", "kind": "Scale", "group": "autoscaling", "version": "v1",
               "verbs": changeable}
    if core and kind.plural == "pods":
        yield {"name": "pods/log", "kind": "Pod", "verbs": ["get"]}
        yield {"name": "pods/proxy", "kind": "PodProxyOptions", "verbs": ["create", "delete", "get", "patch", "update"]}
        yield {"name": "pods/binding", "kind": "Binding", "verbs": ["create"]}
    if core and kind.plural == "serviceaccounts":
        yield {"name": "serviceaccounts/token", "kind": "TokenRequest", "group": "authentication.k8s.io",
               "version": "v1", "verbs": ["create"]}


def resource_list(registry, group, version):
    """The discovery document of one group and version, or None."""
    resources = []
    for kind in registry.of_version(group, version):
        resources.append(_entry(kind))
        resources += [dict(sub, singularName="", namespaced=kind.namespaced) for sub in _subresources(kind)]
    if not resources:
        return None
    name = f"{group}/{version}" if group else version
    return {"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": name, "resources": resources}


def group_list(registry):
    groups = []
    for group, versions in registry.groups().items():
        entries = [{"groupVersion": f"{group}/{v}", "version": v} for v in versions]
        groups.append({"name": group, "versions": entries, "preferredVersion": entries[0]})
    return {"kind": "APIGroupList", "apiVersion": "v1", "groups": groups}
