"""rings - rings of real speakers and of real memberlist, side by side on the same hosts

Ring c of size n has the hosts h(cn+1) to h(cn+n). On each runs a speaker and a
member made of hashicorp/memberlist, with the same settings and the same secret,
in rings that know nothing of each other. The address of a ring's row is held by
its first host; the second is next.
"""
# SPDX-License-Identifier: Apache-2.0
import contextlib
import time

from lab import capture, peers, poll, segment

OURS, THEIRS = "ours", "theirs"
PORT = {OURS: peers.PORT, THEIRS: peers.PORT + 1}
PRIORITY = ("nice", "-n", "-10")  # of both kinds: what else runs on this machine should not be measured
SECRET = "a secret that both kinds of rings use"


class Ring:
    """One ring of each kind on the same hosts."""

    def __init__(self, lan, program, number, size, settings):
        self.lan, self.program, self.settings = lan, program, settings
        self.vip = f"172.30.{200 + number // 250}.{number % 250 + 1}"
        self.hosts = [number * size + i + 1 for i in range(size)]
        self.peer = {OURS: {}, THEIRS: {}}
        self.first, self.second = self.hosts[:2]
        lan.introduce(self.hosts)

    def start(self, kind, host):
        name, ip = f"h{host}", segment.address(host)
        command = self.lan.command(name, *PRIORITY)
        options = dict(self.settings, secret=SECRET)
        if kind == OURS:
            row = (self.vip, [f"h{other}" for other in self.hosts])
            self.peer[OURS][host] = peers.Speaker(command, name, ip, [row], candidate_after=0, **options)
        else:
            self.peer[THEIRS][host] = peers.Peer([*command, self.program], **options)
            self.peer[THEIRS][host].do("add", name, ip, PORT[THEIRS])


    def join(self, kind, host):
        others = self.hosts if kind == OURS else list(self.peer[THEIRS])
        words = [f"{segment.address(other)}:{PORT[kind]}" for other in others if other != host]
        if words:
            self.peer[kind][host].say("join", f"h{host}", *words)

    def start_all(self):
        for kind in (OURS, THEIRS):
            for host in self.hosts:
                self.start(kind, host)
                self.join(kind, host)

    def views(self, kind):
        """What each member says of its ring, asked all at once."""
        return {host: peer.members(f"h{host}") for host, peer in self.peer[kind].items()}

    def is_whole(self, kind):
        """Everyone sees everyone."""
        return all(len(view["members"]) == len(self.hosts) for view in self.views(kind).values())

    def is_healthy(self, kind):
        """Nobody has reason to doubt itself, as far as members tell."""
        return all(view.get("health", 0) == 0 for view in self.views(kind).values())

    def is_held_by(self, host):
        """The last thing that the host's speaker said of the address is that it answers."""
        said = self.peer[OURS][host].events("verdict", ip=self.vip)
        return bool(said) and said[-1]["reason"] == "ok"

    def wait_settled(self, seconds=60):
        for kind in (OURS, THEIRS):
            poll.until(lambda kind=kind: self.is_whole(kind), seconds, f"the ring of {self.vip} ({kind}) is whole")
        poll.until(lambda: self.is_held_by(self.first), seconds, f"{self.vip} is held by the first host")
        with contextlib.suppress(TimeoutError):  # on a busy machine it may never be so for all at once
            poll.until(lambda: self.is_healthy(THEIRS), 10, "memberlist is at rest")

    def crash(self):
        """The first host goes dark and its processes end; the time just before, and where its events begin."""
        self.marks = {kind: self.peer[kind][self.second].mark() for kind in (OURS, THEIRS)}
        begun = time.monotonic()
        self.lan.plug(f"h{self.first}", False)
        for kind in (OURS, THEIRS):
            self.peer[kind].pop(self.first).kill()
        return begun

    def taken_over(self, seen, begun):
        """When another host first claimed the address unasked; None: not yet."""
        times = [frame.time for frame in seen.gratuitous(self.vip)
                 if frame.time > begun and frame.sha != segment.mac(self.first)]
        return times[0] if times else None

    def left(self):
        """When memberlist told the next host that the first one is gone; None: not yet."""
        events = self.peer[THEIRS][self.second].events("leave", self.marks[THEIRS], node=f"h{self.first}")
        return events[0]["at"] / 1e9 if events else None

    def restore(self):
        self.lan.plug(f"h{self.first}", True)
        for kind in (OURS, THEIRS):
            self.start(kind, self.first)
            self.join(kind, self.first)

    def stop(self):
        for kind in (OURS, THEIRS):
            for peer in self.peer[kind].values():
                peer.kill()


class Rings:
    """Several rings of one size on one LAN, as a context manager."""

    def __init__(self, program, size, count, settings):
        self.lan = segment.Segment(size * count)
        self.plan = (program, size, count, settings)
        self.rings, self.seen = [], None

    def __enter__(self):
        program, size, count, settings = self.plan
        self.lan.__enter__()
        try:
            self.rings = [Ring(self.lan, program, number, size, settings) for number in range(count)]
            self.seen = capture.Capture(self.lan.spaces.full("client"), "eth0")
            for ring in self.rings:
                ring.start_all()
            for ring in self.rings:
                ring.wait_settled()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *error):
        for ring in self.rings:
            ring.stop()
        if self.seen:
            self.seen.__exit__()
        self.lan.__exit__(*error)

    def crashes(self, rounds, seconds=90):
        """Seconds from crash to take-over: ours to the first frame a client sees, memberlist's to its event."""
        took = {OURS: [], THEIRS: []}
        for last in reversed(range(rounds)):
            begun = {ring: ring.crash() for ring in self.rings}
            poll.until(lambda: all(ring.taken_over(self.seen, begun[ring]) and ring.left() for ring in self.rings),
                       seconds, "every address is taken over")
            for ring in self.rings:
                took[OURS].append(ring.taken_over(self.seen, begun[ring]) - begun[ring])
                took[THEIRS].append(ring.left() - begun[ring])
            if last:
                self.restore()
        return took

    def restore(self):
        for ring in self.rings:
            ring.restore()
        for ring in self.rings:
            ring.wait_settled()
