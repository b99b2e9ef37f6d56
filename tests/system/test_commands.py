"""test_commands - the programs as people start them: options, refusals, exit codes"""
# SPDX-License-Identifier: Apache-2.0
import json
import os
import signal
import socket
import subprocess

import pytest

from conftest import ROOT
from lab import poll

BUILD = os.environ.get("TINLB_BUILD", os.path.join(ROOT, "build"))
SPEAKER = os.path.join(BUILD, "speaker/announcer/tinlb-speaker")
CONTROLLER = os.path.join(BUILD, "controller/tinlb-controller")
TINLB = os.path.join(BUILD, "cli/tinlb")
EMPTY = {"PATH": os.environ["PATH"]}


def run(*command, env=None):
    return subprocess.run(command, capture_output=True, text=True, timeout=20, check=False, env=env or EMPTY)


def wait_log(path, words):
    poll.until(lambda: words in path.read_text(), 15, f"the log says: {words}")


def test_a_speaker_without_a_node_name_exits_1_with_a_sentence():
    done = run(SPEAKER)
    assert done.returncode == 1
    assert "METALLB_NODE_NAME" in json.loads(done.stdout)["error"]


@pytest.mark.parametrize("program", [SPEAKER, CONTROLLER])
def test_a_wrong_option_exits_2_and_names_it(program):
    done = run(program, "--no-such-thing=1")
    assert done.returncode == 2 and "--no-such-thing" in done.stderr


@pytest.mark.parametrize("program", [SPEAKER, CONTROLLER])
def test_help_lists_the_options_of_both_spellings(program):
    for word in ("--help", "-help", "-h"):
        done = run(program, word)
        assert done.returncode == 0 and "--port" in done.stdout and "METALLB_" in done.stdout


def test_a_controller_outside_of_a_pod_says_what_to_give_it():
    done = run(CONTROLLER)
    assert done.returncode == 1 and "--kubeconfig" in done.stdout


def test_exec_plug_ins_of_a_kubeconfig_are_refused_by_name(tmp_path):
    config = tmp_path / "kubeconfig"
    config.write_text("current-context: c\ncontexts: [{name: c, context: {cluster: k, user: someone}}]\n"
                      "clusters: [{name: k, cluster: {server: 'https://127.0.0.1:1'}}]\n"
                      "users: [{name: someone, user: {exec: {command: helper}}}]\n")
    done = run(CONTROLLER, "-kubeconfig", str(config))
    assert done.returncode == 1 and "someone" in done.stdout and "exec" in done.stdout


def test_metrics_from_the_first_second_and_a_clean_end_with_the_api_away(tmp_path):
    config, log = tmp_path / "kubeconfig", tmp_path / "log"
    config.write_text("current-context: c\ncontexts: [{name: c, context: {cluster: k}}]\n"
                      "clusters: [{name: k, cluster: {server: 'http://127.0.0.1:1'}}]\n")
    with socket.socket() as taken, open(log, "wb") as output:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        taken.listen()
        daemon = subprocess.Popen([CONTROLLER, f"--kubeconfig={config}", f"--port={port}", "--host=127.0.0.1",
                                   "--health-probe-port=0", "--webhook-mode=disabled"], stdout=output, env=EMPTY)
        wait_log(log, "cannot listen")
    try:
        def metrics():
            try:
                with socket.create_connection(("127.0.0.1", port), timeout=1) as connection:
                    connection.sendall(b"GET /metrics HTTP/1.0\r\n\r\n")
                    return b"metallb_k8s_client_config_loaded_bool 0" in connection.makefile("rb").read()
            except OSError:
                return False

        poll.until(metrics, 15, "metrics, once the port is free")
        wait_log(log, "webhook-mode")
        wait_log(log, "the API cannot be read")
    finally:
        daemon.send_signal(signal.SIGTERM)
        assert daemon.wait(10) == 0


def test_tinlb_says_what_it_can_do_and_refuses_what_it_cannot():
    done = run(TINLB, "--help")
    assert done.returncode == 0 and all(f"\n  {w} " in done.stdout for w in ("who", "why", "status", "check", "watch"))
    for words, said in (([], "Usage"), (["nonsense"], 'no command "nonsense"'), (["why"], "usage: tinlb why ADDRESS"),
                        (["who", "--node=a"], "who takes no --node"), (["who", "a", "b"], "usage: tinlb who"),
                        (["who", "-o", "xml"], "--output takes text or json"), (["who", "--nope"], "--nope")):
        done = run(TINLB, *words)
        assert done.returncode == 2 and said in done.stderr, done
    done = run(TINLB, "who")
    assert done.returncode == 3 and "--kubeconfig" in done.stderr
    assert run(TINLB, "version").stdout.startswith("tinlb ")
