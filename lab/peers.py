"""peers - members of gossip rings: hashicorp/memberlist's and ours, run from their standard input

A Peer is a process that holds any number of members (tests/interop/peer/main.go,
tests/interop/gossip_peer.c: the same commands, the same lines). A Speaker is a
real one whose agent is tests/interop/table_agent.c, which takes the same commands.
"""
# SPDX-License-Identifier: Apache-2.0
import json
import os
import shutil
import subprocess
import threading

from . import poll
from .cluster import ROOT

SOURCE = os.path.join(ROOT, "tests/interop/peer")
CACHE = os.path.join(os.environ.get("XDG_CACHE_HOME", os.path.expanduser("~/.cache")), "tinlb")
MODULES = {"new": "go.mod", "old": "old.mod"}  # memberlist 0.5.1, and 0.1.7
PORT = 7946


class Missing(Exception):
    """The Go peer cannot be built here; says why."""


def build_memberlist(which):
    """The path of a peer made of real memberlist, built where it is stale."""
    go = shutil.which("go")
    if not go:
        raise Missing("the memberlist peer is built with Go, which is not installed")
    os.makedirs(CACHE, exist_ok=True)
    path = os.path.join(CACHE, f"memberlist-{which}.{os.getpid()}")
    done = subprocess.run([go, "build", f"-modfile={MODULES[which]}", "-o", path, "."], cwd=SOURCE, text=True,
                          capture_output=True, check=False, timeout=300)
    if done.returncode != 0:
        version = subprocess.run([go, "version"], capture_output=True, text=True, check=False).stdout.strip()
        raise Missing(f"the memberlist peer cannot be built with {version}: {done.stderr.strip()[-300:]}")
    final = os.path.join(CACHE, f"memberlist-{which}")
    os.replace(path, final)
    return final


OURS = os.path.join(ROOT, "build/tests/interop/gossip_peer")
SPEAKER = os.path.join(ROOT, "build/speaker/announcer/tinlb-speaker")
AGENT = os.path.join(ROOT, "build/tests/interop/table_agent")


class Peer:
    """One process; `command` is what starts it, the program's own options are in `options`."""

    def __init__(self, command, **options):
        flags = [f"--{name.replace('_', '-')}={value}" for name, value in options.items() if value is not None]
        self.process = subprocess.Popen([*command, *flags], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.lines, self.replies, self.lock = [], [], threading.Lock()
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self):
        for text in self.process.stdout:
            line = json.loads(text)
            with self.lock:
                (self.replies if "reply" in line else self.lines).append(line)

    def all(self, since=0, **wanted):
        """Lines from number `since` on that have these values."""
        with self.lock:
            lines = self.lines[since:]
        return [line for line in lines if all(line.get(key) == value for key, value in wanted.items())]

    def mark(self):
        """The number of the next line: `since` for what comes from now on."""
        with self.lock:
            return len(self.lines)

    def say(self, *words):
        self.process.stdin.write(" ".join(map(str, words)) + "\n")
        self.process.stdin.flush()

    def do_all(self, commands, seconds=60):
        """Commands in one go; the reply of the last. An error of any is an error."""
        done = len(self.replies)
        for words in commands:
            self.say(*words)
        poll.until(lambda: len(self.replies) >= done + len(commands), seconds,
                   f"{len(commands)} commands, the last {' '.join(map(str, words))[:80]}, are answered", every=0.01)
        replies = self.replies[done:]
        for reply in replies:
            if reply["reply"] == "error":
                raise RuntimeError(f"{reply['command'][:80]}: {reply['error']}")
        return replies[-1]

    def do(self, *words, seconds=20):
        """A command, and its reply."""
        return self.do_all([words], seconds)

    def members(self, name):
        return self.do("members", name)

    def events(self, what, since=0, **wanted):
        return self.all(since, event=what, **wanted)

    def logged(self, text, since=0):
        return [line for line in self.all(since, event="log") if text in line["text"]]

    def kill(self):
        self.process.kill()
        self.process.wait()
        self.reader.join()
        self.process.stdin.close()
        self.process.stdout.close()


def _flag_of_speaker(name, value):
    """An option of the peers as a flag of the speaker."""
    if name == "secret":
        return f"--ml-secret-key={value}"
    if name == "key_bytes":
        return f"--ml-key-bits={value * 8}"
    if name in ("probe_interval", "probe_timeout", "gossip_interval", "suspicion_mult"):
        return f"--ml-{name.replace('_', '-')}={str(value).removesuffix('ms')}"
    return f"--{name.replace('_', '-')}={value}"


class Speaker(Peer):
    """The real announcer; `rows` are (address, nodes, best first) of its table."""

    def __init__(self, command, name, address, rows=(), **options):
        flags = [_flag_of_speaker(*option) for option in options.items() if option[1] is not None]
        super().__init__([*command, SPEAKER, f"--agent={AGENT}", f"--node-name={name}", f"--ml-bindaddr={address}",
                          "--ml-labels=any", *flags])
        self.do_all([("add", name), *(("row", ip, *nodes) for ip, nodes in rows), ("synced", name)])

    def end(self, seconds=10):
        """SIGTERM, and wait."""
        self.process.terminate()
        self.process.wait(seconds)
