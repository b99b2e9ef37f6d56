# incidents - what goes wrong in the lab while its metrics are recorded, and which alerts have to follow
# SPDX-License-Identifier: Apache-2.0
import os
import signal

from lab import poll

from helpers import apply_config, create, delete, events_of, owner_of, pool, set_endpoints, speaker_entry, wait_address

IP = "172.17.251.1"
CONFIG = pool("172.17.251.0/24")
BEFORE, DURING = 8, 24  # scrapes: 2 minutes in which all is well, 6 of the incident, when one is 15 s
GOSSIP = "table inet cut {{ chain i {{ type filter hook input priority 0; {rule}; }}; " \
         "chain o {{ type filter hook output priority 0; {rule}; }}; }}"


def quiet(lab):
    """One owner that all name, everybody in the ring, and the plain configuration."""
    def whole(node):
        status = lab.speaker_status(node)
        return status and len([m for m in status["members"] if m["alive"]]) == len(lab.network.nodes)

    apply_config(lab, CONFIG)
    set_endpoints(lab, "vip", list(lab.network.nodes))
    wait_address(lab, "vip", IP)
    poll.until(lambda: all(whole(n) for n in lab.network.nodes), 60, "every speaker sees every other")
    poll.until(lambda: owner_of(lab, IP), 30, f"one node owns {IP}")
    poll.until(lambda: not any(speaker_entry(lab, n, IP)["claimants"] for n in lab.network.nodes), 120,
               "nobody else claims it")
    return owner_of(lab, IP)


def healthy(_lab, tape, _owner):
    tape.roll(DURING)
    return {}


def no_endpoints(lab, tape, _owner):
    set_endpoints(lab, "vip", [])
    poll.until(lambda: not owner_of(lab, IP), 10, "it is withdrawn")
    tape.roll(DURING)
    return {"TinLBAddressWithoutOwner": [{"ip": IP, "service": "default/vip", "severity": "critical"}]}


def stranger(lab, tape, owner):
    """A machine on the LAN has the address itself."""
    lab.spaces.ip("client", "addr", "add", f"{IP}/32", "dev", "eth0")
    try:
        poll.until(lambda: speaker_entry(lab, owner, IP)["claimants"], 60, "it is seen")
        tape.roll(DURING)
    finally:
        lab.spaces.ip("client", "addr", "del", f"{IP}/32", "dev", "eth0")
    return {"TinLBAddressClaimed": [tape.labels(owner, "critical")]}


def parted(lab, tape, owner):
    """The cable between the owner and the other nodes is cut, somewhere in the LAN."""
    names = ", ".join(f'"p-{n}"' for n in lab.network.nodes if n != owner)
    lab.spaces.exec("lan", "nft", "table bridge cut { chain c { type filter hook forward priority 0; "
                    f'iifname "p-{owner}" oifname {{ {names} }} drop; '
                    f'iifname {{ {names} }} oifname "p-{owner}" drop; }}; }}')
    try:
        poll.until(lambda: len([n for n in lab.network.nodes if speaker_entry(lab, n, IP)["state"] == "announced"]) == 2,
                   30, "two answer")
        tape.roll(DURING)
    finally:
        lab.spaces.exec("lan", "nft", "delete table bridge cut")
    return {"TinLBAddressOwnedTwice": [{"ip": IP, "severity": "critical"}],
            "TinLBSpeakersMissing": [tape.labels(n) for n in lab.network.nodes]}


def loose_cable(lab, tape, _owner):
    for _ in range(4):
        owner = poll.until(lambda: owner_of(lab, IP), 15, "one node owns it")
        tape.roll(1)
        lab.spaces.ip("lan", "link", "set", f"p-{owner}", "down")
        poll.until(lambda old=owner: owner_of(lab, IP) not in (None, old), 15, "it moves")
        tape.roll(2)
        lab.spaces.ip("lan", "link", "set", f"p-{owner}", "up")
        poll.until(lambda old=owner: owner_of(lab, IP) == old, 30, "it moves back")
        tape.roll(2)
    return {"TinLBAddressMovesOften": [{"ip": IP, "severity": "warning"}]}


def closed_port(lab, tape, owner):
    """Port 7946 of a node that owns nothing is closed."""
    other = next(n for n in lab.network.nodes if n != owner)
    rule = "udp dport 7946 drop; tcp dport 7946 drop; udp sport 7946 drop; tcp sport 7946 drop"
    lab.spaces.exec(other, "nft", GOSSIP.format(rule=rule))
    try:
        poll.until(lambda: all(sum(m["alive"] for m in lab.speaker_status(n)["members"]) < 3 for n in lab.network.nodes),
                   30, "it is missed")
        tape.roll(DURING)
    finally:
        lab.spaces.exec(other, "nft", "delete table inet cut")
    return {"TinLBSpeakersMissing": [tape.labels(n) for n in lab.network.nodes]}


def stale_config(lab, tape, _owner):
    apply_config(lab, CONFIG + "\tbroken\n")
    poll.until(lambda: all(lab.speaker_status(n)["config"]["stale"] for n in lab.network.nodes), 15, "it is refused")
    tape.roll(DURING)
    return {"MetalLBStaleConfig": [tape.labels(n) for n in lab.network.nodes] + [tape.labels("controller1")]}


def full_pool(lab, tape, _owner):
    """Seven of eight addresses; then all of them, and one service too many."""
    names = [f"s{i}" for i in range(8)]
    apply_config(lab, pool("172.17.251.0-172.17.251.7"))
    for name in names[:6]:
        create(lab, name)
        wait_address(lab, name)
    tape.roll(DURING)
    tape.expect({"MetalLBAddressPoolUsage85Percent": [{"pool": "default", "severity": "warning"}]})
    for name in names[6:]:
        create(lab, name)
    poll.until(lambda: events_of(lab, "s7"), 15, "the last one gets none")
    tape.roll(DURING)
    delete(lab, *names)
    return {"MetalLBAddressPoolUsage85Percent": [{"pool": "default", "severity": "warning"}],
            "MetalLBAddressPoolExhausted": [{"pool": "default", "severity": "critical"}],
            "TinLBServicesWaiting": [{"reason": "allPoolsFull", "severity": "warning"}]}


def lost_standby(lab, tape, _owner):
    lab.kubectl("scale", "-n", "metallb-system", "deployment/controller", "--replicas=2")
    poll.until(lambda: len(tape.controllers()) == 2, 30, "two controllers run")
    tape.restart()
    tape.roll(2 * DURING)
    lab.kubectl("scale", "-n", "metallb-system", "deployment/controller", "--replicas=1")
    poll.until(lambda: len(tape.controllers()) == 1, 30, "one controller is left")
    tape.roll(DURING + 4)
    return {"TinLBStandbyMissing": [{"severity": "warning"}]}


def no_controller(lab, tape, _owner):
    lab.kubectl("scale", "-n", "metallb-system", "deployment/controller", "--replicas=0")
    poll.until(lambda: not tape.controllers(), 30, "no controller is left")
    tape.roll(DURING)
    lab.kubectl("scale", "-n", "metallb-system", "deployment/controller", "--replicas=1")
    poll.until(tape.controllers, 30, "it is back")
    return {"TinLBNoLeader": [{"severity": "critical"}]}


def paused(lab, tape, owner):
    """The node stands still for longer than half a second, and for less than would be missed."""
    pid = lab.processes(owner, "tinlb-speaker")[0]
    os.kill(pid, signal.SIGSTOP)
    poll.pause(1)
    os.kill(pid, signal.SIGCONT)
    tape.roll(4)
    return {"TinLBLoopLate": [tape.labels(owner)]}


def wrong_secret(lab, tape, owner):
    """The last one: the Secret changes for good, and one speaker is started anew."""
    lab.client.merge("secrets", "metallb-system", "memberlist", {"data": {"secretkey": "b3RoZXIgb3RoZXIgb3RoZXI="}})
    os.kill(lab.processes(owner, "tinlb-speaker")[0], signal.SIGKILL)
    poll.until(lambda: (lab.speaker_status(owner) or {"ring": {}})["ring"].get("state") == "wrongSecret", 20, "it says so")
    tape.roll(DURING)
    return {"TinLBRingTrouble": [dict(tape.labels(owner, "critical"), state="wrongSecret")],
            "TinLBSpeakersMissing": [tape.labels(n) for n in lab.network.nodes]}


INCIDENTS = (healthy, no_endpoints, stranger, parted, loose_cable, closed_port, stale_config, full_pool, lost_standby,
             no_controller, paused, wrong_secret)
