"""bench_failover - how long an address is answered by nobody, or by two, beside real memberlist

Baseline: hashicorp/memberlist 0.5.1, built here, a member on every host beside
each speaker, with the same settings and secret; both crash at the same moment.
Ours is timed to the first gratuitous frame that a client on the LAN receives,
memberlist to the event at the member that is next in order: what its user then
does is not counted, which favours memberlist. A crash: the host's cable is
pulled, so that nothing answers any more, and its processes are killed.

MetalLB's settings (1 s / 500 ms, gossip 200 ms, multiplier 4) unless the key
says `fast`: 200 ms / 80 ms, gossip 50 ms, multiplier 3.
"""
# SPDX-License-Identifier: Apache-2.0
import os
import signal
import subprocess

from bench import rig, rings
from bench.rings import OURS, THEIRS
from lab import peers, poll, segment

FAST = {"probe_interval": "200ms", "probe_timeout": "80ms", "gossip_interval": "50ms", "suspicion_mult": 3}
LOSS_PERCENT = 5
NODE_HOURS = 2.05
ASKER = "172.30.254.0"
PROBE = os.path.join(rig.ROOT, "build/bench/arp_probe")


def _figures(key, took):
    ours, theirs = took[OURS], took[THEIRS]
    figures = {f"{key}_trials": len(ours), f"{key}_p50_ratio": rig.median(ours) / rig.median(theirs)}
    for kind, values in (("", ours), ("memberlist_", theirs)):
        figures.update({f"{key}_{kind}p50_s": rig.median(values), f"{key}_{kind}p99_s": rig.quantile(values, 0.99),
                        f"{key}_{kind}max_s": max(values)})
    return figures


# ---- crashes ----

def _crashes(program, key, plan, settings):
    size, count, rounds = plan
    with rings.Rings(program, size, count, settings) as ready:
        figures = _figures(key, ready.crashes(rounds))
        if size == 10 and settings:
            ready.restore()
            figures.update(_false_failovers(ready))
        return figures


def _victims(events):
    """Deaths told of, each once however many tell: (about whom, in which ten seconds)."""
    return len({(line["node"], line["at"] // 10_000_000_000) for line in events})


def _false_failovers(ready):
    """Nobody crashes, packets get lost: who is declared dead, and how often an address moves."""
    hosts = sum(len(ring.hosts) for ring in ready.rings)
    seconds = NODE_HOURS * 3600 / hosts
    marks = {(ring, kind, host): peer.mark() for ring in ready.rings for kind in ring.peer
             for host, peer in ring.peer[kind].items()}
    for ring in ready.rings:
        for host in ring.hosts:
            ready.lan.lose(f"h{host}", f"numgen random mod 100 < {LOSS_PERCENT}")
    poll.pause(seconds)
    deaths, moves = {OURS: 0, THEIRS: 0}, 0
    for ring in ready.rings:
        for kind in ring.peer:
            deaths[kind] += _victims([line for host, peer in ring.peer[kind].items()
                                      for line in peer.events("leave", marks[ring, kind, host])])
        moves += sum(1 for host, peer in ring.peer[OURS].items() if host != ring.first
                     for line in peer.events("verdict", marks[ring, OURS, host]) if line["reason"] == "ok")
    return {"false_failovers_node_hours": NODE_HOURS, "false_failovers_loss_percent": LOSS_PERCENT,
            "false_failovers_ours": deaths[OURS], "false_failovers_memberlist": deaths[THEIRS],
            "false_failovers_moves": moves}


# ---- planned moves and heals, asked at 1 kHz ----

class _Watch:
    """Questions from the client at 1 kHz while something happens."""

    def __init__(self, lan, vip, seconds):
        self.process = subprocess.Popen(lan.command("client", PROBE, "watch", "eth0", ASKER, "1000",
                                                    str(int(seconds * 1000)), vip),
                                        stdout=subprocess.PIPE, text=True)

    def result(self):
        """(longest time without an answer, time in which two answer), in milliseconds."""
        gap = two = unanswered = 0
        begun = None
        for line in self.process.communicate(timeout=60)[0].splitlines():
            asked, *by = line.split()
            if by:
                begun = int(asked)
            elif begun is not None:
                gap = max(gap, (int(asked) - begun) / 1e6)
            unanswered += not by
            two += len(set(by)) > 1
        return gap, two


def _three_speakers(lan):
    ring = rings.Ring(lan, None, 0, 3, {})
    for host in ring.hosts:
        ring.start(OURS, host)
        ring.join(OURS, host)
    return ring


def _wait_whole(ring):
    poll.until(lambda: ring.is_whole(OURS) and ring.is_held_by(ring.first), 60, "three speakers are settled")


def _handover(ring, lan, trials):
    """SIGTERM at the owner, then its return: both are planned moves."""
    gone, back = [], []
    for _ in range(trials):
        _wait_whole(ring)
        watch = _Watch(lan, ring.vip, 2)
        poll.pause(0.5)
        owner = ring.peer[OURS].pop(ring.first)
        owner.process.send_signal(signal.SIGTERM)
        gone.append(watch.result())
        owner.kill()
        watch = _Watch(lan, ring.vip, 4)
        ring.start(OURS, ring.first)
        ring.join(OURS, ring.first)
        back.append(watch.result())
    _wait_whole(ring)
    return {"handover_trials": trials, "handover_gap_ms": max(gap for gap, _ in gone),
            "handover_gap_p50_ms": rig.median([gap for gap, _ in gone]), "handover_two_ms": max(two for _, two in gone),
            "handover_back_gap_ms": max(gap for gap, _ in back), "handover_back_two_ms": max(two for _, two in back)}


def _heal(ring, lan, trials, cut, mend):
    """The owner is cut off, another takes over, the cut is mended: how long two answer."""
    found = []
    for _ in range(trials):
        _wait_whole(ring)
        cut()
        poll.until(lambda: ring.is_held_by(ring.second), 60, "the next host has taken over")
        watch = _Watch(lan, ring.vip, 5)
        poll.pause(0.3)
        mend()
        found.append(watch.result())
    return max(two for _, two in found), max(gap for gap, _ in found)


def _planned(quick):
    trials = 3 if quick else 10
    with segment.Segment(3) as lan:
        ring = _three_speakers(lan)
        try:
            figures = _handover(ring, lan, trials)
            first = f"h{ring.first}"
            if not quick:
                two, gap = _heal(ring, lan, 3, lambda: lan.part([first]), lan.heal)
                figures.update(heal_two_ms=two, heal_gap_ms=gap)
                two, gap = _heal(ring, lan, 3, lambda: lan.plug(first, False), lambda: lan.plug(first, True))
                figures.update(heal_carrier_two_ms=two, heal_carrier_gap_ms=gap)
        finally:
            ring.stop()
    return figures


# ---- cost ----

def _cost(size, seconds=10):
    """One real speaker in a ring that is filled up with our members in one other process."""
    with segment.Segment(2) as lan:
        crowd = {f"m{i}": ip for i, ip in enumerate(lan.crowd(2, size - 1))}
        others = peers.Peer(lan.command("h2", *rings.PRIORITY, peers.OURS), secret=rings.SECRET, quiet=1,
                            gossip_interval="5000ms" if size > 100 else None)  # else so many joins are a storm
        speaker = peers.Speaker(lan.command("h1", *rings.PRIORITY), "h1", segment.address(1), [("172.30.200.1", ["h1"])],
                                secret=rings.SECRET)
        try:
            seed = f"{segment.address(1)}:{peers.PORT}"
            for name, ip in crowd.items():  # one after the other: so many joins at once would keep this machine busy
                others.do_all([("add", name, ip, peers.PORT), ("join", name, seed)])
            poll.until(lambda: len(speaker.members("h1")["members"]) == size, 200, f"{size} members", every=1)
            poll.pause(5 if size < 100 else 150)  # the crowd tells of so many joins every 5 s only
            before = speaker.members("h1")
            poll.pause(seconds)
            after = speaker.members("h1")
            pss, anonymous = rig.memory([speaker.process.pid])
        finally:
            speaker.kill()
            others.kill()
    passed = (after["at"] - before["at"]) / 1e9
    return {f"announcer_n{size}_pss_mb": round(pss, 2), f"announcer_n{size}_anonymous_mb": round(anonymous, 2),
            f"gossip_n{size}_sent_per_s": (after["sent"] - before["sent"]) / passed,
            f"gossip_n{size}_received_per_s": (after["received"] - before["received"]) / passed}


def parts(program, quick):
    """The figures of one part after the other."""
    if quick:
        plans = [("n3", (3, 10, 1), {}), ("fast_n3", (3, 10, 1), FAST)]
    else:
        plans = [("n3", (3, 34, 3), {}), ("n10", (10, 10, 10), {}), ("n50", (50, 2, 8), {}),
                 ("fast_n3", (3, 17, 6), FAST), ("fast_n10", (10, 4, 25), FAST)]
    for key, plan, settings in plans:
        yield _crashes(program, f"failover_{key}", plan, settings)
    yield _planned(quick)
    for size in (3, 50) if quick else (3, 50, 500):
        yield _cost(size, 5 if quick else 20)


def run(quick):
    try:
        program = peers.build_memberlist("new")
    except peers.Missing as error:
        print(f"  without the baseline nothing is measured: {error}")
        return {}
    figures = {}
    for part in parts(program, quick):
        print(f"  ... {next(iter(part))}", flush=True)
        figures.update(part)
    return figures
