"""test_tinlb - the command-line tool on a lab: through the pod proxy, as kubectl's plug-in, and without the API"""
# SPDX-License-Identifier: Apache-2.0
import json
import os
import signal
import subprocess
import threading

import pytest

from conftest import ROOT
from lab import network, poll

from helpers import (apply_config, create, delete, pool, reason_of, service, set_endpoints, settled, speaker_entry, wait_address,
                     wait_owner, who)

TINLB = os.path.join(os.environ.get("TINLB_BUILD", os.path.join(ROOT, "build")), "cli/tinlb")
IP, EMPTY_IP = "172.17.252.1", "172.17.252.2"


@pytest.fixture(scope="module", autouse=True)
def services(cluster):
    """web is answered, empty has no endpoints, late gets no address: the pool is full."""
    apply_config(cluster, pool("172.17.252.1-172.17.252.2"))
    create(cluster, "web", loadBalancerIP=IP)
    create(cluster, "empty", nodes=(), port=81, loadBalancerIP=EMPTY_IP)
    wait_address(cluster, "web", IP)
    wait_address(cluster, "empty", EMPTY_IP)
    cluster.client.create("services", service("late", port=82))
    poll.until(lambda: reason_of(cluster, "late") == "allPoolsFull", 15, "late waits")
    settled(cluster, IP)
    poll.until(lambda: all((speaker_entry(cluster, n, EMPTY_IP) or {}).get("reason") == "noEndpoints"
                           for n in cluster.network.nodes), 15, "all speakers know of the empty service")


class Done:
    def __init__(self, code, out, err):
        self.code, self.out, self.err = code, out, err
        self.first = out.partition("\n")[0]

    def __repr__(self):
        return f"code {self.code}\n{self.out}\n{self.err}"


def command(cluster, *words):
    return ["ip", "netns", "exec", cluster.spaces.full("client"), *words]


def run(cluster, *words, program=(TINLB,)):
    done = subprocess.run(command(cluster, *program, *words), capture_output=True, text=True, timeout=60, check=False,
                          env=cluster.environment())
    return Done(done.returncode, done.stdout, done.stderr)


def answer(cluster, *words):
    """The answer in JSON, which is there whatever the exit status."""
    return json.loads(run(cluster, *words, "-o", "json").out)


def row_of(cluster, ip, *words):
    found = [row for row in answer(cluster, "who", *words)["addresses"] if row["ip"] == ip]
    assert len(found) == 1, found
    return found[0]


def directly(cluster, *nodes):
    return [f"--speaker={cluster.network.nodes[n]}:7472" for n in nodes or cluster.network.nodes]


# ---- who ----

def test_who_names_the_machine_that_answers_on_the_lan(cluster):
    row = row_of(cluster, IP)
    assert row["node"] == wait_owner(cluster, IP) and row["services"] == ["default/web"] and row["trouble"] is None
    assert [i["mac"] for i in row["interfaces"]] == who(cluster, IP) and row["since"] and row["next"]
    text = run(cluster, "who", "web")
    assert text.code == 0 and not text.err, text
    lines = text.out.splitlines()
    assert len(lines) == 2 and lines[1].split()[:5] == [IP, "default/web", row["node"], "eth0",
                                                        row["interfaces"][0]["mac"]], text
    assert "\033" not in text.out  # this is no terminal


def test_who_shows_all_and_says_what_is_amiss(cluster):
    done = run(cluster, "who")
    assert done.code == 1 and f"{EMPTY_IP}: nobody answers: noEndpoints (tinlb why {EMPTY_IP})" in done.out, done
    assert IP in done.out
    done = run(cluster, "who", "late")
    assert done.code == 1 and "default/late has no address (tinlb why default/late" in done.err, done


def test_the_speakers_can_be_asked_without_the_api(cluster):
    through_api = row_of(cluster, IP)
    for words in (directly(cluster), [w.removesuffix(":7472") for w in directly(cluster)]):
        straight = row_of(cluster, IP, *words, "--kubeconfig=/nonexistent")
        assert {**straight, "since": None} == {**through_api, "since": None}
    other = next(n for n in cluster.network.nodes if n != through_api["node"])
    hearsay = row_of(cluster, IP, *directly(cluster, other))
    assert hearsay["node"] == through_api["node"] and hearsay["hearsay"] and not hearsay["interfaces"]


# ---- why ----

def test_why_says_that_nothing_is_wrong(cluster):
    owner = wait_owner(cluster, IP)
    done = run(cluster, "why", IP)
    assert done.code == 0 and not done.err, done
    assert done.first == f"{IP} (default/web): {owner} answers on eth0 ({cluster.mac(owner)}), nothing is wrong"
    chain = answer(cluster, "why", "default/web")["answers"][0]["chain"]
    assert {link["link"]: link["state"] for link in chain} == {
        "service": "ok", "configuration": "ok", "address": "ok", "candidates": "ok", "owner": "ok", "interface": "ok",
        "alone": "ok", "pods": "ok", "node": "skipped"}


def set_ready(cluster, node, status):
    cluster.client.merge("nodes", None, node, {"status": {"conditions": [{"type": "Ready", "status": status}]}}, "status")


def test_why_says_that_pods_are_on_a_node_that_is_down(cluster):
    owner = wait_owner(cluster, IP)
    down, up = [n for n in cluster.network.nodes if n != owner]
    said = f"behind it {{}} on a node that is down: {down} (not Ready)"
    set_ready(cluster, down, "Unknown")
    try:
        set_endpoints(cluster, "web", [down])
        done = run(cluster, "why", "web")
        assert done.code == 1 and done.first == f"{IP} (default/web): every pod " + said.format("is"), done
        assert "What to do (pods): " in done.out, done
        set_endpoints(cluster, "web", [down, up])
        done = run(cluster, "why", IP)
        assert done.code == 1 and done.first.endswith(", but: some pods " + said.format("are")), done
    finally:
        set_ready(cluster, down, "True")
        set_endpoints(cluster, "web", list(cluster.network.nodes))


def broken(done):
    return [line for line in done.out.splitlines() if line.startswith("->")]


def test_why_names_the_cause_in_its_first_line_and_what_to_do(cluster):
    done = run(cluster, "why", "empty")
    assert done.code == 1 and done.first.startswith(f"{EMPTY_IP} (default/empty): nobody answers: no pod behind"), done
    assert len(broken(done)) == 1 and broken(done)[0].startswith("->  candidates") and "What to do (candidates): " in done.out
    done = run(cluster, "why", "late")
    assert done.code == 1 and done.first == 'default/late: no address: pool "default" is full (2 of 2 addresses in use)', done
    assert len(broken(done)) == 1 and broken(done)[0].startswith("->  address") and "Enlarge a pool" in done.out
    done = run(cluster, "why", "172.17.252.77")
    assert done.code == 1 and done.first == "172.17.252.77: no service has it, and no pool contains it", done
    done = run(cluster, "why", "absent")
    assert done.code == 1 and "no service \"absent\"" in done.err, done


def test_why_tells_of_one_node(cluster):
    owner = wait_owner(cluster, IP)
    other = next(n for n in cluster.network.nodes if n != owner)
    done = run(cluster, "why", IP, "--node", other)
    assert done.code == 0 and f"{other} does not answer: another node comes first" in done.first, done
    assert done.first.endswith(f"{owner} answers")
    done = run(cluster, "why", IP, f"--node={owner}")
    assert done.code == 0 and done.first.endswith(f": {owner} answers"), done
    assert run(cluster, "why", IP, "--node=nowhere").code == 1


# ---- status, watch ----

def test_status_shows_pools_who_waits_and_who_sees_whom(cluster):
    found = answer(cluster, "status")
    assert found["pools"] == [{"name": "default", "size": 2, "used": 2, "free": 0}]
    assert [(w["service"], w["reason"]) for w in found["waiting"]] == [("default/late", "allPoolsFull")]
    nodes = sorted(cluster.network.nodes)
    assert [s["node"] for s in found["speakers"]] == nodes and found["complete"]
    assert all(s["sees"] == nodes and s["misses"] == [] and s["ring"] == "joined" for s in found["speakers"])
    assert [c["role"] for c in found["controllers"]] == ["leader"]
    done = run(cluster, "status")
    assert done.code == 1 and "default/late" in done.out and "joined" in done.out, done
    said = [line for line in done.out.splitlines() if line.startswith("!")]
    assert len(said) == len(found["findings"]) == 1 and said[0].endswith(found["findings"][0]), done
    assert said[0].startswith("! error notAnnounced (noEndpoints): service default/empty is not announced: "), done


def test_kubectl_finds_it_as_a_plug_in(cluster):
    done = run(cluster, "who", "web", program=("kubectl", "tinlb"))
    assert done.code == 0 and IP in done.out, done


def test_watch_tells_when_an_address_moves(cluster):
    owner = wait_owner(cluster, IP)
    watcher = subprocess.Popen(command(cluster, TINLB, "watch", IP), stdout=subprocess.PIPE, text=True,
                               env=cluster.environment())
    lines = []
    reader = threading.Thread(target=lambda: lines.extend(iter(watcher.stdout.readline, "")), daemon=True)
    reader.start()
    try:
        poll.until(lambda: any(f"{IP} (default/web): {owner} answers" in line for line in lines), 15, "the first look")
        cluster.kubectl("label", "node", owner, "node.kubernetes.io/exclude-from-external-load-balancers=")
        poll.until(lambda: any(f": {owner} -> " in line for line in lines), 15, "the move is told")
    finally:
        watcher.kill()
        watcher.wait()
        reader.join(5)
        cluster.kubectl("label", "node", owner, "node.kubernetes.io/exclude-from-external-load-balancers-")
    assert settled(cluster, IP) == owner


# ---- what cannot be read ----

def test_a_speaker_that_does_not_answer_is_named_and_the_rest_is_shown(cluster):
    owner = wait_owner(cluster, IP)
    silent = next(n for n in cluster.network.nodes if n != owner)
    agent = cluster.processes(silent, "tinlb-agent")[0]
    os.kill(agent, signal.SIGSTOP)
    try:
        done = run(cluster, "who", IP, "--timeout=2")
        assert done.code == 0 and owner in done.out, done
        assert f"on {silent} could not be read" in done.err, done
        found = answer(cluster, "status", "--timeout=2")
        assert not found["complete"] and [s["node"] for s in found["speakers"] if not s["read"]] == [silent]
    finally:
        os.kill(agent, signal.SIGCONT)


def test_with_the_api_away_it_says_so_and_how_to_go_on(cluster):
    cluster.api_cut()
    try:
        for words in (["who"], ["why", IP], ["status"]):
            done = run(cluster, *words)
            assert done.code == 3 and "could not be read" in done.err and "--speaker" in done.err, done
        done = run(cluster, "why", IP, *directly(cluster))
        assert done.code == 0 and done.first.endswith("nothing is wrong"), done
    finally:
        cluster.api_back()


def test_what_a_role_forbids_is_told_in_the_servers_words(cluster, tmp_path):
    pod = cluster.pods(component="controller")[0]
    (tmp_path / "token").write_bytes(cluster.account(pod)["token"])
    (tmp_path / "config").write_text(
        "current-context: c\ncontexts: [{name: c, context: {cluster: k, user: u}}]\n"
        f"clusters: [{{name: k, cluster: {{server: 'https://{network.API}:6443',"
        f" certificate-authority: '{cluster.ca_file}'}}}}]\nusers: [{{name: u, user: {{tokenFile: token}}}}]\n")
    done = run(cluster, "why", "late", f"--kubeconfig={tmp_path}/config")
    assert done.code == 3 and 'cannot get resource "pods/proxy"' in done.err and "metallb-system" in done.err, done


def test_an_empty_namespace_says_where_to_look(cluster):
    done = run(cluster, "status", "--namespace", "default")
    assert done.code == 3 and "namespace default has no speaker pods" in done.err and "--namespace" in done.err, done


# ---- the end, for these leave traces: a claimant is remembered, a service is gone ----

def test_a_service_of_another_type_is_no_load_balancer(cluster):
    delete(cluster, "late")
    cluster.client.create("services", service("late", port=82, type="ClusterIP"))
    done = run(cluster, "why", "default/late")
    assert done.code == 1 and done.first == "default/late: it is no load balancer", done


def test_a_second_machine_that_answers_is_the_cause(cluster):
    """A machine of the LAN takes the address, and says so as machines do."""
    cluster.spaces.ip("client", "addr", "add", f"{IP}/32", "dev", "eth0")
    try:
        def seen():
            cluster.execute("client", "arping", "-A", "-c", "1", "-I", "eth0", "-s", IP, IP, check=False)
            return cluster.mac("client") in run(cluster, "why", IP).first

        poll.until(seen, 40, "the second machine is named")
        done = run(cluster, "why", IP)
        assert done.code == 1 and "->  alone" in done.out and "Find the machine" in done.out, done
    finally:
        cluster.spaces.ip("client", "addr", "del", f"{IP}/32", "dev", "eth0")
