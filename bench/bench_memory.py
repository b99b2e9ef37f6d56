"""bench_memory - memory of controller and speaker, and the speaker's CPU at rest

One speaker (both of its processes) and one controller alone on the machine.
"""
# SPDX-License-Identifier: Apache-2.0
import time

from bench import rig


def run(quick):
    sizes = (1, 1000) if quick else (1, 1000, 10000)
    results = {"memory_interfaces": 1, "memory_ring_kib": 256}
    had = 0
    with rig.Rig(nodes=1) as lab:
        lab.start_speaker("--announce-rounds=1")
        controller = lab.start_controller()
        for size in sizes:
            lab.add_services(had, size - had)
            had = size
            lab.wait_rows(size)
            lab.wait_quiet()
            speaker = lab.cluster.processes("node1", "tinlb-speaker") + lab.cluster.processes("node1", "tinlb-agent")
            for name, pids in (("speaker", speaker), ("controller", [controller.pid])):
                pss, anonymous = rig.memory(pids)
                results[f"memory_{name}_{size}_pss_mb"] = round(pss, 1)
                results[f"memory_{name}_{size}_anonymous_mb"] = round(anonymous, 1)
            if size == 1000:
                seconds = 5 if quick else 30
                before, begun = rig.cpu_seconds(speaker), time.monotonic()
                rig.poll.until(lambda begun=begun: time.monotonic() - begun > seconds, seconds + 5, "a time of rest")
                used = rig.cpu_seconds(speaker) - before
                results["speaker_rest_cpu_percent"] = round(100 * used / (time.monotonic() - begun), 3)
    return results
