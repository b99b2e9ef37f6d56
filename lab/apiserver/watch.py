"""watch - a WATCH as a stream of events, and the log of a pod as it grows"""
# SPDX-License-Identifier: Apache-2.0
import asyncio
import json
import os

from . import tables, views
from .http import Stream
from .status import bad_request, expired
from .store import seen_as

BOOKMARK_S = 30
LOG_POLL_S = 0.2


def _line(event_type, body):
    return b'{"type":"%s","object":%s}\n' % (event_type.encode(), body)


def _later(timers, seconds, function):
    timers.append(asyncio.get_running_loop().call_later(seconds, function))


class Watch(Stream):
    """Changes of one kind from a version on."""

    def __init__(self, store, target, chosen, query, as_table):
        self.store, self.target, self.chosen = store, target, chosen
        self.query, self.as_table = query, as_table
        self.wants_bookmarks = query.get("allowWatchBookmarks") in ("true", "1")
        self.from_version = self._number("resourceVersion")
        self.timeout_s = self._number("timeoutSeconds")
        self.write = self.end = None
        self.timers = []

    def _number(self, key):
        try:
            return int(self.query.get(key) or 0)
        except ValueError:
            raise bad_request(f"{key} must be a number") from None

    def _body(self, entry):
        if not self.as_table:
            return views.shown_bytes(self.target.shown, entry)
        shown = tables.table(self.target.shown, [views.shown(self.target.shown, entry.obj)],
                             self.query.get("includeObject"), {"resourceVersion": str(entry.version)})
        return json.dumps(shown, separators=(",", ":")).encode()

    def _on_change(self, change):
        event_type = seen_as(change, self.target.namespace, self.chosen)
        if event_type:
            self.write(_line(event_type, self._body(change.entry)))

    def bookmark(self, annotations=None):
        """Say how far the watch is, to a client that asked for it."""
        if not self.wants_bookmarks and annotations is None:
            return
        meta = {"resourceVersion": str(self.store.version)}
        if annotations:
            meta["annotations"] = annotations
        kind = self.target.shown
        self.write(_line("BOOKMARK", json.dumps({"kind": kind.kind, "apiVersion": kind.api_version,
                                                 "metadata": meta}).encode()))

    def _bookmark_again(self):
        self.bookmark()
        _later(self.timers, BOOKMARK_S, self._bookmark_again)

    def _time_out(self):
        self.bookmark()
        self.end()

    def start(self, write, end):
        self.write, self.end = write, end
        initial = self.query.get("sendInitialEvents") == "true"
        if self.from_version == 0 or initial:
            for entry in self.store.list(self.target.kind, self.target.namespace, self.chosen):
                write(_line("ADDED", self._body(entry)))
            if initial:
                self.bookmark({"k8s.io/initial-events-end": "true"})
        elif not self.store.oldest <= self.from_version <= self.store.version:
            write(_line("ERROR", json.dumps(expired().body).encode()))
            end()
            return
        else:
            for change in self.store.changes_since(self.from_version, self.target.kind):
                self._on_change(change)
        self.store.subscribe(self.target.kind, self._on_change)
        if self.wants_bookmarks:
            _later(self.timers, BOOKMARK_S, self._bookmark_again)
        if self.timeout_s:
            _later(self.timers, self.timeout_s, self._time_out)

    def stop(self):
        for timer in self.timers:
            timer.cancel()
        self.store.unsubscribe(self.target.kind, self._on_change)


class FollowedLog(Stream):
    """A file as it grows, for as long as its pod is there."""

    content_type = "text/plain"

    def __init__(self, path, start, is_there):
        self.path, self.at, self.is_there = path, start, is_there
        self.write = self.end = None
        self.timers = []

    def _more(self):
        is_last = not self.is_there()
        if os.path.exists(self.path):
            with open(self.path, "rb") as file:
                file.seek(self.at)
                data = file.read()
            if data:
                self.at += len(data)
                self.write(data)
        if is_last:
            self.end()
            return
        self.timers.clear()
        _later(self.timers, LOG_POLL_S, self._more)

    def start(self, write, end):
        self.write, self.end = write, end
        self._more()

    def stop(self):
        for timer in self.timers:
            timer.cancel()
