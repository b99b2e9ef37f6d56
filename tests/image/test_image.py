"""test_image - what is in the images, and that the daemons run with nothing else"""
# SPDX-License-Identifier: Apache-2.0
import json
import os
import re
import subprocess

import pytest

from conftest import AGAIN, BUILD, ROOT, build_image
from lab import capture, network, poll
from lab.cluster import Cluster

MAX_BYTES = 15_000_000
LOADED = re.compile(r"(?:=> )?(/\S+) \(0x")
IP = "172.17.249.1"
CONFIG = "address-pools: [{name: default, protocol: layer2, addresses: [172.17.249.1-172.17.249.9]}]\n"
NET_RAW = 1 << 13


def blob(layout, digest):
    with open(os.path.join(layout, "blobs", digest.replace(":", "/")), encoding="utf-8") as file:
        return json.load(file)


def files_of(root):
    """The paths of all regular files, and of the links with where they lead."""
    files, links = set(), {}
    for folder, folders, names in os.walk(root):
        for name in folders + names:
            path = os.path.join(folder, name)
            if os.path.islink(path):
                links[path.removeprefix(root)] = os.readlink(path)
            elif not os.path.isdir(path):
                files.add(path.removeprefix(root))
    return files, links


def test_the_same_input_gives_the_same_digest(image, tmp_path):
    again = [f"--build-dir={os.path.join(ROOT, AGAIN)}"] if AGAIN else []
    assert build_image(tmp_path / "oci", *again) == image[1]


def test_both_images_have_the_same_layers_and_their_own_beginning(image):
    layout, digests = image
    manifests = {tag: blob(layout, digest) for tag, digest in digests.items()}
    assert set(manifests) == {"controller", "speaker"}
    assert manifests["controller"]["layers"] == manifests["speaker"]["layers"]
    assert sum(layer["size"] for layer in manifests["speaker"]["layers"]) <= MAX_BYTES
    for tag, user in (("controller", "65534:65534"), ("speaker", "0:0")):
        config = blob(layout, manifests[tag]["config"]["digest"])["config"]
        assert config["Entrypoint"] == [f"/{tag}"] and config["User"] == user
        assert not config.get("Env") and not config.get("Cmd")


def test_every_layer_is_a_whole_archive_of_root(image):
    layout, digests = image
    for layer in blob(layout, digests["speaker"])["layers"]:
        path = os.path.join(layout, "blobs", layer["digest"].replace(":", "/"))
        told = subprocess.run(["tar", "--list", "--verbose", "--numeric-owner", "--file", path], check=True,
                              capture_output=True, text=True)
        assert not told.stderr and all(line.split()[1] == "0/0" for line in told.stdout.splitlines())


def test_a_root_holds_the_programs_and_what_they_load_and_nothing_else(unpack):
    root = unpack("controller")
    files, links = files_of(root)
    programs = {path for path in files if path.startswith("/usr/bin/")}
    assert {"/usr/bin/tinlb-controller", "/usr/bin/tinlb-speaker", "/usr/bin/tinlb-agent", "/usr/bin/tinlb"} <= programs
    assert links == {"/controller": "usr/bin/tinlb-controller", "/speaker": "usr/bin/tinlb-speaker"}
    loader = next(path for path in files if os.path.basename(path).startswith("ld-linux"))
    loaded = {loader}
    for program in sorted(programs):
        told = subprocess.run(["unshare", "--map-root-user", "chroot", root, loader, "--list", program], check=True,
                              capture_output=True, text=True).stdout
        assert "not found" not in told
        loaded.update(LOADED.findall(told))
    assert files - programs == loaded
    for path in programs:
        with open(root + path, "rb") as file:
            assert b".debug_info" not in file.read(), f"{path} is not stripped"


def test_the_root_for_other_tools_holds_the_same(unpack, tmp_path):
    subprocess.run([BUILD, f"--root={tmp_path / 'root'}"], check=True, capture_output=True)
    assert files_of(str(tmp_path / "root")) == files_of(unpack("speaker"))


def test_the_containerfile_installs_what_the_build_needs():
    with open(os.path.join(ROOT, "tests/packages.txt"), encoding="utf-8") as file:
        needed = {line.split()[0] for line in file if re.match(r"\S+-dev\b", line)} - {"libcmocka-dev", "libclang-rt-14-dev"}
    with open(os.path.join(ROOT, "config/deploy/image/Containerfile"), encoding="utf-8") as file:
        assert needed == set(re.findall(r"\S+-dev\b", file.read()))


def test_the_list_of_what_is_inside_names_every_library_with_its_version(image, unpack):
    with open(os.path.join(image[0], "sbom.spdx.json"), encoding="utf-8") as file:
        listed = json.load(file)
    files, _ = files_of(unpack("speaker"))
    packages = [package for package in listed["packages"] if package["name"] != "tinlb"]
    held = [path for package in packages for path in package["comment"].split()]
    assert sorted(held) == sorted(path for path in files if not path.startswith("/usr/bin/"))
    for package in packages:
        told = subprocess.run(["dpkg-query", "-W", "-f", "${Version}\n", package["name"]], check=True,
                              capture_output=True, text=True).stdout
        assert package["versionInfo"] in told.split()
    assert {r["relatedSpdxElement"] for r in listed["relationships"]} == {p["SPDXID"] for p in listed["packages"]}


# ---- the daemons, alone in their roots ----

START = """
mount --bind "$0" "$0" && mount -t proc proc "$0/proc" && mkdir "$0/run" && mount -t tmpfs none "$0/run" &&
cp "$KUBECONFIG" "$0/run/kubeconfig" && chmod 644 "$0/run/kubeconfig" && mount -o remount,bind,ro "$0" && exec "$@"
"""


class Contained:
    """A program of an image in a root of its own that cannot be written, in a namespace of the lab."""

    def __init__(self, lab, space, root, words, capabilities, user=()):
        self.log = os.path.join(lab.log_dir, f"{space}{words[0].replace('/', '-')}.log")
        keep = ",".join(["-all", "+sys_chroot", *capabilities])
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(
                ["ip", "netns", "exec", lab.spaces.full(space), "sh", "-c", START, root, "setpriv", "--no-new-privs",
                 f"--bounding-set={keep}", "chroot", *user, root, *words, "--kubeconfig=/run/kubeconfig",
                 "--namespace=metallb-system", "--host=0.0.0.0"],
                stdout=log, stderr=log, stdin=subprocess.DEVNULL, env={"PATH": os.environ["PATH"], "KUBECONFIG": lab.kubeconfig})

    def status(self):
        with open(f"/proc/{self.process.pid}/status", encoding="utf-8") as file:
            return dict(line.rstrip("\n").split(":\t", 1) for line in file if ":\t" in line)

    def said(self):
        with open(self.log, encoding="utf-8") as file:
            return file.read()

    def stop(self):
        self.process.kill()
        self.process.wait()


@pytest.fixture(scope="module")
def contained(unpack):
    """(lab, controller, speaker): both daemons out of their images, on a lab without any pod of ours."""
    if os.geteuid() != 0:
        pytest.skip("network namespaces of the lab need root here")
    with Cluster(nodes=1) as lab:
        lab.client.create("namespaces", {"metadata": {"name": "metallb-system"}})
        lab.client.create("configmaps", {"metadata": {"namespace": "metallb-system", "name": "config"},
                                         "data": {"config": CONFIG}})
        daemons = [Contained(lab, "client", unpack("controller"), ["/controller"], ["+setuid", "+setgid"],
                             ["--userspec=65534:65534"]),
                   Contained(lab, "node1", unpack("speaker"), ["/speaker", "--node-name=node1", "--candidate-after=0"],
                             ["+net_raw"])]
        yield lab, *daemons
        for daemon in daemons:
            daemon.stop()


def wait_for(daemon, question, what):
    try:
        return poll.until(question, 20, what)
    except TimeoutError as error:
        raise AssertionError(f"{error}\n{daemon.said()}") from error


def test_the_daemons_give_an_address_and_answer_for_it_in_bare_roots(contained):
    lab, controller, speaker = contained
    lab.client.create("services", {"metadata": {"namespace": "default", "name": "vip"},
                                   "spec": {"type": "LoadBalancer", "ports": [{"port": 80, "protocol": "TCP"}]}})
    lab.client.create("endpointslices", {
        "addressType": "IPv4", "ports": [{"port": 80}],
        "metadata": {"namespace": "default", "name": "vip", "labels": {"kubernetes.io/service-name": "vip"}},
        "endpoints": [{"addresses": ["10.244.9.1"], "nodeName": "node1", "conditions": {"ready": True}}]})
    wait_for(controller, lambda: (lab.client.get("services", "default", "vip")["status"]["loadBalancer"].get("ingress")
                                  or [{}])[0].get("ip") == IP, "the service has its address")
    wait_for(speaker, lambda: capture.ask(lab.spaces.full("client"), "eth0", IP, lab.mac("client"), network.CLIENT)
             == [lab.mac("node1")], "the node answers for it")


def test_they_have_the_rights_of_their_images_and_no_more(contained):
    _, controller, speaker = contained
    for daemon, capabilities, user in ((controller, 0, "65534"), (speaker, NET_RAW, "0")):
        status = wait_for(daemon, daemon.status, "it runs")
        assert int(status["CapEff"], 16) == capabilities and status["Seccomp"] == "2" and status["NoNewPrivs"] == "1"
        assert set(status["Uid"].split()) == {user}
