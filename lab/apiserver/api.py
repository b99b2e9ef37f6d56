"""api - paths and verbs of the Kubernetes API onto the objects

The paths below /lab, for tests, are in control.py.
"""
# SPDX-License-Identifier: Apache-2.0
import base64
import json

from . import access, bodies, kinds, openapi, patches, selectors, subresources, tables, views, watch
from .control import Control
from .http import Response
from .objects import Objects
from .status import (ApiError, bad_request, expired, invalid, method_not_allowed, success, unknown_path)
from .store import Store, clone

NAMESPACES = ("default", "kube-system", "kube-public", "kube-node-lease")
VERBS = {"GET": "get", "PUT": "update", "PATCH": "patch", "DELETE": "delete", "POST": "create"}


class Target:
    """What a path names: `kind` is stored, `shown` is how the client sees it."""

    def __init__(self, shown, kind, namespace, rest):
        self.shown, self.kind, self.namespace = shown, kind, namespace
        self.name = rest[0] if rest else None
        self.subresource = rest[1] if len(rest) > 1 else None
        self.path = "/".join(rest[2:])  # behind a subresource that has paths of its own


class Api:
    def __init__(self, validate=True, log_dir=None, denied=(), namespaces=NAMESPACES):
        self.registry = kinds.Registry()
        self.store = Store()
        self.objects = Objects(self.store, self.registry, validate)
        self.access = access.Access(self.store, self.registry)
        self.control = Control(self.store, self.registry, denied)
        self.log_dir = log_dir
        for name in namespaces:
            self.objects.create(self.registry.find("", "v1", "namespaces"), "", {"metadata": {"name": name}})

    # ---- entry ----

    def handle(self, request):
        try:
            return self._dispatch(request)
        except ApiError as error:
            return Response(error.code, error.body, headers=error.headers)
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            return Response(400, bad_request(f"the request could not be understood: {error!r}").body)

    def _dispatch(self, request):
        path = request.path.rstrip("/") or "/"
        if path.startswith("/lab/"):
            return self.control.answer(request, path)
        plain = self._plain(request, path)
        if plain is not None:
            self.control.count(request, "get", path)
            self.control.strike(request, path, "get")
            return plain
        return self._resource(request, path)

    def _plain(self, request, path):
        """The answer on a path that names no resource, or None."""
        if path in ("/healthz", "/readyz", "/livez"):
            return Response(200, b"ok", "text/plain")
        if path == "/version":
            return Response(200, self._version(request))
        if path.startswith("/openapi/"):
            return openapi.answer(self.registry, path)
        found = self._discovery(path)
        return None if found is None else Response(200, found)

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

    # ---- resources ----

    def _target(self, path):
        """Target of a path; a review has none but its plural."""
        parts = path.strip("/").split("/")
        if parts[0] == "api" and len(parts) > 2:
            group, version, rest = "", parts[1], parts[2:]
        elif parts[0] == "apis" and len(parts) > 3:
            group, version, rest = parts[1], parts[2], parts[3:]
        else:
            raise unknown_path()
        namespace = ""
        if rest[0] == "namespaces" and len(rest) > 2 and rest[2] not in ("status", "finalize"):
            namespace, rest = rest[1], rest[2:]
        if rest[0] in subresources.REVIEWS and len(rest) == 1:
            return rest[0]
        shown = self.registry.find(group, version, rest[0])
        has_paths = rest[2:3] == ["proxy"]
        if shown is None or (len(rest) > 3 and not has_paths) or (namespace and not shown.namespaced):
            raise unknown_path()
        return Target(shown, self.registry.stored_as(shown), namespace, rest[1:])

    @staticmethod
    def _verb(request, target):
        if target.name is None:
            if request.method == "GET":
                return "watch" if request.query.get("watch") in ("true", "1") else "list"
            if request.method == "DELETE":
                return "deletecollection"
        return VERBS.get(request.method, "")

    def _resource(self, request, path):
        try:
            target, user = self._target(path), self.access.user(request.headers)
        except ApiError:
            self.control.count(request, request.method.lower(), path)
            raise
        if isinstance(target, str):
            return subresources.review(self, request, user, target)
        verb = self._verb(request, target)
        self.control.strike(request, path, verb)
        if target.subresource and not subresources.exists(target.kind, target.subresource):
            raise unknown_path()
        handler = self._handler(request, target, verb)
        if handler is None:
            raise method_not_allowed()
        action = access.Action.of(target, verb, request.query)
        self.control.admit(request, user, action)
        if not self.access.allows(user, action):
            raise action.forbidden(user)
        return handler(request, target)

    def _handler(self, request, target, verb):
        if target.name is None:
            return {"list": self._list, "watch": self._watch, "create": self._create,
                    "deletecollection": self._delete_all}.get(verb)
        if target.subresource in (None, "status"):
            changes = {"get": self._get, "update": self._put, "patch": self._patch}
            return changes.get(verb, self._delete if verb == "delete" and not target.subresource else None)
        function = subresources.HANDLERS.get((request.method, target.subresource))
        return function and (lambda req, tgt: function(self, req, tgt))

    @staticmethod
    def _wants_table(request):
        return "as=Table" in request.headers.get("accept", "")

    @staticmethod
    def _dry_run(request):
        return request.query.get("dryRun") == "All"

    def _answer(self, code, target, entry, headers=None):
        return Response(code, views.shown_bytes(target.shown, entry), headers=headers)

    def _table(self, request, target, entries, meta):
        shown = [views.shown(target.shown, e.obj) for e in entries]
        return Response(200, tables.table(target.shown, shown, request.query.get("includeObject"), meta))

    # ---- reading ----

    def _get(self, request, target):
        entry = self.store.get(target.kind, target.namespace, target.name)
        if self._wants_table(request):
            return self._table(request, target, [entry], {"resourceVersion": str(entry.version)})
        return self._answer(200, target, entry)

    def _list(self, request, target):
        chosen = selectors.both(target.shown, request.query)
        meta = {"resourceVersion": str(self.store.version)}
        limit, after = int(request.query.get("limit") or 0), None
        if request.query.get("continue"):
            version, after = self._token(request.query["continue"])
            if version < self.store.oldest:
                raise expired("The provided continue parameter is too old to display a consistent list result.")
            meta["resourceVersion"] = str(version)
        entries = self.store.list(target.kind, target.namespace, chosen, after)
        if limit and len(entries) > limit:
            meta["remainingItemCount"] = len(entries) - limit
            entries = entries[:limit]
            text = json.dumps([int(meta["resourceVersion"]), *entries[-1].place])
            meta["continue"] = base64.urlsafe_b64encode(text.encode()).decode()
        if self._wants_table(request):
            return self._table(request, target, entries, meta)
        head = json.dumps({"kind": target.shown.kind + "List", "apiVersion": target.shown.api_version,
                           "metadata": meta}, separators=(",", ":")).encode()
        items = b",".join(views.shown_bytes(target.shown, e) for e in entries)
        return Response(200, head[:-1] + b',"items":[' + items + b"]}")

    @staticmethod
    def _token(text):
        try:
            version, namespace, name = json.loads(base64.urlsafe_b64decode(text))
            return int(version), (namespace, name)
        except (ValueError, TypeError):
            raise bad_request("continue key is not valid") from None

    def _watch(self, request, target):
        return watch.Watch(self.store, target, selectors.both(target.shown, request.query), request.query,
                           self._wants_table(request))

    # ---- writing ----

    def _incoming(self, request, target):
        """(object as it is to be stored, headers of the answer)"""
        obj = bodies.decode(request, target.shown)
        headers = bodies.check(request, target.shown, obj) if self.objects.validate else {}
        return views.stored(target.shown, obj), headers

    def _create(self, request, target):
        obj, headers = self._incoming(request, target)
        namespace = target.namespace
        if target.kind.namespaced and not namespace:
            raise bad_request("an object of this kind is created in a namespace")
        entry = self.objects.create(target.kind, namespace, obj, self._dry_run(request))
        return self._answer(201, target, entry, headers)

    def _put(self, request, target):
        obj, headers = self._incoming(request, target)
        self._check_name(obj, target)
        entry = self.objects.update(target.kind, target.namespace, target.name, obj, target.subresource,
                                    self._dry_run(request))
        return self._answer(200, target, entry, headers)

    @staticmethod
    def _check_name(obj, target):
        name = (obj.get("metadata") or {}).get("name")
        if name not in (None, target.name):
            raise bad_request(f"the name of the object ({name}) does not match the name on the URL ({target.name})")

    def _patch(self, request, target):
        document = bodies.parse(request.body)
        content_type = request.headers.get("content-type", "").split(";")[0]
        if content_type == "application/apply-patch+yaml":
            return self._apply(request, target, document)
        entry = self.store.get(target.kind, target.namespace, target.name)
        held = views.shown(target.shown, entry.obj)
        changed = patches.apply_patch(content_type, held, document, target.kind.custom)
        return self._patched(request, target, clone(changed), 200)

    def _patched(self, request, target, obj, code):
        self._check_name(obj, target)
        headers = bodies.check(request, target.shown, obj) if self.objects.validate else {}
        entry = self.objects.update(target.kind, target.namespace, target.name, views.stored(target.shown, obj),
                                    target.subresource, self._dry_run(request))
        return self._answer(code, target, entry, headers)

    def _apply(self, request, target, document):
        manager = request.query.get("fieldManager")
        if not manager:
            raise invalid(kinds.Kind("meta.k8s.io", "v1", "", "PatchOptions"), "", "fieldManager",
                          "FieldValueRequired", "Required value: is required for apply patch")
        if not isinstance(document, dict):
            raise bad_request("an applied document must be an object")
        if (document.get("metadata") or {}).get("managedFields"):
            raise bad_request("metadata.managedFields must be nil")
        self._check_name(document, target)
        document.setdefault("metadata", {})["name"] = target.name
        said = clone(document)
        held = self.store.find(target.kind, target.namespace, target.name)
        if held is None:
            headers = bodies.check(request, target.shown, document) if self.objects.validate else {}
            entry = self.objects.create(target.kind, target.namespace, views.stored(target.shown, document),
                                        self._dry_run(request))
            response = self._answer(201, target, entry, headers)
        else:
            key = (held.obj["metadata"]["uid"], manager, target.subresource)
            merged = patches.apply(views.shown(target.shown, held.obj), document, self.store.applied.get(key),
                                   target.kind.custom)
            response = self._patched(request, target, clone(merged), 200)
        entry = self.store.find(target.kind, target.namespace, target.name)
        if entry and not self._dry_run(request):
            self.store.applied[(entry.obj["metadata"]["uid"], manager, target.subresource)] = said
        return response

    # ---- deleting ----

    @staticmethod
    def _options(request):
        options = bodies.decode(request) if request.body else {}
        for key in ("gracePeriodSeconds", "propagationPolicy", "dryRun"):
            if key in request.query:
                value = request.query[key]
                options[key] = int(value) if key == "gracePeriodSeconds" else value
        return options

    def _delete(self, request, target):
        entry, gone = self.objects.delete(target.kind, target.namespace, target.name, self._options(request))
        if not gone:
            return self._answer(200, target, entry)
        return Response(200, success({"name": target.name, "kind": target.kind.plural, "group": target.kind.group,
                                      "uid": entry.obj["metadata"]["uid"]}))

    def _delete_all(self, request, target):
        options = self._options(request)
        chosen = selectors.both(target.shown, request.query)
        for entry in self.store.list(target.kind, target.namespace, chosen):
            if self.store.find(target.kind, *entry.place):
                self.objects.delete(target.kind, *entry.place, options)
        return Response(200, success())
