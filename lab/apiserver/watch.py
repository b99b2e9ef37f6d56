"""watch - a WATCH as a stream of events, and the log of a pod as it grows"""
# SPDX-License-Identifier: Apache-2.0
import asyncio
import json
import os

from . import tables
from .http import Stream
from .status import expired
from .store import seen_as

BOOKMARK_S = 30
LOG_POLL_S = 0.2


def _line(event_type, body):
    return b'{"type":"%s","object":%s}\n' % (event_type.encode(), body)


class Watch(Stream):
    """Changes of one kind from a version on."""

    def __init__(self, store, kind, namespace, chosen, query, as_table):
        self.store, self.kind, self.namespace, self.chosen = store, kind, namespace, chosen
        self.query, self.as_table = query, as_table
        self.write = self.end = None
        self.timers = []

    def _body(self, entry):
        if not self.as_table:
            return entry.bytes
        shown = tables.table(self.kind, [entry.obj], self.query.get("includeObject"),
                             {"resourceVersion": str(entry.version)})
        return json.dumps(shown, separators=(",", ":")).encode()

    def _on_change(self, change):
        if change.kind != self.kind:
            return
        event_type = seen_as(change, self.namespace, self.chosen)
        if event_type:
            self.write(_line(event_type, self._body(change.entry)))

    def _bookmark(self, annotations=None):
        meta = {"resourceVersion": str(self.store.version)}
        if annotations:
            meta["annotations"] = annotations
        self.write(_line("BOOKMARK", json.dumps({"kind": self.kind.kind, "apiVersion": self.kind.api_version,
                                                 "metadata": meta}).encode()))

    def _bookmark_again(self):
        self._bookmark()
        self._after(BOOKMARK_S, self._bookmark_again)

    def _after(self, seconds, function):
        self.timers.append(asyncio.get_running_loop().call_later(seconds, function))

    def start(self, write, end):
        self.write, self.end = write, end
        asked = self.query.get("resourceVersion") or "0"
        initial = self.query.get("sendInitialEvents") == "true"
        if asked == "0" or initial:
            for entry in self.store.list(self.kind, self.namespace, self.chosen):
                self.write(_line("ADDED", self._body(entry)))
            if initial:
                self._bookmark({"k8s.io/initial-events-end": "true"})
        elif int(asked) < self.store.oldest:
            self.write(_line("ERROR", json.dumps(expired().body).encode()))
            self.end()
            return
        else:
            for change in self.store.changes_since(int(asked), self.kind):
                self._on_change(change)
        self.store.watchers.append(self._on_change)
        if self.query.get("allowWatchBookmarks") in ("true", "1"):
            self._after(BOOKMARK_S, self._bookmark_again)
        if self.query.get("timeoutSeconds"):
            self._after(int(self.query["timeoutSeconds"]), self.end)

    def stop(self):
        for timer in self.timers:
            timer.cancel()
        if self._on_change in self.store.watchers:
            self.store.watchers.remove(self._on_change)


class FollowedLog(Stream):
    content_type = "text/plain"

    def __init__(self, path, start):
        self.path, self.at = path, start
        self.write = self.timer = None

    def _more(self):
        if os.path.exists(self.path):
            with open(self.path, "rb") as file:
                file.seek(self.at)
                data = file.read()
            if data:
                self.at += len(data)
                self.write(data)
        self.timer = asyncio.get_running_loop().call_later(LOG_POLL_S, self._more)

    def start(self, write, end):
        self.write = write
        self._more()

    def stop(self):
        if self.timer:
            self.timer.cancel()
