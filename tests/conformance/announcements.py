"""announcements - expectations about single frames and about bursts of them"""
# SPDX-License-Identifier: Apache-2.0
import ipaddress
import itertools
import time

from lab import capture, poll

from frames import ALL_NODES, SOLICITATION, build_ndp, link_local, multicast_mac, solicited_node
from lan import OBSERVER_MAC

import elect_vectors
from world import EXPECT_S, Failed

SILENCE_S = 0.3
LOOK_S = 0.7  # for an answer, before the question is asked again
COUNTERS = ("metallb_layer2_requests_received", "metallb_layer2_responses_sent")
BROADCAST = "ff:ff:ff:ff:ff:ff"
MAC_OF_IFACE = "iface"


class Expectations:
    """Of a world that has a Lan as `lan` and settles its speakers by settle()."""

    def _fields(self, step, wanted):
        """The fields of a scenario; `iface` is the MAC address of the interface."""
        fields = {}
        for key, value in (wanted or {}).items():
            if value == MAC_OF_IFACE:
                value = self.lan.mac(step["node"], step["iface"])
            elif key.endswith(("_ip", "ip_dst", "ip_src")) and isinstance(value, str) and ":" in value:
                value = str(ipaddress.ip_address(value))
            fields[key] = value
        return fields

    def _from(self, step):
        """Was a frame sent by the node of the step, on its interface if it names one?"""
        def wanted(frame):
            node, interface = self.lan.place(frame.port) or (None, None)
            return node == step["node"] and step.get("iface") in (None, interface)

        return wanted

    # ---- one question, one answer or none ----

    def own_share(self, node, name, labels):
        """Of a counter: answers to all questions but those that the scenario asks, each once."""
        if name not in COUNTERS:
            return 0
        ip = labels.get("ip")
        return self.lan.n_answers(node, ip) - self.asked[(node, ip)]

    def op_arp_probe(self, step):
        sender = capture.mac_bytes(step["sender_mac"])
        target = {"broadcast": BROADCAST}.get(step["eth_dst"], step["eth_dst"])
        if target == "node":
            target = self.lan.mac(step["node"], step["iface"])
        code = {"request": capture.REQUEST, "reply": capture.REPLY}.get(step["arp_op"], step["arp_op"])
        if not isinstance(code, int):
            raise Failed(f"there is no ARP operation {code}")
        frame = capture.build(code, capture.mac_bytes(target), sender, sender, step["sender_ip"], b"\0" * 6,
                              step["target_ip"])
        self._probe(step, frame, lambda f: f.get("arp_op") == "reply" and f["sender_ip"] == step["target_ip"]
                    and f["target_mac"] == step["sender_mac"].lower())

    def op_ndp_probe(self, step):
        ip = str(ipaddress.ip_address(step["target_ip"]))
        if step["type"] != "neighbor-solicitation":
            raise Failed(f"the runner cannot send a {step['type']}")
        group = {"solicited-node": solicited_node(ip), "all-nodes": ALL_NODES, "target": ip}.get(
            step["ip_dst"], step["ip_dst"])
        multicast = ipaddress.ip_address(group).is_multicast
        mac = multicast_mac(group) if multicast else self.lan.mac(step["node"], step["iface"])
        me = link_local(OBSERVER_MAC)
        frame = build_ndp(SOLICITATION, (OBSERVER_MAC, mac), (me, group), ip,
                          OBSERVER_MAC if step["source_ll_option"] else None)
        self._probe(step, frame, lambda f: f.get("type") == "neighbor-advertisement" and f["target_ip"] == ip
                    and f["ip_dst"] in (me, ALL_NODES) and f["solicited"])

    def _probe(self, step, frame, is_reply):
        """Send it, and again while what comes of it is not what is expected: all expectations are eventual."""
        self.settle()
        mine, silent = self._from(step), step["expect"] == "silent"
        if silent:
            self.quiet()
        for attempt in itertools.count(1):
            began = time.monotonic()
            for lan in self.lan.lans_of(step["node"], step["iface"]):
                self.lan.send(lan, frame)
            found = self.lan.watcher.wait(began, lambda f: mine(f) and is_reply(f.fields),
                                          SILENCE_S if silent else LOOK_S)
            if silent != bool(found):
                break
            if began - self.step_began > EXPECT_S:
                raise Failed(f"there was {f'an answer: {found[0].fields}' if found else 'no answer'}")
        if found:
            self._check_reply(step, found, attempt)

    def _check_reply(self, step, found, attempt):
        self.asked[(step["node"], step["target_ip"])] += 1
        if len(found) > attempt:
            raise Failed(f"there were {len(found)} answers")
        wanted, got = self._fields(step, step.get("reply")), found[0].fields
        wrong = {k: got.get(k) for k, v in wanted.items() if got.get(k) != v}
        if wrong:
            raise Failed(f"in the answer {wrong} should be {wanted}")

    # ---- bursts ----

    def _gratuitous(self, ip):
        if ipaddress.ip_address(ip).version == 4:
            return lambda f: f.get("arp_op") and f["sender_ip"] == ip == f["target_ip"]
        ip = str(ipaddress.ip_address(ip))
        return lambda f: (f.get("type") == "neighbor-advertisement" and f["target_ip"] == ip
                          and f["ip_dst"] == ALL_NODES)

    def op_expect_garp(self, step):
        self._expect_burst(step)

    def op_expect_unsolicited_na(self, step):
        self._expect_burst(step)

    def _burst(self, step):
        """Its frames: all that come within `within_ms` of the first; since: the previous step, or this one."""
        mine, gratuitous = self._from(step), self._gratuitous(step["ip"])
        since = self.last_began if step.get("since", "last_step") == "last_step" else self.step_began
        found = self.lan.watcher.wait(since, lambda f: mine(f) and gratuitous(f.fields), EXPECT_S)
        if not found:
            raise Failed("there was no frame")
        end = found[0].time + step.get("within_ms", 5600) / 1000
        poll.pause(max(0.0, end - time.monotonic() + 0.05))
        return [f for f in self.lan.watcher.since(since) if mine(f) and gratuitous(f.fields) and f.time <= end]

    def _expect_burst(self, step):
        self.settle()
        interval = step.get("interval_ms", 1100) / 1000
        rounds = []
        for frame in self._burst(step):
            if not rounds or frame.time - rounds[-1][0].time > interval / 2:
                rounds.append([])
            rounds[-1].append(frame)
        if "min_rounds" in step:
            if len(rounds) < step["min_rounds"]:
                raise Failed(f"{len(rounds)} rounds, at least {step['min_rounds']} expected")
        elif "rounds" in step and len(rounds) != step["rounds"]:
            raise Failed(f"{len(rounds)} rounds, {step['rounds']} expected")
        self._check_rounds(step, rounds, interval)

    def _check_rounds(self, step, rounds, interval):
        begun = [r[0].time for r in rounds]
        tolerance = step.get("tolerance_ms", 400) / 1000 + self.lan.watcher.stood_still_s(begun[0], begun[-1] + interval)
        for before, after in zip(begun, begun[1:]):
            if abs(after - before - interval) > tolerance:
                raise Failed(f"{after - before:.3f} s between rounds, {interval} expected; rounds at "
                             f"{[round(t - begun[0], 3) for t in begun]}")
        fields = self._fields(step, step.get("fields"))
        per_round = [dict(fields, **self._fields(step, w)) for w in step.get("per_round") or [{}]]
        for one in rounds:
            left = [f.fields for f in one]
            for wanted in per_round:
                match = next((f for f in left if all(f.get(k) == v for k, v in wanted.items())), None)
                if match is None:
                    raise Failed(f"in a round there is no {wanted}; there is {left}")
                left.remove(match)
            if left:
                raise Failed(f"in a round there is {left} besides what is expected")

    def op_expect_no_garp(self, step):
        self.settle()
        since = time.monotonic() - step.get("lookback_ms", 0) / 1000
        poll.pause(step["during_ms"] / 1000)
        mine, gratuitous = self._from(step), self._gratuitous(step["ip"])
        found = [f for f in self.lan.watcher.since(since) if mine(f) and gratuitous(f.fields)]
        if found:
            raise Failed(f"there was {found[0].fields}")

    # ---- vectors ----

    def op_hash_order(self, step):
        found = elect_vectors.orders(self.build, [step["key"]], step["candidates"])[0]
        if [node for _, node in found] != step["order"]:
            raise Failed(f"the order is {[node for _, node in found]}")
        wrong = {n: d for d, n in found if (step.get("digests") or {}).get(n, d) != d}
        if wrong:
            raise Failed(f"these digests differ: {wrong}")

    def op_hash_owner(self, step):
        found = elect_vectors.orders(self.build, step["owners"], step["candidates"])
        wrong = {key: order[0][1] for (key, owner), order in zip(step["owners"].items(), found, strict=True)
                 if order[0][1] != owner}
        if wrong:
            raise Failed(f"other owners: {wrong}")
