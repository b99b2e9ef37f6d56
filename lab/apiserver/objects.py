"""objects - what creating, changing and deleting an object means

The rules of a Kubernetes server on top of the store. An object that is handed in
belongs to the store from then on. Without validation, objects are stored as they
are sent, status included.
"""
# SPDX-License-Identifier: Apache-2.0
import uuid

from . import crd, defaults, names, services
from .status import ApiError, already_exists, bad_request, conflict, invalid, not_found, unmet_precondition
from .store import Entry, clone, now

KEPT = ("uid", "creationTimestamp", "name", "namespace", "generation", "deletionTimestamp",
        "deletionGracePeriodSeconds", "generateName")
FOREGROUND = "foregroundDeletion"
PROTECTED = ("default", "kube-system", "kube-public")
MADE_BY_PUT = ("Service", "Endpoints", "Event", "Lease")  # where there is none yet


def _tidy(obj):
    meta = obj["metadata"]
    for key in ("managedFields", "selfLink"):
        meta.pop(key, None)
    for key in ("labels", "annotations", "finalizers", "ownerReferences"):
        if key in meta and not meta[key]:
            del meta[key]


def _counted(obj):
    """What a change of raises the generation."""
    return {k: v for k, v in obj.items() if k not in ("metadata", "status")}


class Objects:
    def __init__(self, store, registry, validate=True):
        self.store, self.registry, self.validate = store, registry, validate
        self.allocations = services.Allocations()
        self.waiting_owners = {}  # uid of what goes after its dependents -> (kind, place)

    # ---- create and change ----

    def _namespace_of(self, kind, namespace, meta):
        if not kind.namespaced:
            meta.pop("namespace", None)
            return
        if meta.get("namespace") not in (None, "", namespace):
            raise bad_request("the namespace of the provided object does not match the namespace sent on the request")
        meta["namespace"] = namespace
        if not self.validate:
            return
        namespaces = self.registry.find("", "v1", "namespaces")
        held = self.store.find(namespaces, "", namespace)
        if held is None:
            raise not_found(namespaces, namespace)
        if held.obj["metadata"].get("deletionTimestamp"):
            raise ApiError(403, "Forbidden",
                           f'{kind.plural} "{meta["name"]}" is forbidden: unable to create new content in namespace '
                           f"{namespace} because it is being terminated", {"name": meta["name"], "kind": kind.plural})

    def create(self, kind, namespace, obj, dry_run=False):
        meta = obj.setdefault("metadata", {})
        if not meta.get("name"):
            if not meta.get("generateName"):
                raise invalid(kind, "", "metadata.name", "FieldValueRequired",
                              "Required value: name or generateName is required")
            meta["name"] = names.generated(meta["generateName"])
        self._namespace_of(kind, namespace, meta)
        if self.store.find(kind, namespace, meta["name"]):
            raise already_exists(kind, meta["name"])
        _tidy(obj)
        for key in ("resourceVersion", "deletionTimestamp", "deletionGracePeriodSeconds"):
            meta.pop(key, None)
        meta["uid"], meta["creationTimestamp"] = str(uuid.uuid4()), now()
        meta.pop("generation", None)
        if kind.generation or kind.custom:
            meta["generation"] = 1
        obj["apiVersion"], obj["kind"] = kind.api_version, kind.kind
        if self.validate:
            if kind.status:
                obj.pop("status", None)
            names.check(kind, meta)
            self._fill(kind, obj, None)
        return self._put(kind, obj, None, dry_run)

    def _fill(self, kind, obj, old):
        if kind.custom:
            crd.fill(kind, obj)
        elif kind.plural == crd.PLURAL:
            crd.fill_definition(kind, obj, old)
        elif kind.kind == "Service":
            services.fill(kind, obj, old, self.allocations)
        else:
            defaults.fill(kind, obj, old)

    def _put(self, kind, obj, before, dry_run):
        if dry_run:
            return Entry(obj, before.version if before else self.store.version)
        if kind.kind == "Service":
            if before:
                self.allocations.release(before.obj)
            self.allocations.hold(obj)
        entry = self.store.put(kind, obj, before)
        if kind.plural == crd.PLURAL:
            crd.register(self.registry, obj)
        return entry

    def update(self, kind, namespace, name, obj, subresource=None, dry_run=False):
        """Replace; a resourceVersion in obj must be the present one. Some kinds are also created so."""
        meta = obj.setdefault("metadata", {})
        if self.validate and kind.kind in MADE_BY_PUT and not subresource and not meta.get("resourceVersion"):
            if not self.store.find(kind, namespace, name):
                return self.create(kind, namespace, obj, dry_run)
        before = self.store.get(kind, namespace, name)
        self._check_preconditions(kind, before, meta)
        obj = self._merged(kind, before.obj, obj, subresource)
        _tidy(obj)
        if self.validate:
            self._check_change(kind, before.obj, obj, subresource)
        if (kind.generation or kind.custom) and _counted(obj) != _counted(before.obj):
            obj["metadata"]["generation"] = before.obj["metadata"].get("generation", 1) + 1
        obj["metadata"]["resourceVersion"] = str(before.version)
        if obj == before.obj:
            return before
        if obj["metadata"].get("deletionTimestamp") and not obj["metadata"].get("finalizers") and not dry_run:
            if kind.kind != "Pod" and kind.kind != "Namespace":
                return self._remove(kind, obj, before)
        return self._put(kind, obj, before, dry_run)

    @staticmethod
    def _check_preconditions(kind, before, meta):
        if meta.get("resourceVersion") not in (None, "", str(before.version)):
            raise conflict(kind, before.obj["metadata"]["name"])
        if meta.get("uid") not in (None, "", before.obj["metadata"]["uid"]):
            raise unmet_precondition(kind, before.obj["metadata"]["name"], "UID", meta["uid"],
                                     before.obj["metadata"]["uid"])

    def _merged(self, kind, old, obj, subresource):
        """obj with the parts of old that this request may not change."""
        meta, held = obj["metadata"], old["metadata"]
        if subresource == "status":
            kept = dict(old, status=obj.get("status") or {})
            if not kind.custom:  # of a custom resource, the status alone
                held = {k: v for k, v in held.items() if k not in ("labels", "annotations", "finalizers")}
                held.update({k: meta[k] for k in ("labels", "annotations", "finalizers") if k in meta})
            kept["metadata"] = dict(held)
            return kept
        for key in KEPT:
            if key in held:
                meta[key] = held[key]
            else:
                meta.pop(key, None)
        obj["apiVersion"], obj["kind"] = old["apiVersion"], old["kind"]
        if kind.status and "status" in old and (self.validate or "status" not in obj):
            obj["status"] = clone(old["status"])
        elif kind.status and self.validate:
            obj.pop("status", None)
        return obj

    def _check_change(self, kind, old, obj, subresource):
        meta = obj["metadata"]
        names.check(kind, meta)
        added = set(meta.get("finalizers") or ()) - set(old["metadata"].get("finalizers") or ())
        if added and meta.get("deletionTimestamp"):
            raise invalid(kind, meta["name"], "metadata.finalizers", "FieldValueForbidden",
                          "Forbidden: no new finalizers can be added if the object is being deleted, found new "
                          f"finalizers {sorted(added)}")
        if subresource is None:
            self._fill(kind, obj, old)
        elif kind.kind == "Service":
            services.check_status(kind, obj)
        elif kind.custom:
            crd.fill(kind, obj)

    # ---- delete ----

    def delete(self, kind, namespace, name, options):
        """(entry, is it gone)"""
        before = self.store.get(kind, namespace, name)
        meta = before.obj["metadata"]
        wanted = options.get("preconditions") or {}
        for key, word in (("uid", "UID"), ("resourceVersion", "ResourceVersion")):
            if wanted.get(key) not in (None, meta[key]):
                raise unmet_precondition(kind, name, word, wanted[key], meta[key])
        if kind.kind == "Namespace" and name in PROTECTED:
            raise ApiError(403, "Forbidden", f'namespaces "{name}" is forbidden: this namespace may not be deleted',
                           {"name": name, "kind": "namespaces"})
        if options.get("dryRun"):
            return before, True
        policy = options.get("propagationPolicy") or ("Orphan" if options.get("orphanDependents") else "")
        grace = self._grace_s(kind, before.obj, options)
        if kind.kind == "Namespace":
            return self._end_namespace(kind, before)
        if policy == "Orphan":
            self._orphan(meta["uid"])
        blocked = policy == "Foreground" and self._sweep(meta["uid"], policy)
        if blocked:
            self.waiting_owners[meta["uid"]] = (kind, before.place)
        if grace or meta.get("finalizers") or blocked:
            return self._terminate(kind, before, grace, FOREGROUND if blocked else None), False
        return self._remove(kind, clone(before.obj), before), True

    @staticmethod
    def _grace_s(kind, obj, options):
        if kind.kind != "Pod" or not obj["spec"].get("nodeName"):
            return 0
        if (obj.get("status") or {}).get("phase") in ("Succeeded", "Failed"):
            return 0
        asked = options.get("gracePeriodSeconds")
        return obj["spec"].get("terminationGracePeriodSeconds", 30) if asked is None else asked

    def _terminate(self, kind, before, grace, finalizer):
        """Mark it; whoever holds it lets go later."""
        held = before.obj["metadata"]
        if held.get("deletionTimestamp") and held.get("deletionGracePeriodSeconds", 0) <= grace:
            return before
        obj = clone(before.obj)
        meta = obj["metadata"]
        meta["deletionTimestamp"], meta["deletionGracePeriodSeconds"] = now(grace), grace
        if finalizer:
            meta["finalizers"] = meta.get("finalizers", []) + [finalizer]
        return self.store.put(kind, obj, before)

    def _remove(self, kind, obj, before):
        entry = self.store.remove(kind, obj, before)
        meta = obj["metadata"]
        if kind.kind == "Service":
            self.allocations.release(before.obj)
        if kind.plural == crd.PLURAL:
            self._forget_kind(obj)
        self._sweep(meta["uid"])
        for reference in meta.get("ownerReferences") or ():
            self._release_owner(reference.get("uid"))
        if kind.namespaced:
            self._finish_namespace(meta["namespace"])
        return entry

    def _kind(self, key):
        return next(k for k in self.registry.stored() if k.key == key)

    def _sweep(self, uid, policy=""):
        """Delete the dependents of an owner that is gone or going. Is one left that blocks it?"""
        for key, place in self.store.owned_by(uid):
            kind = self._kind(key)
            entry = self.store.find(kind, *place)
            others = [r for r in entry.obj["metadata"]["ownerReferences"] if r.get("uid") != uid]
            if others:
                self._without_owner(kind, entry, others)
            else:
                self.delete(kind, *place, {"propagationPolicy": policy})
        return bool(self.store.owned_by(uid))

    def _orphan(self, uid):
        for key, place in self.store.owned_by(uid):
            kind = self._kind(key)
            entry = self.store.find(kind, *place)
            self._without_owner(kind, entry, [r for r in entry.obj["metadata"]["ownerReferences"]
                                              if r.get("uid") != uid])

    def _without_owner(self, kind, entry, references):
        obj = clone(entry.obj)
        obj["metadata"]["ownerReferences"] = references
        _tidy(obj)
        self.store.put(kind, obj, entry)

    def _release_owner(self, uid):
        """An owner deleted in the foreground goes with its last dependent."""
        if uid not in self.waiting_owners or self.store.owned_by(uid):
            return
        kind, place = self.waiting_owners.pop(uid)
        entry = self.store.find(kind, *place)
        if entry is None:
            return
        obj = clone(entry.obj)
        meta = obj["metadata"]
        meta["finalizers"] = [f for f in meta.get("finalizers", []) if f != FOREGROUND]
        _tidy(obj)
        if "finalizers" in meta:
            self.store.put(kind, obj, entry)
        else:
            self._remove(kind, obj, entry)

    def _end_namespace(self, kind, before):
        if not before.obj["metadata"].get("deletionTimestamp"):
            obj = clone(before.obj)
            obj["metadata"].update(deletionTimestamp=now(), deletionGracePeriodSeconds=0)
            obj.setdefault("status", {})["phase"] = "Terminating"
            before = self.store.put(kind, obj, before)
        name = before.obj["metadata"]["name"]
        for inner in self.registry.stored():
            for entry in self.store.list(inner, name) if inner.namespaced else ():
                if self.store.find(inner, *entry.place):  # not gone with its owner
                    self.delete(inner, *entry.place, {"gracePeriodSeconds": 0})
        self._finish_namespace(name)
        return before, self.store.find(kind, "", name) is None

    def _finish_namespace(self, name):
        """The namespace goes once it is deleted and empty."""
        kind = self.registry.find("", "v1", "namespaces")
        held = self.store.find(kind, "", name)
        if held is None or not held.obj["metadata"].get("deletionTimestamp"):
            return
        if not any(self.store.any_in(k, name) for k in self.registry.stored() if k.namespaced):
            self.store.remove(kind, clone(held.obj), held)

    def _forget_kind(self, definition):
        for kind in crd.kinds_of(definition)[:1]:
            for entry in self.store.list(kind):
                self.delete(kind, *entry.place, {})
        crd.unregister(self.registry, definition)
