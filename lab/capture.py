"""capture - ARP frames on a LAN: asked for, and seen"""
# SPDX-License-Identifier: Apache-2.0
import contextlib
import dataclasses
import select
import socket
import struct
import threading
import time

from . import netns

ETH_P_ARP = 0x0806
BROADCAST = b"\xff" * 6
REQUEST, REPLY = 1, 2


@dataclasses.dataclass(frozen=True)
class Frame:
    time: float  # monotonic, seconds
    eth_dst: str
    eth_src: str
    op: int
    sha: str
    spa: str
    tha: str
    tpa: str
    size: int


def mac_text(raw):
    return ":".join(f"{b:02x}" for b in raw)


def mac_bytes(text):
    return bytes(int(part, 16) for part in text.split(":"))


def parse(data, when):
    if len(data) < 42 or data[12:14] != b"\x08\x06":
        return None
    op, sha, spa, tha, tpa = struct.unpack("!H6s4s6s4s", data[20:42])
    return Frame(when, mac_text(data[:6]), mac_text(data[6:12]), op, mac_text(sha), socket.inet_ntoa(spa),
                 mac_text(tha), socket.inet_ntoa(tpa), len(data))


def build(op, eth_dst, eth_src, sha, spa, tha, tpa):
    return (eth_dst + eth_src + b"\x08\x06\x00\x01\x08\x00\x06\x04" +
            struct.pack("!H6s4s6s4s", op, sha, socket.inet_aton(spa), tha, socket.inet_aton(tpa))).ljust(60, b"\0")


class Capture:
    """All ARP frames on an interface, from start to stop."""

    def __init__(self, space, interface):
        self.socket = netns.packet_socket(space, interface, ETH_P_ARP)
        self.frames, self.stopping = [], False
        self.lock = threading.Lock()
        self.thread = threading.Thread(target=self._read, daemon=True)
        self.thread.start()

    def __enter__(self):
        return self

    def __exit__(self, *_error):
        self.stopping = True
        self.thread.join()
        self.socket.close()

    def _read(self):
        while not self.stopping:
            if not select.select([self.socket], [], [], 0.05)[0]:
                continue
            frame = parse(self.socket.recv(2048), time.monotonic())
            if frame:
                with self.lock:
                    self.frames.append(frame)

    def all(self):
        with self.lock:
            return list(self.frames)

    def gratuitous(self, ip):
        return [f for f in self.all() if f.spa == ip == f.tpa]

    def replies(self, ip):
        return [f for f in self.all() if f.op == REPLY and f.spa == ip and f.tpa != ip]


PATIENCE_S = 1.0  # for the first answer: a busy machine may be slow
OTHERS_S = 0.2  # for further answers after it


def own_mac_of(space, interface):
    with contextlib.closing(netns.packet_socket(space, interface, ETH_P_ARP)) as raw:
        return mac_text(raw.getsockname()[4])


def ask(space, interface, ip, own_mac, own_ip, others_s=OTHERS_S):
    """Broadcast one request; the MAC addresses of all who answer."""
    raw = netns.packet_socket(space, interface, ETH_P_ARP)
    try:
        mac = mac_bytes(own_mac)
        raw.send(build(REQUEST, BROADCAST, mac, mac, own_ip, b"\0" * 6, ip))
        answers, deadline = [], time.monotonic() + PATIENCE_S
        while True:
            left = max(0, deadline - time.monotonic())  # what came while this process stood still is there to be read
            if not select.select([raw], [], [], left)[0]:
                return answers
            frame = parse(raw.recv(2048), time.monotonic())
            if frame and frame.op == REPLY and frame.spa == ip and frame.eth_dst == own_mac:
                answers.append(frame.sha)
                if len(answers) == 1:
                    deadline = time.monotonic() + others_s
    finally:
        raw.close()
