"""bench_latency - from a service that the API accepts to its first ARP answer"""
# SPDX-License-Identifier: Apache-2.0
import select
import socket
import time

from bench import rig
from lab import capture, netns


def _first_answer(lab, raw, mac, number, ip):
    """Milliseconds from the accepted service to the first frame that claims its address."""
    name = f"n{number:05d}"
    lab.cluster.client.create("endpointslices", {
        "metadata": {"namespace": "default", "name": name, "labels": {"kubernetes.io/service-name": name}},
        "addressType": "IPv4", "ports": [{"port": 80}],
        "endpoints": [{"addresses": ["10.244.1.9"], "nodeName": "node1", "conditions": {"ready": True}}]})
    lab.cluster.client.create("services", {"metadata": {"namespace": "default", "name": name},
                                           "spec": {"type": "LoadBalancer", "ports": [{"port": 80}],
                                                    "loadBalancerIP": ip}})
    begun = time.monotonic()
    request = capture.build(capture.REQUEST, capture.BROADCAST, mac, mac, "172.17.0.100", b"\0" * 6, ip)
    while time.monotonic() - begun < 10:
        raw.send(request)
        while select.select([raw], [], [], 0.001)[0]:
            frame = capture.parse(raw.recv(2048), time.monotonic())
            if frame and frame.op == capture.REPLY and frame.spa == ip and frame.tpa == "172.17.0.100":
                return (frame.time - begun) * 1000
    raise TimeoutError(f"{ip} is not answered")


def run(quick):
    existing, trials = (200, 20) if quick else (1000, 200)
    quiet, after = [], []
    with rig.Rig(nodes=1) as lab:
        lab.start_speaker()
        lab.start_controller()
        lab.add_services(0, existing)
        lab.wait_rows(existing)
        raw = netns.packet_socket(lab.cluster.spaces.full("client"), "eth0", capture.ETH_P_ARP)
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        mac = capture.mac_bytes(lab.cluster.mac("client"))
        for trial in range(trials):
            ip = f"172.18.{200 + trial // 250}.{trial % 250 + 1}"
            if trial % 2:
                lab.cluster.client.delete("services", "default", f"s{trial:05d}")
            (after if trial % 2 else quiet).append(_first_answer(lab, raw, mac, trial, ip))
        raw.close()
    return {"first_answer_existing": existing, "first_answer_quiet_p50_ms": round(rig.median(quiet), 1),
            "first_answer_quiet_p99_ms": round(rig.quantile(quiet, 0.99), 1),
            "first_answer_after_delete_p50_ms": round(rig.median(after), 1),
            "first_answer_after_delete_p99_ms": round(rig.quantile(after, 0.99), 1)}
