"""standin - what a speaker of MetalLB does, for tests of the exchange: its ring, its election, its answers

    standin.py --memberlist PROGRAM --nodes ADDRESS,... --addresses VIP,...   [in a speaker's environment]

hashicorp/memberlist itself tells who lives; of those the one with the least sha256(node # address) answers
ARP for an address.
"""
# SPDX-License-Identifier: Apache-2.0
import argparse
import contextlib
import hashlib
import http.server
import os
import select
import signal
import socket
import sys
import threading
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
from lab import capture, peers  # noqa: E402

HEALTH_PORT = 17472
LOOK_S = 0.02  # between two looks at the ring
AGAIN_S = 1.0  # between two tries to join


def owner(nodes, ip):
    """The node that MetalLB elects."""
    return min(nodes, key=lambda node: hashlib.sha256(f"{node}#{ip}".encode()).digest())


class Health(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_arguments):
        pass


class Speaker:
    def __init__(self, name, address, options):
        with open(os.path.join(os.environ["METALLB_ML_SECRET_KEY_PATH"], "secretkey"), encoding="utf-8") as file:
            self.ring = peers.Peer(["setsid", options.memberlist], secret=file.read())  # signals to the pod are ours
        self.name, self.addresses, self.owned = name, options.addresses.split(","), []
        self.raw = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(capture.ETH_P_ARP))
        self.raw.bind(("eth0", capture.ETH_P_ARP))
        self.mac = self.raw.getsockname()[4]
        self.ring.do("add", name, address, peers.PORT)
        self.others = [f"{ip}:{peers.PORT}" for ip in options.nodes.split(",") if ip != address]
        self.next_join = 0

    def _alive(self):
        """The nodes in the ring; who is alone asks the others again, as MetalLB does."""
        alive = self.ring.members(self.name)["members"]
        if len(alive) == 1 and time.monotonic() >= self.next_join:
            self.next_join = time.monotonic() + AGAIN_S
            with contextlib.suppress(RuntimeError):  # nobody is there yet
                self.ring.do("join", self.name, *self.others)
        return alive

    def _elect(self):
        alive = self._alive()
        owned = [ip for ip in self.addresses if owner(alive, ip) == self.name]
        for ip in set(owned) - set(self.owned):
            for op in (capture.REQUEST, capture.REPLY):
                self.raw.send(capture.build(op, capture.BROADCAST, self.mac, self.mac, ip, capture.BROADCAST, ip))
        self.owned = owned

    def _answer(self):
        frame = capture.parse(self.raw.recv(2048), 0)
        if frame and frame.op == capture.REQUEST and frame.tpa in self.owned and frame.spa != frame.tpa:
            asker = capture.mac_bytes(frame.sha)
            self.raw.send(capture.build(capture.REPLY, asker, self.mac, self.mac, frame.tpa, asker, frame.spa))

    def run(self, stopping):
        next_look = 0
        while not stopping.is_set():
            if time.monotonic() >= next_look:
                self._elect()
                next_look = time.monotonic() + LOOK_S
            if select.select([self.raw], [], [], LOOK_S)[0]:
                self._answer()
        self.ring.do("leave", self.name)


def main():
    parser = argparse.ArgumentParser()
    for name in ("memberlist", "nodes", "addresses"):
        parser.add_argument("--" + name)
    options = parser.parse_args()
    stopping = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stopping.set())
    health = http.server.ThreadingHTTPServer(("", HEALTH_PORT), Health)
    threading.Thread(target=health.serve_forever, daemon=True).start()
    Speaker(os.environ["METALLB_NODE_NAME"], os.environ["METALLB_ML_BIND_ADDR"], options).run(stopping)
    os._exit(0)  # the ring's process ends with its standard input


if __name__ == "__main__":
    main()
