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
    all: bool = False        # shown by `get all`
    status: bool = False     # has a status subresource
    scale: bool = False
    generation: bool = False  # counts changes of its spec
    columns: tuple = ()      # of a custom resource: its printer columns
    schema: dict = field(default=None, hash=False, compare=False)

    @property
    def api_version(self):
        return f"{self.group}/{self.version}" if self.group else self.version

    @property
    def singular(self):
        return self.kind.lower()


BUILT_IN = [
    Kind("", "v1", "namespaces", "Namespace", namespaced=False, short=("ns",), status=True),
    Kind("", "v1", "nodes", "Node", namespaced=False, short=("no",), status=True),
    Kind("", "v1", "pods", "Pod", short=("po",), all=True, status=True),
    Kind("", "v1", "services", "Service", short=("svc",), all=True, status=True),
    Kind("", "v1", "endpoints", "Endpoints", short=("ep",)),
    Kind("", "v1", "configmaps", "ConfigMap", short=("cm",)),
    Kind("", "v1", "secrets", "Secret"),
    Kind("", "v1", "serviceaccounts", "ServiceAccount", short=("sa",)),
    Kind("", "v1", "events", "Event", short=("ev",)),
    Kind("apps", "v1", "deployments", "Deployment", short=("deploy",), all=True, status=True, scale=True,
         generation=True),
    Kind("apps", "v1", "daemonsets", "DaemonSet", short=("ds",), all=True, status=True, generation=True),
    Kind("apps", "v1", "replicasets", "ReplicaSet", short=("rs",), all=True, status=True, scale=True,
         generation=True),
    Kind("discovery.k8s.io", "v1", "endpointslices", "EndpointSlice", generation=True),
    Kind("coordination.k8s.io", "v1", "leases", "Lease"),
    Kind("rbac.authorization.k8s.io", "v1", "roles", "Role"),
    Kind("rbac.authorization.k8s.io", "v1", "rolebindings", "RoleBinding"),
    Kind("rbac.authorization.k8s.io", "v1", "clusterroles", "ClusterRole", namespaced=False),
    Kind("rbac.authorization.k8s.io", "v1", "clusterrolebindings", "ClusterRoleBinding", namespaced=False),
]


class Registry:
    """The kinds by group, version and plural."""

    def __init__(self):
        self.by_path = {(k.group, k.version, k.plural): k for k in BUILT_IN}

    def add(self, kind):
        self.by_path[(kind.group, kind.version, kind.plural)] = kind

    def find(self, group, version, plural):
        return self.by_path.get((group, version, plural))

    def of_object(self, api_version, kind_name):
        group, _, version = api_version.rpartition("/")
        for kind in self.by_path.values():
            if (kind.group, kind.version, kind.kind) == (group, version, kind_name):
                return kind
        return None

    def groups(self):
        """group -> [versions], without the core group, in the order of registration"""
        groups = {}
        for kind in self.by_path.values():
            if kind.group and kind.version not in groups.setdefault(kind.group, []):
                groups[kind.group].append(kind.version)
        return groups

    def of_version(self, group, version):
        return [k for k in self.by_path.values() if (k.group, k.version) == (group, version)]


def resource_list(registry, group, version):
    """The discovery document of one group and version, or None."""
    resources = []
    for kind in registry.of_version(group, version):
        entry = {"name": kind.plural, "singularName": kind.singular, "namespaced": kind.namespaced,
                 "kind": kind.kind, "verbs": VERBS}
        if kind.short:
            entry["shortNames"] = list(kind.short)
        if kind.all:
            entry["categories"] = ["all"]
        resources.append(entry)
        if kind.status:
            resources.append({"name": kind.plural + "/status", "singularName": "", "namespaced": kind.namespaced,
                              "kind": kind.kind, "verbs": ["get", "patch", "update"]})
        if kind.scale:
            resources.append({"name": kind.plural + "/scale", "singularName": "", "namespaced": True,
                              "group": "autoscaling", "version": "v1", "kind": "Scale",
                              "verbs": ["get", "patch", "update"]})
        if kind.plural == "pods":
            resources.append({"name": "pods/log", "singularName": "", "namespaced": True, "kind": "Pod",
                              "verbs": ["get"]})
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
