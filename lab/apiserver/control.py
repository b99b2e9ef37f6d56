"""control - what tests ask of the endpoint, on paths below /lab

POST /lab/faults {"verb","path","codes"}: the next requests whose path contains
    `path` are answered with these codes, one each; verb: of the API (list, watch,
    update ...) or of HTTP, or *; code 0: the connection is cut without an answer
DELETE /lab/faults: none of them any more
POST /lab/deny [{"verbs","resource","agent"}]: 403 for these from now on, until the
    next such request; verbs: a list, or missing for all; resource: services,
    services/status ...; agent: only for programs whose User-Agent begins so
POST /lab/compact: forget the watch history, so that older versions get 410
POST /lab/drop-watches: cut all watches
POST /lab/bookmarks: a bookmark now, on all watches that asked for such
POST /lab/services SERVICE: store it as it is, which a real server would refuse
POST /lab/pause {"seconds"}: nobody is answered for so long
GET /lab/requests: counts of what was asked, by user agent, verb and resource (a path
    that names none stands for itself); with ?reset=true they begin anew
"""
# SPDX-License-Identifier: Apache-2.0
import asyncio
import collections
import json
import threading

from .http import Response
from .objects import Objects
from .status import REASONS, ApiError, bad_request, success, unknown_path


def program_of(request):
    return request.headers.get("user-agent", "").split("/", 1)[0]


class Control:
    def __init__(self, store, registry, denied=()):
        self.store, self.registry = store, registry
        self.faults = []
        self.denied = list(denied)
        self.counts = collections.Counter()
        self.connections = []  # sets of open connections, one for each listener

    # ---- what tests ask for ----

    def answer(self, request, path):
        body = json.loads(request.body or b"null")
        function = {"faults": self._faults, "deny": self._deny, "compact": self._compact, "pause": self._pause,
                    "drop-watches": self._drop_watches, "bookmarks": self._bookmarks,
                    "requests": self._requests, "services": self._services}.get(path.removeprefix("/lab/"))
        if function is None:
            raise unknown_path()
        answer = function(request, body)
        return Response(200, success() if answer is None else answer)

    def _faults(self, request, body):
        if request.method == "DELETE":
            self.faults.clear()
            return
        if not isinstance(body, dict) or not {"verb", "path", "codes"} <= body.keys() or not body["codes"]:
            raise bad_request('a fault is {"verb": ..., "path": ..., "codes": [at least one]}')
        self.faults.append({"verb": body["verb"].lower(), "path": body["path"], "codes": list(body["codes"])})

    def _deny(self, _request, body):
        self.denied = body if isinstance(body, list) else [body] if body else []

    def _compact(self, _request, _body):
        self.store.compact()

    def _drop_watches(self, _request, _body):
        for connection in self._open():
            connection.cut()

    def _bookmarks(self, _request, _body):
        for connection in self._open():
            if hasattr(connection.stream, "bookmark"):
                connection.stream.bookmark()

    def _services(self, _request, body):
        kind, past_rules = self.registry.find("", "v1", "services"), Objects(self.store, self.registry, validate=False)
        past_rules.create(kind, body["metadata"]["namespace"], body)

    def _pause(self, _request, body):
        # The answer to this request goes out before the loop stands still.
        asyncio.get_running_loop().call_later(0.01, threading.Event().wait, float(body["seconds"]))

    def _requests(self, request, _body):
        found = [{"agent": a, "verb": v, "resource": r, "count": n} for (a, v, r), n in sorted(self.counts.items())]
        if request.query.get("reset") == "true":
            self.counts.clear()
        return found

    def _open(self):
        return [connection for some in self.connections for connection in list(some)]

    # ---- what it does to requests ----

    def strike(self, request, path, verb):
        """The fault that a test has asked for, if one is due."""
        for fault in self.faults:
            if fault["path"] in path and fault["verb"] in ("*", verb, request.method.lower()):
                code = fault["codes"].pop(0)
                self.faults = [f for f in self.faults if f["codes"]]
                raise ApiError(code, REASONS.get(code, "InternalError"), f"a fault that the test asked for ({code})",
                               headers={"Retry-After": "1"} if code == 429 else None)

    def count(self, request, verb, resource):
        self.counts[(program_of(request), verb, resource)] += 1

    def is_denied(self, program, action):
        for rule in self.denied:
            verbs = rule.get("verbs") or [rule.get("verb", "*")]
            if (rule["resource"] in ("*", action.resource) and ("*" in verbs or action.verb in verbs)
                    and program.startswith(rule.get("agent", ""))):
                return True
        return False

    def admit(self, request, user, action):
        """Count a request; 403 when a test denies it."""
        self.count(request, action.verb, action.resource)
        if self.is_denied(program_of(request), action):
            raise action.forbidden(user)
