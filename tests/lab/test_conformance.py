"""test_conformance - the runner of scenarios: what it refuses, what it fails, and what it leaves behind"""
# SPDX-License-Identifier: Apache-2.0
import json
import os
import signal
import subprocess
import sys

import pytest

from conftest import ROOT
from lab import poll

RUN = os.path.join(ROOT, "tests/conformance/run")
POOL = "address-pools:\n- name: default\n  protocol: layer2\n  addresses:\n  - 10.20.30.0/24\n"
PORTS = [{"name": "p", "protocol": "TCP", "port": 80}]
SPEC = {"type": "LoadBalancer", "ports": PORTS, "clusterIP": "10.96.0.10", "clusterIPs": ["10.96.0.10"]}

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="network namespaces of the lab need root here")


def service(**status):
    return {"op": "apply", "object": {"apiVersion": "v1", "kind": "Service", "spec": SPEC,
                                      "metadata": {"namespace": "test", "name": "a"}, **status}}


def scenario(name, *steps, **fields):
    return {"id": name, "version": "both", "needs": ["configmap"], "steps": list(steps), **fields}


GIVEN = [{"op": "apply_config", "config": POOL}, service(), {"op": "expect", "service": "test/a", "ip": "10.20.30.0"}]
ANSWERED = [{"op": "nodes", "nodes": [{"name": "iris1"}]}, {"op": "apply_config", "config": POOL},
            service(status={"loadBalancer": {"ingress": [{"ip": "10.20.30.1"}]}}),
            {"op": "endpoints", "service": "test/a", "slices": [[{"ip": "2.3.4.5", "node": "iris1", "ready": True}]]},
            {"op": "expect_announcer", "service": "test/a", "ip": "10.20.30.1", "node": "iris1"}]


@pytest.fixture()
def run(tmp_path):
    def execute(content, *options):
        path = tmp_path / "scenarios.json"
        path.write_text(content if isinstance(content, str) else json.dumps(content))
        return subprocess.run([sys.executable, RUN, str(path), *options], capture_output=True, text=True, check=False)

    return execute


@pytest.mark.parametrize("content, words", [
    ("{", "this is not JSON"),
    ('"text"', "a list of scenarios is expected"),
    ([1], "scenario 1 is not an object"),
    ([{"id": "x", "version": "both", "needs": []}], 'scenario 1 (x) has no "steps"'),
    ([scenario("x", version="v2")], 'version "v2" is none of'),
    ([scenario("x"), scenario("x")], "the id x is that of another one"),
    ([scenario("x", {"service": "a"})], 'step 1 has no "op"'),
    ([scenario("x", needs="configmap")], '"needs" must be a list'),
])
def test_a_file_that_is_not_of_the_format_is_refused_with_its_place(run, content, words):
    done = run(content)
    assert done.returncode == 2 and words in done.stderr and "scenarios.json" in done.stderr
    assert done.stdout == ""


def test_an_unknown_id_is_an_error(run):
    done = run([scenario("x")], "--only", "y")
    assert done.returncode == 2 and "--only y" in done.stderr


@needs_root
def test_skips_have_reasons_and_the_totals_come_last(run, tmp_path):
    done = run([scenario("old", version="v0.9.3"), scenario("far", needs=["configmap", "teleport"]),
                scenario("given", *GIVEN)], "--json", str(tmp_path / "out.json"))
    assert done.returncode == 0
    lines = done.stdout.splitlines()
    assert lines[0].split(None, 2) == ["skipped", "old", "version v0.9.3"]
    assert lines[1].split(None, 2) == ["skipped", "far", "needs teleport"]
    assert lines[2].split() == ["passed", "given"]
    assert lines[-1] == "ran 1, eligible 1, total 3"
    out = json.loads((tmp_path / "out.json").read_text())
    assert [(s["id"], s["result"]) for s in out["scenarios"]] == [("old", "skipped"), ("far", "skipped"),
                                                                   ("given", "passed")]
    assert out["totals"] == {"passed": 1, "failed": 0, "skipped": 2, "ran": 1, "eligible": 1, "total": 3}


def without_last(steps, **fields):
    return steps[:-1] + [dict(steps[-1], **fields)]


FAILING = {
    "operation": ([{"op": "fly"}], "step 1, fly: there is no such operation"),
    "field": (GIVEN + [{"op": "expect", "service": "test/a", "colour": "red"}], "there is no field colour"),
    "missing": ([{"op": "expect_config"}], "the field valid is missing"),
    "world": (GIVEN + [{"op": "endpoints", "service": "test/a", "slices": []}],
              "step 4: endpoints is no operation of a controller file"),
    "address": (without_last(GIVEN, ip="10.20.30.7"),
                "step 3, expect: test/a should have {'ip': '10.20.30.7'}; there is ['10.20.30.0']"),
    "nobody": (without_last(ANSWERED, node=None),
               "step 5, expect_announcer: nobody should answer for 10.20.30.1; there is [('iris1', 'eth0')]"),
    "interfaces": (without_last(ANSWERED, interfaces=["eth0", "eth1"]),
                   "iris1 should answer for 10.20.30.1 on ['eth0', 'eth1']"),
}


@needs_root
def test_what_does_not_hold_or_is_not_known_fails(run):
    done = run([scenario(name, *steps) for name, (steps, _) in FAILING.items()], "--jobs", "8")
    assert done.returncode == 1
    for line, (name, (_, words)) in zip(done.stdout.splitlines(), FAILING.items()):
        assert line.split()[:2] == ["failed", name] and words in line


@needs_root
def test_an_end_in_the_middle_leaves_nothing(tmp_path):
    path = tmp_path / "scenarios.json"
    path.write_text(json.dumps([scenario("x", *ANSWERED, {"op": "wait_ms", "ms": 60000})]))
    runner = subprocess.Popen([sys.executable, RUN, str(path)], stdout=subprocess.DEVNULL)
    names = lambda: [n for n in os.listdir("/run/netns") if n.startswith(f"conf{runner.pid}-")]  # noqa: E731
    poll.until(lambda: len(names()) == 2, 20, "the scenario has its namespaces")
    runner.send_signal(signal.SIGTERM)
    assert runner.wait(30) == 143
    assert not names()
