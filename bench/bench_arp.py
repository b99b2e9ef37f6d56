"""bench_arp - ARP answers beside the kernel's own, over veth and bridge

The kernel's answers come from a node where no packet socket is open. Each round
asks both in turn; a ratio is the median over the rounds of ours by the kernel's.

For latency the prober and the announcer share one processor, on which the kernel
answers too: otherwise a virtual machine mostly measures how long it takes to wake
a halted processor (arp_unpinned_p50_ratio shows it). Floods run on all of them.
"""
# SPDX-License-Identifier: Apache-2.0
from bench import rig

VIP, SENDER = "172.18.0.1", "172.17.100.0"


CPU = 0


def _latency(lab, rounds, count, ours, kernel, cpu=CPU):
    lab.pin_announcer(cpu)
    p50, p99, our_p99, unanswered = [], [], [], 0
    for _ in range(rounds):
        mine, theirs = lab.probe("latency", "eth0", SENDER, count, ours, kernel, cpu=cpu)
        p50.append(mine["p50_us"] / theirs["p50_us"])
        p99.append(mine["p99_us"] / theirs["p99_us"])
        our_p99.append(mine["p99_us"])
        unanswered += mine["unanswered"]
    lab.pin_announcer(None)
    return {"p50": rig.median(p50), "p99": rig.median(p99), "our_p99": rig.median(our_p99), "unanswered": unanswered}


def _flood(lab, rounds, in_flight, ms, ours, kernel):
    ratios, unanswered = [], 0
    for _ in range(rounds):
        mine = lab.probe("flood", "eth0", SENDER, in_flight, ms, ours)[0]
        theirs = lab.probe("flood", "eth0", SENDER, in_flight, ms, kernel)[0]
        ratios.append(mine["per_second"] / theirs["per_second"])
        unanswered += mine["unanswered"]
    return rig.median(ratios), unanswered


def run(quick):
    rounds, count, ms = (5, 200, 200) if quick else (21, 1000, 500)
    many = 1000 if quick else 10000
    results = {"arp_rounds": rounds, "arp_many_addresses": many}
    with rig.Rig(nodes=2) as lab:
        with_speaker, without = lab.cluster.network.nodes["node1"], lab.cluster.network.nodes["node2"]
        lab.add_services(0, 1)
        lab.start_speaker("--announce-rounds=1")
        lab.wait_rows(1)
        lab.wait_quiet()
        one = _latency(lab, rounds, count, VIP, without)
        results.update(arp_p50_ratio=one["p50"], arp_p99_ratio=one["p99"], arp_p99_us=one["our_p99"])
        results["arp_unpinned_p50_ratio"] = _latency(lab, rounds, count, VIP, without, None)["p50"]
        results["arp_flood_ratio"], results["arp_flood_256_unanswered"] = _flood(lab, rounds, 256, ms, VIP, without)
        _, results["arp_flood_64_unanswered"] = _flood(lab, max(rounds // 4, 2), 64, ms, VIP, without)
        results["arp_kernel_ratio"], _ = _flood(lab, rounds, 256, ms, with_speaker, without)
        lab.add_services(1, many - 1)
        lab.wait_rows(many)
        lab.wait_quiet()
        full = _latency(lab, rounds, count, VIP, without)
        results["arp_many_p50_ratio"] = full["p50"] / one["p50"]
        quiet = _latency(lab, rounds, count, VIP, without)
        with rig.Churn(lab, 20, list(range(100, 200))):
            busy = _latency(lab, rounds, count, VIP, without)
        results["arp_churn_p99_ratio"] = busy["our_p99"] / quiet["our_p99"]
    return results
