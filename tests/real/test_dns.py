"""test_dns - real CoreDNS and nginx behind addresses of ours: TCP and UDP on one, and a failover under questions"""
# SPDX-License-Identifier: Apache-2.0
import os
import socket
import struct
import threading
import time

import pytest

from conftest import ROOT
from helpers import apply_config, owner_of, pool, wait_owner
from lab import capture, netns, network, poll

IP = "172.17.255.2"
NAME = "web-svc-cip.default.svc.cluster.local"
SAMPLES = os.path.join(ROOT, "config/deploy/samples")
EVERY_S = 0.01
LAST_S = 2  # for answers that are still on their way at the end
LOST = 900  # questions in one failover: it takes 6 s at rest, and half as much again on a busy machine


def question(number):
    labels = b"".join(bytes([len(word)]) + word.encode() for word in NAME.split("."))
    return struct.pack(">HHHHHH", number, 0x0100, 1, 0, 0, 0) + labels + b"\0" + struct.pack(">HH", 1, 1)


class Asker:
    """Asks for a name 100 times a second, from a port of its own each as `dig` does, and counts what comes back."""

    def __init__(self, space, wanted):
        """wanted: the address that the name has."""
        self.wanted, self.stopping = socket.inet_aton(wanted), threading.Event()
        self.asked, self.answers, self.wrong = 0, [], []  # when answers came; what else did
        self.thread = threading.Thread(target=netns.in_namespace, args=(space, self._run))
        self.thread.start()

    def _run(self):
        sockets, next_at = [], time.monotonic()
        while not self.stopping.is_set():
            self._hear(sockets)
            if time.monotonic() >= next_at:
                next_at += EVERY_S
                fresh = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
                fresh.setblocking(False)
                try:
                    fresh.sendto(question(self.asked & 0xffff), (IP, 53))
                except OSError:  # a neighbour that does not answer
                    pass
                self.asked += 1
                sockets.append(fresh)
                if len(sockets) > 200:
                    sockets.pop(0).close()
            self.stopping.wait(EVERY_S / 4)
        last = time.monotonic() + LAST_S
        while sockets and time.monotonic() < last:
            self._hear(sockets)
            threading.Event().wait(EVERY_S)
        for one in sockets:
            one.close()

    def _hear(self, sockets):
        for one in list(sockets):
            try:
                data = one.recv(1024)
            except OSError:
                continue
            if self.wanted in data:
                self.answers.append(time.monotonic())
            else:
                self.wrong.append(data)
            sockets.remove(one)
            one.close()

    def stop(self):
        self.stopping.set()
        self.thread.join()

    def longest_gap(self):
        return max(b - a for a, b in zip(self.answers, self.answers[1:]))


@pytest.fixture(scope="module")
def names(cluster):
    """The tutorial's web service and CoreDNS, which knows it; its address inside the cluster."""
    apply_config(cluster, pool("172.17.255.1-172.17.255.255"))
    for manifest in ("web", "dns", "ingress"):
        cluster.kubectl("apply", "-f", cluster.manifest(manifest))
    cluster.kubectl("apply", "-n", "kube-system", "-f", os.path.join(SAMPLES, "03-coredns-svc-lb.yaml"))
    cluster.kubectl("apply", "-f", os.path.join(SAMPLES, "04-nginx-lb.yaml"))
    cluster.kubectl("-n", "kube-system", "rollout", "status", "deployment/coredns", "--timeout=60s")
    cluster.kubectl("-n", "ingress-nginx", "rollout", "status", "deployment/ingress-nginx-controller", "--timeout=60s")
    wait_owner(cluster, IP, 20)
    return cluster.client.get("services", "default", "web-svc-cip")["spec"]["clusterIP"]


def dig(cluster, *options):
    return cluster.execute("client", "dig", *options, "+short", "+time=1", "+tries=1", "@" + IP, NAME,
                           check=False).strip()


def answering(cluster):
    """The MAC addresses that answer for the address."""
    return capture.ask(cluster.spaces.full("client"), "eth0", IP, cluster.mac("client"), network.CLIENT)


def test_coredns_answers_over_udp_and_tcp_on_one_address(cluster, names):
    for options in ((), ("+tcp",)):
        poll.until(lambda options=options: dig(cluster, *options) == names, 20, f"CoreDNS answers {options}")


def test_questions_go_on_over_a_failover(cluster, names):
    owner = owner_of(cluster, IP)
    asker = Asker(cluster.spaces.full("client"), names)
    try:
        poll.until(lambda: len(asker.answers) >= 100, 30, "a hundred answers")
        cluster.spaces.ip("lan", "link", "set", f"p-{owner}", "down")
        try:
            poll.until(lambda: answering(cluster) not in ([], [cluster.mac(owner)]), 30, "another node answers")
            before = len(asker.answers)
            poll.until(lambda: len(asker.answers) >= before + 200, 60, "two hundred more answers")
        finally:
            cluster.spaces.ip("lan", "link", "set", f"p-{owner}", "up")
        poll.until(lambda: len(answering(cluster)) == 1, 10, "one node answers when the first one is back")
    finally:
        asker.stop()
    assert not asker.wrong
    lost = asker.asked - len(asker.answers)
    assert 0 < lost <= LOST, f"{lost} of {asker.asked} questions were not answered"
    print(f"{asker.asked} asked, {len(asker.answers)} answered, longest gap {asker.longest_gap():.2f} s")  # shown by pytest -s


def test_nginx_sees_the_clients_own_address_near_and_far(cluster, names):
    ingress = cluster.client.get("services", "ingress-nginx", "ingress-nginx")
    ip = ingress["status"]["loadBalancer"]["ingress"][0]["ip"]
    wait_owner(cluster, ip, 20)
    for space, address in (("client", network.CLIENT), ("remote", network.REMOTE)):
        poll.until(lambda space=space: "404" in cluster.execute(
            space, "curl", "-s", "-m", "2", f"http://{ip}/from-{space}", check=False), 20, "nginx answers")
        pods = [p["metadata"]["name"] for p in cluster.client.list("pods", "ingress-nginx")]
        lines = "\n".join(cluster.kubectl("-n", "ingress-nginx", "logs", name) for name in pods).splitlines()
        assert any(line.split()[:2] == [address, "/from-" + space] for line in lines if line)
