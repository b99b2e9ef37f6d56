"""bench_controller - a backlog beside the fastest plain client, a restart, requests and memory

`backlog_ratio`: services that were created while the controller was away, how many
get address and Event per second, from the start of the process; divided by the rate
of bench/plain_client, which writes the same (32 requests in flight) on an API server
of its own in the same run. Median of rounds.
`restart_first_ms`: with 10 000 services that have theirs, from the start of the
process until a new one has an address; `restart_writes`: status writes for others.
"""
# SPDX-License-Identifier: Apache-2.0
import json
import os
import signal
import subprocess
import time

from bench import rig
from lab import build, poll
from lab.solo import Solo

POOLS = "address-pools:\n- {name: bench, protocol: layer2, addresses: [172.18.0.0/16]}\n"


def plain(solo, *arguments):
    done = subprocess.run([os.path.join(rig.ROOT, "build/bench/plain_client"), f"http://{solo.address}",
                           *map(str, arguments)], capture_output=True, text=True, check=True)
    return json.loads(done.stdout)["seconds"]


def by_plain_client(count):
    with Solo() as solo:
        plain(solo, "create", 0, count)
        return plain(solo, "assign", count, "bench")


def peak_mb(controller):
    with open(f"/proc/{controller.process.pid}/status", encoding="utf-8") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("VmHWM")) / 1024


def by_controller(count):
    """(seconds, requests per service)"""
    with Solo() as solo:
        solo.configure(POOLS)
        plain(solo, "create", 0, count)
        begun = time.monotonic()
        controller = solo.start()
        poll.until(lambda: (controller.metric("tinlb_controller_status_writes_total") or 0) >= count
                   and (controller.metric("tinlb_controller_events_total") or 0) >= count, 300,
                   "the backlog is done", every=0.05)
        took = time.monotonic() - begun
        asked = solo.requests()
        return took, sum(n for (verb, _), n in asked.items() if verb in ("get", "update", "create")) / count


def backlog(count, rounds):
    ratios, rates, requests = [], [], []
    for _ in range(rounds):
        base = by_plain_client(count)
        took, asked = by_controller(count)
        ratios.append(base / took)
        rates.append(count / took)
        requests.append(asked)
    return {"backlog_services": count, "backlog_ratio": rig.median(ratios), "backlog_per_s": rig.median(rates),
            "backlog_requests_per_service": rig.median(requests)}


def wait_address(solo, name):
    poll.until(lambda: solo.addresses(name), 60, f"{name} has an address", every=0.005)


def first_after_start(solo, name):
    """(milliseconds from a start until a new service has its address, the controller)"""
    solo.add_service(name)
    begun = time.monotonic()
    controller = solo.start()
    wait_address(solo, name)
    return (time.monotonic() - begun) * 1000, controller


def writes_for(controller, action, settled):
    before = controller.metric("tinlb_controller_status_writes_total")
    action()
    poll.until(settled, 60, "it is done")
    rest(2)
    return controller.metric("tinlb_controller_status_writes_total") - before


def rest(seconds):
    begun = time.monotonic()
    poll.until(lambda: time.monotonic() - begun > seconds, seconds + 5, "a time of rest")


def restart(count, quick):
    figures, firsts = {}, []
    with Solo() as solo:
        solo.configure(POOLS)
        plain(solo, "create", 0, count)
        plain(solo, "assign", count, "bench")
        for number in range(1 if quick else 3):
            took, controller = first_after_start(solo, f"new{number}")
            firsts.append(took)
            if number < (0 if quick else 2):
                controller.stop()
        rest(2)
        figures["restart_first_ms"] = rig.median(firsts)
        figures["restart_writes"] = controller.metric("tinlb_controller_status_writes_total") - 1
        figures["deletion_writes"] = writes_for(
            controller, lambda: [solo.client.delete("services", "default", f"s{n:05d}") for n in range(20)],
            lambda: len(controller.status()["services"]) == count - 20 + len(firsts))
        figures["reload_writes"] = writes_for(
            controller, lambda: solo.configure(POOLS + "- {name: more, protocol: layer2, addresses: [172.19.0.0/24]}\n"),
            lambda: len(controller.status()["pools"]) == 2)
        figures[f"controller_{count}_peak_mb"] = peak_mb(controller)
        pss, anonymous = rig.memory([controller.process.pid])
        figures[f"controller_{count}_pss_mb"], figures[f"controller_{count}_anonymous_mb"] = pss, anonymous
        figures.update(at_rest(solo, 10 if quick else 60))
        figures.update(hand_over(solo, controller))
    return figures


def at_rest(solo, seconds):
    """Requests a minute besides watches and the Lease."""
    solo.requests(reset=True)
    rest(seconds)
    asked = solo.requests()
    others = sum(n for (verb, resource), n in asked.items() if verb != "watch" and resource != "leases")
    return {"rest_requests_per_minute": others * 60 / seconds,
            "rest_lease_writes_per_minute": asked.get(("update", "leases"), 0) * 60 / seconds}


def hand_over(solo, leader):
    """From SIGTERM, and from kill -9, until the standby leads."""
    figures, first = {}, leader
    for how, number in (("sigterm", signal.SIGTERM), ("kill", signal.SIGKILL)):
        second = solo.start()
        poll.until(lambda second=second: second.status().get("role") == "standby" and second.status()["ready"], 60,
                   "a standby")
        first.signal(number)
        begun = time.monotonic()
        poll.until(lambda second=second: second.metric("tinlb_controller_leads") == 1, 30, "it leads", every=0.01)
        figures[f"handover_{how}_ms"] = (time.monotonic() - begun) * 1000
        first = second
    return figures


def run(quick):
    build.build(targets=["bench/plain_client", *build.PROGRAMS])
    figures = backlog(500 if quick else 5000, 1 if quick else 3)
    figures.update(restart(1000 if quick else 10000, quick))
    return figures
