"""conftest - the API endpoint on loopback, and the kubectls to ask it with"""
# SPDX-License-Identifier: Apache-2.0
import fcntl
import os
import shutil
import subprocess
import sys

import pytest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, ROOT)

from lab import kube, poll  # noqa: E402
from lab.real import programs  # noqa: E402

OLD_PACKAGE = "kubernetes-client"


def old_kubectl():
    """Debian's kubectl 1.20: installed, or unpacked out of its package, by one of the tests that run side by side."""
    os.makedirs(programs.CACHE, exist_ok=True)
    with open(os.path.join(programs.CACHE, "kubectl-1.20.lock"), "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        return _old_kubectl()


def _old_kubectl():
    for path in (shutil.which("kubectl"), os.path.join(programs.CACHE, "kubectl-1.20/usr/bin/kubectl")):
        if path and os.path.exists(path):
            out = subprocess.run([path, "version", "--client", "--short"], capture_output=True, text=True, check=False)
            if "v1.20." in out.stdout:
                return path
    target = os.path.join(programs.CACHE, "kubectl-1.20")
    os.makedirs(target, exist_ok=True)
    subprocess.run(["apt-get", "download", "-qq", OLD_PACKAGE], cwd=target, check=False, capture_output=True)
    packages = [f for f in os.listdir(target) if f.endswith(".deb")]
    if not packages:
        pytest.skip("Debian's kubectl 1.20 is neither installed nor to be had by apt-get download")
    subprocess.run(["dpkg", "-x", os.path.join(target, packages[0]), target], check=True)
    return os.path.join(target, "usr/bin/kubectl")


def new_kubectl():
    """The current kubectl, built from the public modules where Go is new enough."""
    try:
        return programs.get("kubectl")
    except programs.Missing as missing:
        pytest.skip(str(missing))
        return None


class Endpoint:
    """A lab endpoint on loopback, with both ways to talk to it."""

    def __init__(self, directory, *arguments):
        ready = os.path.join(directory, "ready")
        self.directory = directory
        self.process = subprocess.Popen([sys.executable, "-m", "lab.apiserver", "--listen", "127.0.0.1:0",
                                         "--ready-file", ready, "--log-dir", directory, *arguments], cwd=ROOT)
        poll.until(lambda: os.path.exists(ready), 10, "the endpoint answers")
        with open(ready, encoding="utf-8") as file:
            self.address = file.read().strip()
        host, port = self.address.rsplit(":", 1)
        self.client = kube.Client(host, int(port))
        self.kubeconfig = os.path.join(directory, "kubeconfig")
        with open(self.kubeconfig, "w", encoding="utf-8") as file:
            file.write("apiVersion: v1\nkind: Config\ncurrent-context: lab\n"
                       f"clusters: [{{name: lab, cluster: {{server: \"http://{self.address}\"}}}}]\n"
                       "contexts: [{name: lab, context: {cluster: lab, user: \"\"}}]\n")

    def stop(self):
        self.process.kill()
        self.process.wait()


@pytest.fixture()
def new_endpoint(tmp_path):
    """new_endpoint(options) starts one that ends with the test."""
    started = []

    def start(*arguments):
        started.append(Endpoint(str(tmp_path), *arguments))
        return started[-1]

    yield start
    for each in started:
        each.stop()


@pytest.fixture()
def endpoint(new_endpoint):
    return new_endpoint()


@pytest.fixture(params=["1.20", "1.34"])
def kubectl(request, endpoint, tmp_path):
    """A kubectl of that version on a fresh endpoint: kubectl("get", "svc") -> (code, stdout, stderr)."""
    path = old_kubectl() if request.param == "1.20" else new_kubectl()
    home = tmp_path / "home"
    home.mkdir()

    def run(*arguments, stdin=None, env=None):
        done = subprocess.run([path, *arguments], input=stdin, capture_output=True, text=True, timeout=30, check=False,
                              env={"KUBECONFIG": endpoint.kubeconfig, "HOME": str(home), "PATH": os.environ["PATH"],
                                   **(env or {})})
        return done.returncode, done.stdout, done.stderr

    run.version = request.param
    run.path = path
    run.environment = {"KUBECONFIG": endpoint.kubeconfig, "HOME": str(home), "PATH": os.environ["PATH"]}
    run.endpoint = endpoint
    return run
