"""store - the objects, their versions, and who watches them

One counter gives every change its resourceVersion. Each version of an object is
turned into JSON once; lists and watch events reuse the bytes.
"""
# SPDX-License-Identifier: Apache-2.0
import collections
import copy
import datetime
import json
import random
import uuid

from . import defaults
from .status import already_exists, bad_request, conflict, not_found, ApiError

HISTORY = 20000  # changes that a watch can go back
NAME_LETTERS = "bcdfghjklmnpqrstvwxz2456789"


def now():
    return datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


class Entry:
    """One version of one object."""

    __slots__ = ("obj", "bytes", "version")

    def __init__(self, obj, version):
        self.obj = obj
        self.version = version
        self.bytes = json.dumps(obj, separators=(",", ":")).encode()


class Change:
    __slots__ = ("version", "type", "kind", "entry", "before")

    def __init__(self, version, change_type, kind, entry, before):
        self.version, self.type, self.kind, self.entry, self.before = version, change_type, kind, entry, before


def _kind_key(kind):
    return (kind.group, kind.plural)


class Store:
    def __init__(self, registry, validate=True):
        self.registry = registry
        self.validate = validate
        self.version = 1
        self.oldest = 1  # a watch from before this version has missed something
        self.objects = {}  # (group, plural) -> {(namespace, name): Entry}
        self.history = collections.deque()
        self.watchers = []  # functions of a Change
        self.applied = {}  # (kind, namespace, name, manager) -> last document of server-side apply
        self.allocations = defaults.Allocations()

    # ---- reading ----

    def all(self, kind):
        return self.objects.setdefault(_kind_key(kind), {})

    def find(self, kind, namespace, name):
        return self.all(kind).get((namespace if kind.namespaced else "", name))

    def get(self, kind, namespace, name):
        entry = self.find(kind, namespace, name)
        if entry is None:
            raise not_found(kind, name)
        return entry

    def list(self, kind, namespace, chosen):
        return [e for (ns, _), e in sorted(self.all(kind).items())
                if (not namespace or ns == namespace) and (chosen is None or chosen(e.obj))]

    # ---- writing ----

    def _record(self, change_type, kind, obj, before):
        self.version += 1
        obj["metadata"]["resourceVersion"] = str(self.version)
        entry = Entry(obj, self.version)
        change = Change(self.version, change_type, kind, entry, before)
        self.history.append(change)
        while len(self.history) > HISTORY:
            self.oldest = self.history.popleft().version
        for watcher in list(self.watchers):
            watcher(change)
        return entry

    def compact(self):
        """Forget the history: watches from older versions get 410."""
        self.history.clear()
        self.oldest = self.version

    def _check_namespace(self, kind, namespace, meta):
        if kind.namespaced:
            if meta.get("namespace") not in (None, "", namespace):
                raise bad_request("the namespace of the provided object does not match the namespace sent on the "
                                  "request")
            meta["namespace"] = namespace
            namespaces = self.registry.find("", "v1", "namespaces")
            if self.validate and not self.find(namespaces, "", namespace):
                raise not_found(namespaces, namespace)
        else:
            meta.pop("namespace", None)

    @staticmethod
    def _tidy(obj):
        meta = obj["metadata"]
        for key in ("managedFields", "selfLink"):
            meta.pop(key, None)
        for key in ("labels", "annotations", "finalizers", "ownerReferences"):
            if key in meta and not meta[key]:
                del meta[key]

    def create(self, kind, namespace, obj, dry_run=False):
        obj = copy.deepcopy(obj)
        meta = obj.setdefault("metadata", {})
        if not meta.get("name"):
            if not meta.get("generateName"):
                raise ApiError(422, "Invalid", "name or generateName is required")
            meta["name"] = meta["generateName"] + "".join(random.choices(NAME_LETTERS, k=5))
        self._check_namespace(kind, namespace, meta)
        if self.find(kind, namespace, meta["name"]):
            raise already_exists(kind, meta["name"])
        self._tidy(obj)
        for key in ("resourceVersion", "deletionTimestamp"):
            meta.pop(key, None)
        obj["apiVersion"], obj["kind"] = kind.api_version, kind.kind
        if kind.status and self.validate:
            obj.pop("status", None)
        meta["uid"] = str(uuid.uuid4())
        meta["creationTimestamp"] = now()
        if kind.generation or kind.schema is not None:
            meta["generation"] = 1
        if self.validate:
            defaults.fill(kind, obj, None, self.allocations)
        if dry_run:
            return Entry(obj, self.version)
        entry = self._record("ADDED", kind, obj, None)
        self.all(kind)[(meta.get("namespace", ""), meta["name"])] = entry
        return entry

    def _keep_immutable(self, kind, old, obj, subresource):
        meta, held = obj.setdefault("metadata", {}), old["metadata"]
        for key in ("uid", "creationTimestamp", "name", "namespace", "generation", "deletionTimestamp",
                    "deletionGracePeriodSeconds", "generateName"):
            if key in held:
                meta[key] = held[key]
            else:
                meta.pop(key, None)
        obj["apiVersion"], obj["kind"] = old["apiVersion"], old["kind"]
        if not kind.status:
            return obj
        if subresource == "status":
            kept = copy.deepcopy(old)
            kept["metadata"].update({k: meta[k] for k in ("labels", "annotations") if k in meta})
            if "annotations" not in meta:
                kept["metadata"].pop("annotations", None)
            kept["status"] = obj.get("status") or {}
            return kept
        if self.validate and "status" in old:
            obj["status"] = copy.deepcopy(old["status"])
        elif "status" not in obj and "status" in old:
            obj["status"] = copy.deepcopy(old["status"])
        return obj

    def update(self, kind, namespace, name, obj, subresource=None, dry_run=False):
        """Replace; a resourceVersion in obj must be the present one."""
        before = self.get(kind, namespace, name)
        obj = copy.deepcopy(obj)
        asked = (obj.get("metadata") or {}).get("resourceVersion")
        if asked and asked != str(before.version):
            raise conflict(kind, name)
        obj = self._keep_immutable(kind, before.obj, obj, subresource)
        self._tidy(obj)
        if kind.kind == "Service" and subresource == "status" and self.validate:
            defaults.service_status(obj)
        if self.validate and subresource is None:
            defaults.fill(kind, obj, before.obj, self.allocations)
        counts = kind.generation or kind.schema is not None
        if counts and obj.get("spec") != before.obj.get("spec"):
            obj["metadata"]["generation"] = before.obj["metadata"].get("generation", 1) + 1
        obj["metadata"]["resourceVersion"] = str(before.version)
        if obj == before.obj:
            return before
        if dry_run:
            return Entry(obj, before.version)
        key = (obj["metadata"].get("namespace", ""), name)
        if obj["metadata"].get("deletionTimestamp") and not obj["metadata"].get("finalizers"):
            return self._remove(kind, key, obj, before)
        entry = self._record("MODIFIED", kind, obj, before)
        self.all(kind)[key] = entry
        return entry

    def _remove(self, kind, key, obj, before):
        del self.all(kind)[key]
        entry = self._record("DELETED", kind, obj, before)
        if kind.kind == "Service":
            self.allocations.release(obj)
        self._sweep(obj["metadata"]["uid"])
        return entry

    def _sweep(self, owner):
        """Dependents go with their owner."""
        for kind in list(self.registry.by_path.values()):
            for entry in list(self.all(kind).values()):
                meta = entry.obj["metadata"]
                if any(r.get("uid") == owner for r in meta.get("ownerReferences") or []):
                    self.delete(kind, meta.get("namespace", ""), meta["name"], {})

    def _set_deletion(self, kind, before, grace):
        obj = copy.deepcopy(before.obj)
        meta = obj["metadata"]
        when = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=grace)
        meta["deletionTimestamp"] = when.strftime("%Y-%m-%dT%H:%M:%SZ")
        meta["deletionGracePeriodSeconds"] = grace
        entry = self._record("MODIFIED", kind, obj, before)
        self.all(kind)[(meta.get("namespace", ""), meta["name"])] = entry
        return entry

    def delete(self, kind, namespace, name, options):
        """Returns (entry, is it gone)."""
        before = self.get(kind, namespace, name)
        meta = before.obj["metadata"]
        wanted = (options.get("preconditions") or {}).get("uid")
        if wanted and wanted != meta["uid"]:
            raise conflict(kind, name)
        if options.get("dryRun"):
            return before, True
        grace = 0
        if kind.kind == "Pod" and before.obj["spec"].get("nodeName"):
            grace = options.get("gracePeriodSeconds")
            if grace is None:
                grace = before.obj["spec"].get("terminationGracePeriodSeconds", 30)
        if (grace or meta.get("finalizers")) and not meta.get("deletionTimestamp"):
            return self._set_deletion(kind, before, grace), False
        if meta.get("finalizers") or (grace and meta.get("deletionTimestamp")):
            return before, False
        if kind.kind == "Namespace":
            self._empty(name)
        if options.get("propagationPolicy") == "Orphan":
            self._orphan(meta["uid"])
        return self._remove(kind, (meta.get("namespace", ""), name), copy.deepcopy(before.obj), before), True

    def _empty(self, namespace):
        for kind in list(self.registry.by_path.values()):
            for held, name in list(self.all(kind)):
                if held == namespace and kind.namespaced and self.find(kind, namespace, name):
                    self.delete(kind, namespace, name, {"gracePeriodSeconds": 0})

    def _orphan(self, owner):
        for kind in list(self.registry.by_path.values()):
            for entry in list(self.all(kind).values()):
                meta = entry.obj["metadata"]
                kept = [r for r in meta.get("ownerReferences") or [] if r.get("uid") != owner]
                if len(kept) != len(meta.get("ownerReferences") or []):
                    obj = copy.deepcopy(entry.obj)
                    obj["metadata"]["ownerReferences"] = kept
                    self.update(kind, meta.get("namespace", ""), meta["name"], obj)

    # ---- watching ----

    def changes_since(self, version, kind):
        return [c for c in self.history if c.version > version and _kind_key(c.kind) == _kind_key(kind)]


def seen_as(change, namespace, chosen):
    """How a watch with a selector sees a change: an event type, or None."""
    obj = change.entry.obj
    if namespace and obj["metadata"].get("namespace") != namespace:
        return None
    if chosen is None:
        return change.type
    now_in = chosen(obj)
    was_in = change.before is not None and chosen(change.before.obj)
    if change.type == "DELETED":
        return "DELETED" if now_in or was_in else None
    if now_in:
        return "MODIFIED" if was_in else "ADDED"
    return "DELETED" if was_in else None
