"""segment - a bare LAN: hosts as namespaces on one bridge and a client, without an API

As a context manager it leaves nothing behind; what a killed one left behind is
cleaned up when the next lab or segment starts.
"""
# SPDX-License-Identifier: Apache-2.0
import os
import tempfile

from . import leftovers, netns

MASK = "/16"
CLIENT = "172.30.255.1"


def address(number):
    """Of host `number`, from 1."""
    return f"172.30.{number // 250}.{number % 250 + 1}"


def mac(number):
    """Of host `number`'s eth0."""
    return f"02:00:5e:00:{number >> 8:02x}:{number & 255:02x}"


class Segment:
    """Hosts h1 to hN at address(1) to address(N); `client` has CLIENT and hears every broadcast."""

    def __init__(self, n_hosts):
        self.prefix = f"lan{os.getpid()}x{id(self) & 0xffff:x}"
        self.spaces = netns.Namespaces(self.prefix)
        self.n_hosts = n_hosts
        self.directory = None

    def __enter__(self):
        leftovers.clean_up_dead()
        self.directory = tempfile.mkdtemp(prefix="tinlb-lan-")
        leftovers.register(self.prefix, self.directory)
        try:
            self._build()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_error):
        self.stop()

    def _build(self):
        spaces = self.spaces
        spaces.add("lan")
        spaces.ip("lan", "link", "add", "br0", "type", "bridge", "mcast_snooping", "0")
        spaces.ip("lan", "link", "set", "br0", "up")
        for key in ("iptables", "ip6tables", "arptables"):
            spaces.exec("lan", "sysctl", "-q", "-w", f"net.bridge.bridge-nf-call-{key}=0", check=False)
        self._host("client", CLIENT, mac(0))
        for number in range(1, self.n_hosts + 1):
            self._host(f"h{number}", address(number), mac(number))

    def _host(self, name, ip, ether):
        spaces = self.spaces
        spaces.add(name)
        netns.run("ip", "link", "add", "eth0", "address", ether, "netns", spaces.full(name), "type", "veth",
                  "peer", "name", f"p-{name}", "netns", spaces.full("lan"))
        spaces.batch(name, [f"addr add {ip}{MASK} dev eth0", "link set eth0 up"])
        spaces.batch("lan", [f"link set p-{name} master br0 up"])

    def plug(self, host, plugged):
        """Pull a host's cable, or put it back."""
        self.spaces.ip("lan", "link", "set", f"p-{host}", "up" if plugged else "down")

    def part(self, some):
        """Let nothing pass between `some` hosts and the others, with every carrier up."""
        ports = "{ " + ", ".join(f'"p-{host}"' for host in some) + " }"
        self._nft("lan", "table bridge parted", "forward",
                  [f"iifname {ports} oifname != {ports} drop", f"iifname != {ports} oifname {ports} drop"])

    def heal(self):
        self.spaces.exec("lan", "nft", "delete", "table", "bridge", "parted")

    def lose(self, host, which):
        """Drop the IP packets that reach a host (on its loopback too) and fit an nft expression; None: no more."""
        self.spaces.exec(host, "nft", "delete", "table", "ip", "loss", check=False)
        if which:
            self._nft(host, "table ip loss", "input", [f"{which} drop"])

    def _nft(self, host, table, hook, rules):
        lines = [f"add {table}", f"add chain {table[6:]} drops {{ type filter hook {hook} priority 0; }}",
                 *(f"add rule {table[6:]} drops {rule}" for rule in rules)]
        self.spaces.exec(host, "nft", "-f", "-", stdin="\n".join(lines) + "\n")

    def introduce(self, numbers):
        """Tell some hosts each other's MAC addresses for good.

        The kernel has one table for what it learns by ARP in all namespaces, with
        room for 1024 entries: large rings would fill it for everything on the machine.
        """
        for number in numbers:
            self.spaces.batch(f"h{number}", [f"neigh replace {address(other)} lladdr {mac(other)} dev eth0 nud permanent"
                                             for other in numbers if other != number])

    def crowd(self, number, count):
        """So many addresses more at a host, which the other hosts reach through it."""
        found = [f"172.30.{96 + i // 250}.{i % 250 + 1}" for i in range(count)]
        self.spaces.batch(f"h{number}", [f"addr add {ip}/32 dev lo" for ip in found])
        for other in range(1, self.n_hosts + 1):
            if other != number:
                self.spaces.ip(f"h{other}", "route", "add", "172.30.96.0/20", "via", address(number))
        return found

    def command(self, host, *words):
        """The words that run a program in a host's namespace."""
        return ["ip", "netns", "exec", self.spaces.full(host), *words]

    def stop(self):
        leftovers.remove(self.prefix, self.directory)
