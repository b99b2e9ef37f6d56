"""test_convert - tinlb check, and what it writes with --convert, on the samples"""
# SPDX-License-Identifier: Apache-2.0
import json
import os
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SAMPLES = sorted((ROOT / "config/deploy/samples").glob("*.yaml"))


def check(*arguments, stdin=None):
    program = os.path.join(os.environ.get("TINLB_BUILD", ROOT / "build"), "cli/tinlb")
    return subprocess.run([program, "check", *map(str, arguments)], capture_output=True, text=True, timeout=20,
                          check=False, input=stdin)


def convert(path):
    return check("--convert", path)


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


BGP = "address-pools:\n- name: a\n  protocol: bgp\n  addresses: [10.0.0.0/24]\n"


def test_what_is_wrong_ends_with_a_sentence(tmp_path):
    wrong = tmp_path / "wrong.yaml"
    wrong.write_text(BGP)
    done = convert(wrong)
    assert done.returncode == 1 and f"{wrong}:3: address-pools[0].protocol" in done.stderr and not done.stdout
    done = convert(tmp_path / "absent.yaml")
    assert done.returncode == 3 and "absent.yaml: No such file" in done.stderr
    wrong.write_text(pool("a", "10.0.0.0/24") + "  serviceAllocation: {namespaces: [x]}\n")
    done = convert(wrong)
    assert done.returncode == 1 and [line[:23] for line in done.stderr.splitlines()] == ["tinlb: IPAddressPool a:"] * 2
    assert check().returncode == 2 and check("--nonsense", wrong).returncode == 2


def test_samples_are_right_alone_and_together():
    for done in (*(check(path) for path in SAMPLES if "address-pools" in path.read_text()), check(*SAMPLES)):
        assert done.returncode == 0 and done.stdout.startswith("nothing is wrong: "), done.stdout


POOL = """apiVersion: metallb.io/v1beta1
kind: IPAddressPool
metadata: {name: NAME}
spec:
  addresses:
  - ADDRESSES
"""


def pool(name, addresses):
    return POOL.replace("NAME", name).replace("ADDRESSES", addresses)


def test_every_error_has_its_file_its_line_and_its_path(tmp_path):
    first, second, third = tmp_path / "a.yaml", tmp_path / "b.yaml", tmp_path / "c.yaml"
    first.write_text(pool("a", "10.0.0.0/24"))
    second.write_text("# nothing here\n---\n" + pool("b", "10.0.1.0/24") + "---\n" + pool("c", "10.0.0.7/32"))
    third.write_text("kind: ConfigMap\ndata:\n  config: |\n" + "".join(f"    {line}\n" for line in BGP.splitlines()))
    done = check(first, second, third)
    assert done.returncode == 1 and not done.stderr
    lines = done.stdout.splitlines()
    assert len(lines) == 2, lines
    assert any(line.startswith(f"{second}:15: IPAddressPool c: spec.addresses[0]: ") for line in lines), lines
    assert any(line.startswith(f"{third}:6: address-pools[0].protocol: ") for line in lines), lines
    assert check(first).returncode == 0


def test_what_is_too_large_is_not_judged_in_part(tmp_path):
    (tmp_path / "large.yaml").write_text(f"# {'x' * 1000}\n" * (15 * 1024))
    done = check(*[tmp_path / "large.yaml"] * 5)
    assert done.returncode == 3 and not done.stdout and "larger than 64 MiB" in done.stderr, done


def test_errors_stand_in_the_order_of_the_lines(tmp_path):
    (tmp_path / "a.yaml").write_text(pool("a", "10.0.0.0/24, 10.0.0.0/99") + "---\n" + pool("b", "10.0.0.7/32") + "---\n"
                                     + pool("c", "nonsense") + "  avoidBuggyIP: true\n")
    lines = [int(line.split(":")[1]) for line in check(tmp_path / "a.yaml").stdout.splitlines()]
    assert len(lines) > 2 and lines == sorted(lines), lines
    errors = json.loads(check("-o", "json", tmp_path / "a.yaml").stdout)["errors"]
    assert [e["line"] for e in errors] == lines


def test_standard_input_and_json():
    done = check("-", "--output=json", stdin="address-pools:\n- name: a\n\tprotocol: layer2\n")
    assert done.returncode == 1
    answer = json.loads(done.stdout)
    assert answer["schema"] == 1 and answer["command"] == "check"
    assert answer["errors"][0]["line"] == 3 and "tab" in answer["errors"][0]["message"]
    assert check("-", stdin="kind: Service\n").returncode == 1
