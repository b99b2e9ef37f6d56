"""store - the objects, their versions, and who watches them

One counter gives every change its resourceVersion. Each version of an object is
turned into JSON once; lists and watch events reuse the bytes. Stored objects are
never changed in place, so versions may share parts of each other.
"""
# SPDX-License-Identifier: Apache-2.0
import bisect
import collections
import datetime
import json

from .status import not_found

HISTORY = 20000  # changes that a watch can go back


def now(after_s=0):
    moment = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=after_s)
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def clone(value):
    if isinstance(value, dict):
        return {k: clone(v) for k, v in value.items()}
    if isinstance(value, list):
        return [clone(v) for v in value]
    return value


class Entry:
    """One version of one object."""

    __slots__ = ("obj", "bytes", "version")

    def __init__(self, obj, version):
        self.obj = obj
        self.version = version
        self.bytes = json.dumps(obj, separators=(",", ":")).encode()

    @property
    def place(self):
        meta = self.obj["metadata"]
        return (meta.get("namespace", ""), meta["name"])


class Change:
    __slots__ = ("version", "type", "entry", "before")

    def __init__(self, change_type, entry, before):
        self.version, self.type, self.entry, self.before = entry.version, change_type, entry, before


class _Shelf:
    """All objects of one kind."""

    def __init__(self):
        self.entries = {}  # (namespace, name) -> Entry
        self.order = []  # the keys in order, or None when they changed
        self.history = collections.deque()
        self.watchers = {}  # functions of a Change, as keys

    def sorted_keys(self):
        if self.order is None:
            self.order = sorted(self.entries)
        return self.order


class Store:
    def __init__(self):
        self.version = 1
        self.oldest = 1  # a watch from before this version has missed something
        self.shelves = collections.defaultdict(_Shelf)
        self.dependents = {}  # uid of an owner -> {(kind key, place): None}
        self.n_history = 0
        self.applied = {}  # (uid, manager, subresource) -> last document of server-side apply

    # ---- reading ----

    def find(self, kind, namespace, name):
        return self.shelves[kind.key].entries.get((namespace if kind.namespaced else "", name))

    def get(self, kind, namespace, name):
        entry = self.find(kind, namespace, name)
        if entry is None:
            raise not_found(kind, name)
        return entry

    def list(self, kind, namespace="", chosen=None, after=None):
        """Entries in the order of their places; `after`: only those behind this place."""
        shelf = self.shelves[kind.key]
        keys = shelf.sorted_keys()
        if after is not None:
            keys = keys[bisect.bisect_right(keys, after):]
        entries = [shelf.entries[key] for key in keys if not namespace or key[0] == namespace]
        return entries if chosen is None else [e for e in entries if chosen(e.obj)]

    def any_in(self, kind, namespace):
        return any(key[0] == namespace for key in self.shelves[kind.key].entries)

    def owned_by(self, uid):
        """(kind key, place) of what names this uid as an owner."""
        return list(self.dependents.get(uid, ()))

    # ---- writing ----

    def put(self, kind, obj, before):
        """Store a new version of an object; `before` is its last Entry or None."""
        entry = self._record("MODIFIED" if before else "ADDED", kind, obj, before)
        shelf = self.shelves[kind.key]
        if before is None:
            shelf.order = None
        shelf.entries[entry.place] = entry
        self._index(kind, before, entry)
        return entry

    def remove(self, kind, obj, before):
        """Forget an object, whose last state is obj."""
        shelf = self.shelves[kind.key]
        del shelf.entries[before.place]
        shelf.order = None
        self._index(kind, before, None)
        return self._record("DELETED", kind, obj, before)

    def _record(self, change_type, kind, obj, before):
        self.version += 1
        obj["metadata"]["resourceVersion"] = str(self.version)
        entry = Entry(obj, self.version)
        change = Change(change_type, entry, before)
        shelf = self.shelves[kind.key]
        shelf.history.append(change)
        self.n_history += 1
        if self.n_history > 2 * HISTORY:
            self._trim()
        for watcher in list(shelf.watchers):
            watcher(change)
        return entry

    def _trim(self):
        """Keep the newest HISTORY changes of all kinds together."""
        self._forget_until(sorted(c.version for s in self.shelves.values() for c in s.history)[-HISTORY] - 1)

    def compact(self):
        """Forget the history: watches from older versions get 410."""
        self._forget_until(self.version)

    def _forget_until(self, version):
        for shelf in self.shelves.values():
            while shelf.history and shelf.history[0].version <= version:
                shelf.history.popleft()
        self.n_history = sum(len(s.history) for s in self.shelves.values())
        self.oldest = version

    def _index(self, kind, before, after):
        had = _owners(before)
        has = _owners(after)
        if had == has:
            return
        key = (kind.key, (after or before).place)
        for uid in had - has:
            self.dependents[uid].pop(key)
            if not self.dependents[uid]:
                del self.dependents[uid]
        for uid in has - had:
            self.dependents.setdefault(uid, {})[key] = None

    # ---- watching ----

    def subscribe(self, kind, watcher):
        self.shelves[kind.key].watchers[watcher] = None

    def unsubscribe(self, kind, watcher):
        self.shelves[kind.key].watchers.pop(watcher, None)

    def changes_since(self, version, kind):
        found = []
        for change in reversed(self.shelves[kind.key].history):
            if change.version <= version:
                break
            found.append(change)
        return reversed(found)


def _owners(entry):
    if entry is None:
        return frozenset()
    return frozenset(r.get("uid") for r in entry.obj["metadata"].get("ownerReferences") or ())


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
