"""api - paths and verbs of the Kubernetes API onto the store

Besides the API there are paths below /lab for tests: POST /lab/faults
{"verb","path","codes"} answers the next matching requests with these codes, one
each; POST /lab/compact forgets the watch history; POST /lab/drop-watches cuts
all watches; POST /lab/deny [{"verb","resource"}] refuses with 403 from now on;
GET /lab/requests counts what was asked, by user agent, verb and resource.
"""
# SPDX-License-Identifier: Apache-2.0
import collections
import copy
import json
import os

from . import kinds, patches, protobuf, selectors, tables, watch
from .http import Response
from .status import (ApiError, bad_request, method_not_allowed, not_found, success, unknown_path,
                     unsupported_media)

OPENAPI_V2 = b"\x0a\x032.0"
OPENAPI_TYPE = "application/com.github.proto-openapi.spec.v2.v1.0+protobuf"


class Target:
    """What a path names."""

    def __init__(self, kind, namespace, name, subresource):
        self.kind, self.namespace, self.name, self.subresource = kind, namespace, name, subresource


class Api:
    def __init__(self, store, registry, log_dir=None):
        self.store, self.registry, self.log_dir = store, registry, log_dir
        self.faults = []
        self.denied = []
        self.counts = collections.Counter()
        self.connections = set()

    # ---- entry ----

    def handle(self, request):
        try:
            return self._dispatch(request)
        except ApiError as error:
            return Response(error.code, error.body, headers=error.headers)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            return Response(400, bad_request(f"the request could not be understood: {error!r}").body)

    def _dispatch(self, request):
        path = request.path.rstrip("/") or "/"
        if path.startswith("/lab/"):
            return self._lab(request, path)
        self._fault(request, path)
        if path in ("/healthz", "/readyz", "/livez"):
            return Response(200, b"ok", "text/plain")
        if path == "/version":
            return Response(200, self._version(request))
        if path in ("/openapi/v2",):
            return Response(200, OPENAPI_V2, OPENAPI_TYPE)
        found = self._discovery(path)
        if found is not None:
            return Response(200, found)
        return self._resource(request, path)

    @staticmethod
    def _version(request):
        # The caller's own minor, so that no client warns of a skew.
        agent = request.headers.get("user-agent", "")
        minor = agent.split("/v1.", 1)[1].split(".", 1)[0] if "/v1." in agent else "34"
        return {"major": "1", "minor": minor, "gitVersion": f"v1.{minor}.0", "platform": "linux/amd64"}

    def _discovery(self, path):
        parts = path.strip("/").split("/")
        if path == "/api":
            return {"kind": "APIVersions", "versions": ["v1"]}
        if path == "/apis":
            return kinds.group_list(self.registry)
        if path == "/api/v1":
            return kinds.resource_list(self.registry, "", "v1")
        if len(parts) == 2 and parts[0] == "apis":
            return next((dict(g, kind="APIGroup", apiVersion="v1")
                         for g in kinds.group_list(self.registry)["groups"] if g["name"] == parts[1]), None)
        if len(parts) == 3 and parts[0] == "apis":
            return kinds.resource_list(self.registry, parts[1], parts[2])
        return None

    # ---- tests' own paths ----

    def _lab(self, request, path):
        body = json.loads(request.body or b"null")
        if path == "/lab/faults":
            self.faults.append({"verb": body["verb"].lower(), "path": body["path"], "codes": list(body["codes"])})
        elif path == "/lab/compact":
            self.store.compact()
        elif path == "/lab/drop-watches":
            for connection in list(self.connections):
                connection.cut()
        elif path == "/lab/deny":
            self.denied = body or []
        elif path == "/lab/requests":
            return Response(200, [{"agent": a, "verb": v, "resource": r, "count": n}
                                  for (a, v, r), n in sorted(self.counts.items())])
        else:
            raise unknown_path()
        return Response(200, success())

    def _fault(self, request, path):
        for fault in self.faults:
            if fault["codes"] and fault["path"] in path and fault["verb"] in ("*", request.method.lower()):
                code = fault["codes"].pop(0)
                raise ApiError(code, "InternalError", f"a fault that the test asked for ({code})")

    def _authorize(self, request, target, verb):
        self.counts[(request.headers.get("user-agent", "").split("/", 1)[0], verb, target.kind.plural)] += 1
        resource = target.kind.plural + ("/" + target.subresource if target.subresource else "")
        for rule in self.denied:
            if rule["resource"] == resource and rule.get("verb", "*") in ("*", verb):
                where = f'in the namespace "{target.namespace}"' if target.namespace else "at the cluster scope"
                raise ApiError(403, "Forbidden",
                               f'{resource} is forbidden: User "system:lab" cannot {verb} resource "{resource}" in '
                               f'API group "{target.kind.group}" {where}',
                               {"kind": target.kind.plural, "group": target.kind.group})

    # ---- resources ----

    def _target(self, path):
        parts = path.strip("/").split("/")
        if parts[0] == "api":
            group, version, rest = "", parts[1], parts[2:]
        elif parts[0] == "apis" and len(parts) > 3:
            group, version, rest = parts[1], parts[2], parts[3:]
        else:
            raise unknown_path()
        namespace = ""
        if rest and rest[0] == "namespaces" and len(rest) > 2 and rest[2] not in ("status", "finalize"):
            namespace, rest = rest[1], rest[2:]
        kind = self.registry.find(group, version, rest[0]) if rest else None
        if kind is None or len(rest) > 3:
            if rest and rest[0].startswith("selfsubject"):
                return Target(kinds.Kind(group, version, rest[0], "Review", namespaced=False), "", None, None)
            raise unknown_path()
        return Target(kind, namespace, rest[1] if len(rest) > 1 else None, rest[2] if len(rest) > 2 else None)

    def _resource(self, request, path):
        target = self._target(path)
        if target.kind.kind == "Review":
            return self._review(request, target)
        if target.name is None:
            return self._collection(request, target)
        if target.subresource not in (None, "status", "scale", "log", "token", "binding"):
            if target.subresource in ("exec", "attach", "portforward"):
                raise ApiError(501, "NotImplemented", f"the lab does not do {target.subresource}: use nsenter")
            raise unknown_path()
        return self._object(request, target)

    def _collection(self, request, target):
        if request.method == "GET":
            if request.query.get("watch") in ("true", "1"):
                self._authorize(request, target, "watch")
                return self._watch(request, target)
            self._authorize(request, target, "list")
            return self._list(request, target)
        if request.method == "POST":
            self._authorize(request, target, "create")
            obj = self._decode(request, target.kind)
            entry = self.store.create(target.kind, target.namespace, obj, request.query.get("dryRun") == "All")
            return Response(201, entry.bytes)
        if request.method == "DELETE":
            self._authorize(request, target, "deletecollection")
            chosen = selectors.both(target.kind, request.query)
            for entry in self.store.list(target.kind, target.namespace, chosen):
                meta = entry.obj["metadata"]
                self.store.delete(target.kind, meta.get("namespace", ""), meta["name"], self._options(request))
            return Response(200, success())
        raise method_not_allowed()

    def _object(self, request, target):
        handler = {("GET", None): self._get, ("GET", "status"): self._get, ("PUT", None): self._put,
                   ("PUT", "status"): self._put, ("PATCH", None): self._patch, ("PATCH", "status"): self._patch,
                   ("DELETE", None): self._delete, ("GET", "log"): self._log, ("POST", "token"): self._token,
                   ("POST", "binding"): self._bind, ("GET", "scale"): self._scale, ("PUT", "scale"): self._scale,
                   ("PATCH", "scale"): self._scale}.get((request.method, target.subresource))
        if handler is None:
            raise method_not_allowed()
        self._authorize(request, target, {"GET": "get", "PUT": "update", "PATCH": "patch", "DELETE": "delete",
                                          "POST": "create"}[request.method])
        return handler(request, target)

    @staticmethod
    def _wants_table(request):
        return "as=Table" in request.headers.get("accept", "")

    def _get(self, request, target):
        entry = self.store.get(target.kind, target.namespace, target.name)
        if self._wants_table(request):
            return Response(200, tables.table(target.kind, [entry.obj], request.query.get("includeObject"),
                                              {"resourceVersion": str(entry.version)}))
        return Response(200, entry.bytes)

    def _list(self, request, target):
        chosen = selectors.both(target.kind, request.query)
        entries = self.store.list(target.kind, target.namespace, chosen)
        meta = {"resourceVersion": str(self.store.version)}
        limit, start = int(request.query.get("limit") or 0), 0
        if request.query.get("continue"):
            version, after = json.loads(request.query["continue"])
            if version < self.store.oldest:
                raise ApiError(410, "Expired", "The provided continue parameter is too old")
            meta["resourceVersion"] = str(version)
            start = next((i for i, e in enumerate(entries) if self._place(e) > after), len(entries))
        entries = entries[start:]
        if limit and len(entries) > limit:
            meta["remainingItemCount"] = len(entries) - limit
            entries = entries[:limit]
            meta["continue"] = json.dumps([int(meta["resourceVersion"]), self._place(entries[-1])])
        if self._wants_table(request):
            return Response(200, tables.table(target.kind, [e.obj for e in entries],
                                              request.query.get("includeObject"), meta))
        head = json.dumps({"kind": target.kind.kind + "List", "apiVersion": target.kind.api_version,
                           "metadata": meta}, separators=(",", ":")).encode()
        return Response(200, head[:-1] + b',"items":[' + b",".join(e.bytes for e in entries) + b"]}")

    @staticmethod
    def _place(entry):
        meta = entry.obj["metadata"]
        return [meta.get("namespace", ""), meta["name"]]

    def _watch(self, request, target):
        return watch.Watch(self.store, target.kind, target.namespace, selectors.both(target.kind, request.query),
                           request.query, self._wants_table(request))

    def _put(self, request, target):
        obj = self._decode(request, target.kind)
        if (obj.get("metadata") or {}).get("name") not in (None, target.name):
            raise bad_request("the name of the object does not match the name on the URL")
        entry = self.store.update(target.kind, target.namespace, target.name, obj, target.subresource,
                                  request.query.get("dryRun") == "All")
        return Response(200, entry.bytes)

    def _patch(self, request, target):
        content_type = request.headers.get("content-type", "")
        try:
            document = json.loads(request.body)
        except ValueError as error:
            raise bad_request(f"the patch is not valid JSON: {error}") from None
        dry_run = request.query.get("dryRun") == "All"
        if content_type.startswith("application/apply-patch+yaml"):
            return self._apply(request, target, document, dry_run)
        before = self.store.get(target.kind, target.namespace, target.name)
        patched = patches.apply_patch(content_type, before.obj, document, target.kind.schema is not None)
        if isinstance(document, dict) and not (document.get("metadata") or {}).get("resourceVersion"):
            patched["metadata"] = {k: v for k, v in patched["metadata"].items() if k != "resourceVersion"}
        entry = self.store.update(target.kind, target.namespace, target.name, patched, target.subresource, dry_run)
        return Response(200, entry.bytes)

    def _apply(self, request, target, document, dry_run):
        key = (target.kind, target.namespace, target.name, request.query.get("fieldManager"), target.subresource)
        held = self.store.find(target.kind, target.namespace, target.name)
        document.setdefault("metadata", {})["name"] = target.name
        if held is None:
            entry, code = self.store.create(target.kind, target.namespace, document, dry_run), 201
        else:
            merged = patches.apply(held.obj, document, self.store.applied.get(key), target.kind.schema is not None)
            merged["metadata"].pop("resourceVersion", None)
            entry = self.store.update(target.kind, target.namespace, target.name, merged, target.subresource, dry_run)
            code = 200
        if not dry_run:
            self.store.applied[key] = copy.deepcopy(document)
        return Response(code, entry.bytes)

    def _options(self, request):
        options = {}
        if request.body:
            options = self._decode(request, None)
        for key in ("gracePeriodSeconds", "propagationPolicy"):
            if key in request.query:
                value = request.query[key]
                options[key] = int(value) if key == "gracePeriodSeconds" else value
        return options

    def _delete(self, request, target):
        entry, gone = self.store.delete(target.kind, target.namespace, target.name, self._options(request))
        if not gone:
            return Response(200, entry.bytes)
        return Response(200, success({"name": target.name, "kind": target.kind.plural, "group": target.kind.group,
                                      "uid": entry.obj["metadata"]["uid"]}))

    def _decode(self, request, kind):
        content_type = request.headers.get("content-type", "application/json").split(";")[0]
        if content_type == "application/vnd.kubernetes.protobuf":
            return protobuf.decode(request.body)
        if content_type not in ("application/json", ""):
            raise unsupported_media(f"the body of the request was in an unknown format: {content_type}")
        try:
            obj = json.loads(request.body)
        except ValueError as error:
            raise bad_request(f"the body is not valid JSON: {error}") from None
        if not isinstance(obj, dict):
            raise bad_request("the body must be an object")
        if kind and obj.get("kind") not in (None, kind.kind):
            raise bad_request(f"an object of kind {obj.get('kind')} was sent where {kind.kind} is wanted")
        return obj

    # ---- subresources ----

    def _scale(self, request, target):
        entry = self.store.get(target.kind, target.namespace, target.name)
        if request.method != "GET":
            asked = json.loads(request.body)["spec"]["replicas"]
            obj = copy.deepcopy(entry.obj)
            obj["spec"]["replicas"] = asked
            entry = self.store.update(target.kind, target.namespace, target.name, obj)
        obj = entry.obj
        labels = (obj["spec"].get("selector") or {}).get("matchLabels") or {}
        return Response(200, {"kind": "Scale", "apiVersion": "autoscaling/v1", "metadata": obj["metadata"],
                              "spec": {"replicas": obj["spec"].get("replicas", 0)},
                              "status": {"replicas": (obj.get("status") or {}).get("replicas", 0),
                                         "selector": ",".join(f"{k}={v}" for k, v in sorted(labels.items()))}})

    def _bind(self, request, target):
        binding = self._decode(request, None)
        obj = copy.deepcopy(self.store.get(target.kind, target.namespace, target.name).obj)
        obj["spec"]["nodeName"] = binding["target"]["name"]
        self.store.update(target.kind, target.namespace, target.name, obj)
        return Response(201, success())

    def _log(self, request, target):
        pod = self.store.get(target.kind, target.namespace, target.name).obj
        names = [c["name"] for c in pod["spec"].get("containers") or []]
        container = request.query.get("container") or (names[0] if names else "")
        if container not in names or not self.log_dir:
            raise not_found(target.kind, f"{target.name}/{container}")
        path = os.path.join(self.log_dir, f"{target.namespace}_{target.name}_{container}.log")
        data = b""
        if os.path.exists(path):
            with open(path, "rb") as file:
                data = file.read()
        start = 0
        if request.query.get("tailLines"):
            lines = data.splitlines(keepends=True)
            count = int(request.query["tailLines"])
            start = len(data) - sum(len(line) for line in lines[len(lines) - count:]) if count < len(lines) else 0
        if request.query.get("follow") == "true":
            return watch.FollowedLog(path, start)
        return Response(200, data[start:], "text/plain")

    def _token(self, _request, target):
        return Response(201, {"kind": "TokenRequest", "apiVersion": "authentication.k8s.io/v1",
                              "metadata": {"name": target.name},
                              "status": {"token": f"lab.{target.namespace}.{target.name}",
                                         "expirationTimestamp": "2099-01-01T00:00:00Z"}})

    def _review(self, request, target):
        obj = self._decode(request, None)
        obj["status"] = {
            "selfsubjectaccessreviews": {"allowed": True},
            "selfsubjectrulesreviews": {"incomplete": False, "nonResourceRules": [],
                                        "resourceRules": [{"verbs": ["*"], "apiGroups": ["*"],
                                                           "resources": ["*"]}]},
            "selfsubjectreviews": {"userInfo": {"username": "system:lab", "groups": ["system:masters"]}},
        }.get(target.kind.plural)
        if obj["status"] is None:
            raise unknown_path()
        return Response(201, obj)
