"""schedule - scenarios side by side, each in a process of its own"""
# SPDX-License-Identifier: Apache-2.0
import multiprocessing
import os
import shutil
import signal
import sys
import time
import traceback
from multiprocessing.connection import wait

from lab import leftovers, netns

import scenario as form
from controller import ControllerWorld
from speaker import SpeakerWorld
from world import CUSTOM_NEEDS, Failed

WORLDS = {"controller": ControllerWorld, "speaker": SpeakerWorld}
LOOK_S = 1.0
GRACE_S = 10


def run(scenarios, where, places):
    """The results as they come. Those that mostly wait have places of their own, and begin first.

    where: (prefix of namespaces, arguments). A place that has had definitions of kinds keeps them, so who wants some
    comes last.
    """
    context = multiprocessing.get_context("fork")
    scenarios = sorted(scenarios, key=lambda s: bool(CUSTOM_NEEDS & set(s["needs"])))
    free = {slow: list(some) for slow, some in places.items()}
    waiting = {slow: [s for s in scenarios if form.is_slow(s) == slow] for slow in (True, False)}
    running = []
    try:
        while running or any(waiting.values()):
            for slow, some in waiting.items():
                while some and free[slow]:
                    running.append(Running(context, some.pop(0), (slow, free[slow].pop()), where))
            wait([r.process.sentinel for r in running], LOOK_S)
            for one in [r for r in running if r.is_over()]:
                running.remove(one)
                yield one.result()
                free[one.slow].append(one.place)
    finally:
        for one in running:
            one.stop()


class Running:
    n_started = 0

    def __init__(self, context, scenario, place, where):
        Running.n_started += 1
        self.scenario, (self.slow, self.place) = scenario, place
        self.prefix = f"{where[0]}-{Running.n_started}"
        self.began = time.monotonic()
        self.deadline = self.began + form.limit_s(scenario)
        self.receiver, sender = context.Pipe(False)
        self.process = context.Process(target=_work, args=(scenario, self.prefix, (self.place, where[1]), sender), daemon=False)
        self.process.start()
        sender.close()

    def is_over(self):
        return not self.process.is_alive() or time.monotonic() > self.deadline

    def stop(self):
        self.process.terminate()
        self.process.join(GRACE_S)
        if self.process.is_alive():
            self.process.kill()
            self.process.join()
        leftovers.end_namespaces(self.prefix)

    def result(self):
        hangs = self.process.is_alive()
        wrong = self.receiver.recv() if self.receiver.poll() else "its process died"
        if hangs:
            self.stop()
            wrong = "it hangs: stopped after its time"
        self.process.join()
        self.receiver.close()
        return {"id": self.scenario["id"], "result": "failed" if wrong else "passed", "reason": wrong,
                "seconds": round(time.monotonic() - self.began, 1)}


def _work(scenario, prefix, how, sender):
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent's business
    sender.send(_execute(scenario, prefix, *how))


def _execute(scenario, prefix, place, arguments):
    """None when it passed, else what went wrong."""
    spaces, plane, world, wrong = netns.Namespaces(prefix), place(), None, None
    try:
        world = WORLDS[scenario["world"]](scenario, arguments.build, spaces, plane)
        world.run()
    except Failed as failed:
        wrong = str(failed)
    except Exception:  # a scenario that breaks the runner is a failed one
        wrong = traceback.format_exc(limit=4)
    finally:
        if world:
            if wrong and arguments.logs:
                shutil.copytree(world.directory, os.path.join(arguments.logs, scenario["id"]), dirs_exist_ok=True)
            world.close()
        plane.close()
        leftovers.end_namespaces(prefix)  # with a process that was being started when this one was asked to end
    return wrong
