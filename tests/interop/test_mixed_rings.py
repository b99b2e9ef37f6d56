"""test_mixed_rings - our gossip among real hashicorp/memberlist: N = 3, 5, 10; AES-256 and AES-128

The rings stand side by side, so one wait serves them all; what a test took away
it puts back.
"""
# SPDX-License-Identifier: Apache-2.0
import signal

from lab import poll

DETECTED_S = 40  # a crash is news everywhere; 6 s on a machine at rest
SUSPICION_S = 4


def _marks(rings):
    return {id(ring): ring.marks() for ring in rings}


def _restore(ring, name):
    ring.start(name)
    ring.join(name)


def test_all_join_in_both_views(rings):
    for ring in rings:
        ring.wait_view(ring.number, 20)


def test_at_rest_nobody_is_doubted(rings, quiet_seconds):
    marks = _marks(rings)
    poll.pause(quiet_seconds)
    for ring in rings:
        assert ring.doubts(marks[id(ring)]) == [], str(ring)
        assert ring.events("leave", marks[id(ring)]) == [], str(ring)
        for name in ring.names:
            said = ring.peer[name].members(name)
            assert set(said["members"]) == set(ring.number), f"{name} of {ring}"
            assert said.get("health", 0) == 0, f"{name} of {ring}"
            assert said.get("refuted", 0) == 0, f"{name} of {ring}"
            assert not any(said.get("troubles", {}).values()), f"{name} of {ring}: {said}"


def test_a_restart_is_no_leave(rings):
    """Who is back before its suspicion ends, with an empty memory, refutes and was never gone."""
    marks = _marks(rings)
    for ours in (True, False):
        for ring in rings:
            name = ring.of(ours)[0]
            ring.kill(name)
            _restore(ring, name)
        for ring in rings:
            ring.wait_view(ring.number, 20)
    poll.pause(SUSPICION_S + 1)  # the timer of a suspicion that was not withdrawn would have ended
    for ring in rings:
        assert ring.events("leave", marks[id(ring)]) == [], str(ring)
        ring.wait_view(ring.number, 5)


def test_a_suspect_that_wakes_refutes(rings):
    """Stopped until a peer suspects it, then let go: one of ours and one of theirs in each ring."""
    few = [ring for ring in rings if len(ring.number) > 3]  # three members bury without asking for more voices
    marks = _marks(few)
    stopped = [(ring, name) for ring in few for name in (ring.of(ours=True)[1], ring.of(ours=False)[-1])]
    waiting = list(stopped)
    for ring, name in stopped:
        ring.peer[name].process.send_signal(signal.SIGSTOP)

    def suspected():
        for ring, name in list(waiting):
            asleep = {other for of, other in waiting if of is ring}
            if ring.suspected(name, marks[id(ring)], asleep):
                ring.peer[name].process.send_signal(signal.SIGCONT)
                waiting.remove((ring, name))
        return not waiting

    poll.until(suspected, DETECTED_S, "a peer suspects each of those that stand still", every=0.01)
    poll.pause(SUSPICION_S + 1)
    for ring, name in stopped:
        assert ring.events("leave", marks[id(ring)]) == [], f"{name} of {ring}"
        if name in ring.of(ours=True):
            assert ring.peer[name].members(name)["refuted"] > 0, f"{name} of {ring}"
        else:
            assert ring.peer[name].logged("Refuting", marks[id(ring)][name]), f"{name} of {ring}"
        ring.wait_view(ring.number, 5)


def test_a_crash_is_seen_by_all(rings):
    for ours in (True, False):
        marks, gone = _marks(rings), {}
        for ring in rings:
            gone[id(ring)] = ring.of(ours)[-1]
            ring.kill(gone[id(ring)])
        for ring in rings:
            ring.wait_event("leave", gone[id(ring)], DETECTED_S, marks[id(ring)])
            ring.wait_view(set(ring.number) - {gone[id(ring)]}, 5)
        for ring in rings:
            _restore(ring, gone[id(ring)])
        for ring in rings:
            ring.wait_view(ring.number, 20)


def test_a_leave_is_seen_at_once(rings):
    for ours in (True, False):
        for ring in rings:
            marks, name = ring.marks(), ring.of(ours)[0]
            ring.leave(name)
            ring.wait_event("leave", name, DETECTED_S, marks)
            buried = f"Marking {name} as failed"
            assert not any(buried in text for text in ring.doubts(marks)), f"{name} of {ring} was only missed"
            _restore(ring, name)
        for ring in rings:
            ring.wait_view(ring.number, 20)


def test_a_partition_heals(rings, quiet_seconds):
    """Each side goes on alone; after the heal ours find the others again without being told."""
    some = [ring for ring in rings if len(ring.number) == 3 or quiet_seconds >= 60]
    side = {id(ring): {ring.of(ours=True)[0], *ring.of(ours=False)[1:-1]} for ring in some}
    lan = some[0].lan
    lan.part(sorted(name for names in side.values() for name in names))
    for ring in some:
        for names in (side[id(ring)], set(ring.number) - side[id(ring)]):
            ring.wait_view(names, 3 * DETECTED_S)
    lan.heal()
    for ring in some:
        ring.wait_view(ring.number, 30)
