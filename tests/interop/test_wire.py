"""test_wire - what real memberlist puts on the wire: CRC, compression, large states, both codecs"""
# SPDX-License-Identifier: Apache-2.0
import contextlib
import select
import socket
import threading

import pytest

from lab import netns, peers, poll, segment

CRC, COMPRESSED = 0x0C, 0x09
CRC_BYTES = 5
ETH_P_IP = 0x0800
MANY = 200


@pytest.fixture()
def lan():
    with segment.Segment(2) as made:
        yield made


@contextlib.contextmanager
def _datagrams(space, interface):
    """UDP payloads to the gossip port on an interface, in a list that grows."""
    raw = netns.packet_socket(space, interface, ETH_P_IP)
    seen, stopping = [], threading.Event()

    def read():
        while not stopping.is_set():
            if not select.select([raw], [], [], 0.05)[0]:
                continue
            packet = raw.recv(65535)[14:]
            head = (packet[0] & 15) * 4
            if packet[9] == socket.IPPROTO_UDP and packet[head + 2:head + 4] == peers.PORT.to_bytes(2, "big"):
                seen.append((socket.inet_ntoa(packet[12:16]), packet[head + 8:]))

    thread = threading.Thread(target=read)
    thread.start()
    try:
        yield seen
    finally:
        stopping.set()
        thread.join()
        raw.close()


class _Crowd:
    """Many members of real memberlist in one process on host h1, each with an address there."""

    def __init__(self, lan, program, count, **options):
        self.address = {f"go{i}": ip for i, ip in enumerate(lan.crowd(1, count))}
        self.peer = peers.Peer(lan.command("h1", program), **options)
        self.peer.do_all([("add", name, ip, peers.PORT) for name, ip in self.address.items()])
        self.seed = f"{self.address['go0']}:{peers.PORT}"

    def join_all(self):
        self.peer.do_all([("join", name, self.seed) for name in list(self.address)[1:]])


def _not_understood(ours):
    """Its troubles; that an answer was late, or that no datagram came, is none of what was said."""
    troubles = ours.members("us")["troubles"]
    return {word: n for word, n in troubles.items() if n > 0 and word not in ("notReached", "udpBlocked")}


def _ours(lan, programs, crowd, **options):
    peer = peers.Peer(lan.command("h2", programs["ours"]), **options)
    peer.do("add", "us", segment.address(2), peers.PORT)
    peer.do("join", "us", crowd.seed)
    return peer


@pytest.mark.parametrize("which", peers.MODULES)
def test_crc_and_compressed_packets_are_understood(lan, programs, which):
    crowd = _Crowd(lan, programs[which], 20)
    ours = _ours(lan, programs, crowd)
    try:
        with _datagrams(lan.spaces.full("h2"), "eth0") as seen:
            crowd.join_all()  # many joins at once: gossip that is worth compressing
            poll.until(lambda: len(ours.members("us")["members"]) == 21, 20, "ours sees all 20")
            poll.until(lambda: any(source != segment.address(2) and data[0] == CRC and data[CRC_BYTES] == COMPRESSED
                                   for source, data in list(seen)), 10, "memberlist sent a compressed packet with a CRC")
        poll.until(lambda: len(crowd.peer.events("join", node="us")) == 20, 20, "all 20 see ours")
        assert _not_understood(ours) == {}
    finally:
        ours.kill()
        crowd.peer.kill()


@pytest.mark.parametrize("which,key_bytes", [("new", 32), ("old", 16)])
def test_two_hundred_members_come_in_one_push_pull(lan, programs, which, key_bytes):
    options = {"secret": "two hundred members in one", "key_bytes": key_bytes}
    # They chat little, so that this machine can carry so many; only the first has to know all.
    crowd = _Crowd(lan, programs[which], MANY, gossip_interval="5s", probe_interval="20s", **options)
    crowd.join_all()
    # No datagram reaches ours, and the next push/pull is half a minute away: only the join's can tell.
    lan.lose("h2", "meta l4proto udp")
    ours = _ours(lan, programs, crowd, **options)
    try:
        poll.until(lambda: len(ours.members("us")["members"]) == MANY + 1, 10, "ours sees all 200")
        poll.until(lambda: crowd.peer.events("join", member="go0", node="us"), 10, "the one that was asked sees ours")
        assert _not_understood(ours) == {}
    finally:
        ours.kill()
        crowd.peer.kill()
