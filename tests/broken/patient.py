"""patient - a lab that is well, and what its daemons, its Events and its metrics say when it is not"""
# SPDX-License-Identifier: Apache-2.0
import dataclasses
import os
import re
import subprocess
import time
import typing

from lab import kube, poll

from helpers import apply_config, create, metrics_in, pool, settled, wait_address

POOL = "172.17.251.1-172.17.251.10"
WEB = "172.17.251.1"
EVIDENCE_S = 15  # the promise is 5; a machine with other work to do gets more
PATIENCE_S = 60  # until the membership has made up its mind; of who came back from the dead doctor speaks for 26 s


@dataclasses.dataclass
class Scenario:
    """One way to break a lab."""

    name: str
    break_it: typing.Callable
    mend: typing.Callable
    findings: set  # the words that doctor must find, and no others
    first: str  # a regular expression for its first line
    evidence: typing.Callable  # an Event or a metric that shows it: true once it does
    why: tuple = ()  # operands of `why`, and a regular expression for its first line
    shows: tuple = ()  # words of docs/reasons.md that pages say, besides one in brackets of `first`

    @property
    def reasons(self):
        return {*re.findall(r"\\\((\w+)\\\)", self.first), *self.shows}

    def __str__(self):
        return self.name


# ---- evidence ----

def metrics(lab, node=None):
    """{name{labels}: value} of a node's speaker, or of the controller; empty when it does not answer."""
    if node:
        text = lab.page(node, lab.network.nodes[node], 7472, "/metrics")
    else:
        pods = [p for p in lab.pods(component="controller") if (p.get("status") or {}).get("podIP")]
        text = lab.page("client", pods[0]["status"]["podIP"], 7472, "/metrics") if pods else None
    return metrics_in(text)


def metric(lab, key, node=None):
    return metrics(lab, node).get(key)


def event(lab, reason, text="", name="web", namespace="default"):
    """An Event that says so about the service that is there now, or None."""
    uid = lab.client.get("services", namespace, name)["metadata"]["uid"]
    for found in lab.client.list("events", namespace):
        if found["involvedObject"].get("uid") == uid and found["reason"] == reason and text in found["message"]:
            return found
    return None


def reasons(lab):
    """Every reason on the pages of all speakers and of the controller."""
    pages = [lab.controller_status(), *map(lab.speaker_status, lab.network.nodes)]
    return {entry.get("reason") for page in pages if page
            for entry in (*page["services"], *page.get("addresses", ()))}


# ---- a lab that is well ----

def configure(lab, addresses=POOL):
    apply_config(lab, pool(addresses))


def make_healthy(lab, speaker=("--candidate-after=0",)):
    lab.install(speaker)
    configure(lab)
    create(lab, "web")
    wait_address(lab, "web", WEB, 30)
    settled(lab, WEB)


def restart_speaker(lab, node):
    pod = next(p for p in lab.pods(component="speaker") if p["spec"]["nodeName"] == node)
    lab.client.delete("pods", "metallb-system", pod["metadata"]["name"])


def try_delete(lab, resource, namespace, name):
    try:
        lab.client.delete(resource, namespace, name)
    except kube.Refused:
        pass


# ---- asked as a person would ask ----

def tinlb(lab, *words):
    """Exit status and output of tinlb on the client's machine."""
    command = ["ip", "netns", "exec", lab.spaces.full("client"), os.path.join(lab.build, "cli/tinlb"), *words,
               f"--kubeconfig={lab.kubeconfig}"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60,
                          env={**lab.environment(), "NO_COLOR": "1"})
    return done.returncode, done.stdout, done.stderr


def examine(lab):
    """(words of findings, first line without its severity) of doctor, which looks once."""
    status, text, errors = tinlb(lab, "doctor", "--timeout=5")
    assert status in (0, 1), errors
    found = re.findall(r"^(error|warning|note) (\w+)", text, re.M)
    assert (status == 1) == any(severity != "note" for severity, _ in found), text
    return {word for _, word in found}, re.sub("^(error|warning|note) ", "", text.splitlines()[0])


def wait_well(lab, when):
    """Until neither doctor nor why finds anything."""
    seen = []

    def look():
        words, first = examine(lab)
        status, text, errors = tinlb(lab, "why", "default/web")
        seen.append((words, first, text + errors))
        return not words and first.startswith("healthy") and status == 0 and "nothing is wrong" in text

    try:
        poll.until(look, PATIENCE_S, f"nothing is found {when}", every=0.3)
    except TimeoutError as late:
        raise AssertionError(f"{late}; the last time: {seen[-1]}") from late


def wait_named(lab, scenario):
    """Until doctor names the cause, and nothing else, in its first line."""
    seen = []

    def look():
        seen.append(examine(lab))
        words, first = seen[-1]
        return words == scenario.findings and re.search(scenario.first, first)

    try:
        poll.until(look, PATIENCE_S, scenario.name, every=0.3)
    except TimeoutError as late:
        raise AssertionError(f"wanted {scenario.findings} and {scenario.first!r}, but doctor says:\n"
                             + tinlb(lab, "doctor", "--timeout=5")[1]) from late
    return seen[-1][1]


def ask_why(lab, operand=None, says=""):
    """`why` finds what is wrong with the service, in its first line."""
    if operand:
        status, text, _ = tinlb(lab, "why", operand)
        print(f"    why {operand}: {text.splitlines()[0] if text else None}")
        assert status == 1 and re.search(says, text.splitlines()[0]), text


def run(lab, scenario):
    """Well, broken, named; mended, well."""
    wait_well(lab, "before")
    try:
        scenario.break_it(lab)
        started = time.monotonic()
        poll.until(lambda: scenario.evidence(lab) and scenario.reasons <= reasons(lab), EVIDENCE_S,
                   f"evidence of {scenario.name}")
        seen_s = time.monotonic() - started
        first = wait_named(lab, scenario)
        print(f"{scenario.name}: (seen after {seen_s:.1f} s) {first}")
        ask_why(lab, *scenario.why)
    finally:
        scenario.mend(lab)
    wait_well(lab, "after it was mended")
