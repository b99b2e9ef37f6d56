"""subresources - scale, binding, log, proxy and token of an object, and reviews of what one may do"""
# SPDX-License-Identifier: Apache-2.0
import os

from . import bodies, patches, proxy, watch
from .access import Action
from .control import program_of
from .http import Response
from .status import ApiError, bad_request, success, unknown_path
from .store import clone



def _scale_of(obj):
    labels = ((obj["spec"].get("selector") or {}).get("matchLabels") or {}).items()
    keys = ("name", "namespace", "uid", "resourceVersion", "creationTimestamp")
    return {"kind": "Scale", "apiVersion": "autoscaling/v1",
            "metadata": {k: obj["metadata"][k] for k in keys if k in obj["metadata"]},
            "spec": {"replicas": obj["spec"].get("replicas", 0)},
            "status": {"replicas": (obj.get("status") or {}).get("replicas", 0),
                       "selector": ",".join(f"{k}={v}" for k, v in sorted(labels))}}


def scale(api, request, target):
    entry = api.store.get(target.kind, target.namespace, target.name)
    if request.method == "GET":
        return Response(200, _scale_of(entry.obj))
    wanted = bodies.parse(request.body)
    if request.method == "PATCH":
        wanted = patches.apply_patch(request.headers.get("content-type", ""), _scale_of(entry.obj), wanted, True)
    replicas = (wanted.get("spec") or {}).get("replicas", 0)
    if not isinstance(replicas, int) or replicas < 0:
        raise bad_request("spec.replicas must be a number, 0 or more")
    obj = clone(entry.obj)
    obj["spec"]["replicas"] = replicas
    version = (wanted.get("metadata") or {}).get("resourceVersion")
    if version:
        obj["metadata"]["resourceVersion"] = version
    entry = api.objects.update(target.kind, target.namespace, target.name, obj,
                               dry_run=request.query.get("dryRun") == "All")
    return Response(200, _scale_of(entry.obj))


def bind(api, request, target):
    binding = bodies.decode(request)
    obj = clone(api.store.get(target.kind, target.namespace, target.name).obj)
    obj["spec"]["nodeName"] = binding["target"]["name"]
    api.objects.update(target.kind, target.namespace, target.name, obj)
    return Response(201, success())


def _container_of(pod, asked):
    names = [c["name"] for c in (pod["spec"].get("initContainers") or []) + pod["spec"]["containers"]]
    if not asked and len(names) == 1:
        return names[0]
    if not asked:
        raise bad_request(f"a container name must be specified for pod {pod['metadata']['name']}, choose one of: "
                          f"[{' '.join(names)}]")
    if asked not in names:
        raise bad_request(f"container {asked} is not valid for pod {pod['metadata']['name']}")
    return asked


def _tail(data, count):
    lines = data.splitlines(keepends=True)
    return b"".join(lines[len(lines) - count:] if 0 <= count < len(lines) else lines)


def log(api, request, target):
    """The log of a container: FOLDER/NAMESPACE_POD_CONTAINER.log"""
    pod = api.store.get(target.kind, target.namespace, target.name).obj
    container = _container_of(pod, request.query.get("container"))
    path = os.path.join(api.log_dir or "/nonexistent", f"{target.namespace}_{target.name}_{container}.log")
    data = b""
    if os.path.exists(path):
        with open(path, "rb") as file:
            data = file.read()
    shown = data
    if "tailLines" in request.query:
        shown = _tail(data, int(request.query["tailLines"]))
    if "limitBytes" in request.query:
        shown = shown[:int(request.query["limitBytes"])]
    if request.query.get("follow") == "true":
        uid = pod["metadata"]["uid"]

        def is_there():
            entry = api.store.find(target.kind, target.namespace, target.name)
            return entry is not None and entry.obj["metadata"]["uid"] == uid

        return watch.FollowedLog(path, len(data) - len(shown), is_there)
    return Response(200, shown, "text/plain")


def token(api, _request, target):
    api.store.get(target.kind, target.namespace, target.name)
    return Response(201, {"kind": "TokenRequest", "apiVersion": "authentication.k8s.io/v1",
                          "metadata": {"name": target.name, "namespace": target.namespace},
                          "status": {"token": f"lab.{target.namespace}.{target.name}",
                                     "expirationTimestamp": "2099-01-01T00:00:00Z"}})


def refuse(_api, _request, target):
    raise ApiError(501, "NotImplemented", f"the lab does not do {target.subresource}: use `ip netns exec`")


# (method, subresource) -> function of (api, request, target)
HANDLERS = {("GET", "scale"): scale, ("PUT", "scale"): scale, ("PATCH", "scale"): scale, ("POST", "binding"): bind,
            ("GET", "log"): log, ("GET", "proxy"): proxy.proxy, ("POST", "token"): token}
HANDLERS.update({(method, name): refuse for method in ("GET", "POST") for name in ("exec", "attach", "portforward")})
OF_PLURAL = {"binding": "pods", "log": "pods", "proxy": "pods", "token": "serviceaccounts", "exec": "pods", "attach": "pods",
             "portforward": "pods"}


def exists(kind, name):
    if name in ("status", "scale"):
        return getattr(kind, name)
    return OF_PLURAL.get(name) == kind.plural


# ---- reviews ----

def _access(api, request, user, obj):
    asked = (obj.get("spec") or {}).get("resourceAttributes")
    if asked is None:
        return {"allowed": True}  # paths that are no resources are open to all
    resource = asked.get("resource", "") + ("/" + asked["subresource"] if asked.get("subresource") else "")
    action = Action(asked.get("verb", "*"), asked.get("group", ""), resource, asked.get("namespace", ""),
                    asked.get("name", ""))
    return {"allowed": not api.control.is_denied(program_of(request), action) and api.access.allows(user, action)}


def _rules(api, _request, user, obj):
    everything = [{"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]}]
    held = api.access.rules(user, (obj.get("spec") or {}).get("namespace", "default"))
    return {"incomplete": False, "nonResourceRules": [{"verbs": ["*"], "nonResourceURLs": ["*"]}],
            "resourceRules": everything if user.is_master else list(held)}


REVIEWS = {"selfsubjectaccessreviews": _access, "selfsubjectrulesreviews": _rules,
           "selfsubjectreviews": lambda _api, _request, user, _obj: {"userInfo": user.info}}


def review(api, request, user, plural):
    if plural not in REVIEWS or request.method != "POST":
        raise unknown_path()
    obj = bodies.decode(request)
    return Response(201, dict(obj, status=REVIEWS[plural](api, request, user, obj)))
