"""netns - network namespaces, and sockets inside of them"""
# SPDX-License-Identifier: Apache-2.0
import ctypes
import os
import socket
import subprocess
import threading

CLONE_NEWNET = 0x40000000
DIRECTORY = "/run/netns"
_libc = ctypes.CDLL(None, use_errno=True)


def run(*command, check=True, stdin=None):
    """Run a command; its output. A failure says what the command said."""
    done = subprocess.run(command, input=stdin, capture_output=True, text=True, check=False)
    if check and done.returncode != 0:
        raise RuntimeError(f"{' '.join(command)}: {done.stderr.strip() or done.stdout.strip()}")
    return done.stdout


def in_namespace(name, function):
    """The result of function(), called by a thread that has entered the namespace."""
    result = {}

    def work():
        try:
            with open(os.path.join(DIRECTORY, name), "rb") as file:
                if _libc.setns(file.fileno(), CLONE_NEWNET) != 0:
                    raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
            result["value"] = function()
        except BaseException as error:  # handed to the caller below
            result["error"] = error

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    if "error" in result:
        raise result["error"]
    return result["value"]


def packet_socket(name, interface, protocol):
    """A raw packet socket on an interface of a namespace."""
    def make():
        raw = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(protocol))
        raw.bind((interface, protocol))
        return raw

    return in_namespace(name, make)


class Namespaces:
    """The namespaces of one lab; all of them end with it."""

    def __init__(self, prefix):
        self.prefix = prefix
        self.names = []

    def full(self, name):
        return f"{self.prefix}-{name}"

    def add(self, name):
        run("ip", "netns", "add", self.full(name))
        self.names.append(name)
        self.ip(name, "link", "set", "lo", "up")
        return self.full(name)

    def exec(self, name, *command, check=True, stdin=None):
        return run("ip", "netns", "exec", self.full(name), *command, check=check, stdin=stdin)

    def ip(self, name, *arguments, check=True):
        return run("ip", "-n", self.full(name), *arguments, check=check)

    def batch(self, name, lines):
        run("ip", "-n", self.full(name), "-batch", "-", stdin="\n".join(lines) + "\n")

    def sysctl(self, name, **values):
        pairs = [f"{key.replace('__', '.')}={value}" for key, value in values.items()]
        self.exec(name, "sysctl", "-q", "-w", *pairs)

    def delete(self, name):
        run("ip", "netns", "del", self.full(name), check=False)
        self.names.remove(name)

    def cable(self, one, one_if, other, other_if):
        run("ip", "link", "add", one_if, "netns", self.full(one), "type", "veth",
            "peer", "name", other_if, "netns", self.full(other))
        self.ip(one, "link", "set", one_if, "up")
        self.ip(other, "link", "set", other_if, "up")
