"""test_commands - the programs as people start them: options, refusals, exit codes"""
# SPDX-License-Identifier: Apache-2.0
import contextlib
import http.server
import json
import os
import pty
import re
import signal
import socket
import subprocess
import threading

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
    done = run(program, "--tls-min-version=VersionTLS99")
    assert done.returncode == 2 and "--tls-min-version takes VersionTLS12 or VersionTLS13" in done.stderr


@pytest.mark.parametrize("program", [SPEAKER, CONTROLLER])
def test_help_lists_the_options_of_both_spellings(program):
    for word in ("--help", "-help", "-h"):
        done = run(program, word)
        assert done.returncode == 0 and "--port" in done.stdout and "METALLB_" in done.stdout


def test_a_controller_outside_of_a_pod_says_what_to_give_it():
    done = run(CONTROLLER)
    assert done.returncode == 1 and "--kubeconfig" in done.stdout


@pytest.mark.parametrize("text, code, words", [
    ('{"SuspicionMult": 0}', 1, "SuspicionMult takes a number from 1 to 100"),
    ('{"ProbeInterval": "250ms"}', None, "membership's timings are read from a file"),
    ('{"UDPBufferSize": 1400}', None, "without effect here: UDPBufferSize")])
def test_the_file_of_the_rings_timings_is_read_or_refused_with_a_sentence(tmp_path, text, code, words):
    (tmp_path / "config.json").write_text(text)
    (tmp_path / "kubeconfig").write_text("current-context: c\ncontexts: [{name: c, context: {cluster: k}}]\n"
                                         "clusters: [{name: k, cluster: {server: 'http://127.0.0.1:1'}}]\n")
    with open(tmp_path / "log", "wb") as log:
        speaker = subprocess.Popen(["unshare", "--net", SPEAKER, "--node-name=n1", f"--kubeconfig={tmp_path}/kubeconfig",
                                    f"--ml-config-file={tmp_path}/config.json", "--health-probe-port=0"],
                                   stdout=log, stderr=log, env=EMPTY)
    try:
        wait_log(tmp_path / "log", words)
        assert code is None or speaker.wait(10) == code
    finally:
        speaker.kill()
        speaker.wait()


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
        wait_log(log, "pages cannot be served here")
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
                        (["who", "--node=a"], "who takes no --node"), (["who", "a", "b"], "usage: tinlb who"), (["doctor", "web"], "usage: tinlb doctor, without more\n"),
                       
                        (["who", "-o", "xml"], "--output takes text or json"), (["who", "--nope"], "--nope")):
        done = run(TINLB, *words)
        assert done.returncode == 2 and said in done.stderr, done
    done = run(TINLB, "why", "-n", "default", "web")
    assert done.returncode == 2 and "name a service as NAMESPACE/NAME" in done.stderr, done
    done = run(TINLB, "who")
    assert done.returncode == 3 and "--kubeconfig" in done.stderr
    assert run(TINLB, "version").stdout.startswith("tinlb ")


def listed():
    """The commands and options of tinlb, as --help lists them."""
    text = run(TINLB, "--help").stdout
    return re.findall(r"^  ([a-z]+) ", text, re.M), re.findall(r"^  (--[a-z]+) ", text, re.M)


def test_help_of_a_command_has_an_example_and_its_own_options():
    for command in listed()[0]:
        done = run(TINLB, command, "--help")
        assert done.returncode == 0 and done.stdout.startswith(f"Usage: tinlb {command}"), done
        assert re.search(rf"^Example:\n  .*tinlb {command}", done.stdout, re.M), done
        assert ("--node " in done.stdout) == (command in ("why", "doctor")), done
        assert ("--speaker " in done.stdout) == (command not in ("check", "completion", "version")), done
        assert run(TINLB, "help", command).stdout == done.stdout
    assert run(TINLB, "help").stdout == run(TINLB, "--help").stdout == run(TINLB, "nonsense", "--help").stdout


def test_every_command_and_option_of_tinlb_stands_in_its_pages():
    commands, options = listed()
    assert len(commands) > 6 and "--node" in options
    with open(os.path.join(ROOT, "docs/man/tinlb.1"), encoding="utf-8") as file:
        manual = file.read().replace("\\-", "-")
    with open(os.path.join(ROOT, "docs/tinlb.md"), encoding="utf-8") as file:
        page = file.read()
    for command in commands:
        assert re.search(rf"^\.BR? {command}\b", manual, re.M), command
        assert command in page, command
    for option in options:
        assert option in manual, option


def test_the_man_page_has_no_mistakes():
    done = run("groff", "-man", "-ww", "-z", os.path.join(ROOT, "docs/man/tinlb.1"))
    assert done.returncode == 0 and not done.stderr, done.stderr


def test_the_command_can_be_installed_without_the_daemons():
    plan = json.loads(run("meson", "introspect", "--install-plan", BUILD).stdout)
    tags = {os.path.basename(path): entry["tag"] for kind in plan.values() for path, entry in kind.items()}
    assert tags == {"tinlb": "cli", "tinlb.1": "man", "tinlb-agent": "runtime", "tinlb-controller": "runtime",
                    "tinlb-speaker": "runtime"}


def complete(*words):
    """What bash offers for the last of these words."""
    script = ('source <("$1" completion bash); shift; COMP_WORDS=(tinlb "$@"); COMP_CWORD=$#; _tinlb; '
              'printf "%s\\n" "${COMPREPLY[@]}"')
    done = run("bash", "-c", script, "bash", TINLB, *words)
    assert done.returncode == 0 and not done.stderr, done
    return done.stdout.split()


def test_bash_completes_commands_and_options(tmp_path):
    commands, options = listed()
    assert complete("") == commands and complete("wh") == ["who", "why"]
    assert complete("who", "--") == options and complete("--no") == ["--node"]
    assert complete("who", "-o", "j") == ["json"] and complete("completion", "z") == ["zsh"]
    (tmp_path / "pools.yaml").touch()
    assert complete("check", f"{tmp_path}/p") == [f"{tmp_path}/pools.yaml"]
    assert run(TINLB, "completion", "zsh").stdout.startswith("autoload")
    assert run(TINLB, "completion", "fish").returncode == 2


class StatusPage(http.server.BaseHTTPRequestHandler):
    """A speaker with one address, whose service has a name that would speak to a terminal."""

    page = json.dumps({"schema": 1, "component": "speaker", "node": "n", "ready": True, "addresses": [
        {"ip": "192.0.2.1", "services": ["a/\033]0;b"], "state": "announced", "owner": "n"}]})

    def do_GET(self):
        self.send_response(200 if self.path == "/status" else 404)
        self.end_headers()
        self.wfile.write(self.page.encode())

    def log_message(self, *_arguments):
        pass


@contextlib.contextmanager
def served(page):
    """HOST:PORT of a page on loopback."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), page)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


class FallsSilent(StatusPage):
    """A speaker that fails once and then never says anything more."""

    asked = 0
    over = threading.Event()

    def do_GET(self):
        FallsSilent.asked += 1
        if self.asked > 1:
            self.over.wait()
        else:
            self.send_error(500)


def test_watch_does_not_wait_for_a_page_that_did_not_come_the_last_time():
    asked = []

    class Counts(StatusPage):
        def do_GET(self):
            asked.append(self.path)
            super().do_GET()

    with served(Counts) as one, served(FallsSilent) as other:
        watch = subprocess.Popen([TINLB, "watch", f"--speaker={one}", f"--speaker={other}", "--timeout=300"],
                                 stdout=subprocess.DEVNULL, env=EMPTY)
        try:
            poll.until(lambda: len(asked) >= 4 and FallsSilent.asked >= 3, 30, "it looks again and again")
        finally:
            watch.kill()
            watch.wait()
            FallsSilent.over.set()


@pytest.fixture(name="speaker")
def speaker_fixture():
    with served(StatusPage) as place:
        yield f"--speaker={place}"


def run_on_terminal(*command, env):
    """What a terminal is told."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(command, stdout=theirs, stderr=subprocess.DEVNULL, env=env)
    os.close(theirs)
    told = b""
    try:
        while chunk := os.read(ours, 4096):
            told += chunk
    except OSError:  # the other end is closed
        pass
    os.close(ours)
    assert process.wait(10) == 0
    return told.decode()


def test_colours_are_for_terminals_that_want_them(speaker):
    command = (TINLB, "who", speaker)
    assert "\033[" in run_on_terminal(*command, env={**EMPTY, "TERM": "xterm"})
    for more in ({"TERM": "xterm", "NO_COLOR": "1"}, {"TERM": "dumb"}):
        assert "\033" not in run_on_terminal(*command, env={**EMPTY, **more})
    done = run(*command)
    assert done.returncode == 0 and "\033" not in done.stdout and "a/?]0;b" in done.stdout, done


EVIL = "\033[2J\u009b\a\r\x7fevil"


class EvilPage(StatusPage):
    """Of a daemon that says in every field what would speak to a terminal."""

    page = json.dumps({
        "schema": 1, "component": EVIL, "version": EVIL, "node": EVIL, "ready": True, "role": EVIL, "leader": EVIL,
        "notes": [EVIL], "config": {"source": EVIL, "loaded": True, "stale": True, "hash": EVIL, "error": EVIL},
        "api": {"denied": [EVIL]}, "members": [{"name": EVIL, "alive": True}, {"name": "m", "alive": False}],
        "ring": {"state": EVIL, "message": EVIL, "keyIds": [EVIL]}, "pools": [{"name": EVIL, "size": 1, "used": 1}],
        "links": [{"name": EVIL, "mac": EVIL, "usable": True}],
        "services": [{"service": f"{EVIL}/web", "reason": EVIL, "message": EVIL}, {"service": "b/web"}],
        "addresses": [{"ip": f"192.0.2.{n}", "services": [f"{EVIL}/web"], "pool": EVIL, "state": state, "owner": EVIL,
                       "next": EVIL, "reason": EVIL, "message": EVIL, "interfaces": [EVIL], "claimants": [EVIL]}
                      for n, state in ((1, "announced"), (2, EVIL))]})


@pytest.mark.parametrize("words", [("who",), ("who", "web"), ("why", "192.0.2.1"), ("why", "192.0.2.2"),
                                   ("why", f"{EVIL}/web"), ("status",), ("doctor",), ("doctor", "--node=m")], ids=repr)
def test_no_page_of_a_daemon_speaks_to_a_terminal(words):
    with served(EvilPage) as place:
        done = run(TINLB, *words, f"--speaker={place}", f"--controller={place}")
    assert "evil" in done.stdout + done.stderr and done.returncode != 0, done
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]", done.stdout + done.stderr), repr(done)


def kubeconfig_of(port):
    return ("current-context: c\ncontexts: [{name: c, context: {cluster: k}}]\n"
            f"clusters: [{{name: k, cluster: {{server: 'http://127.0.0.1:{port}'}}}}]\n")


def test_the_kubeconfig_is_found_as_kubectl_finds_it(tmp_path):
    """By the port of the API server that does not answer."""
    named, listed_, home = tmp_path / "named", tmp_path / "listed", tmp_path / ".kube/config"
    home.parent.mkdir()
    for path, port in ((named, 1), (listed_, 2), (home, 3)):
        path.write_text(kubeconfig_of(port))
    env = {**EMPTY, "HOME": str(tmp_path)}
    assert "127.0.0.1:3:" in run(TINLB, "who", env=env).stderr
    env["KUBECONFIG"] = f"{tmp_path}/absent::{listed_}:{named}"
    assert "127.0.0.1:2:" in run(TINLB, "who", env=env).stderr
    assert "127.0.0.1:1:" in run(TINLB, "who", f"--kubeconfig={named}", env=env).stderr
    assert "127.0.0.1:4:" in run(TINLB, "who", "--server=http://127.0.0.1:4", env=env).stderr


def test_another_program_on_the_port_is_not_taken_for_a_speaker(speaker):
    StatusPage.page, held = "hello", StatusPage.page
    try:
        done = run(TINLB, "who", speaker)
        assert done.returncode == 3 and "is another program on its port?" in done.stderr
    finally:
        StatusPage.page = held


def test_doctor_of_a_node_that_nobody_knows_is_not_healthy(speaker):
    done = run(TINLB, "doctor", speaker, "--node=n")
    assert done.returncode == 1 and done.stdout.startswith("error configMissing: ") and not done.stderr, done
    done = run(TINLB, "doctor", speaker, "--node=m")
    assert done.returncode == 1 and not done.stdout and 'knows a node "m"' in done.stderr, done
