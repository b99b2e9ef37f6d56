"""tables - what `kubectl get` shows of an object"""
# SPDX-License-Identifier: Apache-2.0
import datetime
import json
import re


def _age_text(seconds):
    seconds = int(seconds)
    minutes, hours, days = seconds // 60, seconds // 3600, seconds // 86400
    if seconds < 120:
        return f"{max(seconds, 0)}s"
    if minutes < 10:
        return f"{minutes}m" + (f"{seconds % 60}s" if seconds % 60 else "")
    if hours < 3:
        return f"{minutes}m"
    if hours < 8:
        return f"{hours}h" + (f"{minutes % 60}m" if minutes % 60 else "")
    if hours < 48:
        return f"{hours}h"
    if days < 8:
        return f"{days}d" + (f"{hours % 24}h" if hours % 24 else "")
    return f"{days}d" if days < 730 else f"{days // 365}y{days % 365}d"


def age(stamp):
    if not stamp:
        return "<unknown>"
    moment = datetime.datetime.fromisoformat(stamp.replace("Z", "+00:00"))
    return _age_text((datetime.datetime.now(datetime.timezone.utc) - moment).total_seconds())


def _age_of(obj):
    return age(obj["metadata"].get("creationTimestamp"))


def _pairs(labels):
    return ",".join(f"{k}={v}" for k, v in sorted((labels or {}).items())) or "<none>"


def _selector(selector):
    return _pairs((selector or {}).get("matchLabels"))


def _containers(obj):
    containers = obj["spec"].get("template", obj).get("spec", {}).get("containers") or []
    return [",".join(c.get("name", "") for c in containers), ",".join(c.get("image", "") for c in containers)]


def _state_word(container):
    """Why a container does not run, or None."""
    state = container.get("state") or {}
    for key in ("waiting", "terminated"):
        if state.get(key, {}).get("reason"):
            return state[key]["reason"]
    if "terminated" in state:
        return f"ExitCode:{state['terminated'].get('exitCode', 0)}"
    return None


def _init_word(obj):
    """Where the init containers stand while they run, or None."""
    states = (obj.get("status") or {}).get("initContainerStatuses") or []
    for index, container in enumerate(states):
        ended = (container.get("state") or {}).get("terminated")
        if ended and ended.get("exitCode", 0) == 0:
            continue
        word = _state_word(container)
        if word and word != "PodInitializing":
            return f"Init:{word}"
        return f"Init:{index}/{len(obj['spec'].get('initContainers') or [])}"
    return None


def _pod_status(obj):
    status = obj.get("status") or {}
    phase = status.get("phase", "")
    text = _init_word(obj)
    if text is None:
        text = status.get("reason") or phase
        for container in reversed(status.get("containerStatuses") or []):
            text = _state_word(container) or text
    return "Terminating" if obj["metadata"].get("deletionTimestamp") and phase not in ("Succeeded", "Failed") else text


def _restarts(states):
    count = sum(c.get("restartCount", 0) for c in states)
    ends = [((c.get("lastState") or {}).get("terminated") or {}).get("finishedAt") for c in states]
    last = max((e for e in ends if e), default=None)
    return f"{count} ({age(last)} ago)" if count and last else str(count)


def _pod(obj):
    status = obj.get("status") or {}
    states = status.get("containerStatuses") or []
    ready = sum(1 for c in states if c.get("ready") and "running" in (c.get("state") or {}))
    ips = [p["ip"] for p in status.get("podIPs") or [] if p.get("ip")]
    return [obj["metadata"]["name"], f"{ready}/{len(obj['spec'].get('containers') or [])}", _pod_status(obj),
            _restarts(states), _age_of(obj), (ips or [status.get("podIP")])[0] or "<none>",
            obj["spec"].get("nodeName") or "<none>", status.get("nominatedNodeName") or "<none>", "<none>"]


def _external_ip(obj):
    spec = obj["spec"]
    if spec.get("type") == "ExternalName":
        return spec.get("externalName", "")
    external = spec.get("externalIPs") or []
    if spec.get("type") != "LoadBalancer":
        return ",".join(external) or "<none>"
    points = ((obj.get("status") or {}).get("loadBalancer") or {}).get("ingress") or []
    found = sorted({p.get("ip") or p.get("hostname", "") for p in points})
    return ",".join(found + external) or "<pending>"


def _service(obj):
    spec = obj["spec"]
    ports = ",".join(f"{p['port']}" + (f":{p['nodePort']}" if p.get("nodePort") else "")
                     + f"/{p.get('protocol', 'TCP')}" for p in spec.get("ports") or [])
    return [obj["metadata"]["name"], spec.get("type", ""), (spec.get("clusterIPs") or ["<none>"])[0],
            _external_ip(obj), ports or "<none>", _age_of(obj), _pairs(spec.get("selector"))]


def _ready(obj):
    return f"{(obj.get('status') or {}).get('readyReplicas', 0)}/{obj['spec'].get('replicas', 0)}"


def _deployment(obj):
    status = obj.get("status") or {}
    return [obj["metadata"]["name"], _ready(obj), status.get("updatedReplicas", 0), status.get("availableReplicas", 0), _age_of(obj),
            *_containers(obj), _selector(obj["spec"].get("selector"))]


def _daemon_set(obj):
    status = obj.get("status") or {}
    return [obj["metadata"]["name"], status.get("desiredNumberScheduled", 0),
            status.get("currentNumberScheduled", 0), status.get("numberReady", 0),
            status.get("updatedNumberScheduled", 0), status.get("numberAvailable", 0),
            _pairs(obj["spec"]["template"]["spec"].get("nodeSelector")), _age_of(obj), *_containers(obj),
            _selector(obj["spec"].get("selector"))]


def _replica_set(obj):
    status = obj.get("status") or {}
    return [obj["metadata"]["name"], obj["spec"].get("replicas", 0), status.get("replicas", 0),
            status.get("readyReplicas", 0), _age_of(obj), *_containers(obj), _selector(obj["spec"].get("selector"))]


def _stateful_set(obj):
    return [obj["metadata"]["name"], _ready(obj), _age_of(obj), *_containers(obj)]


def _node(obj):
    status = obj.get("status") or {}
    conditions = {c["type"]: c["status"] for c in status.get("conditions") or []}
    ready = {"True": "Ready", None: "Unknown"}.get(conditions.get("Ready"), "NotReady")
    if obj.get("spec", {}).get("unschedulable"):
        ready += ",SchedulingDisabled"
    roles = sorted(k.split("/", 1)[1] for k in obj["metadata"].get("labels") or {}
                   if k.startswith("node-role.kubernetes.io/"))
    addresses = {a["type"]: a["address"] for a in status.get("addresses") or []}
    info = status.get("nodeInfo") or {}
    return [obj["metadata"]["name"], ready, ",".join(roles) or "<none>", _age_of(obj),
            info.get("kubeletVersion", ""), addresses.get("InternalIP", "<none>"),
            addresses.get("ExternalIP", "<none>"), info.get("osImage", "<unknown>"),
            info.get("kernelVersion", "<unknown>"), info.get("containerRuntimeVersion", "<unknown>")]


def _short_list(items):
    more = f" + {len(items) - 3} more..." if len(items) > 3 else ""
    return ",".join(items[:3]) + more or "<none>"


def _endpoints(obj):
    found = [f"{a['ip']}:{p['port']}" for s in obj.get("subsets") or [] for p in s.get("ports") or []
             for a in s.get("addresses") or []]
    return [obj["metadata"]["name"], _short_list(found), _age_of(obj)]


def _slice(obj):
    ports = [str(p.get("port", "")) for p in obj.get("ports") or []]
    found = [a for e in obj.get("endpoints") or [] for a in e.get("addresses") or []]
    return [obj["metadata"]["name"], obj.get("addressType", ""), _short_list(ports) if ports else "<unset>",
            _short_list(found), _age_of(obj)]


def _event(obj):
    about, source = obj.get("involvedObject") or {}, obj.get("source") or {}
    last = ((obj.get("series") or {}).get("lastObservedTime") or obj.get("lastTimestamp")
            or obj.get("eventTime") or obj.get("firstTimestamp"))
    return [age(last), obj.get("type", ""), obj.get("reason", ""),
            f"{about.get('kind', '').lower()}/{about.get('name', '')}", about.get("fieldPath", ""),
            ", ".join(v for v in (source.get("component"), source.get("host")) if v), obj.get("message", ""),
            age(obj.get("firstTimestamp") or obj.get("eventTime")), obj.get("count") or 1, obj["metadata"]["name"]]


def _name_and(*cells):
    return lambda obj: [obj["metadata"]["name"], *(cell(obj) for cell in cells), _age_of(obj)]


def _binding(obj):
    ref, subjects = obj.get("roleRef") or {}, obj.get("subjects") or []

    def of(kind):
        return ", ".join((s.get("namespace", "") + "/" if kind == "ServiceAccount" else "") + s["name"]
                         for s in subjects if s.get("kind") == kind)

    return [obj["metadata"]["name"], f"{ref.get('kind')}/{ref.get('name')}", _age_of(obj), of("User"), of("Group"),
            of("ServiceAccount")]


# Columns: name, with * for those of -o wide, and # for integers.
TABLES = {
    "Pod": ("Name Ready Status Restarts Age IP* Node* Nominated_Node* Readiness_Gates*", _pod),
    "Service": ("Name Type Cluster-IP External-IP Port(s) Age Selector*", _service),
    "Deployment": ("Name Ready Up-to-date Available Age Containers* Images* Selector*", _deployment),
    "DaemonSet": ("Name Desired# Current# Ready# Up-to-date# Available# Node_Selector Age Containers* Images* "
                  "Selector*", _daemon_set),
    "ReplicaSet": ("Name Desired# Current# Ready# Age Containers* Images* Selector*", _replica_set),
    "StatefulSet": ("Name Ready Age Containers* Images*", _stateful_set),
    "Node": ("Name Status Roles Age Version Internal-IP* External-IP* OS-Image* Kernel-Version* "
             "Container-Runtime*", _node),
    "Endpoints": ("Name Endpoints Age", _endpoints),
    "EndpointSlice": ("Name AddressType Ports Endpoints Age", _slice),
    "Event": ("Last_Seen Type Reason Object Subobject* Source* Message First_Seen* Count* Name*", _event),
    "ConfigMap": ("Name Data# Age", _name_and(lambda o: len(o.get("data") or {}) + len(o.get("binaryData") or {}))),
    "Secret": ("Name Type Data# Age", _name_and(lambda o: o.get("type", ""), lambda o: len(o.get("data") or {}))),
    "Namespace": ("Name Status Age", _name_and(lambda o: (o.get("status") or {}).get("phase", ""))),
    "ServiceAccount": ("Name Secrets# Age", _name_and(lambda o: len(o.get("secrets") or []))),
    "Lease": ("Name Holder Age", _name_and(lambda o: (o.get("spec") or {}).get("holderIdentity") or "")),
    "RoleBinding": ("Name Role Age Users* Groups* ServiceAccounts*", _binding),
    "ClusterRoleBinding": ("Name Role Age Users* Groups* ServiceAccounts*", _binding),
}


def _built_in(kind):
    heads, row = TABLES.get(kind.kind, ("Name Created_At",
                                        lambda o: [o["metadata"]["name"], o["metadata"].get("creationTimestamp")]))
    columns = []
    for head in heads.split():
        name = head.rstrip("*#").replace("_", " ")
        columns.append({"name": name, "type": "integer" if head.endswith("#") else "string",
                        "format": "name" if name == "Name" else "", "description": "",
                        "priority": 1 if head.endswith("*") else 0})
    return columns, row


FILTER = re.compile(r"""\?\(@\.(\w+)==["']([^"']*)["']\)""")


def _step(obj, part):
    if isinstance(obj, list):
        chosen = FILTER.fullmatch(part)
        if chosen:
            return next((i for i in obj if isinstance(i, dict) and i.get(chosen[1]) == chosen[2]), None)
        if part == "*":
            return obj
        return obj[int(part)] if part.isdigit() and int(part) < len(obj) else None
    return obj.get(part) if isinstance(obj, dict) else None


def _json_path(obj, path):
    """The value at a JSONPath of names, [numbers], [*] and [?(@.name=="value")]; None when there is none."""
    for quoted, inner, name in re.findall(r"\['([^']+)'\]|\[([^\]]+)\]|([^.\[\]]+)", path):
        obj = _step(obj, quoted or inner or name)
        if obj is None:
            return None
    return obj


def _custom_cell(obj, column):
    value = _json_path(obj, column["jsonPath"])
    if value is None:
        return None
    if column["type"] == "date":
        return age(value)
    if column["type"] in ("integer", "boolean", "number"):
        return value
    return value if isinstance(value, str) else json.dumps(value, separators=(",", ":"))


def _custom(kind):
    chosen = list(kind.columns) or [{"name": "Age", "type": "date",
                                                  "jsonPath": ".metadata.creationTimestamp"}]
    columns = [{"name": "Name", "type": "string", "format": "name", "description": "", "priority": 0}]
    columns += [{"name": c["name"], "type": c["type"], "format": c.get("format", ""),
                 "description": c.get("description", ""), "priority": c.get("priority", 0)} for c in chosen]
    return columns, lambda obj: [obj["metadata"]["name"], *(_custom_cell(obj, c) for c in chosen)]


def table(kind, objects, include, meta):
    """A Table of objects; `include` is the query's includeObject."""
    columns, row = _custom(kind) if kind.custom else _built_in(kind)
    rows = []
    for obj in objects:
        entry = {"cells": row(obj)}
        if include == "Object":
            entry["object"] = obj
        elif include != "None":
            entry["object"] = {"kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1",
                               "metadata": obj["metadata"]}
        rows.append(entry)
    return {"kind": "Table", "apiVersion": "meta.k8s.io/v1", "metadata": meta, "columnDefinitions": columns,
            "rows": rows}
