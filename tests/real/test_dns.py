"""test_dns - real CoreDNS and nginx behind addresses of ours: TCP and UDP on one, and a failover under questions"""
# SPDX-License-Identifier: Apache-2.0
import itertools
import os
import subprocess
import tempfile
import threading

import pytest

from conftest import ROOT
from helpers import apply_config, pool, settled, wait_owner
from lab import capture, netns, network, poll

IP = "172.17.255.2"
NAME = "web-svc-cip.default.svc.cluster.local"
SAMPLES = os.path.join(ROOT, "config/deploy/samples")
DIG = ["dig", "+short", "+time=1", "+tries=1", "@" + IP]
PER_SECOND = 50  # questions
LOST = 9 * PER_SECOND  # in one failover: it takes 6 s at rest, and half as much again on a busy machine


class Digs:
    """So many digs that each is given one question a second, and is done with it before the next."""

    def __init__(self, space):
        self.said, self.stopping, self.asked = tempfile.TemporaryFile(), threading.Event(), 0
        self.digs = [netns.in_namespace(space, self._start) for _ in range(PER_SECOND)]
        self.thread = threading.Thread(target=self._ask)
        self.thread.start()

    def _start(self):
        return subprocess.Popen([*DIG, "-f", "-"], stdin=subprocess.PIPE, stdout=self.said, stderr=subprocess.STDOUT)

    def _ask(self):
        for dig in itertools.cycle(self.digs):
            if self.stopping.wait(1 / PER_SECOND):
                return
            dig.stdin.write(NAME.encode() + b"\n")
            dig.stdin.flush()
            self.asked += 1

    def answers(self):
        """What came back until now; in the lines with a semicolon dig says why nothing did."""
        text = os.pread(self.said.fileno(), os.fstat(self.said.fileno()).st_size, 0).decode()
        return [line for line in text.splitlines() if not line.startswith(";")]

    def lost(self):
        """Questions without an answer yet."""
        return self.asked - len(self.answers())

    def stop(self):
        self.stopping.set()
        self.thread.join()
        for dig in self.digs:
            dig.stdin.close()
        for dig in self.digs:
            dig.wait(30)


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
    settled(cluster, IP, 90)
    return cluster.client.get("services", "default", "web-svc-cip")["spec"]["clusterIP"]


def dig(cluster, *options):
    return cluster.execute("client", *DIG, *options, NAME, check=False).strip()


def answering(cluster):
    """The MAC addresses that answer for the address."""
    return capture.ask(cluster.spaces.full("client"), "eth0", IP, cluster.mac("client"), network.CLIENT)


def test_coredns_answers_over_udp_and_tcp_on_one_address(cluster, names):
    for options in ((), ("+tcp",)):
        poll.until(lambda options=options: dig(cluster, *options) == names, 20, f"CoreDNS answers {options}")


def test_questions_go_on_over_a_failover(cluster, names):
    owner = settled(cluster, IP, 90)
    digs = Digs(cluster.spaces.full("client"))
    try:
        poll.until(lambda: len(digs.answers()) >= 2 * PER_SECOND, 30, "answers for two seconds")
        cluster.spaces.ip("lan", "link", "set", f"p-{owner}", "down")
        try:
            poll.until(lambda: answering(cluster) not in ([], [cluster.mac(owner)]), 30, "another node answers")
            before = len(digs.answers())
            poll.until(lambda: len(digs.answers()) >= before + 20, 30, "answers come again")
            lost = digs.lost()  # later ones go to a pod behind the cable, which is ready until the API hears of it
            poll.until(lambda: len(digs.answers()) >= before + 4 * PER_SECOND, 60, "answers for four more seconds")
        finally:
            cluster.spaces.ip("lan", "link", "set", f"p-{owner}", "up")
        poll.until(lambda: len(answering(cluster)) == 1, 10, "one node answers when the first one is back")
    finally:
        digs.stop()
    assert set(digs.answers()) == {names}
    assert 0 < lost <= LOST, f"{lost} questions were not answered before another node did"
    print(f"{digs.asked} asked, {digs.lost()} lost, {lost} of them in {lost / PER_SECOND:.1f} s of failover")  # shown by pytest -s


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
