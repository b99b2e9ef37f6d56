"""probes - whether a container is ready and alive, asked by HTTP, TCP or a command

No look waits for another one, and nobody waits for a look: what several of them
came to stands in Probe.good.
"""
# SPDX-License-Identifier: Apache-2.0
import concurrent.futures
import http.client
import socket
import subprocess
import time

from . import netns

EAGER_S = 0.2  # between looks at what is not ready yet
N_LOOKS = 8  # at the same time


class Probe:
    """When to look, and what the looks have come to."""

    def __init__(self, spec, good, now):
        """good: what holds until looks have shown otherwise."""
        self.spec, self.good = spec, good
        self.n_against = 0  # looks in a row that do not agree with `good`
        self.looking = False
        self.next_at = now + spec.get("initialDelaySeconds", 0)

    def is_due(self, now):
        return not self.looking and now >= self.next_at

    def took(self, success, now):
        """A look has ended."""
        self.n_against = 0 if success == self.good else self.n_against + 1
        needed = self.spec.get("failureThreshold", 3) if self.good else self.spec.get("successThreshold", 1)
        if self.n_against >= needed:
            self.good, self.n_against = success, 0
        self.next_at = now + (self.spec.get("periodSeconds", 10) if self.good else EAGER_S)
        self.looking = False


def readiness(spec, host_network):
    """What asks whether a container is ready, or None: it is as soon as it runs."""
    if spec.get("readinessProbe"):
        return spec["readinessProbe"]
    ports = [p["containerPort"] for p in spec.get("ports") or [] if p.get("protocol", "TCP") == "TCP"]
    if ports and not host_network:  # until it listens; after that it counts as ready
        return {"tcpSocket": {"port": ports[0]}, "periodSeconds": float("inf")}
    return None


def port_of(wanted, spec):
    if isinstance(wanted, int) or wanted.isdigit():
        return int(wanted)
    return next(p["containerPort"] for p in spec.get("ports") or [] if p.get("name") == wanted)


def http_ok(space, address, path, timeout):
    connection = http.client.HTTPConnection(*address, timeout=timeout)
    try:
        netns.in_namespace(space, connection.connect)
        connection.request("GET", path)
        return 200 <= connection.getresponse().status < 400
    finally:
        connection.close()


def connects(space, address, timeout):
    netns.in_namespace(space, lambda: socket.create_connection(address, timeout)).close()
    return True


def succeeds(command, environment, timeout):
    done = subprocess.run(command, env=environment, timeout=timeout, check=False, stdin=subprocess.DEVNULL,
                          stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return done.returncode == 0


class Prober:
    """Looks that are under way."""

    def __init__(self, wake):
        self.pool = concurrent.futures.ThreadPoolExecutor(N_LOOKS)
        self.wake = wake  # called when a probe has come to something new

    def mind(self, probe, look):
        """Begin a look when one is due; look() says whether it succeeded."""
        if probe.is_due(time.monotonic()):
            probe.looking = True
            self.pool.submit(self._look, probe, look)

    def _look(self, probe, look):
        before = probe.good
        try:
            success = look()
        except (OSError, http.client.HTTPException, subprocess.SubprocessError, StopIteration):
            success = False
        probe.took(success, time.monotonic())
        if probe.good != before:
            self.wake()

    def stop(self):
        self.pool.shutdown(wait=False, cancel_futures=True)
