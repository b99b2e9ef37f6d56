"""test_prometheus - a real Prometheus scrapes the lab: rules, every query of the dashboard, and docs/metrics.md hold"""
# SPDX-License-Identifier: Apache-2.0
import json
import os
import re
import shutil
import subprocess
import urllib.parse

import pytest
import yaml

from lab import kube, netns, poll

from conftest import ROOT
from helpers import apply_config, create, pool, settled, wait_address

pytestmark = pytest.mark.skipif(not shutil.which("prometheus"), reason="Debian's package prometheus is not here")
MONITORING = os.path.join(ROOT, "config/deploy/components/monitoring")
DOC = os.path.join(ROOT, "docs/metrics.md")
PORT = 9090
IP = "172.17.251.1"
MACHINE = "TinLBLoopLate"  # says that the machine below stood still for half a second, which it may here


@pytest.fixture(scope="module", name="lab")
def lab_fixture(cluster):
    """An address that is owned, and a service that waits for one that no pool has."""
    apply_config(cluster, pool("172.17.251.0/24"))
    create(cluster, "web", loadBalancerIP=IP)
    create(cluster, "waits", loadBalancerIP="198.51.100.1")
    wait_address(cluster, "web", IP)
    settled(cluster, IP)
    return cluster


def rules():
    with open(os.path.join(MONITORING, "alerts.yaml"), encoding="utf-8") as file:
        return yaml.safe_load(file)["spec"]


def targets(lab):
    """As the PodMonitor would find them: address and pod."""
    return [(p["status"]["podIP"], p["metadata"]["name"]) for p in lab.pods()
            if (p["metadata"].get("labels") or {}).get("component") in ("controller", "speaker")]


class Prometheus:
    def __init__(self, lab, folder):
        self._write(folder / "rules.yaml", rules())
        jobs = [{"targets": [f"{ip}:7472"], "labels": {"pod": pod, "namespace": "metallb-system"}}
                for ip, pod in targets(lab)]
        self._write(folder / "prometheus.yaml", {
            "global": {"scrape_interval": "1s", "scrape_timeout": "1s", "evaluation_interval": "500ms"},
            "rule_files": ["rules.yaml"], "scrape_configs": [{"job_name": "tinlb", "static_configs": jobs}]})
        self.space = lab.spaces.full("client")
        self.log_file = folder / "prometheus.log"
        with open(self.log_file, "wb") as log:
            self.process = subprocess.Popen(
                ["ip", "netns", "exec", self.space, "prometheus", f"--config.file={folder / 'prometheus.yaml'}",
                 f"--storage.tsdb.path={folder / 'data'}", f"--web.listen-address=127.0.0.1:{PORT}"],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log)

    @staticmethod
    def _write(path, document):
        with open(path, "w", encoding="utf-8") as file:
            yaml.safe_dump(document, file)

    def get(self, path, **parameters):
        """The data of an answer of its API; None while it does not answer."""
        connection = kube.http.client.HTTPConnection("127.0.0.1", PORT, timeout=5)
        try:
            netns.in_namespace(self.space, connection.connect)
            connection.request("GET", f"/api/v1/{path}?{urllib.parse.urlencode(parameters)}")
            answer = json.loads(connection.getresponse().read())
        except (OSError, ValueError, kube.http.client.HTTPException):
            return None
        finally:
            connection.close()
        assert answer["status"] == "success" and not answer.get("warnings"), f"{parameters}: {answer}"
        return answer["data"]

    def query(self, expression):
        return (self.get("query", query=expression) or {}).get("result")

    def stop(self):
        self.process.terminate()
        self.process.wait(20)


@pytest.fixture(scope="module", name="prometheus")
def prometheus_fixture(lab, tmp_path_factory):
    started = Prometheus(lab, tmp_path_factory.mktemp("prometheus"))
    try:
        poll.until(lambda: len(started.query("count_over_time(up[1m]) > 3 and up == 1") or []) == len(targets(lab)), 30,
                   "all are scraped several times")
        yield started
    finally:
        started.stop()


def dashboard():
    with open(os.path.join(MONITORING, "dashboard.json"), encoding="utf-8") as file:
        return json.load(file)


def queries():
    for panel in dashboard()["panels"]:
        for target in panel["targets"]:
            yield panel["title"], target["expr"].replace("$__rate_interval", "10s")


def test_every_query_of_the_dashboard_finds_something(prometheus):
    for title, query in queries():
        poll.until(lambda q=query: prometheus.query(q), 15, f"{title}: {query} has a result")


def in_docs(what, query):
    known = {row["name"] for row in documented()}
    for name in re.findall(r"\b(?:tinlb|metallb)_\w+", query):
        assert name in known or re.sub(r"_(bucket|sum|count)$", "", name) in known, f"{what}: {name}"


def test_alerts_ask_for_metrics_that_there_are():
    for group in rules()["groups"]:
        for rule in group["rules"]:
            in_docs(rule["alert"], rule["expr"])


def test_the_dashboard_is_whole():
    panels = dashboard()["panels"]
    assert len({p["id"] for p in panels}) == len(panels)
    assert len({(p["gridPos"]["x"], p["gridPos"]["y"]) for p in panels}) == len(panels)
    for title, query in queries():
        in_docs(title, query)


def test_its_numbers_are_those_of_the_lab(prometheus):
    seen = []

    def numbers():
        seen.append({p["title"]: [one["value"][1] for one in prometheus.query(p["targets"][0]["expr"]) or []]
                     for p in dashboard()["panels"] if p["type"] == "stat"})
        return seen[-1] == {"Addresses": ["1"], "Without an owner": ["0"], "Owned twice": ["0"], "Claimed by others": ["0"],
                            "Services waiting": ["1"], "Leader, standbys": ["1"]}

    try:
        poll.until(numbers, 5, "these are the numbers")  # a page that came too late is left out of one look
    except TimeoutError:
        pytest.fail(f"the last time: {seen[-1]}")


def alerts(prometheus, selector=""):
    return {r["metric"]["alertname"] for r in prometheus.query(f"ALERTS{selector}")}


def test_all_rules_can_be_evaluated_and_nothing_fires_in_a_healthy_lab(prometheus):
    def evaluated():
        found = [rule for group in (prometheus.get("rules") or {"groups": []})["groups"] for rule in group["rules"]]
        return found and all(rule["health"] != "unknown" for rule in found) and found

    found = poll.until(evaluated, 15, "every rule was evaluated")
    assert [(r["name"], r.get("lastError")) for r in found if r["health"] != "ok"] == []
    assert alerts(prometheus, '{alertstate="firing"}') <= {MACHINE}
    # A page that came too late makes a rule wait for a moment; what is wrong stays.
    poll.until(lambda: alerts(prometheus) <= {"TinLBServicesWaiting", MACHINE}, 5, "no other rule waits for its time")


# ---- docs/metrics.md ----

ROW = re.compile(r"^\| `(\w+)` \| (\w+) \| [^|]+\|([^|]*)\|", re.M)
SECTIONS = {"Both components": ("speaker", "controller"), "Controller": ("controller",), "Speaker": ("speaker",)}


def documented():
    with open(DOC, encoding="utf-8") as file:
        parts = re.split(r"^## (.+)$", file.read(), flags=re.M)
    for title, text in zip(parts[1::2], parts[2::2]):
        for name, kind, labels in ROW.findall(text):
            for component in SECTIONS[title]:
                yield {"component": component, "name": name, "type": kind, "labels": set(re.findall(r"\w+", labels))}


def served(lab, component):
    """(name, type) of each family, and the names of labels of those that have samples."""
    types, labels = set(), {}
    for pod in lab.pods(component=component):
        text = lab.page(lab.space_of(pod) if component == "speaker" else "client", pod["status"]["podIP"], 7472, "/metrics")
        types |= set(re.findall(r"^# TYPE (\w+) (\w+)$", text, re.M))
        assert {n for n, _ in types} >= set(re.findall(r"^# HELP (\w+) \S", text, re.M))
        for name, inside in re.findall(r"^(\w+?)(?:_bucket)?(?:\{(.*)\})? \S+$", text, re.M):
            labels.setdefault(name, set()).update(re.findall(r'(\w+)="', inside))
    return types, labels


@pytest.mark.parametrize("component", ["speaker", "controller"])
def test_the_docs_list_what_is_served_and_nothing_else(lab, component):
    rows = [row for row in documented() if row["component"] == component]
    types, labels = served(lab, component)
    assert {(row["name"], row["type"]) for row in rows} == types
    assert {row["name"]: row["labels"] for row in rows} == {row["name"]: labels.get(row["name"]) for row in rows}


def test_causes_are_the_words_of_the_docs(prometheus):
    with open(DOC, encoding="utf-8") as file:
        causes = file.read().split("\n## Causes\n")[1].split("\n## ")[0]
    served_words = {r["metric"]["cause"] for r in prometheus.query("group by (cause) (tinlb_addresses_taken_total)")}
    assert served_words == set(re.findall(r"^\| `(\w+)` \|", causes, re.M))
