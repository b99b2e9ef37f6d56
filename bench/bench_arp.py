"""bench_arp - ARP answers beside the kernel's own, over veth and bridge

The kernel's answers come from a node where no packet socket is open. Each round
asks both in turn; a ratio is the median over the rounds of ours by the kernel's.
A third node answers with the least that libpcap can do (arp_bare): what of a
ratio is the price of capture, whoever decides (the keys arp_bare_...).

For latency the prober and the answerers share one processor, on which the kernel
answers too: otherwise a virtual machine mostly measures how long it takes to wake
a halted processor (arp_unpinned_p50_ratio shows it). Floods run on all of them.
"""
# SPDX-License-Identifier: Apache-2.0
from bench import rig

VIP, SENDER = "172.18.0.1", "172.17.100.0"
BARE = "172.17.200.1"
CPU = 0


class Contest:
    """Rounds in which ours, the bare answerer and the kernel are asked in turn."""

    def __init__(self, lab, rounds, kernel):
        self.lab, self.rounds, self.kernel = lab, rounds, kernel
        self.bare = lab.start_bare("node3", BARE)

    def _pin(self, cpu):
        self.lab.pin(self.lab.cluster.processes("node1", "tinlb-speaker") + [self.bare.pid], cpu)

    def latency(self, count, cpu=CPU):
        """Median ratios to the kernel's p50 and p99: ours, and the bare one's with bare_ before them."""
        seen = {key: [] for key in ("p50", "p99", "bare_p50", "bare_p99", "p99_us")}
        self._pin(cpu)
        for _ in range(self.rounds):
            ours, bare, kernel = self.lab.probe("latency", "eth0", SENDER, count, VIP, BARE, self.kernel, cpu=cpu)
            for key in ("p50", "p99"):
                seen[key].append(ours[key + "_us"] / kernel[key + "_us"])
                seen["bare_" + key].append(bare[key + "_us"] / kernel[key + "_us"])
            seen["p99_us"].append(ours["p99_us"])
        self._pin(None)
        return {key: rig.median(values) for key, values in seen.items()}

    def flood(self, in_flight, ms, target):
        """Median ratio of answers per second to the kernel's, and how many were not answered."""
        ratios, unanswered = [], 0
        for _ in range(self.rounds):
            mine, theirs = (self.lab.probe("flood", "eth0", SENDER, in_flight, ms, ip)[0] for ip in (target, self.kernel))
            ratios.append(mine["per_second"] / theirs["per_second"])
            unanswered += mine["unanswered"]
        return rig.median(ratios), unanswered


def run(quick):
    rounds, count, ms = (5, 200, 200) if quick else (21, 1000, 500)
    many = 1000 if quick else 10000
    results = {"arp_rounds": rounds, "arp_many_addresses": many}
    with rig.Rig(nodes=3) as lab:
        with_speaker, without = lab.cluster.network.nodes["node1"], lab.cluster.network.nodes["node2"]
        lab.add_services(0, 1)
        lab.start_speaker("--announce-rounds=1")
        lab.wait_rows(1)
        lab.wait_quiet()
        contest = Contest(lab, rounds, without)
        one, unpinned = contest.latency(count), contest.latency(count, None)
        results.update({f"arp_{key}_ratio": one[key] for key in ("p50", "p99", "bare_p50", "bare_p99")})
        results.update(arp_p99_us=one["p99_us"], arp_unpinned_p50_ratio=unpinned["p50"],
                       arp_bare_unpinned_p50_ratio=unpinned["bare_p50"])
        results["arp_flood_ratio"], results["arp_flood_256_unanswered"] = contest.flood(256, ms, VIP)
        results["arp_bare_flood_ratio"], results["arp_bare_flood_256_unanswered"] = contest.flood(256, ms, BARE)
        results["arp_flood_64_ratio"], results["arp_flood_64_unanswered"] = contest.flood(64, ms, VIP)
        results["arp_kernel_ratio"], _ = contest.flood(256, ms, with_speaker)
        lab.add_services(1, many - 1)
        lab.wait_rows(many)
        lab.wait_quiet()
        results["arp_many_p50_ratio"] = contest.latency(count)["p50"] / one["p50"]
        quiet = contest.latency(count)
        with rig.Churn(lab, 20, list(range(100, 200))):
            busy = contest.latency(count)
        results["arp_churn_p99_ratio"] = busy["p99_us"] / quiet["p99_us"]
    return results
