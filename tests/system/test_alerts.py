"""test_alerts - the rules for Prometheus fire in incidents that were recorded in the lab, and in nothing else

Recorded by tests/monitoring/record.
"""
# SPDX-License-Identifier: Apache-2.0
import os
import shutil
import subprocess
import sys

import pytest
import yaml

from conftest import ROOT

sys.path.insert(0, os.path.join(ROOT, "tests/monitoring"))

import tape  # noqa: E402

SERIES = os.path.join(ROOT, "tests/monitoring/series")
INCIDENTS = sorted(name[:-5] for name in os.listdir(SERIES))

pytestmark = pytest.mark.skipif(not shutil.which("promtool"), reason="promtool of Debian's package prometheus is not here")


def write(path, document):
    with open(path, "w", encoding="utf-8") as file:
        yaml.safe_dump(document, file)
    return str(path)


def promtool(*arguments):
    done = subprocess.run(["promtool", *arguments], capture_output=True, text=True, check=False, timeout=60)
    return done.returncode, done.stdout + done.stderr


def alerts():
    return [rule["alert"] for group in tape.rules()["groups"] for rule in group["rules"]]


def incident(name):
    with open(os.path.join(SERIES, f"{name}.yaml"), encoding="utf-8") as file:
        return yaml.safe_load(file)


def test_the_rules_and_their_texts_are_valid(tmp_path):
    code, output = promtool("check", "rules", write(tmp_path / "rules.yaml", tape.rules()))
    assert code == 0, output
    for group in tape.rules()["groups"]:
        for rule in group["rules"]:
            assert {"summary", "description"} <= set(rule["annotations"]), rule["alert"]


def test_every_alert_has_fired_in_an_incident():
    fired = {alert for name in INCIDENTS for moment in incident(name)["expected"] for alert in moment["alerts"]}
    assert fired == set(alerts())


def without_texts():
    spec = tape.rules()
    for group in spec["groups"]:
        for rule in group["rules"]:
            del rule["annotations"]
    return spec


@pytest.mark.parametrize("name", INCIDENTS)
def test_an_incident_raises_its_alerts_and_no_other(tmp_path, name):
    found = incident(name)
    checks = [{"eval_time": moment["at"], "alertname": alert,
               "exp_alerts": [{"exp_labels": labels} for labels in moment["alerts"].get(alert, [])]}
              for moment in found["expected"] for alert in alerts()]
    rules = write(tmp_path / "rules.yaml", without_texts())
    test = {"rule_files": [rules], "evaluation_interval": f"{tape.EVERY_S}s",
            "tests": [{"interval": f"{tape.EVERY_S}s", "input_series": found["series"], "alert_rule_test": checks}]}
    code, output = promtool("test", "rules", write(tmp_path / "test.yaml", test))
    assert code == 0, output
