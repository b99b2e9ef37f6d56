"""test_confined - what each process may still do, and where secrets are not"""
# SPDX-License-Identifier: Apache-2.0
import base64
import contextlib
import glob
import os
import signal
import subprocess

import pytest

from lab import poll

from lone import BUILD, CONTROLLER, SPEAKER, Lone

FORBIDDEN = os.path.join(BUILD, "tests/system/libforbidden.so")
SECRET = "a secret that stays where it is"
NET_RAW = 1 << 13


def process_status(pid):
    with open(f"/proc/{pid}/status", encoding="utf-8") as file:
        return dict(line.rstrip("\n").split(":\t", 1) for line in file if ":\t" in line)


def read_bytes(*path):
    with open(os.path.join(*path), "rb") as file:
        return file.read()


def children(pid):
    return [int(p) for p in read_bytes(f"/proc/{pid}/task/{pid}/children").split()]


def n_filters(pid):
    return int(process_status(pid)["Seccomp_filters"])


def agent_of(pid):
    """The agent once it has a filter of its own beside the inherited ones, or None."""
    with contextlib.suppress(OSError):  # a child has just ended
        found = [c for c in children(pid) if read_bytes(f"/proc/{c}/comm").strip() == b"tinlb-agent"]
        return found[0] if found and n_filters(found[0]) > n_filters(pid) > n_filters("self") else None
    return None


class Daemon(Lone):
    """Alone in a network namespace, and made to try a forbidden call when it gets a signal."""

    def __init__(self, folder, *command, **env):
        super().__init__(folder, ["unshare", "--net", *command, "--health-probe-port=0"], LD_PRELOAD=FORBIDDEN, **env)
        self.pid = self.process.pid
        self.wait_log("starting")


@pytest.fixture
def controller(tmp_path):
    daemon = Daemon(tmp_path, CONTROLLER)
    poll.until(lambda: n_filters(daemon.pid) > n_filters("self"), 10, "the controller is confined")
    yield daemon
    daemon.stop()


@pytest.fixture
def speaker(tmp_path):
    daemon = Daemon(tmp_path, SPEAKER, "--node-name=n1", "--ml-bindaddr=127.0.0.1", "--ml-labels=app=x",
                    METALLB_ML_SECRET_KEY=SECRET)
    poll.until(lambda: agent_of(daemon.pid), 10, "the agent is confined")
    yield daemon
    daemon.stop()


def assert_confined(pid, capabilities):
    status = process_status(pid)
    assert status["Seccomp"] == "2" and status["NoNewPrivs"] == "1"
    for name in ("CapEff", "CapPrm"):
        assert int(status[name], 16) == capabilities, name
    assert int(status["CapBnd"], 16) & ~NET_RAW == 0  # the agent may not cut it; without new privileges it gives nothing
    assert int(status["CapInh"], 16) == int(status["CapAmb"], 16) == 0
    assert b"Max core file size        0                    0" in read_bytes(f"/proc/{pid}/limits")


def test_the_controller_has_no_right(controller):
    assert_confined(controller.pid, 0)


def test_without_the_filter_the_rights_are_given_up_all_the_same(tmp_path):
    daemon = Daemon(tmp_path, CONTROLLER, "--seccomp=false")
    try:
        daemon.wait_log("the API cannot be read")
        assert n_filters(daemon.pid) == n_filters("self")
        status = process_status(daemon.pid)
        assert status["NoNewPrivs"] == "1" and int(status["CapEff"], 16) == int(status["CapPrm"], 16) == 0
        assert b"Max core file size        0                    0" in read_bytes(f"/proc/{daemon.pid}/limits")
    finally:
        daemon.stop()


def test_the_announcer_has_one_right_and_the_agent_none(speaker):
    assert_confined(speaker.pid, NET_RAW)
    assert_confined(agent_of(speaker.pid), 0)


def test_the_announcer_maps_nothing_that_reads_json_yaml_or_http(speaker):
    theirs = ("libcurl", "libjansson", "libyaml", "libssl", "libevent_extra", "libevent_openssl")
    agent, announcer = (read_bytes(f"/proc/{pid}/maps").decode() for pid in (agent_of(speaker.pid), speaker.pid))
    assert all(name in agent for name in theirs) and not any(name in announcer for name in theirs)


def test_the_controller_ends_of_a_forbidden_call_and_says_which(controller):
    os.kill(controller.pid, signal.SIGUSR2)
    assert controller.process.wait(10) == -signal.SIGSYS
    controller.wait_log("tinlb-controlle: forbidden system call personality")


def test_the_announcer_ends_of_a_forbidden_call_and_says_which(speaker):
    agent = agent_of(speaker.pid)
    os.kill(speaker.pid, signal.SIGUSR2)
    assert speaker.process.wait(10) == -signal.SIGSYS
    speaker.wait_log("tinlb-speaker: forbidden system call personality")
    poll.until(lambda: not os.path.exists(f"/proc/{agent}"), 10, "the agent ends with it")


def test_the_agent_ends_of_a_forbidden_call_and_the_announcer_starts_another(speaker):
    agent = agent_of(speaker.pid)
    os.kill(agent, signal.SIGUSR2)
    speaker.wait_log("tinlb-agent: forbidden system call personality")
    poll.until(lambda: agent_of(speaker.pid) not in (None, agent), 15, "there is another agent")
    assert_confined(agent_of(speaker.pid), 0)
    assert speaker.process.poll() is None


def test_the_secret_of_the_environment_is_in_no_environment_afterwards(speaker):
    for pid in (speaker.pid, agent_of(speaker.pid)):
        for name in ("environ", "cmdline"):
            assert SECRET.encode() not in read_bytes(f"/proc/{pid}", name)
        assert b"METALLB_ML_SECRET_KEY=" in read_bytes(f"/proc/{pid}/environ")


def copies_in_memory(pid, words):
    count = 0
    with open(f"/proc/{pid}/maps", encoding="utf-8") as maps, open(f"/proc/{pid}/mem", "rb") as memory:
        for line in maps:
            where, rights = line.split()[:2]
            start, end = (int(number, 16) for number in where.split("-"))
            if rights.startswith("rw"):
                memory.seek(start)
                count += memory.read(end - start).count(words)
    return count


def test_the_secret_is_in_memory_where_it_is_used_and_nowhere_else(speaker):
    assert copies_in_memory(speaker.pid, SECRET[:16].encode()) == 2  # of both lengths that MetalLB makes keys of
    assert copies_in_memory(agent_of(speaker.pid), SECRET[:16].encode()) == 0


def test_no_token_and_no_secret_is_in_logs_and_pages(cluster):
    secret = base64.b64decode(cluster.client.get("secrets", "metallb-system", "memberlist")["data"]["secretkey"])
    hidden = {secret, base64.b64encode(secret)}
    hidden |= {cluster.account(pod)["token"] for pod in cluster.pods(app="metallb")}
    shown = [read_bytes(path) for path in glob.glob(os.path.join(cluster.log_dir, "*speaker*"))]
    shown += [read_bytes(path) for path in glob.glob(os.path.join(cluster.log_dir, "*controller*"))]
    assert len(shown) >= len(cluster.network.nodes) + 1
    for pod in cluster.pods(app="metallb"):
        pages = [cluster.page("client", pod["status"]["podIP"], 7472, path) for path in ("/metrics", "/status")]
        assert all(pages), pod["metadata"]["name"]
        shown += [repr(page).encode() for page in pages]
    for node in cluster.network.nodes:
        for pid in cluster.processes(node, "tinlb-speaker") + cluster.processes(node, "tinlb-agent"):
            shown += [read_bytes(f"/proc/{pid}", name) for name in ("environ", "cmdline")]
    for one in hidden:
        assert len(one) > 4 and not any(one in text for text in shown)
