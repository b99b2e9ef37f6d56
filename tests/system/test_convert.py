"""test_convert - tinlb-convert on the samples, as people run it"""
# SPDX-License-Identifier: Apache-2.0
import os
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SAMPLES = sorted((ROOT / "config/deploy/samples").glob("*.yaml"))


def convert(path):
    program = os.path.join(ROOT, "build/config/tinlb-convert")
    return subprocess.run([program, str(path)], capture_output=True, text=True, timeout=20, check=False)


def test_the_sample_of_objects_is_the_sample_of_the_config_map():
    samples = {path.name: path for path in SAMPLES}
    objects, document = convert(samples["01-metallb-config.yaml"]), convert(samples["01-custom-resources.yaml"])
    assert objects.returncode == 0 and document.returncode == 0, document.stderr
    assert all("172.17.255.1-172.17.255.255" in words.stdout for words in (objects, document))
    assert "address-pools" in document.stdout and "kind: IPAddressPool" in objects.stdout


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda p: p.name)
def test_every_sample_converts_or_says_why_not(sample, tmp_path):
    done = convert(sample)
    if "kind: IPAddressPool" in sample.read_text():
        assert done.returncode == 0 and "address-pools" in done.stdout, done.stderr
        return
    if "address-pools" not in sample.read_text():
        assert done.returncode == 1 and "nothing to convert" in done.stderr
        return
    assert done.returncode == 0, done.stderr
    assert "kind: IPAddressPool" in done.stdout and "kind: L2Advertisement" in done.stdout
    objects = tmp_path / "objects.yaml"
    objects.write_text(done.stdout)
    back = convert(objects)
    assert back.returncode == 0, back.stderr
    document = tmp_path / "map.yaml"
    document.write_text(back.stdout)
    assert convert(document).stdout == done.stdout


def test_what_is_wrong_ends_with_a_sentence(tmp_path):
    wrong = tmp_path / "wrong.yaml"
    wrong.write_text("address-pools:\n- name: a\n  protocol: bgp\n  addresses: [10.0.0.0/24]\n")
    done = convert(wrong)
    assert done.returncode == 1 and "line 3: address-pools[0].protocol" in done.stderr and not done.stdout
    assert convert(tmp_path / "absent.yaml").returncode == 1
    assert convert("--nonsense").returncode == 2
    assert "Usage: tinlb-convert FILE" in convert("--help").stdout
