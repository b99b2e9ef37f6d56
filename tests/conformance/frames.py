"""frames - what the LANs carry about addresses: ARP and neighbour discovery, sent and seen"""
# SPDX-License-Identifier: Apache-2.0
import ctypes
import dataclasses
import ipaddress
import select
import socket
import struct
import threading
import time

from lab import capture, netns, poll

ETH_P_ALL = 3
PACKET_OUTGOING = 4
LOOK_EVERY_S = 0.05
SO_ATTACH_FILTER, SO_TIMESTAMPNS = 26, 35
ALL_NODES = "ff02::1"
SOLICITATION, ADVERTISEMENT = 135, 136
TYPES = {133: "router-solicitation", 134: "router-advertisement", SOLICITATION: "neighbor-solicitation",
         ADVERTISEMENT: "neighbor-advertisement"}
SOURCE_LL, TARGET_LL = 1, 2
OPS = {capture.REQUEST: "request", capture.REPLY: "reply"}

# ARP, and IPv6 with ICMPv6 of the types of neighbour discovery: (code, jump if true, if false, operand)
FILTER = [(0x28, 0, 0, 12), (0x15, 6, 0, 0x0806), (0x15, 0, 6, 0x86dd), (0x30, 0, 0, 20), (0x15, 0, 4, 58),
          (0x30, 0, 0, 54), (0x35, 0, 2, 133), (0x25, 1, 0, 137), (0x06, 0, 0, 2048), (0x06, 0, 0, 0)]


@dataclasses.dataclass(frozen=True)
class Seen:
    """A frame that a node sent. `fields` are named as in the scenarios."""
    time: float  # monotonic, seconds
    port: str
    fields: dict


def solicited_node(ip):
    raw = ipaddress.IPv6Address(ip).packed
    return str(ipaddress.IPv6Address(ipaddress.IPv6Address("ff02::1:ff00:0").packed[:13] + raw[13:]))


def link_local(mac):
    raw = capture.mac_bytes(mac)
    return str(ipaddress.IPv6Address(b"\xfe\x80" + b"\0" * 6 + bytes([raw[0] ^ 2]) + raw[1:3] + b"\xff\xfe" + raw[3:]))


def multicast_mac(ip):
    return capture.mac_text(b"\x33\x33" + ipaddress.IPv6Address(ip).packed[12:])


def _checksum(source, target, payload):
    data = source + target + struct.pack("!II", len(payload), 58) + payload + b"\0" * (len(payload) % 2)
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


def build_ndp(kind, macs, ips, target, option_mac=None):
    """A frame of neighbour discovery; macs and ips: (source, destination)."""
    option = {SOLICITATION: SOURCE_LL, ADVERTISEMENT: TARGET_LL}[kind]
    body = ipaddress.IPv6Address(target).packed
    if option_mac:
        body += struct.pack("!BB6s", option, 1, capture.mac_bytes(option_mac))
    source, destination = (ipaddress.IPv6Address(ip).packed for ip in ips)
    plain = struct.pack("!BBHI", kind, 0, 0, 0) + body
    message = plain[:2] + struct.pack("!H", _checksum(source, destination, plain)) + plain[4:]
    return (capture.mac_bytes(macs[1]) + capture.mac_bytes(macs[0]) + b"\x86\xdd" +
            struct.pack("!IHBB", 6 << 28, len(message), 58, 255) + source + destination + message)


def parse_arp(data):
    frame = capture.parse(data, 0)
    if frame is None:
        return None
    return {"arp_op": OPS.get(frame.op, frame.op), "eth_dst": frame.eth_dst, "eth_src": frame.eth_src,
            "sender_mac": frame.sha, "sender_ip": frame.spa, "target_mac": frame.tha, "target_ip": frame.tpa}


def parse_ndp(data):
    if len(data) < 78 or data[12:14] != b"\x86\xdd" or data[20] != 58 or data[54] not in TYPES:
        return None
    flags = data[58]
    fields = {"type": TYPES[data[54]], "eth_dst": capture.mac_text(data[:6]), "eth_src": capture.mac_text(data[6:12]),
              "ip_src": str(ipaddress.IPv6Address(data[22:38])), "ip_dst": str(ipaddress.IPv6Address(data[38:54])),
              "hop_limit": data[21], "router": bool(flags & 0x80), "solicited": bool(flags & 0x40),
              "override": bool(flags & 0x20), "target_ip": str(ipaddress.IPv6Address(data[62:78])),
              "target_ll_option": None, "source_ll_option": None}
    at = 78
    while at + 8 <= len(data) and data[at + 1]:
        name = {SOURCE_LL: "source_ll_option", TARGET_LL: "target_ll_option"}.get(data[at])
        if name:
            fields[name] = capture.mac_text(data[at + 2:at + 8])
        at += 8 * data[at + 1]
    return fields


def _monotonic_ahead():
    """Monotonic minus wall clock, in seconds, never too little. Of some looks the shortest: the thread may be held up."""
    looks = []
    for _ in range(3):
        before, wall, after = time.monotonic(), time.time(), time.monotonic()
        looks.append((after - before, after - wall))
    return min(looks)[1]


def _filter():
    code = b"".join(struct.pack("HBBI", *line) for line in FILTER)
    buffer = ctypes.create_string_buffer(code)
    return struct.pack("HL", len(FILTER), ctypes.addressof(buffer)), buffer


class Watcher:
    """All frames about addresses that come out of the ports of a namespace, from start to close."""

    def __init__(self, space):
        self.socket = netns.in_namespace(space, self._open)
        self.frames, self.stopping = [], False
        self.looks = [time.monotonic()]
        self.lock = threading.Lock()
        self.thread = threading.Thread(target=self._read, daemon=True)
        self.thread.start()

    @staticmethod
    def _open():
        raw = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
        program, _buffer = _filter()
        raw.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER, program)
        raw.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        return raw

    def close(self):
        self.stopping = True
        self.thread.join()
        self.socket.close()

    def _read(self):
        while not self.stopping:
            readable = select.select([self.socket], [], [], LOOK_EVERY_S)[0]
            with self.lock:
                self.looks.append(time.monotonic())
            if not readable:
                continue
            data, extra, _flags, origin = self.socket.recvmsg(2048, 64)
            if origin[2] == PACKET_OUTGOING:
                continue
            fields = parse_arp(data) or parse_ndp(data)
            if fields:
                with self.lock:
                    self.frames.append(Seen(self._when(extra), origin[0], fields))

    @staticmethod
    def _when(extra):
        """When the kernel took the frame in, however late this thread is."""
        for level, kind, value in extra:
            if level == socket.SOL_SOCKET and kind == SO_TIMESTAMPNS:
                seconds, nanoseconds = struct.unpack("qq", value[:16])
                return seconds + nanoseconds / 1e9 + _monotonic_ahead()
        return time.monotonic()

    def stood_still_s(self, begin, end):
        """For how long at most nothing was looked at between two times: the machine was paused, or has too much to do."""
        with self.lock:
            gaps = [after - before for before, after in zip(self.looks, self.looks[1:]) if after > begin and before < end]
        return max(0, max(gaps, default=0) - LOOK_EVERY_S)

    def since(self, when):
        with self.lock:
            return [f for f in self.frames if f.time >= when]

    def wait(self, when, wanted, seconds):
        """The frames since `when` that are wanted, as soon as there is one, or none after these seconds."""
        deadline = time.monotonic() + seconds
        while True:
            found = [f for f in self.since(when) if wanted(f)]
            if found or time.monotonic() > deadline:
                return found
            poll.pause(0.01)


class Sender:
    """Raw frames onto an interface."""

    def __init__(self, space, interface):
        self.socket = netns.packet_socket(space, interface, 0)

    def send(self, frame):
        self.socket.send(frame)

    def close(self):
        self.socket.close()
