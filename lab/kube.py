"""kube - a Kubernetes API client for the lab: requests, and caches that follow a kind"""
# SPDX-License-Identifier: Apache-2.0
import http.client
import json
import threading

from . import netns

PATHS = {
    "nodes": "/api/v1", "namespaces": "/api/v1", "pods": "/api/v1", "services": "/api/v1",
    "endpoints": "/api/v1", "configmaps": "/api/v1", "secrets": "/api/v1", "serviceaccounts": "/api/v1",
    "events": "/api/v1", "deployments": "/apis/apps/v1", "daemonsets": "/apis/apps/v1",
    "replicasets": "/apis/apps/v1", "endpointslices": "/apis/discovery.k8s.io/v1",
    "leases": "/apis/coordination.k8s.io/v1",
}


class Refused(Exception):
    """An answer other than success."""

    def __init__(self, code, message):
        super().__init__(f"{code}: {message}")
        self.code = code


def _message(text):
    """Of a Status; some refusals are plain text."""
    try:
        return json.loads(text).get("message", text)
    except (ValueError, AttributeError):
        return text.decode(errors="replace").strip()


class Client:
    """Requests to the API endpoint from inside a namespace (None: from here)."""

    def __init__(self, host, port, namespace=None):
        self.host, self.port, self.namespace = host, port, namespace
        self.local = threading.local()

    def _connect(self):
        connection = http.client.HTTPConnection(self.host, self.port, timeout=30)
        if self.namespace:
            netns.in_namespace(self.namespace, connection.connect)
        else:
            connection.connect()
        return connection

    def request(self, method, path, body=None, content_type="application/json"):
        data = None if body is None else json.dumps(body)
        for attempt in (1, 2):
            connection = getattr(self.local, "connection", None) or self._connect()
            self.local.connection = connection
            try:
                connection.request(method, path, data, {"Content-Type": content_type} if data else {})
                answer = connection.getresponse()
                text = answer.read()
                break
            except (OSError, http.client.HTTPException):
                connection.close()
                self.local.connection = None
                if attempt == 2:
                    raise
        if answer.status >= 300:
            raise Refused(answer.status, _message(text))
        return json.loads(text) if text else None

    @staticmethod
    def path(resource, namespace=None, name=None, sub=None):
        parts = [PATHS[resource]]
        if namespace:
            parts += ["namespaces", namespace]
        return "/".join(parts + [p for p in (resource, name, sub) if p])

    def create(self, resource, obj):
        return self.request("POST", self.path(resource, obj["metadata"].get("namespace")), obj)

    def replace(self, resource, obj, sub=None):
        meta = obj["metadata"]
        return self.request("PUT", self.path(resource, meta.get("namespace"), meta["name"], sub), obj)

    def merge(self, resource, namespace, name, patch, sub=None):
        return self.request("PATCH", self.path(resource, namespace, name, sub), patch,
                            "application/merge-patch+json")

    def get(self, resource, namespace, name):
        return self.request("GET", self.path(resource, namespace, name))

    def list(self, resource, namespace=None):
        return self.request("GET", self.path(resource, namespace))["items"]

    def delete(self, resource, namespace, name, grace=None):
        body = {} if grace is None else {"gracePeriodSeconds": grace}
        return self.request("DELETE", self.path(resource, namespace, name), body)

    def watch(self, resource, version, stop):
        """Events from a version on, until the stream ends."""
        connection = self._connect()
        connection.timeout = None
        sock = connection.sock
        sock.settimeout(None)
        stop.append(sock)
        try:
            connection.request("GET", f"{self.path(resource)}?watch=true&resourceVersion={version}")
            answer = connection.getresponse()
            while line := answer.readline():
                event = json.loads(line)
                yield event["type"], event["object"]
        finally:
            stop.remove(sock)
            connection.close()


class Cache:
    """All objects of some kinds, kept current by a thread each; followers are woken by every change."""

    def __init__(self, client, resources):
        self.client = client
        self.lock = threading.Lock()
        self.objects = {r: {} for r in resources}
        self.n_changes = dict.fromkeys(resources, 0)
        self.followers = []
        self.sockets, self.stopping = [], False
        self.threads = [threading.Thread(target=self._follow, args=(r,), daemon=True) for r in resources]
        self.synced = {r: threading.Event() for r in resources}
        for thread in self.threads:
            thread.start()
        for event in self.synced.values():
            event.wait(10)

    def follow(self):
        """An event of one's own, which is set when something may have changed."""
        event = threading.Event()
        self.followers.append(event)
        return event

    def wake(self):
        for event in self.followers:
            event.set()

    @staticmethod
    def key(obj):
        return (obj["metadata"].get("namespace", ""), obj["metadata"]["name"])

    def _follow(self, resource):
        while not self.stopping:
            try:
                listed = self.client.request("GET", self.client.path(resource))
                with self.lock:
                    self.objects[resource] = {self.key(o): o for o in listed["items"]}
                    self.n_changes[resource] += 1
                self.synced[resource].set()
                self.wake()
                version = listed["metadata"]["resourceVersion"]
                for event_type, obj in self.client.watch(resource, version, self.sockets):
                    if event_type == "ERROR":
                        break
                    if event_type != "BOOKMARK":
                        self.take(resource, obj, event_type == "DELETED")
            except (OSError, http.client.HTTPException, ValueError, Refused, AttributeError):
                if not self.stopping:
                    threading.Event().wait(0.3)

    def take(self, resource, obj, is_gone=False):
        """A change that was seen, or was just made and must be known before the watch tells it."""
        with self.lock:
            if is_gone:
                self.objects[resource].pop(self.key(obj), None)
            else:
                self.objects[resource][self.key(obj)] = obj
            self.n_changes[resource] += 1
        self.wake()

    def counts(self, *resources):
        """How often these kinds have changed: the same answer means that nothing has."""
        with self.lock:
            return tuple(self.n_changes[r] for r in resources)

    def all(self, resource):
        with self.lock:
            return list(self.objects[resource].values())

    def find(self, resource, namespace, name):
        with self.lock:
            return self.objects[resource].get((namespace, name))

    def stop(self):
        self.stopping = True
        for sock in list(self.sockets):
            try:
                sock.shutdown(2)
            except OSError:
                pass
