"""programs - where the programs of a real Kubernetes are found, or how they come to be

As with Kubernetes' own test tools: first in the folder KUBEBUILDER_ASSETS, then on
PATH. What is in neither is built from the public modules that tests/real/*/go.mod
name, or, etcd, taken out of Debian's package, and kept in the user's cache.
"""
# SPDX-License-Identifier: Apache-2.0
import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
CACHE = os.path.join(os.environ.get("XDG_CACHE_HOME", os.path.expanduser("~/.cache")), "tinlb")
LEAST_GO = 24  # of Go 1.x: the first that knows `tool` lines
LEAST_KUBECTL = 34  # not older than the server that is built
ETCD_PACKAGE = "etcd-server"

MODULES = {
    "kube-apiserver": "tests/real/kubernetes", "kube-controller-manager": "tests/real/kubernetes",
    "kube-scheduler": "tests/real/kubernetes", "kube-proxy": "tests/real/kubernetes",
    "kubectl": "tests/real/kubernetes", "coredns": "tests/real/coredns",
}
ALL = ("etcd", *MODULES)


class Missing(Exception):
    """A program is not here and cannot be made here; the text says why."""


def kubectl_minor(path):
    done = subprocess.run([path, "version", "--client", "-o", "json"], capture_output=True, text=True, check=False)
    found = re.search(r'"minor": "(\d+)', done.stdout)
    return int(found.group(1)) if found else 0


def find(name):
    """The program's path where it is installed or was built before, or None."""
    folder = os.environ.get("KUBEBUILDER_ASSETS")
    if folder and os.access(os.path.join(folder, name), os.X_OK):
        return os.path.join(folder, name)
    path = shutil.which(name)
    if path and (name != "kubectl" or kubectl_minor(path) >= LEAST_KUBECTL):
        return path
    path = _kept(name)
    return path if os.path.exists(path) else None


def get(name):
    """The program's path; it is built when it is nowhere, which takes minutes. Raises Missing."""
    return find(name) or _make(name)


def _kept(name):
    if name == "etcd":
        return os.path.join(CACHE, "etcd", "usr/bin/etcd")
    digest = hashlib.sha256()
    for file in ("go.mod", "go.sum"):
        with open(os.path.join(ROOT, MODULES[name], file), "rb") as opened:
            digest.update(opened.read())
    return os.path.join(CACHE, "real-" + digest.hexdigest()[:12], name)


def _make(name):
    os.makedirs(CACHE, exist_ok=True)
    with open(os.path.join(CACHE, name + ".lock"), "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        path = _kept(name)
        if not os.path.exists(path):
            os.makedirs(os.path.dirname(path), exist_ok=True)
            _unpack(path) if name == "etcd" else _build(name, path)
        return path


def _apt_get(folder, *words):
    return subprocess.run(["apt-get", "-qq", *words], cwd=folder, check=False, capture_output=True, text=True)


def _unpack(path):
    folder = os.path.join(CACHE, "etcd")
    if not shutil.which("apt-get"):
        raise Missing("etcd is not installed, and there is no apt-get to bring it")
    done = _apt_get(folder, "download", ETCD_PACKAGE)
    if done.returncode != 0:  # perhaps the machine has no lists of packages yet
        _apt_get(folder, "update")
        done = _apt_get(folder, "download", ETCD_PACKAGE)
    packages = [f for f in os.listdir(folder) if f.endswith(".deb")]
    if not packages:
        why = (done.stderr.strip().splitlines() or [""])[-1]
        raise Missing(f"etcd is neither installed nor to be had from Debian's package {ETCD_PACKAGE}: {why}")
    subprocess.run(["dpkg", "-x", os.path.join(folder, packages[0]), folder], check=True)
    if not os.path.exists(path):
        raise Missing(f"Debian's package {ETCD_PACKAGE} holds no {path}")


def _go():
    go = shutil.which("go")
    said = subprocess.run([go, "version"], capture_output=True, text=True, check=False).stdout if go else ""
    found = re.search(r"go1\.(\d+)", said)
    if not found or int(found.group(1)) < LEAST_GO:
        raise Missing(f"it takes Go 1.{LEAST_GO} to build it, and here is {said.strip() or 'no Go'}")
    return go


def _go_mod(name):
    with open(os.path.join(ROOT, MODULES[name], "go.mod"), encoding="utf-8") as file:
        return file.read()


def _package(name):
    """The package that the module names as a tool."""
    return re.search(rf"^(?:tool)?\s+(\S+/{re.escape(name)})$", _go_mod(name), re.M).group(1)


def _flags(name):
    """What tells the programs of Kubernetes their version, as its own build does."""
    found = re.search(r"k8s\.io/kubernetes v(\d+)\.(\d+)(\S*)", _go_mod(name))
    if not found:
        return []
    major, minor, rest = found.groups()
    at = "k8s.io/component-base/version."
    return ["-ldflags", f"-s -w -X {at}gitVersion=v{major}.{minor}{rest} -X {at}gitMajor={major} -X {at}gitMinor={minor}"]


def _build(name, path):
    try:
        go = _go()
    except Missing as missing:
        raise Missing(f"{name} is neither in KUBEBUILDER_ASSETS nor on PATH: {missing}") from missing
    print(f"building {name}; the first time this takes minutes", flush=True)
    done = subprocess.run([go, "build", "-o", path + ".new", *_flags(name), _package(name)], check=False, text=True,
                          cwd=os.path.join(ROOT, MODULES[name]), stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if done.returncode != 0:
        raise Missing(f"{name} does not build: " + " | ".join(done.stdout.strip().splitlines()[-3:]))
    os.rename(path + ".new", path)


def main():
    """Make sure of the programs that are named, or of all; 3 and a line with the reason when one is not to be had."""
    for name in sys.argv[1:] or ALL:
        try:
            print(f"{name}: {get(name)}", flush=True)
        except Missing as missing:
            print(missing)
            return 3
    return 0


if __name__ == "__main__":
    sys.exit(main())
